"""The preview stack's portrait: a given picture, or the bundled one, framed around its face."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avatar.portrait.bundled import BUNDLED_NOTE, bundled_picture
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.framing import Portrait, choose_face, frame_portrait
from avatar.portrait.picture import read_picture

MOST_FACES = 12  # of a group picture, to choose from


class GivenPortrait:
    """Use in a `with` block, which holds the face reader. `notes` is what a report must say of the picture."""

    name = "given-picture"
    version = "1"

    def __init__(self, seed: int = 0) -> None:
        """seed: nothing is drawn by chance here; every engine takes one."""
        self.facts: dict = {}
        self.notes: list[str] = []

    def __enter__(self) -> GivenPortrait:
        self._reader = FaceReader(max_faces=MOST_FACES).__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._reader.__exit__(*exception)

    def frame(self, path: Path | None, face: int | None = None, size: int = 512) -> Portrait:
        """The head-and-shoulders portrait of one face of a picture; the bundled picture when there is no path.

        face: which one, from 1 at the left. The landmarks are read on the framed picture itself, which the lips
        engine sees, and not on the one that was given. Raises RequestError and InputError as read_picture and
        choose_face do.
        """
        rgb = read_picture(path) if path else bundled_picture()
        self.notes = [] if path else [BUNDLED_NOTE]
        chosen = choose_face(self._reader.read(rgb), face, rgb.shape[1], rgb.shape[0])
        picture, expected = frame_portrait(rgb, chosen.landmarks, size)
        return Portrait(picture, self._read_again(picture, expected))

    def _read_again(self, picture: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """The landmarks read on `picture` nearest to the expected ones, which stand where none are near."""
        readings = [face.landmarks for face in self._reader.read(picture, search=False)]
        nearest = min(readings, key=lambda reading: _distance(reading, expected), default=expected)
        return nearest if _distance(nearest, expected) < Face(expected).width / 4 else expected


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of the same landmarks of two readings, in pixels."""
    return float(np.linalg.norm((one - other)[:, :2], axis=1).mean())
