"""Weights in another form, made once from the fetched ones and kept in <home>/converted.

    <home>/converted/<model>-<key>/
        <output>       what was made: a file, or a folder of files
        made.json      what from, by which version, and the digest of every file that was made

The key is a digest of the sources' locked digests, the output's name and the converter's version.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from avatar import settings
from avatar.files import clear_away, is_folder, is_regular, open_lock, rename_new, write_json
from avatar.json_files import read_json
from avatar.weights.digests import file_sha256, problem_with
from avatar.weights.disk import need_room, sync
from avatar.weights.lock import Model


def converted(model: Model, output: str, version: str, make: Callable[[Path], None]) -> Path:
    """The path of `output`, made by `make(target)` unless it is there with the very bytes that were made before."""
    key = hashlib.sha256(f"{model.digest} {output} {version}".encode()).hexdigest()[:16]
    folder = settings.home() / "converted" / f"{model.name}-{key}"
    with _held(folder):
        if not is_folder(folder) or problems(folder):
            clear_away(folder)
            need_room(folder.parent, model.needed_bytes, f"converting {model.name}")
            _make(folder, model, output, version, make)
    return folder / output


def every(model: str) -> list[Path]:
    """The folders of all conversions of a model, also of those that an older lock or converter made."""
    return sorted((settings.home() / "converted").glob(f"{model}-{'[0-9a-f]' * 16}"))


def problems(folder: Path, full: bool = False, on_read: Callable[[int], None] | None = None) -> list[str]:
    """What is wrong with a conversion, one sentence for each file; empty when it is as it was made."""
    checks: dict[Path, tuple[int, str]] = {}
    try:
        made: Any = read_json(folder / "made.json")
        for name, entry in made["files"].items():
            path, parts = folder / name, Path(name).parts
            if ".." in parts or Path(name).is_absolute() or os.path.lexists(path) and not is_regular(path):
                return [f"{folder / 'made.json'} names {name!r}, which is no file there"]
            checks[path] = (int(entry["size"]), str(entry["sha256"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return [f"{folder} has no readable made.json"]
    found = {path: problem_with(path, *expected, full, on_read) for path, expected in checks.items()}
    return [f"{path} {problem}" for path, problem in found.items() if problem]


def _make(folder: Path, model: Model, output: str, version: str, make: Callable[[Path], None]) -> None:
    """Make a conversion beside its final name, with the record of its bytes, then rename it."""
    scratch = Path(tempfile.mkdtemp(prefix=f".new-{folder.name}-", dir=folder.parent))
    try:
        make(scratch / output)
        files = {}
        for path in sorted(path for path in scratch.rglob("*") if path.is_file()):
            sync(path)
            files[str(path.relative_to(scratch))] = {"size": path.stat().st_size, "sha256": file_sha256(path)}
        record = {"model": model.name, "digest": model.digest, "output": output, "version": version, "files": files}
        write_json(scratch / "made.json", record)
        rename_new(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a conversion's name against other processes: whoever comes second finds it made."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open_lock(folder.parent / f".{folder.name}.lock") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for leftover in folder.parent.glob(f".new-{folder.name}-*"):  # of a process that was killed
            clear_away(leftover)
        yield
