"""The risks that show only beside a lock and what is installed; those of the names are picctl's."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from ci.deps.facts import LockFacts
from pic.audit.risks import Risk, few


def gone(facts: LockFacts) -> Iterator[Risk]:
    if facts.offered is False:
        yield Risk(
            "gone",
            "refuse",
            f"the index no longer lists the locked file of {facts.version}: no new environment can be made from it",
        )


def undeclared(facts: LockFacts) -> Iterator[Risk]:
    for found in facts.undeclared or []:
        text = f"imports {found.need} ({found.path}) and does not declare it"
        if found.here:
            yield Risk("undeclared", "look", f"{text}: it is here by luck", about=found.need)
        else:
            yield Risk("undeclared", "refuse", f"{text}, and nothing here brings it", about=found.need)


def collisions(facts: LockFacts) -> Iterator[Risk]:
    for other, files in (facts.collisions or {}).items():
        text = f"owns {len(files)} files that {other} owns too, with other bytes ({few(sorted(files), 2)}): the last one installed wins"
        yield Risk("collision", "refuse", text, about=other)


def moved_pins(facts: LockFacts) -> Iterator[Risk]:
    if facts.unresolvable:
        yield Risk("unresolvable", "refuse", f"cannot stand beside the lock: {facts.unresolvable}")
    moves = facts.moves or {}
    back = [f"{name} {ours} -> {theirs}" for name, (ours, theirs) in sorted(moves.items()) if is_older(theirs, ours)]
    on = [f"{name} {ours} -> {theirs}" for name, (ours, theirs) in sorted(moves.items()) if not is_older(theirs, ours)]
    if back:
        yield Risk("pins-back", "refuse", f"would take pins of ours back: {few(back, 12)}")
    if on:
        yield Risk("pins-moved", "look", f"would move pins of ours: {few(on, 12)}")


def is_older(theirs: str, ours: str) -> bool:
    return theirs == "left out" or Version(theirs) < Version(ours)


RULES = (gone, undeclared, collisions, moved_pins)
