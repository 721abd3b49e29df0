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
from avatar.files import written_whole
from avatar.json_files import Damaged, read_json

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
    try:
        before = os.stat(path)
        if before.st_size != size:
            problem = f"is not the file that was locked: it has {before.st_size:,} bytes, not {size:,}"
        elif not full and is_stamped(path, sha256):
            return None
        elif (found := file_sha256(path, on_read)) == sha256:
            if _stamp_of(os.stat(path), sha256) == _stamp_of(before, sha256):  # nobody changed it meanwhile
                stamp(path, sha256)
            return None
        else:
            problem = f"is not the file that was locked: its sha256 is {found[:12]}…, not {sha256[:12]}…"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    with contextlib.suppress(OSError):
        _stamp_path(path).unlink()
    return problem


def is_stamped(path: Path, sha256: str) -> bool:
    """Whether a file was found right before and has not changed since. Reads none of it."""
    try:
        kept = read_json(_stamp_path(path))
        return isinstance(kept, dict) and kept.get("file") == _stamp_of(os.stat(path), sha256)
    except (OSError, Damaged):
        return False


def stamp(path: Path, sha256: str) -> None:
    """Note that a file was just hashed and found right. Where the home cannot be written all works without: slower."""
    content = {"path": str(path), "file": _stamp_of(os.stat(path), sha256)}
    if time.time_ns() - content["file"]["mtime_ns"] < TICK_NS:
        return
    final = _stamp_path(path)
    with contextlib.suppress(OSError):
        final.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(final) as partial:
            partial.write_text(json.dumps(content))


def file_sha256(path: Path, on_read: Callable[[int], None] | None = None) -> str:
    """sha256 of a file, in hexadecimal; on_read: is told how many bytes were hashed just now."""
    total = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            total.update(chunk)
            if on_read:
                on_read(len(chunk))
    return total.hexdigest()


def _stamp_of(status: os.stat_result, sha256: str) -> dict:
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino, "sha256": sha256}


def _stamp_path(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
    return settings.home() / "stamps" / f"{name}.json"
