"""Is a file what it must be? Its sha256 says so; a stamp stands for the sha256 until the file changes.

Hashing 8.5 GB at every start would take longer than a short render. So a file that was hashed and found right gets a
stamp in <home>/stamps: its size, modification time, inode and digest. As long as they are the same the file is taken
as read; any change hashes it again before it is used. What rots on the disk without touching any of them is found by
`avatar models verify`, which hashes whatever the stamps say.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from avatar import settings

CHUNK_BYTES = 4 << 20
# A file changed again within the tick of its file system's clock keeps its time; ticks are up to 2 s (FAT). Git has
# the same trouble with its index ("racy git"): what was changed just now is not stamped yet.
TICK_NS = 2_000_000_000


def problem_with(
    path: Path, size: int, sha256: str, full: bool = False, on_read: Callable[[int], None] | None = None
) -> str | None:
    """What is wrong with a file, as the end of a sentence that begins with its name; None when it is as it must be.

    size: bytes; full: hash it even where a stamp stands for it; on_read: is told how many bytes were hashed just now.
    A file found wrong loses its stamp.
    """
    stamp = _stamp_path(path)
    try:
        before = os.stat(path)
        if before.st_size == size:
            if not full and _read(stamp) == _stamp_of(before, sha256):
                return None
            found = _hash(path, on_read)
            if found == sha256:
                if _identity(os.stat(path)) == _identity(before):
                    _write(stamp, _stamp_of(before, sha256) | {"path": str(path)})
                return None
            problem = f"is not the file that was locked: its sha256 is {found[:12]}…, not {sha256[:12]}…"
        else:
            problem = f"is not the file that was locked: it has {before.st_size:,} bytes, not {size:,}"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    with contextlib.suppress(OSError):
        stamp.unlink()
    return problem


def is_stamped(path: Path, sha256: str) -> bool:
    """Whether a file was found right before and has not changed since. Reads none of it."""
    try:
        return _read(_stamp_path(path)) == _stamp_of(os.stat(path), sha256)
    except OSError:
        return False


def file_sha256(path: Path) -> str:
    return _hash(path, None)


def _hash(path: Path, on_read: Callable[[int], None] | None) -> str:
    total = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            total.update(chunk)
            if on_read:
                on_read(len(chunk))
    return total.hexdigest()


def _identity(status: os.stat_result) -> dict:
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}


def _stamp_of(status: os.stat_result, sha256: str) -> dict:
    return _identity(status) | {"sha256": sha256}


def _stamp_path(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
    return settings.home() / "stamps" / f"{name}.json"


def _read(stamp: Path) -> dict | None:
    try:
        content = json.loads(stamp.read_text())
        content.pop("path", None)
        return content
    except (OSError, ValueError, AttributeError):
        return None


def _write(stamp: Path, content: dict) -> None:
    """Keep a stamp, whole or not at all. Without one, because the home cannot be written, all still works: slower."""
    if time.time_ns() - content["mtime_ns"] < TICK_NS:
        return
    partial = stamp.with_suffix(f".{os.getpid()}.partial")
    with contextlib.suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(content))
        partial.replace(stamp)
