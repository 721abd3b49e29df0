"""A video file as the source of the picture: decoded by FFmpeg, framed once around its face, kept in a scratch file.

What comes through the pipe is one upright picture after another at a constant frame rate, exactly the one asked for,
cropped and scaled, and one is in memory at a time. Played back and forth, a clip is needed in any order, so its frames
lie in a raw scratch file that is gone when the block ends.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np

from avatar.errors import InputError, TemporaryProblem
from avatar.media.frames import at_rate, video_frames
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import choose_face, frame_box
from avatar.portrait.seen_again import seen_again

SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
LOOKS_PER_S = 2  # frames looked at to frame the clip
LOOKED_S = 60.0  # of a clip, for a face to appear


@dataclass(frozen=True)
class Clip:
    """A video whose lips are to move. face: which one, from 1 at the left, where its pictures show several. called: how
    messages name the video, its path where it is "": a copy in a job has another name than the user's file."""

    path: Path
    face: int | None = None
    called: str = ""

    @property
    def name(self) -> str:
        return self.called or f"the video {str(self.path)!r}"


@dataclass(frozen=True)
class Framing:
    """How a clip is shown. crop: FFmpeg's filters; middle: where the face's middle then usually is, (x, y) in pixels;
    start_s: where the clip begins, since no face is seen before."""

    crop: str
    middle: np.ndarray
    start_s: float = 0.0


def is_clip(path: Path) -> bool:
    """Whether a file's name is that of a video; its content is looked at when it is read."""
    return path.suffix.lower() in SUFFIXES


def refuse_unusable(clip: Clip) -> None:
    """Raises InputError for a video that cannot be read, or shows no usable face in its first LOOKED_S seconds."""
    with FaceReader() as reader:
        framing(clip, reader, 512, 1 / LOOKS_PER_S)


def framing(clip: Clip, reader: FaceReader, size: int, seconds: float) -> Framing:
    """How FFmpeg is to frame so many seconds of a clip, from where a usable face is first seen.

    The frame is the portrait's (head and shoulders), around the median of the faces, and stands still. Raises
    InputError when no picture shows a usable face; where several faces are seen, `clip.face` must say which.
    """
    found, refusal, first = [], None, 0
    width = height = 0
    for number, rgb in enumerate(_looks(clip, max(LOOKED_S, seconds))):
        if found and number >= first + seconds * LOOKS_PER_S:
            break
        height, width = rgb.shape[:2]
        faces = reader.read(rgb)
        try:
            if found:
                found += [face.landmarks for face in faces if _is_near(face.landmarks, found[-1])][:1]
            else:
                true = seen_again(reader, rgb, faces)
                found.append(choose_face(true, clip.face, width, height).landmarks)
                first = number
        except InputError as error:
            if faces or not refusal:  # of a face that cannot be used more can be said than of none
                refusal = error
    if not found:
        raise InputError(f"{clip.name}: {refusal}")
    left, top, side = frame_box(width, height, np.median(found, axis=0))
    middle = (np.median(found, axis=0)[:, :2].mean(axis=0) - [left, top]) * size / side
    crop = f"crop={side}:{side}:{left}:{top}:exact=1,scale={size}:{size}:flags=lanczos"
    return Framing(crop, middle, first / LOOKS_PER_S)


def _looks(clip: Clip, seconds: float) -> Iterator[np.ndarray]:
    """LOOKS_PER_S pictures of a second of the clip, and the last one of a clip that is too short for that."""
    pick = f"fps={LOOKS_PER_S}:round=up:eof_action=pass"  # never a picture from after its time
    return video_frames(clip.path, pick=pick, seconds=seconds, called=clip.name)


def _is_near(landmarks: np.ndarray, other: np.ndarray) -> bool:
    """Whether two readings lie within one face's width."""
    return np.linalg.norm((landmarks - other)[:, :2].mean(axis=0)) < np.ptp(other[:, 0])


def framed_frames(clip: Clip, how: Framing, frame_rate: Fraction, seconds: float) -> Iterator[np.ndarray]:
    """The clip at a constant frame rate, as `framing` found: uint8 (size, size, 3) RGB."""
    pick = at_rate(frame_rate)
    return video_frames(clip.path, how.crop, pick=pick, start=how.start_s, seconds=seconds, called=clip.name)


class FrameFile:
    """Pictures of one size in a scratch file, readable in any order and by several threads."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._shape = (size, size, 3)
        self._bytes = size * size * 3
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> np.ndarray:
        """A copy of a picture: uint8 (size, size, 3)."""
        pixels = os.pread(self._file.fileno(), self._bytes, index * self._bytes)
        return np.frombuffer(pixels, np.uint8).reshape(self._shape)

    def keep(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Append frames while they pass through. Raises TemporaryProblem when the disk is full."""
        for frame in frames:
            self._file.seek(self._count * self._bytes)
            try:
                self._file.write(frame.data)
                self._file.flush()
            except OSError as error:
                raise TemporaryProblem(
                    f"cannot keep the clip's frames in {tempfile.gettempdir()}: {error.strerror}; free some space "
                    "there, or let TMPDIR name another folder."
                ) from error
            self._count += 1
            yield frame


@contextlib.contextmanager
def frame_file(size: int) -> Iterator[FrameFile]:
    """A FrameFile under TMPDIR (20 MB a second at 512 x 512, 25 frames/s), without a name: nothing is left behind."""
    with tempfile.TemporaryFile(prefix="avatar-clip-") as file:
        yield FrameFile(file, size)
