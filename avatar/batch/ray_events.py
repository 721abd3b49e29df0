"""What the nodes of a Ray cluster tell while they work, brought home: each puts its events into a box, an actor somewhere in
the cluster, and whoever gave the work takes them out.

Events are for those who look on. A call of Ray's may fail on a host that is busy: what the box did not confirm is put again, and
what did not come home is taken again, so each event comes once and in its order. A box that is lost takes what is in it
along and stops no work; Ray begins another one.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from avatar.jobs.contents import STAGES
from avatar.progress import Event

MOST_KEPT = 10_000  # events that nobody takes: whoever gave the work is slow, or gone
MOST_CALLS = 20  # to a box, which does not answer: the next one that is made has all of it
LONGEST_PUT_S = 30.0  # the box may still be starting on a host that is busy
MOST_FAILURES = 5  # of the last put: the box is lost
PAUSE_S = 0.5

Kept = tuple[int, int, dict[str, Any]]  # serial number, number of the work, event


class Taken(NamedTuple):
    """What a box had, and which box that was: Ray begins another one where it is lost."""

    box: str
    kept: list[Kept]


class Box:
    """The actor."""

    def __init__(self) -> None:
        self._name = uuid.uuid4().hex
        self._kept: list[Kept] = []
        self._serials = itertools.count(1)
        self._had: dict[str, int] = {}  # how many events of each sender

    def put(self, number: int, sender: str, first: int, events: list[dict[str, Any]]) -> None:
        """Keep the events of a sender, of which some may be here: the first one is its `first`th."""
        new = events[max(0, self._had.get(sender, first) - first) :]
        self._had[sender] = first + len(events)
        if len(self._kept) < MOST_KEPT:
            self._kept += [(next(self._serials), number, event) for event in new]

    def take(self, box: str, had: int) -> Taken:
        """What came after this serial number of this box; what came before it is forgotten."""
        if box == self._name:
            self._kept = [each for each in self._kept if each[0] > had]
        return Taken(self._name, self._kept)


class Sender:
    """On a node: puts the events of one work into a box."""

    def __init__(self, ray: Any, box: Any, number: int) -> None:
        self._ray, self._box, self._number, self._name = ray, box, number, uuid.uuid4().hex
        self._waiting: list[dict[str, Any]] = []  # what the box did not confirm
        self._first = 0  # which of all events the first of them is
        self._calls: dict[Any, int] = {}  # under way: how many events the box has after it

    def tell(self, event: Event) -> None:
        self._waiting.append(asdict(event))
        self._look(0)
        if len(self._calls) < MOST_CALLS:
            self._put()

    def finish(self) -> None:
        """Wait until the box has all, or is lost."""
        failures, until = 0, time.monotonic() + LONGEST_PUT_S
        while self._waiting and failures < MOST_FAILURES and time.monotonic() < until:
            if not self._calls:
                self._put()
            if failed := self._look(until - time.monotonic()):
                failures += failed
                time.sleep(PAUSE_S)

    def _put(self) -> None:
        with contextlib.suppress(self._ray.exceptions.RayError):
            call = self._box.put.remote(self._number, self._name, self._first, self._waiting)
            self._calls[call] = self._first + len(self._waiting)

    def _look(self, seconds: float) -> int:
        """Drop what the box has confirmed within this time. How many calls failed."""
        failed = 0
        if not self._calls:
            return failed
        count = 1 if seconds else len(self._calls)
        for call in self._ray.wait(list(self._calls), num_returns=count, timeout=max(0.0, seconds))[0]:
            has = self._calls.pop(call)
            try:
                self._ray.get(call)
            except self._ray.exceptions.RayError:
                failed += 1
                continue
            del self._waiting[: max(0, has - self._first)]
            self._first = max(self._first, has)
        return failed


@contextlib.contextmanager
def into(box: Any, number: int) -> Iterator[Callable[[Event], None] | None]:
    """On a node: tells events into a box, which has them all when the block ends well. Without a box to nobody."""
    if box is None:
        yield None
        return
    sender = Sender(importlib.import_module("ray"), box, number)
    yield sender.tell
    sender.finish()


class Ears:
    """Of whoever gives the work: has a box, which ends with its connection."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._asked: Any = None  # for what is in it
        self._last = ("", 0)  # what came last: of which box, and its serial number
        self.box = ray.remote(Box).options(num_cpus=0, max_restarts=-1).remote()

    def heard(self, seconds: float = 0.0) -> list[tuple[int, Event]]:
        """What was told since the last time, as far as it is here within this time. Whoever waits at all waits as long as a
        box may take to start, which never answered yet.

        The end of the last stage is left out: it is when the video is at home.
        """
        has_answered = bool(self._last[0])
        until = time.monotonic() + (seconds if has_answered or not seconds else max(seconds, LONGEST_PUT_S))
        while True:
            try:
                told = self._taken(max(0.0, until - time.monotonic()))
                return [(number, event) for number, event in told if not (event.is_end and event.number == len(STAGES))]
            except (ConnectionError, self._ray.exceptions.RayError):
                self._asked = None  # nothing is lost: it is asked for again
            if time.monotonic() + PAUSE_S > until:
                return []
            time.sleep(PAUSE_S)

    def _taken(self, seconds: float) -> list[tuple[int, Event]]:
        if self._asked is None:
            self._asked = self.box.take.remote(*self._last)
        if not self._ray.wait([self._asked], timeout=seconds)[0]:
            return []
        taken, self._asked = Taken(*self._ray.get(self._asked)), None
        had = self._last[1] if taken.box == self._last[0] else 0
        self._last = (taken.box, max([had, *(serial for serial, _, _ in taken.kept)]))
        return [(number, Event(**event)) for _, number, event in taken.kept]
