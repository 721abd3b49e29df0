"""Jobs in a queue, and workers, for the tests of both."""

from __future__ import annotations

import time
from pathlib import Path

from avatar import asking
from avatar.service import queue
from avatar.service.worker import serve

TEXTS = ("Hello.", "A second one.", "And a third.")


def put(home: Path, text: str, output: Path | None = None, priority: int = 0, **asked):
    return queue.submit(home, asking.request_of(text=text, preset="joe", **asked), output, priority)


def states(home: Path) -> dict[str, str]:
    return {place.job.request().text: place.state for place in queue.every(home)}


def work_off(home: Path) -> list[str]:
    """The jobs that one worker leaves, by their texts, in its order."""
    left = []
    serve([home], lambda job, told: left.append((job.request().text, told)) if isinstance(told, str) else None, True)
    return left


def until(is_so, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
