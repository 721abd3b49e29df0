"""Files that are whole or not there, and their digests."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from avatar.errors import RequestError


def file_digest(path: Path) -> str:
    """sha256 of a file. Raises RequestError when it is not a readable file."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RequestError(f"cannot read {str(path)!r}: {error.strerror}; check the path.") from error


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
