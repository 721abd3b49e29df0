"""Where the drawn face replaces the picture: a soft mask from the landmarks.

Upstream cuts it out with a face-parsing network, whose weights come from data for non-commercial use and which runs for
every frame. Here its default ("jaw") is imitated with polygons of the mesh. What that cannot know: a hand, a
microphone or hair before the mouth is painted over.

All of it happens in the blending square: its middle is the box's, its side 1.5 times the box's longer side. The mask
begins at a share of that square's height (`boundary`), by default the box's middle row, as the network's own masked
half does; it is nothing outside the box; and its edge is a Gaussian whose size follows the square's side.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.portrait.landmarks import FACE_OVAL, LIPS, NOSE

CHEEK_PULL = 0.07  # of the box's width, at its very side: upstream erodes the cheeks by about as much
CHIN_PUSH = 0.6  # of the room between the chin and the box's bottom, for the falling jaw
LIP_GROWTH = {"jaw": 0.03, "full": 0.03, "lips": 0.12}  # of the box's width
SUBPIXEL_BITS = 4  # polygons are filled on a grid of 1/16 pixel, so that the mask of a moving face does not jump


class Mask(NamedTuple):
    """What is drawn of the box: alpha uint8 (rows, box width), 0..255, from `top`, a row of the box, down.

    `core` is the mask before its edge was softened, in the same rows: bool. The rows above `top` are not drawn.
    """

    top: int
    alpha: np.ndarray
    core: np.ndarray


def square_side(box: Box) -> int:
    """The side of the blending square, in pixels."""
    return 2 * int(max(box.width, box.height) // 2 * 1.5)


def blur_size(box: Box, feather: float) -> int:
    """The size of the Gaussian kernel, odd; OpenCV derives its sigma: 0.3 ((size - 1) / 2 - 1) + 0.8."""
    return 2 * int(feather * square_side(box) / 2) + 1


def face_mask(
    landmarks: np.ndarray, box: Box, region: str = "jaw", boundary: float = 0.5, feather: float = 0.05
) -> Mask:
    """The mask of a face, from landmarks float32 (478, 3) and the box that crop.face_box made of them.

    region: "jaw" is the lower face without the cheeks' sides and the nose, "lips" the lips and a little around them,
    "full" the lower face as far as the mesh reaches.
    """
    points = landmarks[:, :2].astype(np.float64)
    size = blur_size(box, feather)
    pad = size // 2 + 1  # the blur must see that there is nothing outside the box
    canvas = np.zeros((box.height + 2 * pad, box.width + 2 * pad), np.uint8)
    origin = np.array([box.left - pad, box.top - pad])
    if region != "lips":
        _fill(canvas, lower_oval(points, box, boundary, pull=CHEEK_PULL if region == "jaw" else 0.0) - origin, 255)
    if region == "jaw":
        _fill(canvas, _hull(points[list(NOSE)]) - origin, 0)
    _add_lips(canvas, points[list(LIPS)] - origin, LIP_GROWTH[region] * box.width, hull=region == "lips")
    first = begin_row(box, boundary) - box.top
    canvas[: pad + first] = 0
    canvas[-pad:] = canvas[:, :pad] = canvas[:, -pad:] = 0
    soft = cv2.GaussianBlur(canvas, (size, size), 0)
    top = min(max(first - size // 2, 0), box.height - 1)  # one row at least, if nothing is drawn
    rows, columns = slice(pad + top, pad + box.height), slice(pad, pad + box.width)
    return Mask(top, np.ascontiguousarray(soft[rows, columns]), canvas[rows, columns] > 0)


def begin_row(box: Box, boundary: float) -> int:
    """The first row of the picture that is drawn, before the edge is softened."""
    half = square_side(box) // 2
    return (box.top + box.bottom) // 2 - half + int(boundary * 2 * half)


def lower_oval(points: np.ndarray, box: Box, boundary: float, pull: float) -> np.ndarray:
    """The outline of the face as drawn: float64 (36, 2) in pixels.

    Below the first drawn row, points on the box's outer halves are pulled to its middle, the more the further out they
    are, and points near the middle are pushed down towards the box's bottom.
    """
    oval = points[list(FACE_OVAL)].copy()
    centre, half = (box.left + box.right) / 2, box.width / 2
    offset = oval[:, 0] - centre
    outward = np.clip(np.abs(offset) / half, 0, 1)
    below = oval[:, 1] > begin_row(box, boundary)
    room = max(box.bottom - oval[:, 1].max(), 0.0)
    inward = pull * box.width * np.clip((outward - 0.5) / 0.5, 0, 1) * np.sign(offset)
    oval[below, 0] -= inward[below]
    oval[below, 1] += CHIN_PUSH * room * (1 - outward[below])
    return oval


def _add_lips(canvas: np.ndarray, lips: np.ndarray, growth: float, hull: bool) -> None:
    """The lips' outer outline (or its convex hull), grown by so many pixels to all sides."""
    outside = np.full_like(canvas, 255)
    _fill(outside, _hull(lips) if hull else lips, 0)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    canvas[distance <= round(growth)] = 255


def _hull(points: np.ndarray) -> np.ndarray:
    return cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)


def _fill(canvas: np.ndarray, polygon: np.ndarray, value: int) -> None:
    """Fill a polygon whose corners are given in pixels; pixel centres lie at whole numbers."""
    corners = np.round(polygon * (1 << SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(canvas, [corners], value, shift=SUBPIXEL_BITS)
