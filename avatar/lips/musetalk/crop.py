"""The part of the picture that MuseTalk sees: a box from the landmarks, and the two 256 x 256 inputs made of it.

Upstream takes the box from 68 landmarks of DWPose: its middle row is the third point of the nose's bridge (29), its
bottom the chin, its top as far above 29 as the chin is below. In MediaPipe's mesh the four bridge points 27..30, which
are evenly spaced, run from the nasion (168) to the tip (4), so point 29 lies two thirds of the way. Against a 68-point
detector on 100 pictures this box has a mean overlap (IoU) of 0.94, and its middle is 0.7 % of the height too low.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from avatar.lips.box import Box
from avatar.portrait.landmarks import BETWEEN_EYES, FACE_OVAL, LEFT_CHEEK, MESH, NOSE_TIP, RIGHT_CHEEK

SIDE = 256  # pixels, of the network's picture
SMALLEST_BOX = 32  # pixels; below this there is nothing to draw
MOST_TURNED = 4.0  # the nose's tip is this much nearer to one cheek than to the other: about 45 degrees


def face_edges(landmarks: np.ndarray, shift: float = 0.0, margin: float = 0.0) -> tuple[float, float, float, float]:
    """The box of a face before rounding: left, top, right, bottom in pixels; may leave the picture.

    landmarks: float32 (478, 3) in pixels. shift: of the middle row, in landmark steps (a third of the way from nasion
    to tip), positive down; the top moves by twice as much, the bottom stays. margin: added at the bottom, as a share of
    the height (upstream: 10 pixels, on faces of about 220).
    """
    points = landmarks[:MESH, :2].astype(np.float64)
    step = (points[NOSE_TIP, 1] - points[BETWEEN_EYES, 1]) / 3
    middle = points[BETWEEN_EYES, 1] + (2 + shift) * step
    bottom = points[list(FACE_OVAL), 1].max()
    top = 2 * middle - bottom
    return points[:, 0].min(), top, points[:, 0].max(), bottom + margin * (bottom - top)


def face_box(landmarks: np.ndarray, width: int, height: int, shift: float = 0.0, margin: float = 0.0) -> Box:
    """The box of a face in a picture of width x height pixels, rounded once and cut at the picture's edges; landmarks,
    shift and margin as in `face_edges`."""
    left, top, right, bottom = (int(np.floor(edge + 0.5)) for edge in face_edges(landmarks, shift, margin))
    left, right = (min(max(x, 0), width) for x in (left, right))
    top, bottom = (min(max(y, 0), height) for y in (top, bottom))
    return Box(left, top, right, bottom)


def is_drawable(landmarks: np.ndarray, width: int, height: int) -> bool:
    """Whether a face, float32 (478, 3) in pixels of a picture of width x height, can be drawn: it is large enough, in
    the picture, and not turned too far to a side."""
    box = face_box(landmarks, width, height)
    if box.width < SMALLEST_BOX or box.height < SMALLEST_BOX:
        return False
    tip, left, right = landmarks[[NOSE_TIP, LEFT_CHEEK, RIGHT_CHEEK], 0]
    near, far = sorted((float(tip - left), float(right - tip)))
    return near > 0 and far <= MOST_TURNED * near


def network_inputs(picture: np.ndarray, box: Box) -> np.ndarray:
    """The crop as the VAE takes it, twice: float32 (2, 3, SIDE, SIDE) in -1..1, first with its lower half black.

    picture: uint8 (height, width, 3) RGB. The crop's aspect is not kept; it is resized as in training, by Lanczos with
    antialiasing (upstream's inference uses OpenCV's, which has none).
    """
    crop = Image.fromarray(picture[box.rows_columns])
    whole = np.asarray(crop.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float32).transpose(2, 0, 1) / 255
    masked = whole.copy()
    masked[:, SIDE // 2 :] = 0
    return (np.stack([masked, whole]) - 0.5) / 0.5
