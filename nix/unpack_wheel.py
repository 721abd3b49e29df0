"""Unpack one wheel as an installer would: OUT/SITE, OUT/share, … and a RECORD of what lies there.

usage: unpack_wheel.py WHEEL OUT SITE LOADER   (SITE: lib/python3.11/site-packages; standard library and elf.py only)

Every file is checked against the wheel's own RECORD. Shared objects keep their bytes; programs are made to name
LOADER as their interpreter, since NixOS has no /lib64. Left out are the few scripts with a `#!python` line, which are
for a place that is not known here.
"""

from __future__ import annotations

import base64
import compileall
import csv
import hashlib
import io
import py_compile
import shutil
import stat
import sys
import zipfile
from pathlib import Path, PurePosixPath

import elf

SIGNATURES = {"RECORD", "RECORD.jws", "RECORD.p7s"}  # what a RECORD cannot list with a digest (PEP 376, PEP 427)


def read_record(archive: zipfile.ZipFile) -> tuple[str, dict[str, list[str]]]:
    """The name of the wheel's .dist-info folder and {path in the wheel: row of its RECORD}."""
    names = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/RECORD")]
    if len(names) != 1:
        sys.exit(f"{archive.filename} holds {len(names)} RECORD files, not one")
    rows = csv.reader(io.StringIO(archive.read(names[0]).decode()))
    return names[0].split("/")[0], {row[0]: row for row in rows if row}


def place(name: str) -> PurePosixPath | None:
    """Where a member of a wheel goes, relative to site-packages (PEP 427); None for what is left out."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        sys.exit(f"unsafe path in the wheel: {name}")
    if not path.parts[0].endswith(".data"):
        return path
    scheme, rest = path.parts[1], PurePosixPath(*path.parts[2:])
    if scheme in ("purelib", "platlib"):
        return rest
    if scheme == "data":
        return PurePosixPath("../../..", rest)
    if scheme == "scripts":
        return None
    sys.exit(f"{name}: the data scheme {scheme!r} is not handled; extend nix/unpack_wheel.py")


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Write one file; returns its digest as RECORD has it."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, open(target, "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    with open(target, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    target.chmod(0o755 if member.external_attr >> 16 & stat.S_IXUSR else 0o644)
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def patch_program(target: Path, listed: str, loader: str) -> None:
    """Give a program its interpreter. A program that elf.PROGRAMS does not list ends the build."""
    with open(target, "rb") as file:
        if not elf.interpreter(file):
            return
    if listed not in elf.PROGRAMS:
        sys.exit(f"{listed} is a program that avatar/environment/elf.py does not list; add it to PROGRAMS")
    elf.set_interpreter(target, loader)


def main() -> None:
    wheel, out, site_name, loader = sys.argv[1:]
    site = Path(out, site_name)
    site.mkdir(parents=True)
    installed = []
    with zipfile.ZipFile(wheel) as archive:
        info, record = read_record(archive)
        for member in archive.infolist():
            if member.is_dir():
                continue
            name = member.filename
            is_signature = name in {f"{info}/{signature}" for signature in SIGNATURES}
            if is_signature or not (path := place(name)):
                record.pop(name, None)
                continue
            target = site / path
            digest = unpack(archive, member, target)
            if record.pop(name, ["", ""])[1] != digest:
                sys.exit(f"{wheel}: {name} is not what the wheel's RECORD says")
            installed.append([str(path), digest, str(member.file_size)])
            patch_program(target, str(path), loader)
    if missing := [name for name in record if not name.endswith("/")]:
        sys.exit(f"{wheel}: RECORD names files that are not there: {', '.join(missing[:3])}")
    (site / info / "INSTALLER").write_text("nix\n")
    rows = [*installed, [f"{info}/INSTALLER", "", ""], [f"{info}/RECORD", "", ""]]
    with open(site / info / "RECORD", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    # Everything in the store is dated 1970, so byte code must not depend on dates; what does not compile is left
    # without (templates, samples of Python 2).
    compileall.compile_dir(out, quiet=2, stripdir=out, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


if __name__ == "__main__":
    main()
