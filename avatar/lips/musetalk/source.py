"""What the lips are drawn into: distinct frames of a still picture (one) or of a clip (many), as one kind of thing."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from avatar.errors import InputError
from avatar.lips.musetalk.crop import is_drawable
from avatar.lips.musetalk.frame_file import FrameFile, frame_file
from avatar.lips.musetalk.ramp import ramp
from avatar.lips.musetalk.track import Track, drawable, follow, steady
from avatar.lips.musetalk.windows import WholeFrames, cut_out, in_windows, windows_of
from avatar.portrait.clip import LOOKS_PER_S, Clip, framed_frames, framing, own_size, seen, whole_frames
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import Portrait
from avatar.portrait.landmarks import LOWER_LIP, MOUTH_LEFT, MOUTH_RIGHT, UPPER_LIP

SIZE = 512  # pixels, width and height of a framed clip; a portrait brings its own
OPEN_MOUTH = 0.06  # gap between the lips, share of the mouth's width, from which a mouth counts as open


class Pictures(Protocol):
    """A list of them, or a FrameFile."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> np.ndarray: ...


@dataclass(frozen=True)
class Source:
    """n distinct frames. pictures: uint8 (height, width, 3) RGB each; landmarks: float32 (n, 478, 3) in their pixels, nan
    without a face. whole: what the pictures were cut out of, where they are windows.

    opacity: how much of the drawn face is shown, 0..1, (n,): 0 where there is none to draw, easing in and out beside
    it. closed: 1 where the source's own mouth is closed, easing to 0 where it is open, (n,). shot: (n,), counts the
    cuts. start_s: where in a clip they begin; outside_s: for how long its head is not whole in the square.
    """

    pictures: Pictures
    landmarks: np.ndarray
    opacity: np.ndarray
    closed: np.ndarray
    shot: np.ndarray
    start_s: float = 0.0
    outside_s: float = 0.0
    whole: WholeFrames | None = None

    def __len__(self) -> int:
        return len(self.pictures)


@contextlib.contextmanager
def opened(source: Portrait | Clip, frame_rate: Fraction, frame_count: int) -> Iterator[Source]:
    """The source of a video of frame_count frames. Raises InputError when it shows no face that can be drawn."""
    if isinstance(source, Clip):
        with frame_file() as pictures:
            make = _whole_source if source.is_whole else _square_source
            yield make(source, pictures, frame_rate, frame_count)
    else:
        yield _still_source(source)


def _still_source(portrait: Portrait) -> Source:
    height, width = portrait.picture.shape[:2]
    if not is_drawable(portrait.landmarks, width, height):
        raise InputError(
            "the portrait's face is too small, cut off or turned too far to a side for lips to be drawn; give a "
            "picture from the front."
        )
    return _source([portrait.picture], portrait.landmarks[None], np.ones(1, bool), np.zeros(1, int))


def _square_source(clip: Clip, pictures: FrameFile, frame_rate: Fraction, frame_count: int) -> Source:
    """One pass to frame the clip, one to keep its frames and follow the face; no more of it than the video needs."""
    seconds = float(frame_count / frame_rate)
    with FaceReader() as reader:
        how = framing(clip, reader, SIZE, seconds)
        frames = framed_frames(clip, how, frame_rate, seconds)
        track = follow(pictures.keep(frames), frame_count, reader, how.middle, frame_rate, how.whereabouts)
    steady(track, frame_rate)
    fit = _drawable(clip, track, SIZE, SIZE)
    return _source(pictures, track.landmarks, fit, track.shot, how.start_s, how.outside_s)


def _whole_source(clip: Clip, pictures: FrameFile, frame_rate: Fraction, frame_count: int) -> Source:
    """One pass to follow the face, one to keep the windows around it."""
    width, height = own_size(clip.path)
    seconds = float(frame_count / frame_rate)
    with FaceReader() as reader:
        first = seen(clip, reader, 1 / LOOKS_PER_S)
        if first.whereabouts:  # who is who has to be known all along
            first = seen(clip, reader, seconds)

        def frames() -> Generator[np.ndarray]:
            return whole_frames(clip, first.start_s, frame_rate, seconds)

        middle = first.first[:, :2].mean(axis=0)
        track = follow(frames(), frame_count, reader, middle, frame_rate, first.whereabouts, is_large=True)
    steady(track, frame_rate)
    fit = _drawable(clip, track, width, height)
    windows = windows_of(track.landmarks, width, height)
    for _ in pictures.keep(cut_out(frames(), windows)):
        pass
    landmarks = in_windows(track.landmarks, windows)
    return _source(pictures, landmarks, fit, track.shot, first.start_s, whole=WholeFrames(frames, windows))


def _drawable(clip: Clip, track: Track, width: int, height: int) -> np.ndarray:
    """Which frames can be drawn, bool (n,). Raises InputError where none can."""
    fit = drawable(track, width, height)
    if not fit.any():
        raise InputError(
            f"{clip.name} shows no face that lips can be drawn on; give one where it is seen from the front."
        )
    return fit


def _source(
    pictures: Pictures,
    landmarks: np.ndarray,
    fit: np.ndarray,
    shot: np.ndarray,
    start_s: float = 0.0,
    outside_s: float = 0.0,
    whole: WholeFrames | None = None,
) -> Source:
    return Source(pictures, landmarks, ramp(fit), ramp(mouth_closed(landmarks)), shot, start_s, outside_s, whole)


def mouth_closed(landmarks: np.ndarray) -> np.ndarray:
    """Whether the lips meet in each frame, bool (n,); without a face they do not."""
    gap = np.linalg.norm(landmarks[:, UPPER_LIP, :2] - landmarks[:, LOWER_LIP, :2], axis=1)
    width = np.linalg.norm(landmarks[:, MOUTH_LEFT, :2] - landmarks[:, MOUTH_RIGHT, :2], axis=1)
    return gap < OPEN_MOUTH * width  # comparisons with nan are False


def order(frame: int, count: int, loop: str = "pingpong") -> int:
    """Which of `count` source frames a video's frame shows, once the source is over.

    pingpong: back and forth, no end shown twice (0 1 2 1 0 1 ...); repeat: from its beginning; hold: its last frame.
    """
    if loop == "hold" or count == 1:
        return min(frame, count - 1)
    if loop == "repeat":
        return frame % count
    place = frame % (2 * count - 2)
    return min(place, 2 * count - 2 - place)
