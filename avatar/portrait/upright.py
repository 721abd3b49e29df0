"""Which way up a picture is: a reader of faces also reads one that stands on its head, and takes the chin for a brow.

The landmarks do not tell the two apart: tight portraits turned by 180 degrees were read with a tilt of 0 and a turn
under 10 degrees. The detector that comes before them does, by how sure it is (0..1, 2 ms a look). Of two portraits,
each in five crops and twenty-three changes of light, size, sharpness and tilt, it was surer as they stood than on their
heads by 0.11 or more, and surer of one on its side by 0.07 at most.
"""

from __future__ import annotations

import numpy as np

from avatar.errors import InputError
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.framing import MOST_TILTED

# By how much the detector must be surer of another way up, by the quarter turns to it, to be believed.
SURER = {1: 0.10, 2: 0.03, 3: 0.10}
ON_ITS_SIDE = 60  # degrees of tilt from which no head is held, so that nothing has to be surer
AROUND = 3.0  # face widths: the side of the square that the detector sees

# By how many quarter turns, clockwise, a picture comes upright: how it lies, and what to do.
LIES = {
    1: "lies on its left side; turn it by 90 degrees clockwise",
    2: "is upside down; turn it by 180 degrees",
    3: "lies on its right side; turn it by 90 degrees anticlockwise",
}


def refuse_lying(reader: FaceReader, rgb: np.ndarray, faces: list[Face]) -> None:
    """Raises InputError, which says how to turn it, for a picture that is not upright.

    rgb: uint8 (height, width, 3); faces: what the reader read in it. A picture without a face, whichever way up, is no
    matter of this.
    """
    if turns := _turns(reader, rgb, max(faces, key=lambda face: face.width, default=None)):
        raise InputError(f"the picture {LIES[turns]}.")


def _turns(reader: FaceReader, rgb: np.ndarray, face: Face | None) -> int:
    """Quarter turns, clockwise, that bring the picture upright; 0 where it is, or where nothing says that it is not."""
    if face is None or abs(face.tilt) > MOST_TILTED:
        least = reader.sureness(_around(rgb, face)) if face is not None and abs(face.tilt) < ON_ITS_SIDE else 0.0
        return _best({turns: _sureness_of_upright(reader, turned(rgb, turns)) - least for turns in LIES})
    around = _around(rgb, face)
    as_it_lies = reader.sureness(around)
    surer = {turns: reader.sureness(turned(around, turns)) - as_it_lies - SURER[turns] for turns in LIES}
    likely = sorted((turns for turns in LIES if surer[turns] > 0), key=lambda turns: -surer[turns])
    return next((turns for turns in likely if _upright_face(reader, turned(rgb, turns))), 0)


def _best(surer: dict[int, float]) -> int:
    """The turns that are the surest of those that are surer than nothing; 0 where none is."""
    best = max(surer, key=lambda turns: surer[turns])
    return best if surer[best] > 0 else 0


def _sureness_of_upright(reader: FaceReader, rgb: np.ndarray) -> float:
    face = _upright_face(reader, rgb)
    return reader.sureness(_around(rgb, face)) if face else 0.0


def turned(rgb: np.ndarray, turns: int) -> np.ndarray:
    """The picture turned clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(rgb, -turns))


def _upright_face(reader: FaceReader, rgb: np.ndarray) -> Face | None:
    """The largest face that is not tilted too far."""
    faces = (face for face in reader.read(rgb) if abs(face.tilt) <= MOST_TILTED)
    return max(faces, key=lambda face: face.width, default=None)


def _around(rgb: np.ndarray, face: Face) -> np.ndarray:
    """The part of the picture around a face, a square as far as there is picture."""
    x, y = face.landmarks[:, :2].mean(axis=0)
    left, top, side = (
        int(value) for value in (x - AROUND / 2 * face.width, y - AROUND / 2 * face.width, AROUND * face.width)
    )
    return rgb[max(top, 0) : max(top + side, 1), max(left, 0) : max(left + side, 1)]
