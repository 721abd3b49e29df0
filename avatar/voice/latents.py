"""What a cloned voice's models computed of a reference recording: files of tensors, kept beside the voices.

    <home>/voices/.latents/<digest of the reference>-<what computed it>.safetensors

A file belongs to the recording's bytes, under whatever name it was kept; it holds a person's voice as much as the
recording does, so it goes with the voice or the job that has the recording; where neither has, by its age alone.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from avatar import settings
from avatar.files import is_regular, written_whole
from avatar.weights import disk

if TYPE_CHECKING:
    import torch


def path(reference_sha256: str, computed_by: str) -> Path:
    return _folder() / f"{reference_sha256}-{computed_by}.safetensors"


def kept(path: Path, names: Iterable[str]) -> dict[str, torch.Tensor] | None:
    """The tensors of these names; None where there is no such file, or it cannot be read, or a value is not finite."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not is_regular(path):  # nobody waits at a FIFO
        return None
    try:
        tensors = load_file(path)
        os.utime(path)  # it was used
        found = {name: tensors[name] for name in names}
    except (OSError, SafetensorError, KeyError):
        return None
    return found if all(bool(torch.isfinite(each).all()) for each in found.values()) else None


def keep(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write tensors, whole or not at all; where nothing can be written nothing is kept."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as partial:
            disk.save(tensors, partial)


def forget(reference_sha256: str) -> None:
    """Remove what is kept of a recording, for every model."""
    for path in [
        *_folder().glob(f"{reference_sha256}-*"),
        *_folder().glob(f".{reference_sha256}-*"),
    ]:  # and half written
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def clear(before: float, besides: Iterable[str]) -> None:
    """Remove what was last used before this time (s since the epoch), but not of these recordings, by their sha256."""
    stays = tuple(f"{sha256}-" for sha256 in besides)
    for path in _folder().glob("*"):
        with contextlib.suppress(OSError):  # removed meanwhile
            if not path.name.lstrip(".").startswith(stays) and os.lstat(path).st_mtime < before:
                path.unlink()


def _folder() -> Path:
    return settings.home() / "voices" / ".latents"
