"""Moving pixels: where each pixel of a frame comes from in the portrait, and reading it there.

Every moved picture here is a backward map: for each output pixel, the x and y of the portrait at which it is read. Head
and mouth each only change these positions, so that the portrait is interpolated once however much moves; two
interpolations in a row would blur it, and blur it differently at every sway.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import pixel_grid

# The portrait is made finer once, with a sharp filter; each frame then reads it with the fast linear one. At twice the
# size that is about as sharp as reading the portrait itself bicubically, at an eighth of the time.
FINER = 2
BAND_ROWS = 64


class Positions(NamedTuple):
    """Where each pixel of a picture is read: x and y, float32 (height, width) each, in pixels.

    Two arrays and not one of pairs, because NumPy is some ten times slower along an axis of length two.
    """

    x: np.ndarray
    y: np.ndarray

    def part(self, box: Box) -> Positions:
        """The positions of the pixels of a box (views)."""
        return Positions(self.x[box.rows_columns], self.y[box.rows_columns])

    def relative_to(self, box: Box) -> Positions:
        """The same places counted from a box's own corner."""
        return Positions(self.x - box.left, self.y - box.top)

    def minus(self, move: Positions) -> Positions:
        """Where to read when what is read has moved by `move` pixels."""
        return Positions(self.x - move.x, self.y - move.y)


def still_positions(width: int, height: int) -> Positions:
    """Every pixel read at its own place."""
    return Positions(*pixel_grid(Box(0, 0, width, height)))


def finer(picture: np.ndarray) -> np.ndarray:
    """(h, w, channels) -> (2h-1, 2w-1, channels): sample (2y, 2x) is pixel (y, x) itself, the others are bicubic."""
    height, width = picture.shape[:2]
    size = (FINER * (width - 1) + 1, FINER * (height - 1) + 1)
    halve = np.array([[1 / FINER, 0, 0], [0, 1 / FINER, 0]], np.float32)
    return cv2.warpAffine(
        picture, halve, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )


def read_finer(fine: np.ndarray, at: Positions) -> np.ndarray:
    """A picture made by `finer`, read at positions in the original's pixels; its border is continued outside it."""
    return cv2.remap(fine, at.x * FINER, at.y * FINER, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def read_finer_but(fine: np.ndarray, at: Positions, box: Box, inside: Positions) -> np.ndarray:
    """The same of a whole picture, the pixels of a box being read at other positions than `at` has for them.

    In bands of rows, whose positions stay in the processor's cache: at 1080 x 1080 in three quarters of the time.
    """
    height, width = at.x.shape
    picture = np.empty((height, width, fine.shape[2]), fine.dtype)
    for top in range(0, height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, height)
        x, y = at.x[top:bottom] * FINER, at.y[top:bottom] * FINER
        first, last = max(top, box.top), min(bottom, box.bottom)
        if first < last:
            rows = slice(first - top, last - top), slice(box.left, box.right)
            own = slice(first - box.top, last - box.top)
            np.multiply(inside.x[own], FINER, out=x[rows])
            np.multiply(inside.y[own], FINER, out=y[rows])
        cv2.remap(fine, x, y, cv2.INTER_LINEAR, dst=picture[top:bottom], borderMode=cv2.BORDER_REPLICATE)
    return picture


def read_field(field: np.ndarray, at: Positions) -> np.ndarray:
    """A field (h, w), or (h, w, 3), of float32 or uint8 read at positions in its own pixels; its border is continued outside it."""
    return cv2.remap(field, at.x, at.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
