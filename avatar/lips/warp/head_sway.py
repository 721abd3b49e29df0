"""The head's slight movement: shift, roll, the parallax of a turn and a nod, and the brows.

One displacement over the whole picture. It is full on the head and fades to nothing at the picture's border, so the
background stays and no edge is ever pulled in. It is smooth, so it is computed on a coarse grid and enlarged.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from avatar.lips.warp.geometry import face_frame, smoothstep
from avatar.lips.warp.sampling import Movement
from avatar.portrait.landmarks import CHIN, EYES, FOREHEAD_TOP, LEFT_CHEEK, RIGHT_CHEEK

CELL_PX = 8  # of the coarse grid, in a picture 512 wide
BORDER_CELLS = 6.0  # the movement fades over this distance from the picture's border


class HeadSway:
    """The head of one portrait; `movement` is called per frame."""

    def __init__(self, landmarks: np.ndarray, width: int, height: int) -> None:
        self._size = (width, height)
        self._basis = _sway_basis(landmarks, width, height)

    def movement(self, sway: np.ndarray) -> Movement:
        """How far what is seen at each pixel of the frame has moved.

        sway (6,): x and y of the shift in pixels, roll in radians (clockwise), turn and nod in pixels per pixel of
        depth, and how many pixels the brows are raised.
        """
        shift_x, shift_y, roll, turn, nod, brows = (float(value) for value in sway)
        weights = np.array([shift_x, shift_y, np.cos(roll) - 1, np.sin(roll), turn, nod, brows], np.float32)
        x, y = np.einsum("k,kchw->chw", weights, self._basis)
        return Movement(self._enlarged(x), self._enlarged(y))

    def _enlarged(self, field: np.ndarray) -> np.ndarray:
        return cv2.resize(field, self._size, interpolation=cv2.INTER_LINEAR)


def _sway_basis(landmarks: np.ndarray, width: int, height: int) -> np.ndarray:
    """One coarse displacement field per weight of `movement`: float32 (7, x and y, rows, columns)."""
    cell = CELL_PX * max(1.0, min(width, height) / 512)
    columns, rows = math.ceil(width / cell), math.ceil(height / cell)
    # The centres of the cells, which is where cv2.resize takes its samples to be.
    x = (np.arange(columns) + 0.5) * (width / columns) - 0.5
    y = (np.arange(rows) + 0.5) * (height / rows) - 0.5
    x, y = np.meshgrid(x, y)
    chin, top = landmarks[CHIN, :2], landmarks[FOREHEAD_TOP, :2]
    pivot = chin + 0.25 * (chin - top)  # the neck
    head = _head_weight(landmarks, x, y) * _inside_border(x, y, width, height, cell)
    depth = head * _depth(landmarks, columns, rows, width, height)
    from_pivot_x, from_pivot_y = head * (x - pivot[0]), head * (y - pivot[1])
    none = np.zeros_like(head)
    fields = [
        (head, none),
        (none, head),
        (from_pivot_x, from_pivot_y),  # times cos - 1, and the next times sin: a rotation about the pivot
        (-from_pivot_y, from_pivot_x),
        (depth, none),
        (none, depth),
        _brows_up(landmarks, x, y),
    ]
    return np.array(fields, np.float32)


def _brows_up(landmarks: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both brows by 1 pixel up the face: fading above over the forehead, and below before the eye's upper lid."""
    frame = face_frame(landmarks)
    from_x, from_y = x - frame.origin[0], y - frame.origin[1]
    u = from_x * frame.right[0] + from_y * frame.right[1]
    v = from_x * frame.down[0] + from_y * frame.down[1]
    raised = np.zeros_like(x)
    for eye in EYES:
        brow, lid = frame.points[eye.brow], frame.points[eye.upper_lid]
        height, lid_height = float(brow[:, 1].mean()), float(lid[2:-2, 1].mean())
        room = max(lid_height - height, 1.0)
        half = 0.5 * float(np.ptp(brow[:, 0]))
        beside = 1 - smoothstep((np.abs(u - float(brow[:, 0].mean())) / half - 0.8) / 0.7)
        above = 1 - smoothstep((height - v - 0.10 * frame.face_width) / (0.22 * frame.face_width))
        below = 1 - smoothstep((v - height - 0.15 * room) / (0.80 * room))
        raised = np.maximum(raised, beside * above * below)
    return -raised * frame.down[0], -raised * frame.down[1]


def _head_weight(landmarks: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """1 on the head, fading outward over an ellipse that also holds the hair."""
    chin, top = landmarks[CHIN, :2], landmarks[FOREHEAD_TOP, :2]
    face_width = np.linalg.norm(landmarks[RIGHT_CHEEK, :2] - landmarks[LEFT_CHEEK, :2])
    face_height = np.linalg.norm(top - chin)
    centre = (top + chin) / 2 - np.array((0, 0.10 * face_height))
    distance = np.hypot((x - centre[0]) / (0.95 * face_width), (y - centre[1]) / (0.85 * face_height))
    return 1 - smoothstep((distance - 0.75) / 0.75)


def _inside_border(x: np.ndarray, y: np.ndarray, width: int, height: int, cell: float) -> np.ndarray:
    """0 in the outermost cells, so that the picture's border stays where it is, and 1 further inside."""
    side = np.minimum(x, width - 1 - x) - cell
    end = np.minimum(y, height - 1 - y) - cell
    return smoothstep(side / (BORDER_CELLS * cell)) * smoothstep(end / (BORDER_CELLS * cell))


def _depth(landmarks: np.ndarray, columns: int, rows: int, width: int, height: int) -> np.ndarray:
    """How far the face stands out before the ears, in pixels, smoothly 0 around it: float64 (rows, columns)."""
    ears = float(landmarks[[LEFT_CHEEK, RIGHT_CHEEK], 2].mean())
    column = np.clip(landmarks[:, 0] * columns / width, 0, columns - 1).astype(int)
    row = np.clip(landmarks[:, 1] * rows / height, 0, rows - 1).astype(int)
    total, count = np.zeros((rows, columns)), np.zeros((rows, columns))
    np.add.at(total, (row, column), np.maximum(ears - landmarks[:, 2], 0))
    np.add.at(count, (row, column), 1)
    smooth_total, smooth_count = (cv2.GaussianBlur(part, (0, 0), 3) for part in (total, count))
    return smooth_total / (smooth_count + 0.02)
