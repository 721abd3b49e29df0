"""pic.toml: phases and gates as data, checked before anything runs.

`fit` holds it against the fields below: a library that does so takes longer to load than all of `picctl status` may.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pic.errors import PicError, typed
from pic.events import fits
from pic.repo import CONFIG, digest

ROLES = {
    "research": "analyst", "planning": "strategist", "design": "planner",
    "implementation": "builder", "testing": "tester", "review": "reviewer",
}  # fmt: skip
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "requirements*.txt", "locks/*.txt", "package-lock.json", "Cargo.lock")
WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", tuple: "a list"}
MEND = f"mend it in {CONFIG}, then: picctl status"


def need(good: object, why: str) -> None:
    """Raises ValueError with this sentence where it is not good."""
    if not good:
        raise ValueError(why)


def named(text: str) -> str:
    need(fits("name", text), f"{text[:60]!r} is no name: a-z, 0-9 and -, at most 63 of them")
    return text


def inside(path: str) -> str:
    """As git writes it: without `./` and a slash at its end."""
    can_be = all(len(part.encode()) <= 255 and part not in ("..", ".git") for part in path.split("/"))
    need(can_be and path and path[0] != "/" and "\0" not in path, f"{path[:60]!r} is no path inside the repository")
    return posixpath.normpath(path)


def folders(pattern: str) -> str:
    need(all("**" not in part or part == "**" for part in pattern.split("/")), f"{pattern!r}: ** is no folder")
    return pattern


Name = Annotated[str, named]
Inside = Annotated[str, inside]


@dataclass(frozen=True)
class Phase:
    name: Name
    role: str = ""
    deliverables: tuple[Inside, ...] = ()  # files and folders that must be there when it is handed over

    @property
    def owner(self) -> str:
        return f"pic-{self.name} ({self.role or ROLES.get(self.name, 'pilot')})"


@dataclass(frozen=True)
class Fault:
    """What `picctl prove` does to a copy, in which the gate must then be red: one change of one file."""

    file: Inside
    write: str | None = None  # the whole text
    append: str | None = None
    find: str | None = None  # replaced by `put`, once
    put: str = ""
    remove: bool = False

    def __post_init__(self) -> None:
        given = [one for one in (self.write, self.append, self.find, self.remove or None) if one is not None]
        need(len(given) == 1, "a fault is one of write, append, find (with put), remove")


@dataclass(frozen=True)
class Gate:
    name: Name
    phase: Name
    run: tuple[str, ...]  # argv; no shell reads it
    work: str  # a pattern with one group: the number of things that were looked at
    limit: float = 300.0  # seconds, a day at most
    work_file: Inside | None = None  # where that number stands; the command's own output otherwise
    at_least: int = 1
    inputs: tuple[Inside, ...] = (".",)  # what the result depends on
    why: str = ""
    covers_others: bool = False  # it looks over what others look at, so that `picctl prove` lets it be red with them
    fault: Fault | None = None

    def __post_init__(self) -> None:
        try:
            groups = re.compile(self.work).groups
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"work is no pattern: {error}") from None
        need(groups == 1, "work must have one group, the number")
        need(self.run and self.run[0], "run names no program")
        need(self.inputs, "inputs names nothing, and a result of nothing is never stale; leave it out")
        need(0 < self.limit <= 86400, f"limit is {self.limit:g} s, and not between 0 and a day")
        need(self.at_least >= 1, f"at_least is {self.at_least}, and less than 1")

    def digest(self) -> str:
        """Of everything that decides; words for people and what `prove` reads are left out."""
        decides = {key: value for key, value in asdict(self).items() if key not in ("why", "fault", "covers_others")}
        return digest(json.dumps(decides, sort_keys=True).encode())


@dataclass(frozen=True)
class Config:
    phase: tuple[Phase, ...] = tuple(Phase(name=name) for name in ROLES)
    gate: tuple[Gate, ...] = ()
    locks: tuple[Annotated[Inside, folders], ...] = LOCKS  # their bytes belong to every result, ignored by git or not

    def __post_init__(self) -> None:
        phases = self.names()
        every = [*phases, *(gate.name for gate in self.gate)]
        need(phases, "there is no phase")
        need("done" not in phases, "no phase may be called done, as a workflow is at its end")
        for name in every:
            need(every.count(name) == 1, f"the name {name} stands twice")
        for gate in self.gate:
            need(gate.phase in phases, f"gate {gate.name} belongs to the phase {gate.phase}, which is none of {phases}")

    def names(self) -> list[str]:
        return [phase.name for phase in self.phase]

    def phases_after(self, name: str) -> tuple[Phase, ...]:
        return self.phase[self.phase.index(self.find_phase(name)) + 1 :]

    def gates_until(self, name: str) -> list[Gate]:
        """The gates of this phase and of those before it, in the order of phases."""
        names = self.names()
        until = names[: names.index(name) + 1]
        return [gate for phase in until for gate in self.gate if gate.phase == phase]

    def digests(self) -> dict[str, str]:
        return {gate.name: gate.digest() for gate in self.gate}

    def find_gate(self, name: str) -> Gate:
        for gate in self.gate:
            if gate.name == name:
                return gate
        raise PicError(f"{CONFIG} has no gate {name!r} (it has: {', '.join(self.digests()) or 'none yet'})",
                       "write a [[gate]] there, or name another")  # fmt: skip

    def find_phase(self, name: str) -> Phase:
        for phase in self.phase:
            if phase.name == name:
                return phase
        raise PicError(f"there is no phase {name!r} (there are: {', '.join(self.names())})", "picctl status")


def fit(kind: Any, value: Any, place: str = "") -> Any:
    """The value as a field of this type has it. Raises PicError with the place where it does not fit."""
    inner, outer = get_args(kind), get_origin(kind)
    try:
        if outer is Annotated:
            value = fit(inner[0], value, place)
            for check in inner[1:]:
                value = check(value)
            return value
        if type(None) in inner:  # what may be left out, and is there
            return fit(inner[0], value, place)
        if outer is tuple and isinstance(value, list):
            return tuple(fit(inner[0], each, f"{place}.{number}") for number, each in enumerate(value))
        if hasattr(kind, "__dataclass_fields__") and isinstance(value, dict):
            types = get_type_hints(kind, include_extras=True)
            odd = ", ".join(map(repr, sorted(value.keys() - types.keys())))
            need(not odd, f"{odd} is none of {', '.join(types)}")
            lacks = [each.name for each in fields(kind) if each.default is MISSING and each.name not in value]
            need(not lacks, f"it lacks {', '.join(lacks)}")
            return kind(**{key: fit(types[key], each, f"{place}.{key}") for key, each in value.items()})
        right = type(value) is kind or (kind is float and type(value) is int)
        need(right, f"it must be {WORDS.get(outer or kind, 'a table')}")
        return kind(value)
    except (ValueError, OverflowError) as error:
        raise PicError(f"{CONFIG}: {place.lstrip('.') or 'the whole'}: {error}", MEND) from None


def read_config(root: Path) -> Config:
    path = root / CONFIG
    try:
        return fit(Config, tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise PicError(f"{path} cannot be read: {error.strerror}", f"ls -l {typed(path)}") from None
    except (ValueError, RecursionError) as error:
        raise PicError(f"{CONFIG} is no TOML: {error}", MEND) from None
