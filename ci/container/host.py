"""The host's programs, and the folder everything is kept in."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "image"  # downloads, the base, buildah's storage; `ci/image clean` removes it

# program: the Debian package that holds it
PACKAGES = {
    "apt-get": "apt",
    "buildah": "buildah",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "unshare": "util-linux",
}


class Problem(Exception):
    """What stops the work, in one sentence with what mends it."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def need(*programs: str, root: bool = False) -> None:
    """Raises Problem where a program, or root's rights, are missing."""
    if missing := [program for program in programs if not shutil.which(program)]:
        packages = " ".join(PACKAGES[program] for program in missing)
        raise Problem(f"this needs {', '.join(missing)} of a Debian-like host: sudo apt-get install {packages}")
    if root and os.geteuid():
        raise Problem("this needs root, to make a file system of root's files: run it with sudo")


def run(*command: str | Path, **options) -> str:
    """Run a program to its end; what it wrote to stdout. Raises Problem with its last words where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Problem(f"`{' '.join(words[:4])} ...` ended with {done.returncode}:\n{last}")
    return done.stdout


def sha256_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
