"""A clip that is shown as it is: only the window around the face goes through the networks, and goes back into its frame.

The clip is decoded three times: to follow the face, to cut the windows out, and once more while the video is made, so that
one whole frame is in memory at a time however large it is. Outside the mask a frame keeps the decoder's bytes.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from avatar.errors import InputError, TemporaryProblem
from avatar.lips.box import Box
from avatar.lips.musetalk.frame_file import frame_file

ROOM = 0.5  # of the face's width and height, to all sides: any option's box and mask lie within
NOTHING = Box(0, 0, 1, 1)  # the window of a frame without a face, which nothing is drawn into


def windows_of(landmarks: np.ndarray, width: int, height: int) -> list[Box]:
    """Around each face of float32 (n, 478, 3) in pixels, nan without one, inside frames of width x height."""
    return [NOTHING if np.isnan(points[0, 0]) else _window(points, width, height) for points in landmarks]


def _window(points: np.ndarray, width: int, height: int) -> Box:
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    room = ROOM * (high - low)
    left, top = np.clip(np.floor(low - room), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(high + room), (left + 1, top + 1), (width, height)).astype(int)
    return Box(int(left), int(top), int(right), int(bottom))


def cut_out(frames: Iterable[np.ndarray], windows: Sequence[Box]) -> Iterator[np.ndarray]:
    for frame, window in zip(frames, windows):
        yield frame[window.rows_columns]


def in_windows(landmarks: np.ndarray, windows: Sequence[Box]) -> np.ndarray:
    """The same landmarks in pixels of their windows: float32 (n, 478, 3)."""
    moved = landmarks.copy()
    moved[:, :, :2] -= np.array([(window.left, window.top) for window in windows], np.float32)[:, None]
    return moved


@dataclass(frozen=True)
class WholeFrames:
    """The frames that the windows were cut out of. frames: decodes them, from the first on; windows: where in them."""

    frames: Callable[[], Generator[np.ndarray]]
    windows: Sequence[Box]

    def with_lips(self, drawn: Iterable[np.ndarray], shows: np.ndarray) -> Iterator[np.ndarray]:
        """The drawn windows in their whole frames, each a new uint8 (height, width, 3).

        shows: which frame each belongs to; a frame is first shown after all before it (plan.order). What is shown again
        lies in a scratch file meanwhile, and nothing does where the clip is as long as the video. Raises TemporaryProblem
        where there is no room for it.
        """
        times = np.bincount(shows)
        with contextlib.closing(self.frames()) as frames, frame_file() as kept:
            places: dict[int, int] = {}  # in the file
            count = 0
            for window, index in zip(drawn, shows):
                if index == count:
                    whole, count = next(frames, None), count + 1
                    if whole is None:
                        raise InputError("the clip has fewer frames than a moment ago; leave its file alone meanwhile.")
                    if index == 0:
                        refuse_too_little_room(int((times > 1).sum()) * whole.size)
                    if times[index] > 1:
                        places[index] = len(kept)
                        kept.add(whole)
                else:
                    whole = kept[places[index]]
                made = whole.copy()
                made[self.windows[index].rows_columns] = window
                yield made


def refuse_too_little_room(needed_bytes: int) -> None:
    """For the frames of a clip that is shorter than the speech. Raises TemporaryProblem."""
    folder = tempfile.gettempdir()
    if (free := shutil.disk_usage(folder).free) < needed_bytes:
        raise TemporaryProblem(
            f"the clip is shorter than the speech, and its frames, which are shown again, take {needed_bytes / 1e6:,.0f} MB in "
            f"{folder}, where {free / 1e6:,.0f} MB are free; free some space there, let TMPDIR name another folder, or give a "
            "longer clip."
        )
