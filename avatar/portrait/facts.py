"""What a portrait's pixels and landmarks say of it beyond its outline: how colourful it is, how far its mouth is open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.portrait.landmarks import FACE_OVAL, LOWER_LIP, MOUTH_LEFT, MOUTH_RIGHT, UPPER_LIP

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
