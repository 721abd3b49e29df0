"""The drawn faces go back into their pictures, several frames side by side; only the tone follows from one to the next.

The network draws in colours whatever it is given, so a drawn face is brought to those that its picture has: a
black-and-white portrait gets a black-and-white mouth.

One thread blends 116 frames/s on the host of an H200, which draws more (bench/NOTES.md).
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from avatar.lips.musetalk.blend import fit_to_box, paste
from avatar.lips.musetalk.drawing import Batch
from avatar.lips.musetalk.plan import Plan
from avatar.lips.musetalk.prepared import Kept, Prepared
from avatar.lips.musetalk.source import Source
from avatar.lips.musetalk.tone import Look, Tone, ToneFollower, look, toned
from avatar.portrait.facts import Colour, colour_of

# More slow the thread that launches kernels: on 16 cores drawing went from 137 frames/s to 113 beside 4, to 51 beside 8.
MOST_THREADS = 4

# The drawn rows at their size, and what they look like where tones are matched; None: no drawn face.
Looked = tuple[np.ndarray, Look | None] | None


def blending_threads() -> int:
    return min(MOST_THREADS, len(os.sched_getaffinity(0)))


class Blending:
    """The frames of one video. prepared: boxes and masks by source frame; seconds: of all threads, summed."""

    def __init__(self, source: Source, plan: Plan, prepared: Kept[Prepared]) -> None:
        self._source, self._plan, self._prepared = source, plan, prepared
        self._tone = ToneFollower()
        self._colours: dict[int, Colour] = {}  # of each shot, as its first drawn frame shows it
        self._took_s: list[float] = []

    @property
    def seconds(self) -> float:
        return sum(self._took_s)

    def pictures(self, drawn: Iterable[tuple[Batch, np.ndarray]], threads: int) -> Generator[np.ndarray]:
        """The whole pictures in order, uint8 (height, width, 3) RGB, each a new array, blended by so many threads.

        Only the tone goes from frame to frame; what is before and after it is done side by side.
        """
        looked: deque[tuple[int, Future]] = deque()
        pictures: deque[Future] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="blending") as blenders:
            try:
                for frame, face in each_frame(drawn):
                    looked.append((frame, blenders.submit(self._looked, frame, face)))
                    if len(looked) > threads:
                        pictures.append(blenders.submit(self._picture, *self._followed(*looked.popleft())))
                    if len(pictures) > threads:
                        yield pictures.popleft().result()
                while looked:
                    pictures.append(blenders.submit(self._picture, *self._followed(*looked.popleft())))
                while pictures:
                    yield pictures.popleft().result()
            finally:
                blenders.shutdown(cancel_futures=True)  # a reader who leaves early

    def _looked(self, frame: int, face: np.ndarray | None) -> Looked:
        if face is None:
            return None
        started = time.perf_counter()
        prepared = self._prepared[self._plan.shows[frame]]
        drawn = fit_to_box(face, prepared.box, prepared.mask.top)
        made = drawn, look(drawn, prepared.ring) if prepared.skin else None
        self._took_s.append(time.perf_counter() - started)
        return made

    def _followed(self, frame: int, looked: Future) -> tuple[int, Looked, Tone | None]:
        if looked.result() is not None:
            self._see_colours(self._plan.shows[frame])
        return frame, looked.result(), self._follow(frame, looked.result())

    def _see_colours(self, shows: int) -> None:
        """One frame speaks for its shot: a share of colour that changed from frame to frame would flicker."""
        shot = int(self._source.shot[shows])
        if shot not in self._colours:
            self._colours[shot] = colour_of(self._source.pictures[shows], self._source.landmarks[shows])

    def _follow(self, frame: int, looked: Looked) -> Tone | None:
        """The tone of a frame, which follows from those before it."""
        if looked is None:
            return None
        prepared = self._prepared[self._plan.shows[frame]]
        if self._plan.begins[frame]:
            self._tone.restart()
        return self._tone.follow(looked[1], prepared.skin, prepared.box)

    def _in_its_colours(self, shows: int, drawn: np.ndarray) -> np.ndarray:
        colour = self._colours[int(self._source.shot[shows])]
        return drawn if colour.share == 1 else np.clip(colour.on(drawn), 0, 255)

    def _picture(self, frame: int, looked: Looked, tone: Tone | None) -> np.ndarray:
        shows = self._plan.shows[frame]
        if looked is None:
            return np.array(self._source.pictures[shows])
        started = time.perf_counter()
        prepared = self._prepared[shows]
        drawn = self._in_its_colours(shows, toned(*looked, tone))
        opacity = float(self._plan.opacity[frame])
        picture = paste(self._source.pictures[shows], drawn, prepared.box, prepared.mask, opacity)
        self._took_s.append(time.perf_counter() - started)
        return picture


def each_frame(drawn: Iterable[tuple[Batch, np.ndarray]]) -> Iterator[tuple[int, np.ndarray | None]]:
    """All frames in order, each with its drawn face: uint8 (256, 256, 3) RGB, or None where it has none."""
    for batch, faces in drawn:
        face_of = dict(zip(batch.drawn, faces, strict=True))
        for frame in batch.shown:
            yield frame, face_of.get(frame)
