"""Idempotency-Key: the same request with the same key is taken once within a day, and answered the same.

<home>/idempotency/<sha256 of the key>.json; a key whose request is being taken is held by a lock in this process, which is
the only one that serves a home.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avatar.jobs.job import Job
from avatar.json_files import Damaged, read_json
from avatar.service import queue
from avatar.web import notes
from avatar.web.answers import Refused

KEY = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
KEPT_S = 24 * 3600
in_flight: set[Path] = set()


@dataclass
class Once:
    """known: what is kept of an earlier request with this key, of the form that notes.write_key has."""

    path: Path | None
    digest: str
    known: dict[str, Any] | None = None

    def job(self, home: Path) -> str | None:
        """The job of an earlier request, where that one was put into the queue: a server that is killed may have kept the
        key and no more, while the job is there from another day."""
        if not self.known:
            return None
        place = queue.place_of(Job(home / "jobs" / self.known["job"]))
        is_its = place and (self.known.get("is_taken") is True or place.entry.submitted >= self.known["time"])
        return self.known["job"] if is_its else None

    def asked(self) -> dict[str, Any] | None:
        """For whoever accepts, who keeps it before the job is in the queue."""
        return {"path": self.path, "digest": self.digest} if self.path else None

    def keep(self, job: str) -> None:
        """It is in the queue."""
        if self.path:
            notes.write_key(self.path, self.digest, job, is_taken=True)


@contextlib.contextmanager
def once(home: Path, key: str | None, said: str) -> Iterator[Once]:
    """said: what was asked for, the same for the same. Raises Refused: 409 while the same key is in flight, 422 for
    another request with a known one."""
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    if key is None:
        yield Once(None, digest)
        return
    if not KEY.fullmatch(key):
        raise Refused(400, "invalid_request", "Idempotency-Key is 1 to 255 of A-Z a-z 0-9 _ . : -", "Idempotency-Key")
    path = home / "idempotency" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    if path in in_flight:
        raise Refused(409, "in_flight", "a request with this Idempotency-Key is being taken.", retry_s=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    in_flight.add(path)
    try:
        known = _known(path)
        if known and known["digest"] != digest:
            raise Refused(
                422, "idempotency_key_reused", "this Idempotency-Key came with another request; use a new one."
            )
        yield Once(path, digest, known)
    finally:
        in_flight.discard(path)


def _known(path: Path) -> dict[str, Any] | None:
    """What is kept for a key; None where there is nothing, it is too old, or damaged."""
    with contextlib.suppress(Damaged, FileNotFoundError):
        content = read_json(path)
        if not isinstance(content, dict) or not all(isinstance(content.get(name), str) for name in ("digest", "job")):
            return None
        # A time ahead of now is one of a clock that was set back: still the same day.
        if isinstance(made := content.get("time"), int | float) and time.time() - made < KEPT_S:
            return content
    return None


def forget_old(home: Path) -> None:
    for path in (home / "idempotency").glob("*.json"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT_S:
                path.unlink()
