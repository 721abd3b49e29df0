"""The drawn face goes back into the picture, in float32 and rounded once. Outside the mask not a bit changes."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from avatar.lips.box import Box
from avatar.lips.musetalk.mask import Mask


def fit_to_box(face: np.ndarray, box: Box, first: int = 0) -> np.ndarray:
    """The network's face, uint8 (256, 256, 3), at the size of its box: uint8 (height - first, width, 3), by Lanczos.

    first: the first row of the box to make. Upstream enlarges bilinearly, which blurs teeth on close-ups.
    """
    return np.asarray(Image.fromarray(face).resize((box.width, box.height), Image.Resampling.LANCZOS))[first:]


def paste(picture: np.ndarray, drawn: np.ndarray, box: Box, mask: Mask, opacity: float = 1.0) -> np.ndarray:
    """A new picture, uint8 (height, width, 3) RGB, with the drawn rows in it.

    drawn: the box's rows from mask.top down, (rows, box width, 3) RGB, 0..255, uint8 or float32; opacity: 0..1, of all
    of it.
    """
    pasted = picture.copy()
    place = pasted[box.rows_columns][mask.top :]
    before = place.astype(np.float32)
    mixed = cv2.subtract(drawn, before, dtype=cv2.CV_32F)
    alpha = mask.alpha * np.float32(opacity / 255)
    mixed *= cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)  # alpha[:, :, None] would be stretched pixel by pixel, slowly
    mixed += before
    place[:] = cv2.convertScaleAbs(mixed)  # rounds; nothing is below 0
    return pasted
