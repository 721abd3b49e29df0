"""What the nodes of a Ray cluster tell while they work, brought home: each puts its events into a box, an actor somewhere in
the cluster, and whoever gave the work takes them out.

Events are for those who look on. A box that is lost takes what is in it along and stops no work; Ray begins another one.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from avatar.jobs.contents import STAGES
from avatar.progress import Event

MOST_KEPT = 10_000  # events that nobody takes: whoever gave the work is slow, or gone
LONGEST_PUT_S = 30.0  # the box may still be starting on a host that is busy; one that is lost says so at once

Numbered = tuple[int, dict[str, Any]]


class Box:
    """The actor. number: of the work that an event is about."""

    def __init__(self) -> None:
        self._told: list[Numbered] = []

    def put(self, number: int, event: dict[str, Any]) -> None:
        if len(self._told) < MOST_KEPT:
            self._told.append((number, event))

    def take(self) -> list[Numbered]:
        told, self._told = self._told, []
        return told


@contextlib.contextmanager
def into(box: Any, number: int) -> Iterator[Callable[[Event], None] | None]:
    """On a node: tells events into a box, which has them all when the block ends well. Without a box to nobody."""
    if box is None:
        yield None
        return
    ray = importlib.import_module("ray")
    put: list[Any] = []

    def tell(event: Event) -> None:
        with contextlib.suppress(ray.exceptions.RayError):
            put[:] = [box.put.remote(number, asdict(event))]

    yield tell
    # Not by ray.get, for whose time Ray lets the next task have this one's core: two renders at once.
    for call in put:
        with contextlib.suppress(ray.exceptions.RayError, TimeoutError):
            call.future().result(LONGEST_PUT_S)


class Ears:
    """Of whoever gives the work: has a box, which ends with its connection."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._asked: Any = None  # for what is in it
        self._has_answered = False  # until then it may still be starting
        self.box = ray.remote(Box).options(num_cpus=0, max_restarts=-1).remote()

    def heard(self, seconds: float = 0.0) -> list[tuple[int, Event]]:
        """What was told since the last time, as far as it is here within this time; nothing where the box is lost. Whoever
        waits at all waits as long as a box may take to start, which never answered yet.

        The end of the last stage is left out: it is when the video is at home.
        """
        try:
            if self._asked is None:
                self._asked = self.box.take.remote()
            longest_s = seconds if self._has_answered or not seconds else max(seconds, LONGEST_PUT_S)
            if not self._ray.wait([self._asked], timeout=longest_s)[0]:
                return []
            asked, self._asked = self._asked, None
            self._has_answered = True
            told = [(number, Event(**event)) for number, event in self._ray.get(asked)]
        except (ConnectionError, self._ray.exceptions.RayError):
            self._asked = None
            return []
        return [(number, event) for number, event in told if not (event.is_end and event.number == len(STAGES))]
