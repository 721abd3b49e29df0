"""A video file as the source of the picture: decoded by FFmpeg, and shown as it is or framed once around its face.

What comes through the pipe is one upright picture after another at a constant frame rate, exactly the one asked for, and one
is in memory at a time.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.limits import FRAME_RATE
from avatar.media.frames import at_rate, size_and_rate, video_frames
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import Place, choose_face
from avatar.portrait.moving_head import Followed, Heads, Whereabouts, square
from avatar.portrait.seen_again import seen_again

SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
LOOKS_PER_S = 2  # frames looked at to frame the clip, over all of it that is used
LOOKED_S = 60.0  # of a clip, for a face to appear
MOST_REMEMBERED = 8  # clips and lengths, some kilobytes each
SLOWEST, FASTEST = Fraction(23), 60  # frames a second of a clip that is shown as it is
FASTER = Fraction(61, 60)  # a phone's 60 a second are 60.1 now and then
LONGEST_FRACTION = (
    1001  # 30000/1001; what a file with uneven times has on average may have a denominator of seven digits
)


@dataclass(frozen=True)
class Clip:
    """A video whose lips are to move. face: which one, from 1 at the left, where its pictures show several. called: how
    messages name the video, its path where it is "": a copy in a job has another name than the user's file.
    is_whole: its own frames are shown, at their own size; else the square around the head."""

    path: Path
    face: int | None = None
    called: str = ""
    is_whole: bool = False

    @property
    def name(self) -> str:
        return self.called or f"the video {str(self.path)!r}"


@dataclass(frozen=True)
class Seen:
    """Where a clip shows its face. place: the square, which stands still, that holds its head; heads: where that is, look by
    look; first: the face where it is first seen, float32 (478, 3) in pixels of the whole picture; start_s: where the clip
    begins, since no face is seen before."""

    place: Place
    heads: Heads
    first: np.ndarray
    start_s: float
    whereabouts: Whereabouts | None  # of that person, where others are seen too; seconds from start_s


@dataclass(frozen=True)
class Framing:
    """How a clip is shown. crop: FFmpeg's filters; middle: where the face's middle is at first, (x, y) in pixels;
    start_s: where the clip begins, since no face is seen before; outside_s: for how long the head is not in it whole;
    whereabouts: of that person, where others are seen too."""

    crop: str
    middle: np.ndarray
    start_s: float = 0.0
    outside_s: float = 0.0
    whereabouts: Whereabouts | None = None


_seen: dict[tuple, Seen] = {}


def is_clip(path: Path) -> bool:
    """Whether a file's name is that of a video; its content is looked at when it is read."""
    return path.suffix.lower() in SUFFIXES


def refuse_unusable(clip: Clip) -> None:
    """Raises InputError for a video that cannot be read, or shows no usable face in its first LOOKED_S seconds."""
    with FaceReader() as reader:
        framing(clip, reader, 512, 1 / LOOKS_PER_S)


def seen(clip: Clip, reader: FaceReader, seconds: float) -> Seen:
    """Where so many seconds of a clip show the face, from where a usable one is first seen. It is remembered: a video asks two
    to four times.

    Raises InputError when no picture shows a usable face; where several faces are seen, `clip.face` must say which.
    """
    status = clip.path.stat() if clip.path.exists() else None
    known_by = (clip.path, clip.face, seconds, status and (status.st_ino, status.st_size, status.st_mtime_ns))
    if (found := _seen.get(known_by)) is None:
        found = _looked_for(clip, reader, seconds)
        while len(_seen) >= MOST_REMEMBERED:
            _seen.pop(next(iter(_seen)))
        _seen[known_by] = found
    return found


def _looked_for(clip: Clip, reader: FaceReader, seconds: float) -> Seen:
    followed, refusal, first = None, None, 0
    width = height = 0
    looked_s = max(LOOKED_S, seconds)
    for number, rgb in enumerate(_looks(clip, looked_s + seconds)):
        if number >= (first + seconds * LOOKS_PER_S if followed else looked_s * LOOKS_PER_S):
            break
        if followed:
            followed.look(rgb)
            continue
        height, width = rgb.shape[:2]
        faces = reader.read(rgb)
        try:
            true = seen_again(reader, rgb, faces)
            followed = Followed(reader, choose_face(true, clip.face, width, height), true)
            first = number
        except InputError as error:
            if faces or not refusal:  # of a face that cannot be used more can be said than of none
                refusal = error
    if not followed:
        raise InputError(f"{clip.name}: {refusal}")
    heads = Heads.of(followed.found, width, height)
    place = Place(*square(width, height, np.median(followed.found, axis=0), heads), width, height)
    return Seen(place, heads, followed.found[0], first / LOOKS_PER_S, followed.whereabouts(LOOKS_PER_S))


def framing(clip: Clip, reader: FaceReader, size: int, seconds: float) -> Framing:
    """How FFmpeg is to frame so many seconds of a clip: as a portrait (head and shoulders). Raises as `seen` does."""
    shown = seen(clip, reader, seconds)
    left, top, side = shown.place.left, shown.place.top, shown.place.side
    middle = (shown.first[:, :2].mean(axis=0) - [left, top]) * size / side
    crop = f"crop={side}:{side}:{left}:{top}:exact=1,scale={size}:{size}:flags=lanczos"
    outside = int(np.count_nonzero(~shown.heads.within(left, top, side, side)))
    known = shown.whereabouts and shown.whereabouts.shown(left, top, size / side)
    return Framing(crop, middle, shown.start_s, outside / LOOKS_PER_S, known)


def _looks(clip: Clip, seconds: float) -> Iterator[np.ndarray]:
    """LOOKS_PER_S pictures of a second of the clip, and the last one of a clip that is too short for that."""
    pick = f"fps={LOOKS_PER_S}:round=up:eof_action=pass"  # never a picture from after its time
    return video_frames(clip.path, pick=pick, seconds=seconds, called=clip.name)


def framed_frames(clip: Clip, how: Framing, frame_rate: Fraction, seconds: float) -> Iterator[np.ndarray]:
    """The clip at a constant frame rate, as `framing` found: uint8 (size, size, 3) RGB."""
    pick = at_rate(frame_rate)
    return video_frames(clip.path, how.crop, pick=pick, start=how.start_s, seconds=seconds, called=clip.name)


def whole_frames(clip: Clip, start_s: float, frame_rate: Fraction, seconds: float) -> Generator[np.ndarray]:
    """The clip's own frames: uint8 (height, width, 3) RGB, as large as `own_size` says."""
    width, height = own_size(clip.path)
    even = f"crop={width}:{height}:0:0:exact=1"
    return video_frames(clip.path, even, pick=at_rate(frame_rate), start=start_s, seconds=seconds, called=clip.name)


def own_size(path: Path) -> tuple[int, int]:
    """Width and height of its frames in pixels, upright; of an odd one the last column or row is left out, since H.264 as
    players read it has even sides. Raises InputError."""
    width, height, _ = size_and_rate(path)
    if min(width, height) < 2:
        raise InputError(f"the video {str(path)!r} is {width}x{height}; no face is to be seen in it.")
    return width - width % 2, height - height % 2


def own_rate(path: Path) -> Fraction:
    """Frames a second at which a clip is shown as it is: its own between SLOWEST and FASTEST, a whole part of a faster one,
    and FRAME_RATE for a slower one. Raises InputError."""
    rate = size_and_rate(path)[2]
    if rate is None or rate < SLOWEST:
        return Fraction(FRAME_RATE)
    shown = min(rate / math.ceil(rate / (FASTEST * FASTER)), Fraction(FASTEST))
    return shown.limit_denominator(LONGEST_FRACTION)


def first_frame(path: Path, start_s: float = 0.0) -> np.ndarray:
    """Its first picture from there on, upright: uint8 (height, width, 3) RGB, as large as `own_size` says. Raises InputError."""
    width, height = own_size(path)
    frames = video_frames(path, f"crop={width}:{height}:0:0:exact=1", start=start_s)
    with contextlib.closing(frames):
        return next(frames)
