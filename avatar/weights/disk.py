"""Room on a disk, and bytes that are really on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from avatar.errors import EnvironmentProblem
from avatar.weights.lock import gigabytes


def need_room(folder: Path, size: int, what: str) -> None:
    """Raises EnvironmentProblem when the disk of a folder (it need not exist yet) has less than `size` bytes free."""
    folder = existing(folder)
    if (free := shutil.disk_usage(folder).free) < size:
        raise EnvironmentProblem(
            f"{what} needs {gigabytes(size)} on the disk of {folder}, and {gigabytes(free)} are free there; free some "
            "space, or use another disk: HF_HOME or AVATAR_MODELS for weights, AVATAR_HOME for what is made of them."
        )


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.is_dir():
        folder = folder.parent
    return folder


def sync(path: Path) -> None:
    """Bring a file's bytes to the disk, so that no power cut leaves a name with nothing behind it."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
