"""The jobs of a home: made for a request, found by name, listed, removed."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from avatar import voices
from avatar.errors import AvatarError, RequestError
from avatar.files import NEW, file_digest, is_folder, is_regular, new_folder, rename_new, safe_suffix, write_json
from avatar.invocation import printable, to_type
from avatar.jobs import stage_cache
from avatar.jobs.job import STAGES, Job, stage_keys
from avatar.request import FILE_FIELDS, Request
from avatar.voice import kept


def create(home: Path, request: Request) -> Job:
    """The job for this request: a new folder with copies of its files, or the one that is already there.

    Raises AvatarError where that one is damaged.
    """
    folder = place(home, request)
    names = {name: f"{name}{safe_suffix(path)}" for name in FILE_FIELDS if (path := getattr(request, name)) is not None}
    if os.path.lexists(folder):
        Job(folder).refuse_damaged()
    else:
        with new_folder(folder) as scratch:
            (scratch / "inputs").mkdir()
            for name, copy in names.items():
                shutil.copyfile(getattr(request, name), scratch / "inputs" / copy)
            content = request.model_dump(mode="json") | names
            write_json(scratch / "request.json", {"created": round(time.time(), 3), "request": content})
            with contextlib.suppress(FileExistsError):  # another process made the same job meanwhile
                rename_new(scratch, folder)
    copies = {name: folder / "inputs" / copy for name, copy in names.items()}
    return Job(folder, request.model_copy(update=copies))


def place(home: Path, request: Request) -> Path:
    """The folder of the job for this request, whether it is there or not."""
    return home / "jobs" / f"{slug(request)}-{request.digest()[:10]}"


def find(home: Path, name: str) -> Job:
    """The job with this id or unique beginning of one. Raises RequestError when there is none or several."""
    if not name:
        raise RequestError(f"the name of the job is empty; '{to_type('pipeline list')}' shows those there are.")
    found = [Job(path) for path in folders(home) if path.name == name]
    found = found or [Job(path) for path in folders(home) if path.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(printable(job.id) for job in found[:20]) + (" …" if len(found) > 20 else "")
        raise RequestError(f"{len(found)} jobs begin with {name!r}: {shown}; give more of it.")
    raise RequestError(f"no job {name!r} in {home / 'jobs'}; '{to_type('pipeline list')}' shows those there are.")


def every(home: Path) -> list[Job]:
    """All jobs, oldest first."""
    return sorted((Job(path) for path in folders(home)), key=Job.created)


def folders(home: Path) -> list[Path]:
    """The places of all jobs, by name; nothing in them is read, and what is no folder is a damaged job."""
    try:
        return sorted(path for path in (home / "jobs").iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def remove(job: Job) -> None:
    """Delete a job and all in its folder, the kept sounds that no other job was made of, and what was computed of the
    recording of its voice where no voice and no other job has that; what other jobs hold stays, and what symlinks in it
    lead to.
    Raises TemporaryProblem where it is worked on.

    It is renamed first, so that one that is killed meanwhile leaves no half of a job.
    """
    if not is_folder(job.folder):
        job.folder.unlink()
        return
    lock = job.folder / "lock"
    can_be_held = is_regular(lock) or not os.path.lexists(lock)  # nobody works on a job whose lock is none
    with job.locked() if can_be_held else contextlib.nullcontext():
        told = (job.record("voice") or {}).get("engine")
        keys = [key for stage in STAGES if (record := job.record(stage)) for key in stage_keys(record)]
        gone = job.folder.with_name(f"{NEW}removed-{secrets.token_hex(8)}")  # swept like one that was never finished
        job.folder.rename(gone)
        for key in keys:
            stage_cache.remove_owner(job.home, key, job.id)
            if not stage_cache.owners(job.home, key):
                kept.forget(job.home, key)
    heard = {str(told.get("reference_sha256"))} if isinstance(told, dict) else set()
    for sha256 in (heard | digests(gone)) - shared(job.home, gone):
        voices.forget_recording(job.home, sha256)
    shutil.rmtree(gone, ignore_errors=True)


def recordings(folder: Path) -> list[Path]:
    """The recordings that the voice of a job, made or not, is cloned of: one, or none."""
    inputs = folder / "inputs"
    return [path for path in inputs.glob("voice*") if is_regular(path)] if is_folder(inputs) else []


def digests(folder: Path, sizes: Iterable[int] | None = None) -> set[str]:
    """sha256 of a job's recordings; of these sizes alone, as few others have them. Not of what cannot be read."""
    with contextlib.suppress(OSError, AvatarError):  # removed meanwhile
        found = [path for path in recordings(folder) if sizes is None or path.stat().st_size in sizes]
        return set(map(file_digest, found))
    return set()


def shared(home: Path, gone: Path) -> set[str]:
    """sha256 of those recordings of a job that another one has too. No more of them are read than it takes to know."""
    own = digests(gone)
    sizes = {path.stat().st_size for path in recordings(gone)}
    others = (digests(folder, sizes) for folder in folders(home)) if own else ()
    return next((own for each in others if own <= each), set())


def remove_if_empty(job: Job) -> None:
    """Delete a job in which no stage was finished: it holds nothing but what was asked for."""
    if not any(map(job.record, STAGES)):
        remove(job)


def size_bytes(folder: Path) -> int:
    """What a folder's files take on the disk; nothing is counted behind a symlink."""
    total = 0
    for inner, _, names in os.walk(folder) if is_folder(folder) else ():
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(inner, name)).st_blocks * 512
    return total


def other_bytes(home: Path) -> dict[str, int]:
    """{folder: bytes} of what a home holds beside its jobs: voices, converted weights."""
    return {path.name: size_bytes(path) for path in sorted(home.iterdir()) if path.is_dir() and path.name != "jobs"}


def slug(request: Request) -> str:
    """A few words that tell a person which job this is."""
    words = request.text if request.text else f"audio {request.audio.stem if request.audio else ''}"
    return re.sub(r"[^a-z0-9]+", "-", words[:200].lower()).strip("-")[:24].strip("-") or "job"
