"""Does the head move, and nothing around it? The picture's border against the face, frame by frame."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.portrait.landmarks import BETWEEN_EYES, LEFT_EYE, RIGHT_EYE

SHORT_SIDE = 128  # pixels of the small picture in which the border is followed
STRIP = 0.08  # of the short side: how wide the strip along each side is
SMOOTH = 2.0  # pixels, sigma: a border can be followed about as far as that
LEAST_TEXTURE = 1.5  # grey levels a pixel, root mean square of the slope: plainer sides show no movement
OFTEN = 95  # percentile over the frames

# Of the distance between the eyes. Measured (bench/results/judge-limits.json): heads of the preview 0.017 to 0.035,
# what the reader makes of a still picture with a moving mouth up to 0.01.
LEAST_HEAD = 0.010
# The border's movement over the head's: 0.0 to 0.49 where the background stays, 0.62 to 0.89 where the whole picture moves.
MOST_WITH_HEAD = 0.56


class Side:
    """A strip along one side of a video's first frame, in which later ones are found again."""

    def __init__(self, strip: np.ndarray) -> None:
        """strip: float32 (height, width), grey."""
        self._first = strip
        self._slopes = np.stack([np.gradient(strip, axis=axis).ravel() for axis in (1, 0)], axis=1)

    @property
    def is_plain(self) -> bool:
        """Whether it has too little in it, in one direction or both, to be followed."""
        return float(np.sqrt(np.square(self._slopes).mean(axis=0).min())) < LEAST_TEXTURE

    def shift(self, strip: np.ndarray) -> np.ndarray:
        """x and y by which it has moved since the first frame, in pixels of the small picture.

        By least squares over the strip, as Lucas and Kanade do it, once: good up to a pixel or two, which is enough to
        tell a border that moves from one that stays.
        """
        change = (strip - self._first).ravel()
        normal = self._slopes.T @ self._slopes + np.eye(2)
        return -np.linalg.solve(normal, self._slopes.T @ (change - change.mean()))


def sides_of(small: np.ndarray) -> list[np.ndarray]:
    """The strips along the left, upper and right sides; shoulders are along the lower one, and may move."""
    wide = max(round(STRIP * min(small.shape)), 2)
    return [small[:, :wide], small[:wide], small[:, -wide:]]


class Movement:
    """Followed over the frames of a video, given one after the other."""

    def __init__(self) -> None:
        self._sides: list[Side] = []
        self._between_eyes: list[float] = []
        self._heads: list[np.ndarray] = []
        self._shifts: list[np.ndarray] = []

    def add(self, grey: np.ndarray, landmarks: np.ndarray | None) -> None:
        """grey: uint8 (height, width); landmarks: (478, 2 or more) in its pixels, None where there is no face."""
        scale = SHORT_SIDE / min(grey.shape)
        size = max(round(grey.shape[1] * scale), 1), max(round(grey.shape[0] * scale), 1)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        small = cv2.GaussianBlur(small, (0, 0), SMOOTH)
        strips = sides_of(small)
        self._sides = self._sides or [Side(strip) for strip in strips]
        self._shifts.append(
            np.array([side.shift(strip) for side, strip in zip(self._sides, strips, strict=True)]) / scale
        )
        if landmarks is not None:
            eyes = landmarks[[LEFT_EYE, RIGHT_EYE], :2]
            self._between_eyes.append(float(np.linalg.norm(eyes[0] - eyes[1])))
            self._heads.append(landmarks[[LEFT_EYE, RIGHT_EYE, BETWEEN_EYES], :2].mean(axis=0))

    def figures(self) -> dict:
        """How far head and border are from where they usually are, both over the distance between the eyes.

        The border's is that of the side which moves least: a head may reach into the others. None where there is no
        face, or all sides are too plain to be followed.
        """
        if not self._heads:
            return {"head_moves": None, "border_moves": None}
        eyes = float(np.median(self._between_eyes))
        shifts = np.array(self._shifts)
        moved = [_spread(shifts[:, place]) / eyes for place, side in enumerate(self._sides) if not side.is_plain]
        border = round(min(moved), 4) if moved else None
        return {"head_moves": round(_spread(np.array(self._heads)) / eyes, 4), "border_moves": border}


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
