"""Kokoro's styles, one a speaker: files of the model kokoro-voices, fetched once and checked before they are read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import EnvironmentProblem

if TYPE_CHECKING:
    import numpy as np

    from avatar.weights.lock import File

MODEL = "kokoro-voices"  # its name in models.lock
SHAPE = (510, 1, 256)  # one style for each number of tokens


def style(name: str) -> np.ndarray:
    """float32 of SHAPE. Raises EnvironmentProblem where the file is missing or wrong."""
    import numpy as np

    from avatar.weights import places
    from avatar.weights.digests import problem_with
    from avatar.weights.store import mending_command

    refuse_missing(name)
    file = _file(name)
    place = places.find(file) if file else None
    assert file and place, "refused above"
    path = place.path_of(file)
    if problem := problem_with(path, file.size, file.sha256):
        raise EnvironmentProblem(f"{path} {problem}; '{mending_command(file)}' replaces it.")
    return np.fromfile(path, "<f4").reshape(SHAPE)


def digest(name: str) -> str:
    """sha256 of the style as it is locked; belongs to the inputs of what it speaks."""
    file = _file(name)
    return file.sha256 if file else ""


def is_here(name: str) -> bool:
    """Whether the file is there, in the size that is locked; its bytes are checked when it is read."""
    from avatar.weights import places

    file = _file(name)
    place = places.find(file) if file else None
    return bool(file and place and place.path_of(file).stat().st_size == file.size)


def refuse_missing(name: str) -> None:
    """Raises EnvironmentProblem that says what brings it, where this style is not here."""
    from avatar.invocation import to_type
    from avatar.weights import lock

    if is_here(name):
        return
    current = lock.read()
    model = next((model for model in current.every if model.name == MODEL), None)
    if model is None:
        raise EnvironmentProblem(
            f"the preset {name!r} speaks in a style of {MODEL}, which the lock of weights {current.path} does not name; "
            "unset AVATAR_MODELS_LOCK for the built-in one."
        )
    raise EnvironmentProblem(
        f"the preset {name!r} speaks in a style of {MODEL} ({lock.gigabytes(model.needed_bytes)}), which is not here; "
        f"this brings it, once: {to_type(f'models fetch {MODEL}')}"
    )


def size() -> str:
    """Of all styles, for people."""
    from avatar.weights import lock

    return lock.gigabytes(sum(model.needed_bytes for model in lock.read().every if model.name == MODEL))


def _file(name: str) -> File | None:
    """The style's in the lock; None where a lock of somebody's own has none."""
    from avatar.weights import lock

    path = lock.lock_path()
    return _files(path, path.stat().st_mtime_ns if path.exists() else 0).get(f"voices/{name}.bin")


@lru_cache(maxsize=2)
def _files(lock_path: Path, changed: int) -> dict[str, File]:
    """By their paths. changed: when the lock was, for it is read once."""
    from avatar.weights import lock

    return {file.path: file for model in lock.read(lock_path).every if model.name == MODEL for file in model.files}
