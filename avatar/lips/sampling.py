"""Moving pixels: where each pixel of a frame comes from in the portrait, and reading it there.

Every moved picture here is a backward map: `positions` says for each output pixel at which x and y of the portrait it is
read. Head and mouth each only change those positions, so that the portrait is interpolated once however much moves; two
interpolations in a row would blur it, and blur it differently at every sway.
"""

from __future__ import annotations

import cv2
import numpy as np

# The portrait is made finer once, with a sharp filter; each frame then reads it with the fast linear one. At twice the
# size that is about as sharp as reading the portrait itself bicubically, at an eighth of the time.
FINER = 2


def finer(picture: np.ndarray) -> np.ndarray:
    """(h, w, channels) -> (2h-1, 2w-1, channels): sample (2y, 2x) is pixel (y, x) itself, the others are bicubic."""
    height, width = picture.shape[:2]
    size = (FINER * (width - 1) + 1, FINER * (height - 1) + 1)
    halve = np.array([[1 / FINER, 0, 0], [0, 1 / FINER, 0]], np.float32)
    return cv2.warpAffine(
        picture, halve, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )


def read_finer(fine: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """A picture made by `finer`, read at positions float32 (h, w, 2) given in the original's pixels."""
    return cv2.remap(fine, positions * np.float32(FINER), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def read_field(field: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """A float32 field (h, w[, 2]) read at positions float32 (h, w, 2) in its own pixels; 0 outside it."""
    return cv2.remap(field, positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
