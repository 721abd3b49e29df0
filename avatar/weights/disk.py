"""Room on a disk, and bytes that are really on it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import TemporaryProblem
from avatar.weights.lock import gigabytes

if TYPE_CHECKING:
    import torch


def need_room(folder: Path, size: int, what: str) -> None:
    """Raises TemporaryProblem when the disk of a folder (it need not exist yet) has less than `size` bytes free."""
    folder = existing(folder)
    if (free := shutil.disk_usage(folder).free) < size:
        raise TemporaryProblem(
            f"{what} needs {gigabytes(size)} on the disk of {folder}, and {gigabytes(free)} are free there; free some "
            "space, or use another disk: HF_HOME or AVATAR_MODELS for weights, AVATAR_HOME for what is made of them."
        )


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.is_dir():
        folder = folder.parent
    return folder


def save(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write a safetensors file. Raises OSError, as of a full disk, whose number the library tells in words alone."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    except SafetensorError as error:
        if said := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(said[1]), os.strerror(int(said[1])), str(path)) from error
        raise


def sync(path: Path) -> None:
    """Bring a file's bytes to the disk, so that no power cut leaves a name with nothing behind it."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
