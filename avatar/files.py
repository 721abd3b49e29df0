"""Files that are whole or not there, and their digests."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from avatar import limits
from avatar.errors import EnvironmentProblem, InputError, RequestError, TemporaryProblem

# What the host lacks for a while: space, memory, processes, open files. No verdict on any file.
HOST_IS_SHORT = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE)
HOST_FAILS = (*HOST_IS_SHORT, errno.EIO)
NEW = ".new-"  # how the name of a folder begins that is being made


def file_digest(path: Path) -> str:
    """sha256 of a file. Raises RequestError when it is not a readable file, EnvironmentProblem when the host fails."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        refuse_host_failure(error, f"reading {str(path)!r}")
        raise RequestError(f"cannot read {str(path)!r}: {error.strerror}; check the path.") from error


class NotRegular(OSError):
    """A symlink, folder, FIFO or device where a regular file has to be."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is no regular file", str(path))


def is_regular(path: Path) -> bool:
    """Whether this is a regular file itself: a symlink to one is none. Raises EnvironmentProblem when the host fails."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether this is a folder itself: a symlink to one is none. Raises EnvironmentProblem when the host fails."""
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    """0 where nothing is there, or cannot be."""
    try:
        return os.lstat(path).st_mode
    except OSError as error:
        refuse_host_failure(error, f"looking for {str(path)!r}")
    except ValueError:  # a name with a zero byte
        pass
    return 0


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a regular file. A symlink is not followed, and nobody waits at a FIFO. Raises OSError."""
    if os.path.lexists(path) and not is_regular(path):  # asked first: opening a device may do something
        raise NotRegular(path)
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(path)
    return descriptor


def open_lock(path: Path) -> IO[str]:
    """A file to be locked, made where there is none; what stands in it stays. Raises EnvironmentProblem."""
    try:
        return os.fdopen(open_regular(path, os.O_RDWR | os.O_CREAT), "w")
    except NotRegular as error:
        raise EnvironmentProblem(f"{str(path)!r} has to be a regular file, to be locked; remove it.") from error


def hold(lock: IO[str]) -> bool:
    """Lock a file against other processes, until it is closed; False where one holds it for longer than a look at it."""
    for wait_s in (0.05, 0.2, 0.5, None):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if wait_s is not None:
                time.sleep(wait_s)
    return False


def copy_regular(source: Path, target: Path) -> None:
    """Copy a regular file. Raises OSError."""
    with open(open_regular(source), "rb") as reader, open(target, "xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)


def safe_suffix(path: Path) -> str:
    """Of a copy whose name is ours: the file's own in small letters, as far as it is a plain one."""
    return path.suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ""


def clear_away(path: Path) -> None:
    """Remove a folder with all in it, or whatever else is there, as far as that can be done. (shutil.rmtree alone waits
    for ever at a FIFO.)"""
    if is_folder(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def refuse_host_failure(error: OSError, doing: str) -> None:
    """Raises TemporaryProblem when the host is short of something, EnvironmentProblem when its disk fails; else nothing.

    doing: what was being done, "reading '…'".
    """
    if error.errno in HOST_IS_SHORT:
        raise TemporaryProblem(
            f"{doing} failed for want of this host's means: {error.strerror}; free some, or try again later."
        ) from error
    if error.errno in HOST_FAILS:
        raise EnvironmentProblem(f"{doing} failed: {error.strerror}; the disk or its connection is broken.") from error


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target`, to be filled and renamed to it (`rename_new`); at the end what was not renamed is gone.

    It is locked while it is filled, so what is found unlocked was left by a process that was killed, and is removed. The
    parent is locked only for that look, so that a user's large files hold nobody up.
    """
    parent = target.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise EnvironmentProblem(f"{str(parent)!r} has to be a folder; move away what is there.") from error
    with open_lock(parent.with_name(f"{parent.name}.lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in parent.glob(f"{NEW}*"):
            with contextlib.suppress(OSError), _locked_folder(leftover):
                clear_away(leftover)
        held = contextlib.ExitStack()
        scratch = Path(
            held.enter_context(tempfile.TemporaryDirectory(prefix=NEW, dir=parent, ignore_cleanup_errors=True))
        )
        held.enter_context(_locked_folder(scratch))
    with held:
        yield scratch


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Hold a folder against others who ask in the same way. Raises BlockingIOError where somebody holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def rename_new(source: Path, target: Path) -> None:
    """Rename a folder to a name that is free. Raises FileExistsError when it is taken."""
    try:
        os.rename(source, target)
    except OSError as error:
        if target.is_dir():
            raise FileExistsError(target) from error
        raise


@contextlib.contextmanager
def written_whole(path: Path, durable: bool = False) -> Iterator[Path]:
    """A name beside `path` to write to, which takes its place when the block ends: a reader sees the old file or the whole
    new one. On any error the old one stays. Each thread of each process has a name of its own, so the last one wins.
    durable: it is on the disk when this ends, so that a power cut takes nothing back.
    """
    begin = os.fsdecode(os.fsencode(path.name)[:230])  # a name may have 255 bytes
    partial = path.with_name(f".{begin}.{threading.get_native_id()}.partial")
    try:
        partial.unlink(missing_ok=True)  # a killed process left it, or it leads elsewhere
        yield partial
        if durable:
            sync(partial)
        partial.replace(path)
        if durable:
            sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Bring what was written to a file, or the names in a folder, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring a folder with all in it, and its own name, to the disk. Raises OSError."""
    for inner, _, names in os.walk(folder):
        for name in names:
            if is_regular(path := Path(inner, name)):
                sync(path)
        sync(Path(inner))
    sync(folder.parent)


def write_json(path: Path, content: object, durable: bool = False) -> None:
    """Write a file of JSON, whole or not at all."""
    with written_whole(path, durable) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def refuse_larger(path: Path, kind: str) -> None:
    """Raises InputError for a file of more bytes than its kind (of limits.MOST_BYTES) may have; for one that is not
    there, nothing."""
    try:
        size = os.stat(path).st_size
    except OSError:
        return
    most = limits.MOST_BYTES[kind]
    if size > most:
        raise InputError(
            f"the {kind} {path.name!r} has {size / 1e6:,.0f} MB; {most / 1e6:,.0f} MB is the most, give a smaller or "
            "shorter one."
        )
