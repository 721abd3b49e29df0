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
from avatar.lips.warp.geometry import FaceFrame

# The portrait is made finer once, with a sharp filter; each frame then reads it with the fast linear one. At twice the
# size that is about as sharp as reading the portrait itself bicubically, at an eighth of the time.
FINER = 2
# Of the two pixels on either side: Keys' cubic convolution with a = -3/4, as OpenCV has it, in the middle between two.
HALFWAY, ITSELF = np.array([-3, 19, 19, -3]) / 32, np.array([1.0])


class Positions(NamedTuple):
    """Where each pixel of a picture is read: x and y, float32 (height, width) each, in pixels.

    Two arrays and not one of pairs, because NumPy is some ten times slower along an axis of length two.
    """

    x: np.ndarray
    y: np.ndarray

    def part(self, box: Box) -> Positions:
        """The positions of the pixels of a box (views)."""
        return Positions(self.x[box.rows_columns], self.y[box.rows_columns])

    def rows(self, first: int, last: int) -> Positions:
        """The positions of some rows of pixels (views)."""
        return Positions(self.x[first:last], self.y[first:last])

    def relative_to(self, box: Box) -> Positions:
        """The same places counted from a box's own corner."""
        return Positions(self.x - box.left, self.y - box.top)

    def minus(self, move: Movement) -> Positions:
        """Where to read when what is read has moved by `move`."""
        return Positions(self.x - move.x, self.y - move.y)


class Movement(NamedTuple):
    """How far what is seen at each pixel of a picture has moved: x and y, float32 (height, width) each, in pixels."""

    x: np.ndarray
    y: np.ndarray

    def part(self, box: Box) -> Movement:
        """That of the pixels of a box (views)."""
        return Movement(self.x[box.rows_columns], self.y[box.rows_columns])

    def brings(self, box: Box) -> Box:
        """Where what a box holds is seen, by the movement of its middle; where it ends with the picture it still does."""
        middle = (box.top + box.bottom) // 2, (box.left + box.right) // 2
        x, y = round(float(self.x[middle])), round(float(self.y[middle]))
        height, width = self.x.shape
        moved = Box(
            box.left + x if box.left else 0,
            box.top + y if box.top else 0,
            box.right + x if box.right < width else width,
            box.bottom + y if box.bottom < height else height,
        )
        return moved.within(Box(0, 0, width, height))

    def read_at(self, box: Box) -> Positions:
        """Where the pixels of a box are read."""
        moved = self.part(box)
        across = np.arange(box.left, box.right, dtype=np.float32)
        down = np.arange(box.top, box.bottom, dtype=np.float32)[:, None]
        return Positions(across - moved.x, down - moved.y)


def in_picture(frame: FaceFrame, along: np.ndarray, down: np.ndarray) -> Movement:
    """Movement along a face's u and v -> movement in x and y."""
    (right_x, right_y), (down_x, down_y) = frame.right, frame.down
    return Movement(along * right_x + down * down_x, along * right_y + down * down_y)


def finer(picture: np.ndarray) -> np.ndarray:
    """(h, w[, channels]), uint8 or float32 -> (2h-1, 2w-1[, channels]): sample (2y, 2x) is pixel (y, x) itself, the others are bicubic."""
    height, width = picture.shape[:2]
    fine = np.empty((FINER * height - 1, FINER * width - 1, *picture.shape[2:]), picture.dtype)
    fine[::2, ::2] = picture
    for down, across in ((0, 1), (1, 0), (1, 1)):
        kernels = [HALFWAY if each else ITSELF for each in (across, down)]
        between = cv2.sepFilter2D(picture, -1, *kernels, anchor=(across, down), borderType=cv2.BORDER_REPLICATE)
        fine[down::2, across::2] = between[: height - down, : width - across]
    return fine


def read_finer(fine: np.ndarray, at: Positions) -> np.ndarray:
    """A picture made by `finer`, read at positions in the original's pixels; its border is continued outside it."""
    return cv2.remap(fine, at.x * FINER, at.y * FINER, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def read_field(field: np.ndarray, at: Positions) -> np.ndarray:
    """A field (h, w), or (h, w, 3), of float32 or uint8 read at positions in its own pixels; its border is continued outside it."""
    return cv2.remap(field, at.x, at.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
