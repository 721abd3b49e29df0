"""Pictures in a raw scratch file, which is gone when the block ends: played back and forth, a clip is needed in any order.

Without loss it would take half the room and five times the time (bench/scratch.py).
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from avatar.errors import TemporaryProblem


class FrameFile:
    """Readable in any order and by several threads. They may differ in size."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0
        self._places: list[tuple[int, tuple[int, ...]]] = []  # where each begins in the file, and its shape

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> np.ndarray:
        """A copy of a picture: uint8 (height, width, 3)."""
        begin, shape = self._places[index]
        pixels = os.pread(self._file.fileno(), int(np.prod(shape)), begin)
        return np.frombuffer(pixels, np.uint8).reshape(shape)

    def add(self, frame: np.ndarray) -> None:
        """Raises TemporaryProblem when the disk is full."""
        try:
            self._file.seek(self._end)
            self._file.write(np.ascontiguousarray(frame).data)
            self._file.flush()
        except OSError as error:
            raise TemporaryProblem(
                f"cannot keep the clip's frames in {tempfile.gettempdir()}: {error.strerror}; free some space "
                "there, or let TMPDIR name another folder."
            ) from error
        self._places.append((self._end, frame.shape))
        self._end += frame.size

    def keep(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Add frames while they pass through."""
        for frame in frames:
            self.add(frame)
            yield frame


@contextlib.contextmanager
def frame_file() -> Iterator[FrameFile]:
    """A FrameFile under TMPDIR (20 MB a second at 512 x 512, 25 frames/s), without a name: nothing is left behind."""
    with tempfile.TemporaryFile(prefix="avatar-clip-") as file:
        yield FrameFile(file)
