"""Files that are whole or not there, and their digests."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from avatar.errors import RequestError

NEW = ".new-"  # how the name of a folder begins that is being made


def file_digest(path: Path) -> str:
    """sha256 of a file. Raises RequestError when it is not a readable file."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RequestError(f"cannot read {str(path)!r}: {error.strerror}; check the path.") from error


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target`, to be filled and renamed to it (`rename_new`); at the end what was not renamed is gone.

    One process at a time makes folders in a parent, so what is found half made there was left by one that was killed:
    it is removed first.
    """
    parent = target.parent
    parent.mkdir(parents=True, exist_ok=True)
    with open(parent.with_name(f"{parent.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in parent.glob(f"{NEW}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=NEW, dir=parent) as scratch:
            yield Path(scratch)


def rename_new(source: Path, target: Path) -> None:
    """Rename a folder to a name that is free. Raises FileExistsError when it is taken."""
    try:
        os.rename(source, target)
    except OSError as error:
        if target.is_dir():
            raise FileExistsError(target) from error
        raise


def write_json(path: Path, content: object) -> None:
    """Write beside the final name, then rename: a reader sees the old file or the whole new one."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
