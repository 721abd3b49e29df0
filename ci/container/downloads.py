"""The folder that an image is built from without a network: the locked wheels and system packages."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from avatar.environment.locks import Wheel, read_lock
from ci.container import base, debs
from ci.container.host import KEPT, ROOT, Problem, run, say, sha256_of

DOWNLOADS = KEPT / "context" / "downloads"
CONTEXT = DOWNLOADS.parent  # what buildah sees as the stage `downloads`
NEARBY = ROOT / ".wheels"  # where ci/lock keeps its downloads
LAYERS = {"preview": ["boot", "base"], "full": ["boot", "base", "full"], "pod": ["boot", "base", "full"]}


def fetch(target: str) -> None:
    """Bring what a target is built from."""
    fetch_wheels(LAYERS[target])
    fetch_debs(debs.LOCK, DOWNLOADS / "debs", base.package_states())


def fetch_wheels(layers: list[str]) -> None:
    """The locked wheels of these layers: from .wheels/ where they are, else with the host's pip, hashes required."""
    folder = DOWNLOADS / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    for layer in layers:
        wheels = read_lock(ROOT / "locks" / f"{layer}.txt")
        for wheel in wheels:
            if not is_there(wheel, folder) and is_there(wheel, NEARBY):
                place(NEARBY / wheel.file, folder / wheel.file)
        if all(is_there(wheel, folder) for wheel in wheels):
            continue
        say(f"downloading the wheels of locks/{layer}.txt")
        run(*find_pip(), "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:",
            "--require-hashes", "--dest", folder, "-r", ROOT / "locks" / f"{layer}.txt")  # fmt: skip


def is_there(wheel: Wheel, folder: Path) -> bool:
    path = folder / wheel.file
    return path.is_file() and sha256_of(path) == wheel.sha256


def place(source: Path, target: Path) -> None:
    """Put a file at another place of the same disk without a copy, where that is possible."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def find_pip() -> list[str | Path]:
    for pip in ([sys.executable, "-m", "pip"], [ROOT / ".venv/boot/bin/python", "-m", "pip"]):
        try:
            run(*pip, "--version")
        except (Problem, OSError):
            continue
        return pip
    raise Problem("this needs pip for Python 3.11 to download the wheels: sudo apt-get install python3-pip")


def fetch_debs(lock: Path, folder: Path, states: Path) -> None:
    """The system packages, with the list of them beside: the lock, or where that is stale one written today.

    `states` is an apt root, see debs.apt.
    """
    locked = debs.read(lock)
    try:
        debs.fetch(states, locked, folder)
    except debs.Stale as stale:
        say(f"{stale}. Going on with a freshly written list; ci/release refuses that.")
        locked = debs.resolve(states)
        debs.fetch(states, locked, folder)
    debs.write(locked, folder / "debs.txt")
