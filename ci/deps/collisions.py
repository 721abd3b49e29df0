"""Files that two distributions both own, with different bytes: whichever is installed last wins."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable

from avatar.environment.installed import Distribution, RecordedFile, hex_of

Owners = dict[str, dict[str, str]]  # path -> {distribution: sha256}


def file_owners(distributions: Iterable[Distribution]) -> Owners:
    owners: Owners = {}
    for distribution in distributions:
        for file in distribution.files:
            owners.setdefault(file.path, {})[distribution.name] = file.sha256
    return owners


def collisions_of(distribution: Distribution, owners: Owners) -> dict[str, list[str]]:
    """{other distribution: paths}. Files with equal digests, like the empty nvidia/__init__.py, do not collide."""
    found: dict[str, list[str]] = {}
    for file in distribution.files:
        for other, sha256 in owners.get(file.path, {}).items():
            if other != distribution.name and (sha256 != file.sha256 or not sha256):
                found.setdefault(other, []).append(file.path)
    return found


def collisions_of_wheel(name: str, record: str, owners: Owners) -> dict[str, list[str]]:
    """The same for a wheel that is not installed, from its RECORD."""
    rows = [row for row in csv.reader(record.splitlines()) if row and ".dist-info/" not in row[0]]
    files = tuple(RecordedFile(os.path.normpath(row[0]), hex_of(row[1]), None) for row in rows)
    return collisions_of(Distribution(name, "", files), owners)
