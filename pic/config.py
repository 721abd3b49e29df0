"""pic.toml: phases and gates as data, checked before anything runs."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pic.errors import PicError
from pic.repo import CONFIG, digest

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


def inside(path: str) -> str:
    """As git writes it: without `./` and a slash at its end."""
    parts = path.split("/")
    if (
        not path
        or path.startswith("/")
        or ".." in parts
        or "\0" in path
        or max(len(part.encode()) for part in parts) > 255
    ):
        raise ValueError(f"{path[:60]!r} is no path inside the repository")
    return posixpath.normpath(path)


def pattern(path: str) -> str:
    if any("**" in part and part != "**" for part in path.split("/")):
        raise ValueError(f"{path!r}: ** stands for folders, between slashes")
    return path


Inside = Annotated[str, AfterValidator(inside)]
Pattern = Annotated[Inside, AfterValidator(pattern)]
ROLES = {
    "research": "analyst", "planning": "strategist", "design": "planner",
    "implementation": "builder", "testing": "tester", "review": "reviewer",
}  # fmt: skip
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "requirements*.txt", "locks/*.txt", "package-lock.json", "Cargo.lock")


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phase(Model):
    name: Name
    role: str = ""
    deliverables: tuple[Inside, ...] = ()  # files and folders that must be there when it is handed over

    @property
    def owner(self) -> str:
        return f"pic-{self.name} ({self.role or ROLES.get(self.name, 'pilot')})"


class Fault(Model):
    """What `picctl prove` does to a copy, in which the gate must then be red: one change of one file."""

    file: Inside
    write: str | None = None  # the whole text
    append: str | None = None
    find: str | None = None  # replaced by `put`, once
    put: str = ""
    remove: bool = False

    @model_validator(mode="after")
    def one_change(self) -> Fault:
        if sum([self.write is not None, self.append is not None, self.find is not None, self.remove]) != 1:
            raise ValueError("a fault is one of write, append, find (with put), remove")
        return self


class Gate(Model):
    name: Name
    phase: Name
    run: tuple[str, ...] = Field(min_length=1)  # argv; no shell reads it
    limit: float = Field(300, gt=0, le=86400)  # seconds
    work: str  # a pattern with one group: the number of things that were looked at
    work_file: Inside | None = None  # where that number stands; the command's own output otherwise
    at_least: int = Field(1, ge=1)
    inputs: tuple[Inside, ...] = (".",)  # what the result depends on
    why: str = ""
    covers_others: bool = False  # it looks over what others look at, so that `picctl prove` lets it be red with them
    fault: Fault | None = None

    @model_validator(mode="after")
    def work_is_a_number(self) -> Gate:
        try:
            groups = re.compile(self.work).groups
        except re.error as error:
            raise ValueError(f"work is no pattern: {error}") from None
        if groups != 1:
            raise ValueError("work must have one group, the number")
        if not self.run[0]:
            raise ValueError("run names no program")
        return self

    def digest(self) -> str:
        """Of everything that decides; words for people and what `prove` reads are left out."""
        decides = self.model_dump(mode="json", exclude={"why", "fault", "covers_others"})
        return digest(json.dumps(decides, sort_keys=True).encode())


class Config(Model):
    phase: tuple[Phase, ...] = tuple(Phase(name=name) for name in ROLES)
    gate: tuple[Gate, ...] = ()
    locks: tuple[Pattern, ...] = LOCKS  # files whose bytes belong to every result, ignored by git or not

    @model_validator(mode="after")
    def names_are_clear(self) -> Config:
        phases, gates = [p.name for p in self.phase], [g.name for g in self.gate]
        if not phases:
            raise ValueError("there is no phase")
        if "done" in phases:
            raise ValueError("no phase may be called done, as a workflow is at its end")
        for name in [*phases, *gates]:
            if [*phases, *gates].count(name) > 1:
                raise ValueError(f"the name {name} stands twice")
        for gate in self.gate:
            if gate.phase not in phases:
                raise ValueError(f"gate {gate.name} belongs to the phase {gate.phase}, which is none of {phases}")
        return self

    def names(self) -> list[str]:
        return [phase.name for phase in self.phase]

    def gates_until(self, phase: str) -> list[Gate]:
        """The gates of this phase and of those before it, in the order of phases."""
        names = self.names()
        until = names[: names.index(phase) + 1]
        return sorted((g for g in self.gate if g.phase in until), key=lambda g: names.index(g.phase))

    def find_gate(self, name: str) -> Gate:
        for gate in self.gate:
            if gate.name == name:
                return gate
        known = ", ".join(gate.name for gate in self.gate) or "none yet"
        raise PicError(
            f"{CONFIG} has no gate {name!r} (it has: {known})", f"write [[gate]] into {CONFIG}, or name another"
        )

    def find_phase(self, name: str) -> Phase:
        for phase in self.phase:
            if phase.name == name:
                return phase
        raise PicError(f"there is no phase {name!r} (there are: {', '.join(self.names())})", "picctl status")


def read_config(root: Path) -> Config:
    path = root / CONFIG
    try:
        return Config(**tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise PicError(f"{path} cannot be read: {error.strerror}", "picctl init") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PicError(f"{CONFIG} is no TOML: {error}", f"mend that line of {CONFIG}, then: picctl status") from None
    except (ValidationError, TypeError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise PicError(f"{CONFIG}: {place}: {first['msg']}", f"mend it in {CONFIG}, then: picctl status") from None


def locks_digest(root: Path, config: Config) -> str:
    paths = sorted({path for pattern in config.locks for path in root.glob(pattern) if path.is_file()})
    return digest(*(part for path in paths for part in (str(path.relative_to(root)).encode(), path.read_bytes())))
