"""Videos of talking faces with one fault each, planted into the frames of a good one.

A fault is a function of the frames, uint8 RGB (height, width, 3), and the landmarks read in them, (478, 3) each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from avatar.portrait.face import FaceReader
from avatar.portrait.landmarks import LEFT_EYE, LOWER_LIP, MOUTH_LEFT, MOUTH_RIGHT, RIGHT_EYE, UPPER_LIP
from avatar.quality.lids import lid_gap
from avatar.quality.upright import BETWEEN_LIPS
from avatar.quality.video import mouth_opening

Frames = list[np.ndarray]
RED, ENAMEL, BLACK = (110, 25, 25), (235, 228, 220), (12, 8, 8)
LAMP = np.array([1.0, 0.75, 0.45], np.float32)  # the colour of its light
OPEN = 0.06  # of the distance between the eyes: the mouth shows its inside
SIGMA = 0.018  # of the blur, over the distance between the eyes: 2.5 pixels in a preview


def read(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The landmarks of each frame."""
    with FaceReader() as reader:
        return [face.landmarks for face in map(reader.largest, frames) if face]


def open_at_closures(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """A mouth that never shuts: frames with narrow lips show the last wide ones."""
    openings = np.array([_opening(points) for points in landmarks])
    wide = np.flatnonzero(openings > 0.35 * np.percentile(openings, 97))
    return [frames[wide[np.argmin(np.abs(wide - place))]] for place in range(len(frames))]


def frozen_eyes(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """Eyes that never blink: frames in which they do show the nearest other one."""
    gaps = np.array([lid_gap(points) for points in landmarks])
    unblinking = np.flatnonzero(gaps > 0.85 * np.median(gaps))
    return [frames[unblinking[np.argmin(np.abs(unblinking - place))]] for place in range(len(frames))]


def red_cavity_in_grey(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """A black-and-white picture with a red inside of the mouth."""
    faulted = []
    for frame, points in zip(frames, landmarks, strict=True):
        grey = np.repeat(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        inside = _between_lips(frame, points)
        grey[inside] = (0.5 * grey[inside] + 0.5 * np.array(RED)).astype(np.uint8)
        faulted.append(grey)
    return faulted


def teeth_of_other_light(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """A face in the light of a lamp, and in its mouth the white light of before."""
    faulted = []
    for frame, points in zip(frames, landmarks, strict=True):
        lit = (frame * LAMP).astype(np.uint8)
        inside = _between_lips(frame, points)
        if _opening(points) > OPEN:
            lit[inside] = frame[inside]
        faulted.append(lit)
    return faulted


def floating_teeth(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """A row of teeth that stays with the skull low in the mouth, seen where the lips let it."""
    openings = np.array([_opening(points) for points in landmarks])
    widest = landmarks[int(np.argmax(openings))]
    height = widest[LOWER_LIP, 1] - widest[UPPER_LIP, 1]
    below_eyes = widest[UPPER_LIP, 1] + 0.5 * height - widest[[LEFT_EYE, RIGHT_EYE], 1].mean()
    faulted = []
    for frame, points in zip(frames, landmarks, strict=True):
        frame = frame.copy()
        inside = _between_lips(frame, points)
        frame[inside] = (0.35 * frame[inside]).astype(np.uint8)
        top = points[[LEFT_EYE, RIGHT_EYE], 1].mean() + below_eyes
        rows = np.arange(frame.shape[0])[:, None]
        frame[inside & (rows >= top) & (rows < top + 0.28 * height)] = ENAMEL
        faulted.append(frame)
    return faulted


def slits_at_the_corners(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """A dark line outward from each corner of an open mouth."""
    faulted = []
    for frame, points in zip(frames, landmarks, strict=True):
        frame = frame.copy()
        if _opening(points) > OPEN:
            across = points[MOUTH_RIGHT, :2] - points[MOUTH_LEFT, :2]
            for corner, way in ((MOUTH_LEFT, -1), (MOUTH_RIGHT, 1)):
                ends = (points[corner, :2] + way * share * across for share in (0.05, 0.2))
                cv2.line(frame, *(tuple(int(value) for value in end) for end in ends), BLACK, 2, cv2.LINE_AA)
        faulted.append(frame)
    return faulted


def blurred_mouth(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """Lips and what is around them as a network that works at a quarter of the size would draw them."""
    faulted = []
    for frame, points in zip(frames, landmarks, strict=True):
        width = float(np.linalg.norm(points[MOUTH_RIGHT, :2] - points[MOUTH_LEFT, :2]))
        middle = points[[MOUTH_LEFT, MOUTH_RIGHT, LOWER_LIP], :2].mean(axis=0)
        around = np.zeros(frame.shape[:2], np.float32)
        cv2.circle(around, tuple(int(value) for value in middle), int(0.85 * width), 1.0, -1)
        eyes = float(np.linalg.norm(points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]))
        blurred = cv2.GaussianBlur(frame, (0, 0), SIGMA * eyes)
        faulted.append((frame + (blurred.astype(np.float32) - frame) * around[..., None]).astype(np.uint8))
    return faulted


def moving_background(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """One picture that is shifted as a whole, by six pixels."""
    faulted = []
    for place, frame in enumerate(frames):
        shift = np.float32([[1, 0, 6 * np.sin(place / 9)], [0, 1, 4 * np.cos(place / 7)]])
        size = frame.shape[1], frame.shape[0]
        faulted.append(cv2.warpAffine(frame, shift, size, borderMode=cv2.BORDER_REFLECT))
    return faulted


def still_head(frames: Frames, landmarks: list[np.ndarray]) -> Frames:
    """A mouth that talks in a picture that does not move: the lower face of each frame in the first one."""
    eyes = [points[[LEFT_EYE, RIGHT_EYE], :2].mean(axis=0) for points in landmarks]
    faulted = []
    for frame, place in zip(frames, eyes, strict=True):
        size = frame.shape[1], frame.shape[0]
        back = np.float32([[1, 0, eyes[0][0] - place[0]], [0, 1, eyes[0][1] - place[1]]])
        held = cv2.warpAffine(frame, back, size, borderMode=cv2.BORDER_REFLECT)
        held[: int(landmarks[0][2, 1])] = frames[0][: int(landmarks[0][2, 1])]
        faulted.append(held)
    return faulted


FAULTS: tuple[Callable[[Frames, list[np.ndarray]], Frames], ...] = (
    open_at_closures, frozen_eyes, red_cavity_in_grey, teeth_of_other_light, floating_teeth, slits_at_the_corners,
    blurred_mouth, moving_background, still_head,
)  # fmt: skip


def _opening(points: np.ndarray) -> float:
    from avatar.portrait.face import Face

    return mouth_opening(Face(points))


def _between_lips(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    inside = np.zeros(frame.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.rint(points[list(BETWEEN_LIPS), :2]).astype(np.int32)], 1)
    return inside > 0
