"""A video file as the source of the picture: decoded by FFmpeg, framed once around its face, kept in a scratch file.

FFmpeg turns the frames upright (rotation metadata), makes the frame rate constant and exactly the one asked for, crops
and scales; what comes through the pipe is one picture after another, and one is in memory at a time. Played back and
forth, a clip is needed in any order, so its frames lie in a raw scratch file that is gone when the block ends.
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
from avatar.media.frames import video_frames
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import choose_face, frame_box

SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
LOOKS_PER_S = 2  # frames looked at to frame the clip
LARGEST_SIDE = 4096  # pixels


@dataclass(frozen=True)
class Clip:
    """A video whose lips are to move. face: which one, from 1 at the left, where its pictures show several."""

    path: Path
    face: int | None = None


def is_clip(path: Path) -> bool:
    """Whether a file's name is that of a video; its content is looked at when it is read."""
    return path.suffix.lower() in SUFFIXES


def framing(clip: Clip, reader: FaceReader, size: int, seconds: float) -> tuple[str, np.ndarray]:
    """How FFmpeg is to frame a clip's first `seconds`: the filters, and where the face's middle then usually is.

    The frame is the portrait's (head and shoulders), around the median of the faces, and stands still. Raises
    InputError when no picture shows a usable face; where several faces are seen, `clip.face` must say which.
    """
    found, refusal = [], None
    width = height = 0
    for rgb in video_frames(clip.path, f"fps={LOOKS_PER_S}", seconds=seconds):
        height, width = rgb.shape[:2]
        if max(width, height) > LARGEST_SIDE:
            raise InputError(f"the video {str(clip.path)!r} is {width}x{height}; {LARGEST_SIDE} a side is the most.")
        faces = reader.read(rgb)
        try:
            if found:
                found += [face.landmarks for face in faces if _is_near(face.landmarks, found[-1])][:1]
            else:
                found.append(choose_face(faces, clip.face, width, height).landmarks)
        except InputError as error:
            refusal = refusal or error
    if not found:
        raise InputError(f"the video {str(clip.path)!r}: {refusal}")
    left, top, side = frame_box(width, height, np.median(found, axis=0))
    middle = (np.median(found, axis=0)[:, :2].mean(axis=0) - [left, top]) * size / side
    return f"crop={side}:{side}:{left}:{top}:exact=1,scale={size}:{size}:flags=lanczos", middle


def _is_near(landmarks: np.ndarray, other: np.ndarray) -> bool:
    """Whether two readings lie within one face's width."""
    return np.linalg.norm((landmarks - other)[:, :2].mean(axis=0)) < np.ptp(other[:, 0])


def framed_frames(clip: Clip, crop: str, frame_rate: Fraction, seconds: float) -> Iterator[np.ndarray]:
    """The clip at a constant frame rate, through the filters that `framing` gave: uint8 (size, size, 3) RGB."""
    return video_frames(clip.path, f"fps={frame_rate.numerator}/{frame_rate.denominator}", crop, seconds=seconds)


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
