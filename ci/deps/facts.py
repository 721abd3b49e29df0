"""What the lock and what is installed add to an index's facts of a package."""

from __future__ import annotations

from dataclasses import dataclass

from ci.deps.undeclared import Undeclared
from pic.audit.facts import Facts


@dataclass
class LockFacts(Facts):
    """`layer` is base, full or test here; None where it is not locked."""

    offered: bool | None = None  # whether the index still lists the locked file
    installed_bytes: int | None = None
    undeclared: list[Undeclared] | None = None
    collisions: dict[str, list[str]] | None = None  # {other distribution: files that both own, with other bytes}
    moves: dict[str, tuple[str, str]] | None = None  # {locked package: (our version, the version it would get)}
    unresolvable: str | None = None  # uv's words
