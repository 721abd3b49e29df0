"""One face through a clip: found in every frame, steadied, and judged fit to be drawn or not.

Every frame is read on its own and the readings are then averaged over five frames, centred, so nothing lags.
MediaPipe's VIDEO mode does neither better: with one face its filter leaves half the jitter of the box's edges where
this leaves a sixth, and it lags; with several faces it filters nothing. Measured on a portrait moved along a known
path, with noise and JPEG (second difference of the edges' error, pixels rms, left/top/right/bottom):

    each frame on its own        1.02  1.39  1.20  0.66
    VIDEO mode                   0.54  0.54  0.55  0.27    10 ms late
    averaged over five frames    0.19  0.19  0.21  0.12
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from avatar.lips.musetalk.crop import is_drawable
from avatar.portrait.face import LANDMARKS, FaceReader
from avatar.portrait.moving_head import Whereabouts

WEIGHTS = (1, 2, 3, 2, 1)  # of the average over five frames
LONGEST_GAP_S = 0.5  # a face that is lost for longer was gone: those frames pass through as they are
FARTHEST = 0.5  # face widths that a face moves from one frame to the next; what is further away is somebody else
ELSEWHERE = 1.0  # face widths from where the looks at the clip saw somebody: further away it is somebody else
CUT = 24.0  # mean difference of two frames' thumbnails, of 255; talking and walking heads stay under 12
THUMBNAIL = (32, 32)
ENOUGH = (
    512  # pixels of a frame's shorter side that its thumbnail is made of: of a larger frame every second, fourth, ...
)
SEARCH_EVERY_S, LONGEST_PAUSE_S = 0.25, 2.0


@dataclass(frozen=True)
class Track:
    """landmarks: float32 (n, 478, 3) in pixels, nan where there is no face; shot: int (n,), one more after each cut."""

    landmarks: np.ndarray
    shot: np.ndarray

    @property
    def found(self) -> np.ndarray:
        return ~np.isnan(self.landmarks[:, 0, 0])


def follow(
    frames: Iterable[np.ndarray],
    most: int,
    reader: FaceReader,
    start: np.ndarray | None,
    frame_rate: Fraction,
    known: Whereabouts | None = None,
    is_large: bool = False,
) -> Track:
    """Read a face in each of at most so many frames, uint8 (h, w, 3) RGB: first the one nearest to `start` (x, y), then
    the one nearest to where it was. After a cut, or when it was lost for LONGEST_GAP_S, the largest face is taken up.

    known: where that person is, of several: no face that lies elsewhere is taken for them.
    is_large: frames of any size, of which the whole takes long to read (up to 6 s): a face is looked for where it was, and
    where it was not, in the whole of one frame in SEARCH_EVERY_S, more rarely the longer it is gone.
    """
    landmarks = np.empty((most, LANDMARKS, 3), np.float32)  # made once: gathered in a list, all would be there twice
    shots: list[int] = []
    last, lost, thumbnail, shot, search_at, pause_s = None, 0, None, 0, 0, SEARCH_EVERY_S
    for number, frame in enumerate(itertools.islice(frames, most)):
        before, thumbnail = thumbnail, _thumbnail(frame)
        if before is not None and np.abs(thumbnail - before).mean() > CUT:
            shot, last, start, search_at, pause_s = shot + 1, None, None, number, SEARCH_EVERY_S
        if lost > LONGEST_GAP_S * frame_rate:
            last, start = None, None
        faces = reader.near(frame, last) if is_large and last is not None else []
        if not faces and (not is_large or number >= search_at):
            faces, search_at = reader.read(frame), number + math.ceil(pause_s * frame_rate)
            pause_s = SEARCH_EVERY_S if faces else min(2 * pause_s, LONGEST_PAUSE_S)
        readings = [face.landmarks for face in faces]
        if known:
            readings = [each for each in readings if _may_be(known, each, float(number / frame_rate), last is not None)]
        reading = _same_face(readings, last, start)
        last, lost = (last, lost + 1) if reading is None else (reading, 0)
        landmarks[len(shots)] = np.nan if reading is None else reading
        shots.append(shot)
    return Track(landmarks[: len(shots)], np.array(shots, int))


def _may_be(known: Whereabouts, reading: np.ndarray, time: float, is_followed: bool) -> bool:
    """Whether a face may be that of the person; where no look tells, only one that is followed."""
    apart = known.apart(reading, time)
    return is_followed if apart is None else apart < ELSEWHERE


def _same_face(readings: list[np.ndarray], last: np.ndarray | None, start: np.ndarray | None) -> np.ndarray | None:
    """Of several faces the one that is meant; None where it is not among them."""
    if not readings:
        return None
    if last is None and start is None:
        return max(readings, key=_width)
    goal = start if last is None else _middle(last)
    nearest = min(readings, key=lambda reading: np.linalg.norm(_middle(reading) - goal))
    is_near = last is None or np.linalg.norm(_middle(nearest) - goal) <= FARTHEST * _width(last)
    return nearest if is_near else None


def _middle(landmarks: np.ndarray) -> np.ndarray:
    return landmarks[:, :2].mean(axis=0)


def _width(landmarks: np.ndarray) -> float:
    return float(np.ptp(landmarks[:, 0]))


def _thumbnail(frame: np.ndarray) -> np.ndarray:
    step = max(1, min(frame.shape[:2]) // ENOUGH)
    grey = cv2.cvtColor(np.ascontiguousarray(frame[::step, ::step]), cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)


def steady(track: Track, frame_rate: Fraction) -> None:
    """Bridge short gaps and average the readings, never across a cut or a longer gap.

    All of it happens in the track itself, which may be large: 143 kB a second at 25 frames/s.
    """
    _bridge(track, int(LONGEST_GAP_S * frame_rate))
    ends = np.flatnonzero((np.diff(track.shot) != 0) | np.diff(track.found)) + 1
    for stretch in np.split(track.landmarks, ends):
        _average(stretch)


def _bridge(track: Track, longest: int) -> None:
    """Fill gaps of at most `longest` frames inside a shot by straight lines."""
    landmarks, found = track.landmarks, np.flatnonzero(track.found)
    for before, after in zip(found, found[1:]):
        if 1 < after - before <= longest + 1 and track.shot[before] == track.shot[after]:
            share = np.linspace(0, 1, after - before + 1, dtype=np.float32)[1:-1, None, None]
            landmarks[before + 1 : after] = (1 - share) * landmarks[before] + share * landmarks[after]


def _average(landmarks: np.ndarray) -> None:
    """Average each frame of float32 (n, 478, 3) with its neighbours, as far as there are any, in place."""
    kernel = np.array(WEIGHTS, np.float32)[:, None]
    weight_sum = cv2.filter2D(np.ones((len(landmarks), 1), np.float32), -1, kernel, borderType=cv2.BORDER_CONSTANT)
    for columns in np.array_split(landmarks.reshape(len(landmarks), -1), 6, axis=1):  # OpenCV works on a copy of each
        cv2.filter2D(columns, -1, kernel, dst=columns, borderType=cv2.BORDER_CONSTANT)
        columns /= weight_sum


def drawable(track: Track, width: int, height: int) -> np.ndarray:
    """Which frames of width x height pixels show a face that can be drawn: bool (n,)."""
    found = track.found
    return np.array([bool(found[i]) and is_drawable(track.landmarks[i], width, height) for i in range(len(found))])
