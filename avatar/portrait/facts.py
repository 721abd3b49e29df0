"""What a portrait's pixels and landmarks say of it beyond its outline.

How colourful it is, how far its mouth is open, whether it wears glasses, how much room its brows leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.portrait.landmarks import (
    BETWEEN_EYES,
    EYES,
    FACE_OVAL,
    LEFT_CHEEK,
    LEFT_EYE,
    LOWER_LIP,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    RIGHT_CHEEK,
    RIGHT_EYE,
    UPPER_LIP,
)

DARKEST = 60  # of 255: below it the noise of JPEG is a large share of a pixel's light
# Deviation from the cast: two portraits in colour had 0.05 and 0.11, halved in saturation half as much, tinted in sepia
# 0.002, and in sepia as JPEGs of quality 40 up to COLOURLESS.
COLOURLESS, COLOURFUL = 0.015, 0.045
EACH = 4  # of so many pixels one is looked at: thousands are left
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # BT.601


@dataclass(frozen=True)
class Colour:
    """Of a face. A black-and-white picture, tinted or not, has a cast and no colours."""

    cast: np.ndarray  # float32 (3,): its usual RGB over that colour's luma; 1, 1, 1 is grey
    share: float  # 0..1: how far its pixels have colours beside the cast; 1 in an ordinary picture

    @property
    def is_grey(self) -> bool:
        """Whether the picture is in black and white, without a tint."""
        return self.share == 0 and float(np.ptp(self.cast)) < 0.05

    def on(self, rgb: np.ndarray) -> np.ndarray:
        """Colours, float32 (..., 3), as they would be in this picture; the same array where it is an ordinary one."""
        if self.share == 1:
            return rgb
        plain = (rgb @ LUMA)[..., None] * self.cast
        return plain + (rgb - plain) * np.float32(self.share)

    def of_light(self, rgb: np.ndarray) -> np.ndarray:
        """A share of the light, float32 (3,), as it would be taken away in this picture: alike of each colour in grey."""
        return rgb if self.share == 1 else (rgb @ LUMA) + (rgb - rgb @ LUMA) * np.float32(self.share)


def colour_of(picture: np.ndarray, landmarks: np.ndarray) -> Colour:
    """picture: uint8 RGB (height, width, 3); landmarks: (at least 468, 2 or more), in its pixels."""
    import cv2

    inside = np.zeros(picture.shape[:2], np.uint8)
    outline = cv2.convexHull(np.rint(landmarks[list(FACE_OVAL), :2]).astype(np.int32))
    cv2.fillConvexPoly(inside, outline, 1)
    pixels = picture[inside > 0][::EACH].astype(np.float32)
    luma = pixels @ LUMA
    lit = luma > min(DARKEST, float(np.median(luma)) / 2) if len(luma) else luma > 0
    if not lit.any():
        return Colour(np.ones(3, np.float32), 1.0)
    relative = pixels[lit] / luma[lit, None]
    cast = np.median(relative, axis=0)
    cast /= cast @ LUMA
    deviation = float(np.median(np.abs(relative - cast).max(axis=1)))
    return Colour(cast, float(np.clip((deviation - COLOURLESS) / (COLOURFUL - COLOURLESS), 0, 1)))


def mouth_gap(landmarks: np.ndarray) -> float:
    """How far the inner lips are apart in their middle, as a share of the mouth's width; 0 where it is closed."""
    points = landmarks[:, :2]
    width = float(np.linalg.norm(points[MOUTH_LEFT] - points[MOUTH_RIGHT]))
    return float(np.linalg.norm(points[UPPER_LIP] - points[LOWER_LIP])) / width if width else 0.0


def brow_room(landmarks: np.ndarray) -> tuple[float, float]:
    """How far each brow's lower edge lies above its upper lid, in heights of the eye's opening: the left, the right one.

    Of 557 pictures 1.5 in the middle, 0.9 to 2.6 in nine of ten. An eye that is shut counts as a tenth as high as wide.
    """
    points = landmarks[:, :2]
    right = points[RIGHT_EYE] - points[LEFT_EYE]
    down = np.array([-right[1], right[0]]) / max(float(np.linalg.norm(right)), 1e-6)
    rooms = []
    for eye in EYES:
        upper, lower = points[eye.upper_lid[3:6]], points[eye.lower_lid[3:6]]
        width = float(np.linalg.norm(points[eye.upper_lid[0]] - points[eye.upper_lid[-1]]))
        height = max(float(np.linalg.norm(upper - lower, axis=1).mean()), 0.1 * width, 1e-6)
        rooms.append(float((upper.mean(axis=0) - points[eye.brow[1:4]].mean(axis=0)) @ down) / height)
    return rooms[0], rooms[1]


# Where frames of glasses cross skin: over the nose, and between the eye's outer corner and the temple.
BRIDGE_FROM, BRIDGE_TO, BRIDGE_HALF = -0.08, 0.16, 0.03  # face widths below and beside the point between the eyes
TEMPLE_FROM, TEMPLE_TO = -0.12, 0.10  # face widths below the line from the eye to the temple
TEMPLES = ((LEFT_EYE, 127), (RIGHT_EYE, 356))
# A logistic regression on 552 pictures, 31 of them of glasses, of the logs of how steeply the light changes there.
BRIDGE_WEIGHT, TEMPLE_WEIGHT, WITHOUT = 2.1, 0.9, -11.5


def glasses(picture: np.ndarray, landmarks: np.ndarray) -> float:
    """How surely the face wears glasses with clear lenses, 0..1. Looks for the frame's edges across nose and temples.

    Of 31 people with glasses and 520 pictures without, 16 and 2 were above 0.5, 12 and 0 above 0.73 (bench/NOTES.md).
    Those with thin or no rims are mostly missed.
    """
    light, points = lightness(picture, landmarks), landmarks[:, :2]
    width = float(np.linalg.norm(landmarks[RIGHT_CHEEK] - landmarks[LEFT_CHEEK]))
    right = points[RIGHT_EYE] - points[LEFT_EYE]
    right = right / max(float(np.linalg.norm(right)), 1e-6)
    down = np.array([-right[1], right[0]])
    beside = points[BETWEEN_EYES] + np.linspace(-BRIDGE_HALF, BRIDGE_HALF, 7)[:, None] * width * right
    bridge = _steepest(light, beside, down * width, BRIDGE_FROM, BRIDGE_TO, together=True)
    score = BRIDGE_WEIGHT * np.log(bridge + 0.1) + WITHOUT
    for eye, temple in TEMPLES:
        starts = points[eye] + np.array([0.4, 0.5, 0.6, 0.7])[:, None] * (points[temple] - points[eye])
        steepest = _steepest(light, starts, down * width, TEMPLE_FROM, TEMPLE_TO, together=False)
        score += TEMPLE_WEIGHT * np.log(steepest + 0.1)
    return float(1 / (1 + np.exp(-score)))


def lightness(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The log of the light, float32 (height, width), smoothed over a hundred-and-twentieth of the face's width."""
    import cv2

    width = float(np.linalg.norm(landmarks[RIGHT_CHEEK] - landmarks[LEFT_CHEEK]))
    return np.log(cv2.GaussianBlur(picture, (0, 0), max(width / 120, 0.3)).astype(np.float32) @ LUMA + 12)


def _steepest(
    light: np.ndarray, starts: np.ndarray, down: np.ndarray, first: float, last: float, together: bool
) -> float:
    """How steeply the light changes at most along lines downwards, per face width.

    starts: (n, 2); down: a face width; first, last: where the lines begin and end, in it; together: along the mean of
    the lines, else in their middle one.
    """
    import cv2

    along = np.linspace(first, last, 48)
    at = (starts[:, None] + along[:, None] * down).astype(np.float32)
    lines = cv2.remap(light, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lines = lines.mean(axis=0, keepdims=True) if together else lines
    steps = np.abs(np.diff(lines, axis=1)).max(axis=1) / (along[1] - along[0])
    return float(np.median(steps))
