"""The Debian base that stands in for the official one where no registry can be reached: made by mmdebstrap.

It holds the same packages as debian:bookworm-slim, but today's versions, and the same files for one state of the
mirror. Documentation is left out as it is there.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

from ci.container.host import KEPT, need, run, say, sha256_of

TAR = KEPT / "base.tar"
STATES = KEPT / "apt"
LEFT_OUT = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/doc/*", "/usr/share/locale/*")


def make(fresh: bool = False) -> Path:
    """base.tar, made where it is not there yet or `fresh` asks for it: 45 s."""
    if TAR.exists() and not fresh:
        return TAR
    need("mmdebstrap", root=True)
    say("making the Debian base")
    KEPT.mkdir(parents=True, exist_ok=True)
    excluded = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    partial = TAR.with_suffix(".partial.tar")
    run(
        "mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", "--architectures=amd64",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",  # as there; the default way brings all of perl
        *excluded, "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        # The host's name and resolver are no part of an image.
        '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"',
        "bookworm", partial, *([mirror] if (mirror := os.environ.get("AVATAR_DEBIAN_MIRROR")) else []),
        env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
    )  # fmt: skip
    partial.replace(TAR)
    return TAR


def digest() -> str:
    """Hex sha256 of base.tar."""
    return sha256_of(make())


def package_states(fresh: bool = False) -> Path:
    """A folder with the base's apt sources, its keys and the states of its packages, for debs.apt."""
    base = make(fresh)
    if fresh:
        shutil.rmtree(STATES, ignore_errors=True)
    if not (STATES / "var/lib/dpkg/status").exists():
        wanted = ("./etc/apt/", "./usr/share/keyrings/", "./var/lib/dpkg/status")
        with tarfile.open(base) as archive:
            members = [member for member in archive if member.name.startswith(wanted)]
            archive.extractall(STATES, members=members, filter="tar")
    return STATES
