"""A head that moves in its clip: followed from look to look, and the part of the picture that holds it all along.

A look is one picture out of many: between two of them a head may walk several of its widths, or be gone for a while.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.limits import SMALLEST_FACE
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.framing import frame_box
from avatar.portrait.landmarks import CHIN, LOWER_LIP
from avatar.portrait.seen_again import seen_again

LONGEST_PAUSE = 4  # looks between two searches for a face that is gone; one takes up to 6 s in a large picture
BESIDE, ABOVE, BELOW = 0.15, 0.2, 0.1  # face widths by which a head reaches beyond its landmarks
SMALLEST_SHARE = SMALLEST_FACE / 512  # of the square's width, that a face takes at least
JAW_DROPS = 0.35  # of the way from the lip to the chin: how far an open mouth reaches below the closed one
ROUNDED_PX = 1.0
LOOK_HOLDS_S = 0.75  # a look tells where a face is until then, and from then on


@dataclass(frozen=True)
class Heads:
    """A head in n looks, float32, in pixels of the clip's picture. boxes: (n, 4), left, top, right and bottom, inside the
    picture; eyes: (n, 2), the point between them; mouths: (n,), how far down the open mouth reaches."""

    boxes: np.ndarray
    eyes: np.ndarray
    mouths: np.ndarray

    @classmethod
    def of(cls, found: Sequence[np.ndarray], width: int, height: int) -> Heads:
        """found: landmarks float32 (478, 3), of a picture of width x height."""
        boxes = []
        for face in map(Face, found):
            left, top, right, bottom = face.box
            room = np.array([-BESIDE, -ABOVE, BESIDE, BELOW]) * face.width
            boxes.append(np.clip(np.array([left, top, right, bottom]) + room, 0, [width, height, width, height]))
        mouths = [mouth_ends_at(landmarks) for landmarks in found]
        eyes = [Face(landmarks).between_eyes for landmarks in found]
        return cls(*(np.array(each, np.float32) for each in (boxes, eyes, mouths)))

    def within(self, left: float, top: float, width: float, height: float) -> np.ndarray:
        """Which of them lie in this part of the picture, whole: bool (n,)."""
        low, high = self.boxes[:, :2] + ROUNDED_PX, self.boxes[:, 2:] - ROUNDED_PX
        return np.all((low >= [left, top]) & (high <= [left + width, top + height]), axis=1)

    def those(self, which: np.ndarray) -> Heads:
        return Heads(self.boxes[which], self.eyes[which], self.mouths[which])

    def save(self, path: Path) -> None:
        """The same bytes for the same heads."""
        np.save(path, np.column_stack([self.boxes, self.eyes, self.mouths]).astype("<f4"), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> Heads:
        columns = np.load(path, allow_pickle=False)
        return cls(columns[:, :4], columns[:, 4:6], columns[:, 6])


def mouth_ends_at(landmarks: np.ndarray) -> float:
    """How far down the open mouth of a face (478, 3) reaches, in its pixels."""
    lip, chin = landmarks[LOWER_LIP, 1], landmarks[CHIN, 1]
    return float(lip + JAW_DROPS * (chin - lip))


def square(width: int, height: int, face: np.ndarray, heads: Heads) -> tuple[int, int, int]:
    """Left, top and side of the square, in whole pixels, that holds the heads of a clip of width x height.

    face: landmarks (478, 3) of the usual one. Heads that stay in the square of a portrait have that one. Else it is as
    much larger as it takes; where none is large enough, it holds as many of the looks as can be.
    """
    left, top, side = frame_box(width, height, face)
    if heads.within(left, top, side, side).all():
        return left, top, side
    most = max(side, min(width, height, int(Face(face).width / SMALLEST_SHARE)))
    reach = heads.boxes[:, 2:].max(axis=0) - heads.boxes[:, :2].min(axis=0)
    side = max(side, min(most, math.ceil(reach.max())))
    wanted = frame_box(width, height, face, side)
    left, top = (
        round(span(heads.boxes[:, axis], heads.boxes[:, axis + 2], side, wanted[axis], whole - side))
        for axis, whole in enumerate((width, height))
    )
    held = heads.within(left, top, side, side)
    if held.any() and not held.all():  # what is held may do with less
        return square(width, height, face, heads.those(held))
    return left, top, side


def span(low: np.ndarray, high: np.ndarray, length: float, wanted: float, last: float) -> float:
    """Where a span of this length begins, from 0 to `last`, that most of the intervals from low to high, each (n,), lie in;
    of several such places the one nearest to `wanted`."""
    begins = np.clip(np.concatenate([[wanted], low, high - length]), 0, last)
    ends = begins[:, None] + length
    held = ((low + ROUNDED_PX >= begins[:, None]) & (high - ROUNDED_PX <= ends)).sum(axis=1)
    best = begins[held == held.max()]
    return float(best[np.abs(best - wanted).argmin()])


@dataclass(frozen=True)
class Whereabouts:
    """Where one of several people in a clip was seen. times: (n,), seconds; middles: (n, 2), of the face; widths: (n,), both in
    pixels of what is shown. Between two looks it may be anywhere on the line between its places."""

    times: np.ndarray
    middles: np.ndarray
    widths: np.ndarray

    def shown(self, left: float, top: float, scale: float) -> Whereabouts:
        """The same in a part of the picture that is enlarged."""
        return Whereabouts(self.times, (self.middles - [left, top]) * scale, self.widths * scale)

    def apart(self, landmarks: np.ndarray, time: float) -> float | None:
        """How far a face lies from where that person is at this time, in its widths; None where nobody looked then."""
        near = np.flatnonzero(np.abs(self.times - time) < LOOK_HOLDS_S)
        if not len(near):
            return None
        between = [np.interp(time, self.times[near], self.middles[near, axis]) for axis in (0, 1)]
        places = np.vstack([self.middles[near], between])
        distance = np.linalg.norm(places - landmarks[:, :2].mean(axis=0), axis=1).min()
        return float(distance / self.widths[near].mean())


class Followed:
    """One face of a clip, from look to look. found: its landmarks, float32 (478, 3), wherever it was seen; at: in which looks,
    counted from the first."""

    def __init__(self, reader: FaceReader, chosen: Face, faces: Sequence[Face]) -> None:
        """chosen: one of the faces of the first look."""
        self.found, self.at = [chosen.landmarks], [0]
        self._looks = 0
        self._reader = reader
        self._others = [face.landmarks for face in faces if face is not chosen]
        self._wait = self._pause = 0  # looks

    def look(self, rgb: np.ndarray) -> None:
        """One more picture, uint8 (height, width, 3) RGB: looked at where the face was, and then, now and then, as a whole."""
        last = self.found[-1]
        self._looks += 1
        seen = [face.landmarks for face in self._reader.near(rgb, last) if _apart(face.landmarks, last) < 1]
        self._wait -= 1
        if not seen and self._wait < 0:
            seen = self._searched(rgb)
            self._pause = 0 if seen else min(max(1, 2 * self._pause), LONGEST_PAUSE)
            self._wait = self._pause
        if seen:
            self.found.append(min(seen, key=lambda landmarks: _apart(landmarks, last)))
            self.at.append(self._looks)

    def whereabouts(self, looks_per_s: float) -> Whereabouts | None:
        """None where nobody else was seen: any face is the one then."""
        if not self._others:
            return None
        found = np.array(self.found)[:, :, :2]
        return Whereabouts(np.array(self.at) / looks_per_s, found.mean(axis=1), np.ptp(found[:, :, 0], axis=1))

    def _searched(self, rgb: np.ndarray) -> list[np.ndarray]:
        """The faces that may be the one, wherever they are: those that lie where somebody else was last seen are not."""
        true = seen_again(self._reader, rgb, self._reader.read(rgb))
        faces = [face.landmarks for face in true if face.width >= SMALLEST_FACE]
        theirs = [
            face
            for face in faces
            if any(_apart(face, other) < min(1, _apart(face, self.found[-1])) for other in self._others)
        ]
        if theirs:
            gone = [other for other in self._others if all(_apart(face, other) >= 1 for face in theirs)]
            self._others = [*theirs, *gone]
        return [face for face in faces if not any(face is each for each in theirs)]


def _apart(landmarks: np.ndarray, other: np.ndarray) -> float:
    """How far two readings of faces lie apart, in widths of the other."""
    return float(np.linalg.norm((landmarks - other)[:, :2].mean(axis=0)) / max(np.ptp(other[:, 0]), 1.0))
