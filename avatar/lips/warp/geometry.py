"""The face's own coordinates: u along the eye line, v down the face, both in pixels, origin between the lips.

All shapes of the warp are written in u and v, so that a tilted head needs no case of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.lips.box import Box
from avatar.portrait.landmarks import (
    CHIN,
    LEFT_CHEEK,
    LEFT_EYE,
    LOWER_LIP,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE_BASE,
    RIGHT_CHEEK,
    RIGHT_EYE,
    UPPER_LIP,
)

SWAY_MARGIN_PX = 16  # of a picture 512 wide
MOUTHS_OWN_PX = 8  # the same of the parts of a mouth against each other: as it turns, nods and leans


def smoothstep(x: np.ndarray | float) -> np.ndarray:
    """0 up to 0, 1 from 1 on, and 3x^2 - 2x^3 between, so that both ends are level."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def box_around(points: np.ndarray, margin: float, width: int, height: int) -> Box:
    """The box that holds all points (n, 2) and a margin in pixels, cut to the picture."""
    left, top = np.floor(points.min(axis=0) - margin)
    right, bottom = np.ceil(points.max(axis=0) + margin)
    return Box(max(int(left), 0), max(int(top), 0), min(int(right), width), min(int(bottom), height))


def with_sway(box: Box, width: int, height: int, sway_px: float = SWAY_MARGIN_PX) -> Box:
    """A box and as far around it as the head may move what it holds, cut to the picture (avatar/lips/warp/liveliness.py stays
    below). A larger picture moves by more pixels, never a smaller one by less than these."""
    margin = sway_px * max(1.0, min(width, height) / 512)
    return box_around(np.array([box[:2], box[2:]]), margin, width, height)


def inner_window(box: Box, size: tuple[int, int], fade_px: float) -> np.ndarray:
    """0 on the border of a box and 1 inside it, (height, width): what does not move at the border cannot pop there.

    Where the box ends with the picture, of size (width, height), it stays 1: what moves there may leave the picture.
    """
    rows = _fade(box.top, box.bottom, size[1], fade_px)
    columns = _fade(box.left, box.right, size[0], fade_px)
    return rows[:, None] * columns[None, :]


def _fade(begin: int, end: int, whole: int, fade_px: float) -> np.ndarray:
    place = np.arange(begin, end)
    from_begin = place - begin if begin > 0 else np.full(len(place), fade_px)
    to_end = end - 1 - place if end < whole else np.full(len(place), fade_px)
    return smoothstep(np.minimum(from_begin, to_end) / fade_px)


def pixel_grid(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel of a box: two float32 (height, width) arrays."""
    y, x = np.mgrid[box.top : box.bottom, box.left : box.right].astype(np.float32)
    return x, y


def from_left_to_right(points: np.ndarray) -> np.ndarray:
    """Points u, v (n, 2) of a contour ordered by u, as np.interp wants them: on a turned face they may not be."""
    return points[np.argsort(points[:, 0], kind="stable")]


@dataclass(frozen=True)
class FaceFrame:
    """The axes of a face in its picture, and the lengths (pixels) that scale every shape of the warp."""

    origin: np.ndarray  # (2,): between the lips, x and y in the picture
    right: tuple[float, float]  # unit vector of u in the picture
    down: tuple[float, float]  # unit vector of v
    points: np.ndarray  # float32 (landmarks, 2): every landmark's u and v
    mouth_width: float  # between the outer corners
    mouth_to_nose: float  # up to the base of the nose
    mouth_to_chin: float
    face_width: float  # between the ears

    def grid(self, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """u and v of every pixel of a box of the picture: two float32 (height, width) arrays."""
        x, y = pixel_grid(box)
        x -= np.float32(self.origin[0])
        y -= np.float32(self.origin[1])
        return x * self.right[0] + y * self.right[1], x * self.down[0] + y * self.down[1]

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """u, v (n, 2) -> x, y (n, 2)."""
        return self.origin + points[:, :1] * np.array(self.right) + points[:, 1:2] * np.array(self.down)


def face_frame(landmarks: np.ndarray) -> FaceFrame:
    """The face's axes from its landmarks (n >= 468, x and y first, pixels of the picture)."""
    xy = landmarks[:, :2].astype(np.float64)
    eye_line = xy[RIGHT_EYE] - xy[LEFT_EYE]
    cosine, sine = (float(value) for value in eye_line / np.linalg.norm(eye_line))
    origin = xy[[UPPER_LIP, LOWER_LIP]].mean(axis=0)
    points = (xy - origin) @ np.array([[cosine, -sine], [sine, cosine]])
    return FaceFrame(
        origin=origin,
        right=(cosine, sine),
        down=(-sine, cosine),
        points=points.astype(np.float32),
        mouth_width=float(points[MOUTH_RIGHT, 0] - points[MOUTH_LEFT, 0]),
        mouth_to_nose=float(-points[NOSE_BASE, 1]),
        mouth_to_chin=float(points[CHIN, 1]),
        face_width=float(points[RIGHT_CHEEK, 0] - points[LEFT_CHEEK, 0]),
    )
