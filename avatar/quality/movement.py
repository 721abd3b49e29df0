"""Does the head move, and nothing around it? The picture's border against the face, frame by frame."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.portrait.landmarks import BETWEEN_EYES, LEFT_EYE, RIGHT_EYE

SHORT_SIDE = 128  # pixels of the small picture in which the border is followed
STRIP = 0.08  # of the short side: how wide the border's strip is; the lower side is left out, shoulders may move
LEAST_TEXTURE = 4.0  # grey levels a pixel, root mean square of the slope: plainer borders show no movement
OFTEN = 95  # percentile over the frames

# Of the distance between the eyes. Measured (bench/results/judge-limits.json): heads of the preview 0.017 to 0.035,
# what the reader makes of a still picture with a moving mouth up to 0.01.
LEAST_HEAD = 0.010
# The border's movement over the head's: 0.0 to 0.2 where the background stays, 0.8 to 1.1 where the whole picture moves.
MOST_WITH_HEAD = 0.5


class Movement:
    """Followed over the frames of a video, given one after the other."""

    def __init__(self) -> None:
        self._first = self._slopes = self._strip = None
        self._between_eyes: list[float] = []
        self._head: list[np.ndarray] = []
        self._border: list[np.ndarray] = []

    def add(self, grey: np.ndarray, landmarks: np.ndarray | None) -> None:
        """grey: uint8 (height, width); landmarks: (478, 2 or more) in its pixels, None where there is no face."""
        scale = SHORT_SIDE / min(grey.shape)
        size = max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._first is None:
            self._begin(small)
        self._border.append(self._shift(small) / scale)
        if landmarks is not None:
            eyes = landmarks[[LEFT_EYE, RIGHT_EYE], :2]
            self._between_eyes.append(float(np.linalg.norm(eyes[0] - eyes[1])))
            self._head.append(landmarks[[LEFT_EYE, RIGHT_EYE, BETWEEN_EYES], :2].mean(axis=0))

    def figures(self) -> dict:
        """Both of the distance between the eyes: how far the head and the border are from where they usually are.

        None where there is no face, or the border is too plain to be followed.
        """
        if not self._head:
            return {"head_moves": None, "border_moves": None}
        eyes = float(np.median(self._between_eyes))
        plain = self._texture() < LEAST_TEXTURE
        return {
            "head_moves": round(_spread(np.array(self._head)) / eyes, 4),
            "border_moves": None if plain else round(_spread(np.array(self._border)) / eyes, 4),
        }

    def _begin(self, small: np.ndarray) -> None:
        wide = max(round(STRIP * min(small.shape)), 2)
        self._first = small
        self._strip = np.ones(small.shape, bool)
        self._strip[wide:, wide:-wide] = False
        self._slopes = np.stack([np.gradient(small, axis=axis)[self._strip] for axis in (1, 0)], axis=1)

    def _texture(self) -> float:
        return float(np.sqrt(np.square(self._slopes).mean(axis=0).min()))

    def _shift(self, small: np.ndarray) -> np.ndarray:
        """x and y by which the border has moved since the first frame, in pixels of the small picture.

        By least squares over the strip, as Lucas and Kanade do it, once: good up to a pixel or two, which is enough to
        tell a border that moves from one that stays.
        """
        change = (small - self._first)[self._strip]
        normal = self._slopes.T @ self._slopes + np.eye(2)
        return -np.linalg.solve(normal, self._slopes.T @ (change - change.mean()))


def failures(seen: dict) -> list[str]:
    """For a video whose head was planned to move over a background that stays."""
    head, border = seen["head_moves"], seen["border_moves"]
    if head is None:
        return []
    if head < LEAST_HEAD:
        return [f"the head hardly moves: by {head:.3f} of the distance between the eyes, {LEAST_HEAD} is the least"]
    if border is not None and border > MOST_WITH_HEAD * head:
        return [
            f"the background moves with the head: the picture's border by {border:.3f} of the distance between the "
            f"eyes, the head by {head:.3f}"
        ]
    return []


def _spread(places: np.ndarray) -> float:
    return float(np.percentile(np.linalg.norm(places - np.median(places, axis=0), axis=1), OFTEN))
