"""The drawn face goes back into the picture, in float32 and rounded once. Outside the mask not a bit changes."""

from __future__ import annotations

import numpy as np
from PIL import Image

from avatar.lips.box import Box
from avatar.lips.musetalk.mask import Mask


def fit_to_box(face: np.ndarray, box: Box) -> np.ndarray:
    """The network's face, uint8 (256, 256, 3), at the size of its box: uint8 (height, width, 3), by Lanczos.

    Upstream enlarges bilinearly, which blurs teeth on close-ups.
    """
    return np.asarray(Image.fromarray(face).resize((box.width, box.height), Image.Resampling.LANCZOS))


def paste(picture: np.ndarray, drawn: np.ndarray, box: Box, mask: Mask, opacity: float = 1.0) -> np.ndarray:
    """A new picture, uint8 (height, width, 3) RGB, with the drawn rows in it.

    drawn: the box's rows from mask.top down, (rows, box width, 3) RGB, 0..255 of any type; opacity: 0..1, of all of it.
    """
    pasted = picture.copy()
    place = pasted[box.rows_columns][mask.top :]
    before = place.astype(np.float32)
    alpha = (mask.alpha.astype(np.float32) * np.float32(opacity / 255))[:, :, None]
    place[:] = (before + alpha * (drawn.astype(np.float32) - before) + 0.5).astype(np.uint8)
    return pasted
