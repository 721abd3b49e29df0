"""A face of a video's frame turned upright and brought to one size, so that pixels of any two videos compare."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.portrait.landmarks import (
    FACE_OVAL,
    LEFT_EYE,
    LIPS,
    LOWER_LIP_INNER,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    RIGHT_EYE,
    UPPER_LIP_INNER,
)

BETWEEN_EYES_PX = 128  # between the outer corners of the eyes; a preview's face of 512 x 512 pixels has some 140
WIDTH, HEIGHT, EYES_AT = 224, 240, 64  # pixels of the cut-out, and the row in which the eyes lie
BETWEEN_LIPS = (*UPPER_LIP_INNER, *LOWER_LIP_INNER[-2:0:-1])  # their inner edge, all the way round


@dataclass(frozen=True)
class UprightFace:
    """rgb: uint8 (HEIGHT, WIDTH, 3); points: float32 (landmarks, 2), x and y in it."""

    rgb: np.ndarray
    points: np.ndarray

    @property
    def mouth_width(self) -> float:
        """Between the outer corners, in pixels."""
        return max(float(np.linalg.norm(self.points[MOUTH_RIGHT] - self.points[MOUTH_LEFT])), 1.0)

    def inside(self, numbers: tuple[int, ...]) -> np.ndarray:
        """Which pixels lie between these landmarks: bool (HEIGHT, WIDTH)."""
        area = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(area, [np.rint(self.points[list(numbers)]).astype(np.int32)], 1)
        return area > 0

    def lips(self, around_px: int = 0) -> np.ndarray:
        """Both lips and what is between them, and so many pixels around."""
        lips = self.inside(LIPS)
        side = 2 * around_px + 1
        return cv2.dilate(lips.astype(np.uint8), np.ones((side, side), np.uint8)) > 0 if around_px else lips

    def skin(self) -> np.ndarray:
        """The face without the lips."""
        return self.inside(FACE_OVAL) & ~self.inside(LIPS)

    def sample(self, picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Values of a picture of this size at places, interpolated."""
        x, y = np.broadcast_arrays(x, y)
        return cv2.remap(
            picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )


def upright(frame: np.ndarray, landmarks: np.ndarray) -> UprightFace:
    """frame: uint8 RGB (height, width, 3); landmarks: (478, 2 or more), in its pixels."""
    points = landmarks[:, :2].astype(np.float64)
    across = points[RIGHT_EYE] - points[LEFT_EYE]
    scale = BETWEEN_EYES_PX / max(float(across @ across), 1e-9)
    # The similarity that lays the line between the eyes level: a complex number, as every one of the plane.
    cosine, sine = across * scale
    turn = np.array([[cosine, sine], [-sine, cosine]])
    middle = (points[RIGHT_EYE] + points[LEFT_EYE]) / 2
    shift = np.array([WIDTH / 2, EYES_AT]) - turn @ middle
    rgb = cv2.warpAffine(
        frame, np.column_stack([turn, shift]), (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return UprightFace(rgb, (points @ turn.T + shift).astype(np.float32))
