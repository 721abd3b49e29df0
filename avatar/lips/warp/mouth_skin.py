"""The skin around the lips in one frame: how far it has moved, found on a coarse grid and enlarged.

Wherever it is seen that movement is smooth, whatever the pose. Where the lips part it changes from one pixel to the next:
there avatar/lips/warp/mouth.py finds it for each pixel and draws the lips over what is drawn from here.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, with_sway
from avatar.lips.warp.mouth_fields import MouthFields
from avatar.lips.warp.mouth_shift import MouthShift, weighted_sum
from avatar.lips.warp.sampling import Movement, Positions, in_picture, read_field

CELL = 1 / 120  # of the coarse grid, share of the mouth's width: 2 pixels of a head drawn at 1080, one at 512
# The layers that a field moves.
BOTH = ("widen", "settle")
UPPER = ("close_upper", "pucker_upper", "lift", "lift_rounded")
LOWER = ("close_lower", "pucker_lower", "jaw", "jaw_rounded", "flatten", "tuck")


class MouthSkin:
    """That of one portrait; `movement` is called per frame. box: the pixels that it may move."""

    def __init__(self, frame: FaceFrame, fields: MouthFields, size: tuple[int, int]) -> None:
        """size: width and height of the picture in pixels."""
        self.box: Box = with_sway(fields.box, *size)
        cell = max(1.0, CELL * frame.mouth_width)
        self._fields = _coarse(fields, cell)
        self._frame = frame
        rows, columns = self._fields["widen"].shape
        self._cells = columns / fields.box.width, rows / fields.box.height  # a pixel
        self._grid = self._centres(fields.box, math.ceil(self.box.width / cell), math.ceil(self.box.height / cell))

    def _centres(self, fields_box: Box, columns: int, rows: int) -> Positions:
        """Where a grid over `box` has its cells' centres, counted in the fields' cells."""
        x = (np.arange(columns) + 0.5) * (self.box.width / columns) + self.box.left - fields_box.left
        y = (np.arange(rows) + 0.5) * (self.box.height / rows) + self.box.top - fields_box.top
        x, y = np.meshgrid(x * self._cells[0] - 0.5, y * self._cells[1] - 0.5)
        return Positions(x.astype(np.float32), y.astype(np.float32))

    def movement(self, head: Movement, shift: MouthShift) -> Movement:
        """The movement of the pixels of `box`, the mouth's added to the head's."""
        along, down = (weighted_sum(each, self._fields) for each in (shift.along, shift.upper | shift.lower))
        there = head.part(self.box)
        grid = self._grid.x.shape[::-1]
        swayed = (cv2.resize(each, grid) * cells for each, cells in zip(there, self._cells, strict=True))
        own = self._grid.minus(Movement(*swayed))
        move = in_picture(self._frame, read_field(along, own), read_field(down, own))
        size = self.box.width, self.box.height
        return Movement(*(cv2.add(cv2.resize(each, size), heads) for each, heads in zip(move, there, strict=True)))


def _coarse(fields: MouthFields, cell: float) -> dict[str, np.ndarray]:
    """The fields by their names, in cells of so many pixels; of each layer where it is seen while the lips are shut."""
    size = math.ceil(fields.box.width / cell), math.ceil(fields.box.height / cell)
    seen = dict.fromkeys(BOTH, 1) | dict.fromkeys(UPPER, ~fields.below) | dict.fromkeys(LOWER, fields.below)
    return {
        name: cv2.resize((getattr(fields, name) * where).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for name, where in seen.items()
    }
