"""The whole portrait as it is seen when it has moved, before anything is painted over it."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.sampling import FINER, Movement, finer
from avatar.lips.warp.ycbcr import chroma, luma, planes

BAND_ROWS = 64  # even: two rows of pixels have one of colours


class MovedPortrait:
    """One portrait, made ready once; `frame` is called per frame."""

    def __init__(self, picture: np.ndarray) -> None:
        """picture: uint8 RGB (height, width, 3), with even sides."""
        self._luma = finer(_bytes(luma(picture)))
        self._cb, self._cr = (_bytes(each) for each in cv2.split(_of_fours(chroma(picture))))

    def frame(self, move: Movement, box: Box, inside: Movement) -> np.ndarray:
        """Each pixel moved, those of a box by `inside`, which is as large as it: a frame as ycbcr.planes has it.

        In bands of rows, whose positions stay in the processor's cache: at 1080 x 1080 in three quarters of the time.
        """
        height, width = move.x.shape
        frame = np.empty((height * 3 // 2, width), np.uint8)
        drawn = planes(frame)
        x, y = np.empty((2, BAND_ROWS, width), np.float32)
        half_x, half_y = np.empty((2, BAND_ROWS // 2, width // 2), np.float32)
        across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        columns = slice(box.left, box.right)
        for top in range(0, height, BAND_ROWS):
            bottom = min(top + BAND_ROWS, height)
            at_x, at_y = x[: bottom - top], y[: bottom - top]
            np.subtract(across, move.x[top:bottom], out=at_x)
            np.subtract(down[top:bottom], move.y[top:bottom], out=at_y)
            first, last = max(top, box.top), min(bottom, box.bottom)
            if first < last:
                rows, own = slice(first - top, last - top), slice(first - box.top, last - box.top)
                np.subtract(across[columns], inside.x[own], out=at_x[rows, columns])
                np.subtract(down[first:last], inside.y[own], out=at_y[rows, columns])
            # The colour of four pixels moves as the first of them.
            colour_x, colour_y = half_x[: (bottom - top) // 2], half_y[: (bottom - top) // 2]
            np.copyto(colour_x, at_x[::2, ::2])
            np.copyto(colour_y, at_y[::2, ::2])
            at_x *= FINER
            at_y *= FINER
            _read(self._luma, at_x, at_y, drawn.luma[top:bottom])
            for source, plane in ((self._cb, drawn.cb), (self._cr, drawn.cr)):
                _read(source, colour_x, colour_y, plane[top // 2 : bottom // 2])
        return frame


def _read(source: np.ndarray, x: np.ndarray, y: np.ndarray, drawn: np.ndarray) -> None:
    cv2.remap(source, x, y, cv2.INTER_LINEAR, dst=drawn, borderMode=cv2.BORDER_REPLICATE)


def _of_fours(colours: np.ndarray) -> np.ndarray:
    """The mean of each pixel, the next one and the two below, which is the colour seen between them."""
    return (colours[:-1, :-1] + colours[:-1, 1:] + colours[1:, :-1] + colours[1:, 1:]) / 4


def _bytes(levels: np.ndarray) -> np.ndarray:
    return np.rint(levels).astype(np.uint8)
