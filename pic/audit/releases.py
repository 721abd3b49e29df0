"""What the files of a package tell: releases, their ages, what was withdrawn, which Pythons they are for.

A `file` is an entry of the simple API's "files" (PEP 691, with PEP 700's size and upload-time where the index has it).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, sys_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

OUR_PYTHON = sys.version_info[:2]
LATEST_MINOR_ASKED = 40  # a specifier that admits Python 3.40 has no ceiling


@dataclass(frozen=True)
class Release:
    """One version of a package and its files."""

    version: Version
    files: tuple[dict, ...]

    @property
    def uploaded(self) -> date | None:
        """The day of its first file; None where the index tells no times."""
        times = [file["upload-time"] for file in self.files if file.get("upload-time")]
        return datetime.fromisoformat(min(times).replace("Z", "+00:00")).date() if times else None

    @property
    def yanked(self) -> str | None:
        """Why it was withdrawn; None where it was not. PEP 592: a release is where all of its files are."""
        reasons = [file.get("yanked") for file in self.files]
        if not all(reasons):
            return None
        return next((reason for reason in reasons if isinstance(reason, str)), "no reason given")

    @property
    def requires_python(self) -> str:
        return next((file["requires-python"] for file in self.files if file.get("requires-python")), "")

    @property
    def wheels(self) -> list[dict]:
        return [file for file in self.files if file["filename"].endswith(".whl")]

    @property
    def our_wheel(self) -> dict | None:
        """A wheel for our interpreter and system; the smallest where several fit."""
        ours = our_tags()
        fitting = [f for f in self.wheels if not ours.isdisjoint(parse_wheel_filename(f["filename"])[3])]
        return min(fitting, key=lambda file: file.get("size") or 0, default=None)

    def admits(self, python: tuple[int, int] = OUR_PYTHON) -> bool:
        return specifiers(self.requires_python).contains(f"{python[0]}.{python[1]}.99")


@cache
def our_tags() -> frozenset[Tag]:
    """What this interpreter on this host takes."""
    return frozenset(sys_tags())


def read_releases(files: Iterable[dict]) -> list[Release]:
    """The releases of a package, oldest version first; files of a kind that nobody installs any more are left out."""
    grouped: dict[Version, list[dict]] = {}
    for file in files:
        try:
            parse = parse_wheel_filename if file["filename"].endswith(".whl") else parse_sdist_filename
            version = parse(file["filename"])[1]
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
        grouped.setdefault(version, []).append(file)
    return [Release(version, tuple(grouped[version])) for version in sorted(grouped)]


def newest(releases: list[Release]) -> Release | None:
    """The newest release that pip would take: not withdrawn, and no pre-release where there are others."""
    standing = [r for r in releases if r.yanked is None] or releases
    final = [r for r in standing if not r.version.is_prerelease]
    return (final or standing or [None])[-1]


def newest_for_us(releases: list[Release], allowed: SpecifierSet | None = None) -> Release | None:
    """The newest release for our Python within `allowed`; one with a fitting wheel before one without."""
    admitted = [r for r in releases if r.admits() and (allowed is None or allowed.contains(r.version))]
    return newest([r for r in admitted if r.our_wheel]) or newest(admitted)


def releases_in_last_year(releases: list[Release], today: date) -> int | None:
    days = [r.uploaded for r in releases if r.uploaded]
    return sum((today - day).days <= 365 for day in days) if len(days) == len(releases) else None


def specifiers(text: str) -> SpecifierSet:
    """A requires-python as specifiers; one that is not written as such asks for nothing."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return SpecifierSet()


def ceiling(requires_python: str) -> int | None:
    """N where a requires-python ends before Python 3.N; None where it does not end."""
    admitted = [n for n in range(LATEST_MINOR_ASKED + 1) if specifiers(requires_python).contains(f"3.{n}")]
    return admitted[-1] + 1 if admitted and admitted[-1] < LATEST_MINOR_ASKED else None


def python_history(releases: list[Release]) -> list[tuple[str, str]]:
    """(version, requires-python) of each release from which on another one held, newest first."""
    changes: list[tuple[str, str]] = []
    for release in releases:
        if not changes or changes[-1][1] != release.requires_python:
            changes.append((str(release.version), release.requires_python))
    return changes[::-1]


def newest_python(today: date) -> int:
    """N of the newest Python 3.N: one a year, each October since 3.9 in 2020 (PEP 602)."""
    return today.year - 2011 - (today.month < 11)


def last_python_with_wheels(release: Release) -> int | None:
    """N of the newest CPython 3.N that the release has wheels for; None where they are for any, or there are none."""
    minors = []
    for wheel in release.wheels:
        for tag in parse_wheel_filename(wheel["filename"])[3]:
            if tag.abi in ("none", "abi3") and not re.fullmatch(r"cp3\d+", tag.interpreter) or tag.abi == "abi3":
                return None
            if match := re.fullmatch(r"cp3(\d+)", tag.interpreter):
                minors.append(int(match[1]))
    return max(minors, default=None)
