"""What is installed in site-packages, read from the RECORD files that installers leave, and digests of it.

The digests agree with those payload.py computes from wheels, so an environment can be compared with the lock
whatever tool made it.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
import sysconfig
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from avatar.environment import elf, payload

HASHING_THREADS = min(4, os.cpu_count() or 1)  # hashlib lets go of the interpreter lock; more threads wait for the disk

# A script that the installer made from an entry point, or whose `#!python` it rewrote; the second form is what
# installers write where the interpreter's path is too long for a kernel's shebang.
GENERATED_SCRIPT = re.compile(rb"#!/\S*python[0-9.]*[ \n]|#!/bin/sh\n'''exec' ")

# What belongs to the environment rather than to a distribution.
ENVIRONMENT_FILES = {"avatar.pth", "_virtualenv.py", "_virtualenv.pth", "avatar-libraries.pth"}


def site_packages() -> Path:
    """The folder this interpreter's distributions are installed in."""
    return Path(sysconfig.get_path("purelib"))


def canonical_name(name: str) -> str:
    """A distribution's name as locks write it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class RecordedFile:
    """One row of a RECORD."""

    path: str  # relative to site-packages, with `..` for what lies outside
    sha256: str  # hex; "" where the installer recorded none
    size: int | None  # bytes

    @property
    def place(self) -> tuple[str, str]:
        """("site" | "bin" | "prefix", path there), as payload.py names the parts of a wheel."""
        outside = "../../../"  # lib/python3.11/site-packages
        if not self.path.startswith(outside):
            return "site", self.path
        path = self.path.removeprefix(outside)
        return ("bin", path.removeprefix("bin/")) if path.startswith("bin/") else ("prefix", path)

    def is_payload(self, site: Path) -> bool:
        """Whether the file comes from the wheel, not from the installer."""
        place, path = self.place
        if place == "site":
            return payload.is_payload(path)
        if place == "prefix":
            return True
        try:
            with open(site / self.path, "rb") as script:
                return not GENERATED_SCRIPT.match(script.read(4096))
        except FileNotFoundError:
            return bool(self.sha256)


@dataclass(frozen=True)
class Distribution:
    """An installed distribution: its canonical name, its version and the files its RECORD lists."""

    name: str
    version: str
    files: tuple[RecordedFile, ...]


def read_distributions(site: Path) -> list[Distribution]:
    """Every distribution of a site-packages folder but avatar itself, by name."""
    found = []
    for folder in site.glob("*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        if canonical_name(name) != "avatar":
            found.append(Distribution(canonical_name(name), version, read_record(folder / "RECORD")))
    return sorted(found, key=lambda distribution: (distribution.name, distribution.version))


def read_record(path: Path) -> tuple[RecordedFile, ...]:
    """The rows of a RECORD file; none where there is no such file (its files then show as owned by nobody)."""
    if not path.is_file():
        return ()
    with open(path, newline="", encoding="utf-8") as file:
        rows = [(os.path.normpath(row[0]), *row[1:3]) for row in csv.reader(file) if row]
    return tuple(RecordedFile(path, hex_of(digest), int(size) if size else None) for path, digest, size in rows)


def hex_of(recorded: str) -> str:
    """`sha256=<urlsafe base64 without padding>` of a RECORD as hex; "" for no digest or another kind."""
    kind, _, value = recorded.partition("=")
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex() if kind == "sha256" else ""


def sha256_of(path: Path) -> str | None:
    """Hex sha256 of a file; None where there is none."""
    try:
        with open(path, "rb", buffering=0) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def before_nix(site: Path, path: str) -> bytes | None:
    """A program as its wheel has it, where Nix gave it another interpreter; None for everything else (see elf.py)."""
    return elf.before_nix(site / path) if path in elf.PROGRAMS and (site / path).is_file() else None


def payload_sha256(site: Path, path: str) -> str | None:
    """Hex sha256 of a payload file, Nix's interpreter not counted; None where there is no such file."""
    program = before_nix(site, path)
    return sha256_of(site / path) if program is None else hashlib.sha256(program).hexdigest()


def payload_size(site: Path, path: str) -> int | None:
    """Bytes of a payload file, Nix's interpreter not counted; None where there is no such file."""
    program = before_nix(site, path) if path in elf.PROGRAMS else None
    if program is not None:
        return len(program)
    try:
        return os.stat(f"{site}/{path}").st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def hash_files(site: Path, distributions: list[Distribution]) -> dict[str, str | None]:
    """{recorded path: sha256 of what is on disk, or None} for the payload of all distributions."""
    paths = sorted({file.path for d in distributions for file in d.files if file.is_payload(site)})
    with ThreadPoolExecutor(HASHING_THREADS) as threads:
        digests = threads.map(lambda path: payload_sha256(site, path), paths)
        return dict(zip(paths, digests, strict=True))


def payload_digest(distribution: Distribution, on_disk: Mapping[str, str | None]) -> str:
    """The distribution's payload digest from hash_files' result; equal to payload.wheel_digest of its wheel."""
    files = {file.path: (file.place, sha256) for file in distribution.files if (sha256 := on_disk.get(file.path))}
    return payload.digest_of_lines([payload.line_for(*place, sha256) for place, sha256 in files.values()])


def altered_files(distribution: Distribution, on_disk: dict[str, str | None]) -> list[str]:
    """`path (missing)` and `path (differs)` for payload that is not what the distribution's own RECORD says."""
    altered = []
    for file in distribution.files:
        if file.path in on_disk and on_disk[file.path] is None:
            altered.append(f"{file.path} (missing)")
        elif file.sha256 and on_disk.get(file.path, file.sha256) != file.sha256:
            altered.append(f"{file.path} (differs)")
    return altered


def shared_files(distributions: list[Distribution]) -> list[str]:
    """`path (one, two)` for each file that distributions disagree about: the last one installed won.

    Files whose recorded digests are equal, like the empty nvidia/__init__.py, are the same whoever came last.
    """
    owners: dict[str, list[tuple[str, str]]] = {}
    for distribution in distributions:
        for file in distribution.files:
            owners.setdefault(file.path, []).append((distribution.name, file.sha256))
    return sorted(
        f"{path} ({', '.join(name for name, _ in held)})"
        for path, held in owners.items()
        if len(held) > 1 and (len({digest for _, digest in held}) > 1 or not held[0][1])
    )


def unowned_files(site: Path, distributions: list[Distribution]) -> list[str]:
    """Files of site-packages that no RECORD lists, byte code and the environment's own files aside."""
    owned = {file.path for distribution in distributions for file in distribution.files} | ENVIRONMENT_FILES
    for folder in site.glob("avatar-*.dist-info"):  # avatar itself, where it came as a wheel
        owned |= {file.path for file in read_record(folder / "RECORD")}
    unowned = []
    for folder, folders, files in os.walk(site):
        folders[:] = [name for name in folders if name != "__pycache__" and not re.match(r"avatar-.*dist-info", name)]
        relative = os.path.relpath(folder, site)
        for name in files:
            path = name if relative == "." else f"{relative}/{name}"
            if path not in owned:
                unowned.append(path)
    return sorted(unowned)
