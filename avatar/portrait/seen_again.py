"""Which faces of a picture are none: the reader of faces also finds one on a neck, beside a true face, or upside down.

A true face is read again where it was in a picture of itself alone; a false one is not. Of 97 faces of 31 pictures with
one face and with many the three false ones (a neck, two heads that stood upside down) were read elsewhere by 0.36 of
their width and more, or not at all, the others within 0.05 (bench/NOTES.md).
"""

from __future__ import annotations

import numpy as np

from avatar.limits import SMALLEST_FACE
from avatar.portrait.face import Face, FaceReader, same_face
from avatar.portrait.framing import frame_box, frame_portrait

FURTHEST = 0.25  # face widths, mean of all landmarks


def seen_again(reader: FaceReader, rgb: np.ndarray, faces: list[Face]) -> list[Face]:
    """The true ones of the faces that were read in a picture, uint8 RGB (height, width, 3), from left to right.

    Where a false one hid a true one, as a neck does the face over it, that takes its place. Faces that are too small to
    be used stay as they are. 10 ms a face.
    """
    kept = [face for face in faces if face.width < SMALLEST_FACE or _is_true(reader, rgb, face)]
    for face in faces:
        if not any(face is each for each in kept):
            beside = (each for each in _in_its_frame(reader, rgb, face) if _is_true(reader, rgb, each))
            kept += [each for each in beside if not any(same_face(each, other) for other in kept)]
    return sorted(kept, key=lambda face: face.box[0])


def read_again(reader: FaceReader, picture: np.ndarray, expected: np.ndarray) -> np.ndarray | None:
    """The landmarks of the face that is read where one is expected, float32 (478, 3); None where none is near."""
    readings = [each.landmarks for each in reader.read(picture, search=False)]
    nearest = min(readings, key=lambda reading: _distance(reading, expected), default=None)
    if nearest is None or _distance(nearest, expected) >= FURTHEST * Face(expected).width:
        return None
    return nearest


def _is_true(reader: FaceReader, rgb: np.ndarray, face: Face) -> bool:
    return read_again(reader, *frame_portrait(rgb, face.landmarks)) is not None


def _in_its_frame(reader: FaceReader, rgb: np.ndarray, face: Face) -> list[Face]:
    """The faces that are read in a picture of this one alone, in the pixels of the whole."""
    picture, _ = frame_portrait(rgb, face.landmarks)
    left, top, side = frame_box(rgb.shape[1], rgb.shape[0], face.landmarks)
    scale, corner = side / picture.shape[1], np.array([left - 0.5, top - 0.5, 0])
    half = np.array([0.5, 0.5, 0])
    found = reader.read(picture, search=False)
    return [Face(((each.landmarks + half) * scale + corner).astype(np.float32)) for each in found]


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of the same landmarks of two readings, in pixels."""
    return float(np.linalg.norm((one - other)[:, :2], axis=1).mean())
