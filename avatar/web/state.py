"""What the routes share: the children, the rules, and what waits in each home."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from avatar.service import queue
from avatar.web.children import Checker, Worker
from avatar.web.guard import Rules

LONGEST_KEPT_S = 1.0  # of a list of what waits: taking a job changes nothing that could be seen from outside


@dataclass
class State:
    """checker: for what is quick; speaker: for what takes its time, so that nobody else waits for it."""

    rules: Rules
    worker: Worker
    may_be_private: bool = False  # of webhooks' addresses
    checker: Checker = field(default_factory=Checker)
    speaker: Checker = field(default_factory=Checker)
    started: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)  # the same, on a clock that nobody sets
    facts: dict | None = None  # of the worker's environment, once asked
    is_stopping: Callable[[], bool] = lambda: False  # what is told for as long as it lasts ends then
    _waiting: dict[Path, tuple[float, int, list[str]]] = field(default_factory=dict)
    _ended: dict[Path, dict[str, queue.Mark]] = field(default_factory=dict)

    def waiting(self, home: Path, anew: bool = False) -> list[str]:
        """The ids of the jobs that are queued, in the order in which they are made."""
        change = queue.last_change(home)
        at, seen, ids = self._waiting.get(home, (0.0, -1, []))
        if anew or change != seen or time.monotonic() - at > LONGEST_KEPT_S:
            ids = queue.waiting(home, self._ended.setdefault(home, {}))
            self._waiting[home] = (time.monotonic(), change, ids)
        return ids


def state_of(request: Request) -> State:
    return request.app.state.avatar


def _home(request: Request) -> Path:
    return request.state.home


Home = Annotated[Path, Depends(_home)]
