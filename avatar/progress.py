"""What a render says while it works: events, which the terminal, the job's log and a server read alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from avatar.stopping import raise_if_told

T = TypeVar("T")
LEAST_PAUSE_S = 0.2  # between two events of a count, but for each tenth: an event is a line in a file


@dataclass(frozen=True)
class Event:
    """A stage begins, has done so much, has something to say, or is done (`is_end`)."""

    stage: str
    number: int  # of the stage, from 1
    done: int = 0
    total: int | None = None  # frames of the lips, sentences of the voice; None where nothing is counted
    note: str = ""
    is_end: bool = False
    is_cached: bool = False  # of a stage that was there already: nothing is made


class Progress:
    """Tells events to whoever was given; by default to nobody."""

    def __init__(self, tell: Callable[[Event], object] = lambda event: None) -> None:
        self.tell = tell
        self._now = Event("", 0)

    def stage(self, number: int, name: str) -> None:
        """A stage begins (1 to 4)."""
        raise_if_told()
        self._now = Event(name, number)
        self.tell(self._now)

    def end(self, is_cached: bool = False) -> None:
        """The stage is done."""
        now = self._now
        self.tell(Event(now.stage, now.number, now.done, now.total, is_end=True, is_cached=is_cached))

    def say(self, note: str, is_cached: bool = False) -> None:
        """Something the user should know. is_cached: of a stage that was there already."""
        now = self._now
        self.tell(Event(now.stage, now.number, now.done, now.total, note, is_cached=is_cached))

    def count(self, items: Iterable[T], total: int) -> Iterator[T]:
        """Pass items through, counting those that the caller has finished up to total."""
        told_at, told_tenth = 0.0, 0
        for done, item in enumerate(items, start=1):
            yield item
            self._now = Event(self._now.stage, self._now.number, done, total)
            tenth = 10 * done // total if total else 0
            if tenth > told_tenth or time.monotonic() - told_at >= LEAST_PAUSE_S:
                raise_if_told()
                told_at, told_tenth = time.monotonic(), tenth
                self.tell(self._now)
