"""What a package needs, all the way down, asked of the index."""

from __future__ import annotations

from collections.abc import Set
from concurrent.futures import Executor
from dataclasses import dataclass
from email.message import Message

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name as canonical_name

from pic.audit import releases
from pic.audit.index import Index

MOST_NEEDS = 400  # a walk that is longer than any real one ends here


@dataclass(frozen=True)
class Need:
    """A package that is not locked, in the newest release that its asker and our Python admit."""

    name: str
    version: str
    requires_python: str
    sdist_only: bool
    requires: list[Requirement]


def requirements(lines: list[str], extras: Set[str] = frozenset()) -> list[Requirement]:
    """The Requires-Dist lines that hold here with these extras."""
    found = []
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            found.append(requirement)
    return found


def without_marker(requirement: Requirement) -> str:
    """A requirement whose marker has been found to hold."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def walk(index: Index, wanted: list[Requirement], locked: set[str], pool: Executor) -> dict[str, Need]:
    """{name: Need} of everything that is wanted, directly or not, and not locked; level by level.

    The first asker's limits count; that they all agree is for a resolver to find out.
    """
    found: dict[str, Need] = {}
    while wanted and len(found) < MOST_NEEDS:
        level = {canonical_name(r.name): r for r in wanted[::-1] if canonical_name(r.name) not in found.keys() | locked}
        needs = [need for need in pool.map(lambda r: look_up(index, r), level.values()) if need]
        found |= {need.name: need for need in needs}
        wanted = [requirement for need in needs for requirement in need.requires]
    return found


def look_up(index: Index, requirement: Requirement) -> Need | None:
    """None where the index has nothing that fits."""
    name = canonical_name(requirement.name)
    project = index.project(name)
    release = (
        releases.newest_for_us(releases.read_releases(project["files"]), requirement.specifier) if project else None
    )
    if release is None:
        return None
    metadata = release_metadata(index, release)
    lines = (metadata.get_all("Requires-Dist") or []) if metadata else []
    return Need(
        name, str(release.version), release.requires_python, release.our_wheel is None,
        requirements(lines, requirement.extras),
    )  # fmt: skip


def release_metadata(index: Index, release: releases.Release) -> Message | None:
    """The metadata of a release: of the wheel that we would take, else of any, else of its source."""
    file = release.our_wheel or next(iter(release.wheels), None) or release.files[0]
    return index.metadata(file)


def shut_out(index: Index, wanted: list[Requirement]) -> dict[str, str]:
    """{requirement: newest release that our Python could have} of the requirements whose limits are below it."""
    found = {}
    for requirement in wanted:
        if not any(part.operator in ("==", "===", "<", "<=", "~=") for part in requirement.specifier):
            continue
        project = index.project(canonical_name(requirement.name))
        newest = releases.newest_for_us(releases.read_releases(project["files"])) if project else None
        if newest and above(requirement.specifier, newest):
            found[f"{requirement.name}{requirement.specifier}"] = str(newest.version)
    return found


def above(limits: SpecifierSet, release: releases.Release) -> bool:
    return not limits.contains(release.version, prereleases=True)
