"""The gates of locks/: each takes a folder of locks, or what was read from it, and returns what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from avatar.environment.installed import canonical_name
from avatar.environment.installer import GLIBC_FLOOR
from avatar.environment.locks import PARTS, Wheel, edited, read_lock, read_payload
from avatar.environment.wheel_tags import supported_tags

LAYERS = ("base", "full", "test")
HOST = re.compile(r"://|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:org|com|net|io|dev|ai|cloud|edu|gov)\b", re.IGNORECASE)


def read_locks(folder: Path) -> dict[str, list[Wheel]]:
    """{layer: wheels} of the layers that are installed. Raises ValueError for a line of another form."""
    return {layer: read_lock(folder / f"{layer}.txt") for layer in LAYERS}


def wrong_wheels(wheels: Iterable[Wheel]) -> list[str]:
    """Lines whose wheel is another distribution's, another version's, or not for our interpreter and system."""
    problems, supported = [], supported_tags()
    for wheel in wheels:
        try:
            name, version, _, found = parse_wheel_filename(wheel.file)
        except InvalidWheelFilename as error:
            problems.append(f"{wheel.name}: {error}")
            continue
        if (name, version) != (wheel.name, Version(wheel.version)):
            problems.append(f"{wheel.name}=={wheel.version} comes with {wheel.file}")
        if supported.isdisjoint(found):
            problems.append(f"{wheel.file} does not fit CPython 3.11 on x86-64 Linux with glibc 2.{GLIBC_FLOOR}")
    return problems


def named_hosts(folder: Path) -> list[str]:
    """Lines of any file of the folder that name an address or a host."""
    return [
        f"{path.name}:{number}: {match[0]}"
        for path in sorted(folder.iterdir())
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := HOST.search(line))
    ]


def repeated(locks: dict[str, list[Wheel]]) -> list[str]:
    """Packages that stand in more than one place."""
    places: dict[str, list[str]] = {}
    for layer, wheels in locks.items():
        for wheel in wheels:
            places.setdefault(wheel.name, []).append(layer)
    return [f"{name} stands in {' and '.join(layers)}" for name, layers in places.items() if len(layers) > 1]


def payload_differs(folder: Path) -> list[str]:
    """Where payload.json and the lock files, which are written together, disagree: one was edited by hand."""
    digests = [
        e[key] for packages in read_payload(folder).values() for e in packages.values() for key in ("payload", "sha256")
    ]
    return [problem for layer in (*LAYERS, *PARTS) for problem in edited(folder, layer)] + [
        f"not a sha256: {digest!r}" for digest in digests if not re.fullmatch("[0-9a-f]{64}", digest)
    ]


# ---------------------------------------------------------------- pyproject.toml


def direct_dependencies(pyproject: dict) -> dict[str, list[Requirement]]:
    """{layer: what pyproject.toml asks for directly}."""
    asked = {"base": pyproject["project"]["dependencies"], **pyproject["dependency-groups"]}
    return {layer: [Requirement(text) for text in flat(asked, layer)] for layer in (*LAYERS, *PARTS)}


def flat(asked: dict[str, list], layer: str) -> Iterator[str]:
    """The requirements of a group and of the groups that it includes (PEP 735)."""
    for each in asked[layer]:
        if isinstance(each, str):
            yield each
        else:
            yield from flat(asked, each["include-group"])


def removed_needs(pyproject: dict) -> set[str]:
    """The packages that an override takes out of the resolution."""
    overrides = [Requirement(text) for text in pyproject["tool"]["uv"]["override-dependencies"]]
    return {canonical_name(r.name) for r in overrides if r.marker and not r.marker.evaluate()}


def data_only(pyproject: dict) -> set[str]:
    """The packages that are locked without their own dependencies."""
    return {canonical_name(entry["name"]) for entry in pyproject["tool"]["uv"]["dependency-metadata"]}


def needs(requirement: Requirement, pyproject: dict) -> list[Requirement]:
    """What a locked, installed distribution needs on CPython 3.11 on Linux, with the extras that are asked for."""
    if canonical_name(requirement.name) in data_only(pyproject):
        return []
    declared = map(Requirement, metadata.requires(requirement.name) or [])
    extras = {"", *requirement.extras}
    return [r for r in declared if not r.marker or any(r.marker.evaluate({"extra": extra}) for extra in extras)]


def closure(asked: list[Requirement], pyproject: dict) -> set[str]:
    """The names of everything that is needed, directly or not."""
    removed = removed_needs(pyproject)
    names, seen, waiting = set(), set(), list(asked)
    while waiting:
        requirement = waiting.pop()
        key = (canonical_name(requirement.name), *sorted(requirement.extras))
        if key in seen or key[0] in removed:
            continue
        seen.add(key)
        names.add(key[0])
        waiting += needs(requirement, pyproject)
    return names


def wrong_layers(locks: dict[str, list[Wheel]], pyproject: dict) -> list[str]:
    """Packages that a layer lacks or holds for no reason: each belongs to the first layer that needs it."""
    problems, before, asked = [], set(), []
    declared = direct_dependencies(pyproject)
    for layer in LAYERS:
        asked += declared[layer]
        wanted = closure(asked, pyproject) - before
        held = {wheel.name for wheel in locks[layer]}
        problems += [f"{layer}.txt lacks {name}" for name in sorted(wanted - held)]
        problems += [f"{layer}.txt holds {name}, which that layer does not need" for name in sorted(held - wanted)]
        before |= wanted
    return problems


def wrong_parts(folder: Path, pyproject: dict) -> list[str]:
    """Lines of a part that its whole has not, and packages that the part lacks or holds for no reason."""
    problems, declared = [], direct_dependencies(pyproject)
    base = closure(declared["base"], pyproject)
    for part, whole in PARTS.items():
        strange = set(read_lock(folder / f"{part}.txt")) - set(read_lock(folder / f"{whole}.txt"))
        problems += [f"{whole}.txt has no such line as {part}.txt: {wheel.name}" for wheel in sorted(strange, key=str)]
        wanted = closure(declared["base"] + declared[part], pyproject) - base
        held = {wheel.name for wheel in read_lock(folder / f"{part}.txt")}
        problems += [f"{part}.txt lacks {name}" for name in sorted(wanted - held)]
        problems += [f"{part}.txt holds {name}, which nothing in it needs" for name in sorted(held - wanted)]
    return problems


def wrong_pins(locks: dict[str, list[Wheel]], pyproject: dict) -> list[str]:
    """Direct dependencies that are locked in a version other than the one declared."""
    versions = {wheel.name: wheel.version for wheels in locks.values() for wheel in wheels}
    return [
        f"pyproject.toml asks for {requirement}, locked is {versions.get(canonical_name(requirement.name))}"
        for direct in direct_dependencies(pyproject).values()
        for requirement in direct
        if not requirement.specifier.contains(versions.get(canonical_name(requirement.name), "0"), prereleases=True)
    ]


def unexplained(findings: Iterable[str], pyproject: dict) -> list[str]:
    """Findings of `pip check` and overrides of pyproject.toml that do not explain each other."""
    overridden = {canonical_name(Requirement(text).name) for text in pyproject["tool"]["uv"]["override-dependencies"]}
    problems, seen = [], set()
    for finding in findings:
        subject, missing = re.match(r"(\S+) \S+ (?:requires|has requirement) ([A-Za-z0-9._-]+)", finding).groups()
        seen.add(canonical_name(missing))
        if canonical_name(missing) not in overridden and subject not in data_only(pyproject):
            problems.append(f"pip-check.txt has what no override of pyproject.toml makes so: {finding}")
    unseen = sorted(overridden - seen)
    return problems + [f"the override of {name} shows in no line of pip-check.txt" for name in unseen]


def read_pyproject(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())
