"""What the results in the log are worth for what is there now: each gate's standing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import chain
from pathlib import Path

from pic import repo
from pic.config import Config, Gate
from pic.events import Event
from pic.state import State


class Content:
    """The tree of what is there now and the digest of the locks, each read once."""

    def __init__(self, root: Path, config: Config):
        self.root, self.config = root, config

    @cached_property
    def tree(self) -> str:
        return repo.content_tree(self.root)

    @cached_property
    def locks(self) -> str:
        paths = {path for pattern in self.config.locks for path in self.root.glob(pattern) if path.is_file()}
        parts = ((os.fsencode(path.relative_to(self.root)), path.read_bytes()) for path in sorted(paths))
        return repo.digest(*chain.from_iterable(parts))

    @cached_property
    def lines(self) -> dict[str, str]:
        """{input of a gate: what git says of it in the tree}, without those that are not there."""
        named = {path for gate in self.config.gate for path in gate.inputs} - {"."}
        return {".": self.tree} | (repo.listing(self.root, self.tree, sorted(named)) if named else {})

    def lacks(self, gate: Gate) -> str:
        """What is wrong with the first of its inputs that cannot be one; empty where all can."""
        for path in gate.inputs:
            if path not in self.lines:
                there = (self.root / path).exists()
                return f"{path} is {'ignored by git, or an empty folder' if there else 'not there'}"
            if self.lines[path].startswith("120000 "):
                return f"{path} is a link: name what it leads to"
        return ""

    def key(self, gate: Gate) -> str:
        """What the result of this gate depends on: the whole tree, or the parts of it that it names."""
        parts = (self.lines.get(path, f"no {path}").encode() for path in gate.inputs)
        return self.tree if "." in gate.inputs else repo.digest(*parts)


@dataclass(frozen=True)
class Standing:
    """`what` is green, waived, red, expired, stale, missing or changed; the first two let a phase end."""

    gate: str
    phase: str
    what: str
    why: str
    result: Event | None = None

    @property
    def passes(self) -> bool:
        return self.what in ("green", "waived")

    @property
    def mend(self) -> str:
        """The command for one that does not pass."""
        accept = f"picctl decide … --accepts {self.gate}, or put it back"
        return accept if self.what == "changed" else f"picctl gate {self.gate}"


def standing(gate: Gate, state: State, content: Content, today: date) -> Standing:
    is_ = partial(Standing, gate.name, gate.phase)
    agreed = state.agreed.get(gate.name)
    if agreed is not None and agreed != gate.digest():
        return is_("changed", "its definition is not the one that was agreed; that needs a decision")
    results = state.results.get(gate.name, [])
    if not results:
        return is_("missing", "it has never run")
    same = [one for one in results if one["key"] == content.key(gate) and one["locks"] == content.locks]
    fresh = [one for one in same if one["digest"] == gate.digest()]
    if not fresh:
        reason = "its definition" if same else "what it looks at"
        return is_("stale", f"{reason} has changed since it ran", results[-1])
    last = fresh[-1]
    if last["green"]:
        return is_("green", f"{last['count']} done in {last['seconds']:.1f} s", last)
    waiver = next((one for one in reversed(state.waivers) if one["gate"] == gate.name), None)
    if waiver is None:
        return is_("red", last["why"], last)
    said = f"{waiver['why']} ({waiver['by']}, until {waiver['until']})"
    if waiver["until"] < today.isoformat():
        return is_("expired", f"{last['why']}; its waiver has ended: {said}", last)
    return is_("waived", f"{last['why']}; {said}", last)
