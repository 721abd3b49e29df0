"""The drawn face goes back into the picture, in float32 and rounded once. Outside the mask not a bit changes."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from avatar.lips.box import Box
from avatar.lips.musetalk.mask import Mask

LANCZOS_REACH = 3  # pixels of the coarser picture to each side


def fit_to_box(face: np.ndarray, box: Box, first: int = 0) -> np.ndarray:
    """The network's face, uint8 (256, 256, 3), at the size of its box: uint8 (height - first, width, 3), by Lanczos.

    first: the first row of the box to make. Upstream enlarges bilinearly, which blurs teeth on close-ups.
    """
    scale = len(face) / box.height
    begin = max(int(first * scale - LANCZOS_REACH * max(scale, 1)) - 1, 0)  # above it no row of the face is read
    top, rows = first * scale - begin, box.height - first

    def across(part: Image.Image) -> Image.Image:
        return part.resize((box.width, part.height), Image.Resampling.LANCZOS)

    def down(part: Image.Image) -> Image.Image:
        return part.resize((part.width, rows), Image.Resampling.LANCZOS, box=(0, top, part.width, part.height))

    # One axis after the other in the order that Pillow has for a whole face; for a part it would choose anew.
    part = Image.fromarray(face[begin:])
    down_first = box.height < len(face) and box.width > face.shape[1]
    return np.asarray(across(down(part)) if down_first else down(across(part)))


def paste(picture: np.ndarray, drawn: np.ndarray, box: Box, mask: Mask, opacity: float = 1.0) -> np.ndarray:
    """A new picture, uint8 (height, width, 3) RGB, with the drawn rows in it.

    drawn: the box's rows from mask.top down, (rows, box width, 3) RGB, 0..255, uint8 or float32; opacity: 0..1, of all
    of it.
    """
    pasted = picture.copy()
    place = pasted[box.rows_columns][mask.top :]
    before = place.astype(np.float32)
    change = cv2.subtract(drawn, before, dtype=cv2.CV_32F)
    alpha = mask.alpha * np.float32(opacity / 255)
    change *= cv2.merge([alpha] * 3)  # a third axis of length 1 would be stretched pixel by pixel
    place[:] = cv2.add(before, change, dtype=cv2.CV_8U)
    return pasted
