"""The queue: a view of a home's job folders. What it knows of a job stands in the job's own queue.json.

What was accepted is on the disk before `submit` returns. A job is queued until it is done, failed or cancelled; whether
somebody works on it says its lock, and which of its stages are there their records: so a worker that is killed, or a
power cut, takes nothing back, and the next worker goes on with the first stage that is missing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from avatar import voices
from avatar.errors import AvatarError, RequestError, TemporaryProblem
from avatar.files import hold, open_lock, sync_folder, write_json
from avatar.invocation import printable, to_type
from avatar.jobs import contents
from avatar.jobs import home as homes
from avatar.jobs.contents import STAGES
from avatar.jobs.job import Job
from avatar.jobs.schema import Delivery, Failure, QueueEntry
from avatar.json_files import Damaged
from avatar.provenance.signer import is_wanted
from avatar.request import Request
from avatar.voice import kept

MOST_ATTEMPTS = 10  # at one stage, by workers that were killed or had a problem that may pass
PAUSES_S = (1, 10, 60, 300)  # before the second, third … attempt after a problem that may pass
AFTER_A_DEATH_S = (0, *PAUSES_S)  # the same after a worker that ended without a word, from where it was taken
LOCK = "queue.lock"  # in the home; its time is that of the last change
ENDED = ("done", "failed", "cancelled")

Mark = tuple[int, int, int]


@dataclass(frozen=True)
class Place:
    """A job in the queue. state: of the entry, or "running" while somebody works on a queued one."""

    job: Job
    entry: QueueEntry
    state: str


def submit(home: Path, request: Request, output: Path | None = None, priority: int = 0, overwrite: bool = False) -> Job:
    """Put a job into the queue; what is returned is on the disk. One that waits already keeps its place, or gets a
    better one; one that ended is tried again.

    output: where its video is to be delivered; a job that waits for several delivers to each. Raises RequestError and
    OSError.
    """
    wanted = [_delivery(output, overwrite)] if output else []
    job = homes.create(home, request)
    if output:
        job.remember_output(output)
    with _changing(home):
        entry = _entry(job)
        if entry and entry.state == "queued":
            others = [each for each in entry.deliveries if each.path not in [new.path for new in wanted]]
            better = {"priority": max(priority, entry.priority), "deliveries": [*others, *wanted]}
            entry = entry.model_copy(update=better)
        else:
            entry = QueueEntry(submitted=round(time.time(), 3), priority=priority, deliveries=wanted)
        _write(job, entry)
    sync_folder(job.folder)
    return job


def every(home: Path) -> list[Place]:
    """All jobs that are or were in the queue: what waits in the order in which it is made, then what ended, oldest first."""
    return sorted(filter(None, map(place_of, map(Job, homes.folders(home)))), key=_order)


def place_of(job: Job) -> Place | None:
    """Where a job stands; None for one that was never put into the queue, or whose entry is damaged."""
    return Place(job, entry, _state(job, entry)) if (entry := _entry(job)) else None


def waiting(home: Path, ended: dict[str, Mark]) -> list[str]:
    """The ids of the jobs that nobody works on yet, in the order in which they are made.

    ended: empty at first, and kept by whoever asks again and again; what ended is not read again until it is queued anew.
    """
    found, still = [], {}
    for folder in homes.folders(home):
        seen = mark(folder)  # before the look, so that what is written meanwhile is read the next time
        if seen and ended.get(folder.name) != seen and (place := place_of(Job(folder))):
            if place.state == "queued":
                found.append(place)
            if place.state not in ENDED:
                continue
        if seen:
            still[folder.name] = seen
    ended.clear()
    ended.update(still)
    return [place.job.id for place in sorted(found, key=_order)]


def mark(folder: Path) -> Mark | None:
    """Another one after the entry in a job's folder was written again; None where there is none."""
    try:
        found = os.lstat(folder / "queue.json")
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def find(home: Path, name: str) -> Place:
    """Raises RequestError where there is no such job in the queue."""
    job = homes.find(home, name)
    job.refuse_damaged()
    if not (place := place_of(job)):
        raise RequestError(
            f"job {printable(job.id)} was never put into the queue; '{to_type('queue list')}' shows what was."
        )
    return place


def take(home: Path, device: str, parts: tuple[str, ...], now: float) -> Job | None:
    """The next job for a worker of this device whose environment has these parts: preview, full (PyTorch), xtts (coqui-tts).
    None while there is none to begin.

    One at which workers ended MOST_ATTEMPTS times without a further stage fails instead. From the second time on it is
    tried again after a while, so that other jobs get on, and a host that is restarted a few times fails none.
    """
    with _locked(home):  # a worker that looks tells nobody to look again, itself least of all
        for place in every(home):
            if place.state != "queued" or not _is_for(place.job, parts) or _is_anothers(home, place.entry, device):
                continue
            done = sum(1 for stage in STAGES if place.job.record(stage))
            if done <= place.entry.stages and not _is_due(place.entry, now):
                continue
            attempts = place.entry.attempts + 1 if done <= place.entry.stages else 1
            if attempts > MOST_ATTEMPTS:
                why = (
                    f"{MOST_ATTEMPTS} workers ended while they worked on it, as where memory runs out; "
                    f"'{to_type(f'queue resume {place.job.id}')}' tries it again."
                )
                with contextlib.suppress(FileNotFoundError):
                    _end(place.job, place.entry, "failed", Failure(kind="host", message=why), now)
                continue
            pause_s = AFTER_A_DEATH_S[min(attempts, len(AFTER_A_DEATH_S)) - 1]
            taken = {"device": device, "attempts": attempts, "stages": done, "not_before": now + pause_s}
            with contextlib.suppress(FileNotFoundError):  # the job was removed since its entry was read
                _write(place.job, place.entry.model_copy(update=taken))
                return place.job
    return None


def deliveries(job: Job) -> list[Delivery]:
    """Where the video of a job is to go."""
    return entry.deliveries if (entry := _entry(job)) else []


def end(
    home: Path,
    job: Job,
    error: AvatarError | None = None,
    now: float | None = None,
    delivered: Sequence[Delivery] | None = None,
) -> str:
    """A worker is through with a job: it is done, failed, or to be tried again. Returns its state, which may be "cancelled"
    by somebody meanwhile; and "queued" where it was asked for at another place than `delivered` meanwhile.
    """
    now = time.time() if now is None else now
    if not error:
        sync_folder(job.folder)
    with _changing(home):
        entry = _entry(job)
        if not entry or entry.state != "queued":
            return entry.state if entry else "removed"
        if not error and delivered is not None and any(each not in delivered for each in entry.deliveries):
            _write(job, entry.model_copy(update={"not_before": 0.0}))
            return "queued"
        if not error:
            return _end(job, entry, "done", None, now)
        failure = Failure(kind=error.kind, message=str(error)[:10_000])
        if isinstance(error, TemporaryProblem) and entry.attempts < MOST_ATTEMPTS:
            pause_s = PAUSES_S[min(max(entry.attempts, 1), len(PAUSES_S)) - 1]
            _write(job, entry.model_copy(update={"error": failure, "not_before": now + pause_s}))
            return "queued"
        return _end(job, entry, "failed", failure, now)


def give_back(home: Path, job: Job) -> None:
    """A worker that is told to stop leaves a job as if it had not been tried."""
    with _changing(home):
        if (entry := _entry(job)) and entry.state == "queued":
            _write(job, entry.model_copy(update={"attempts": max(0, entry.attempts - 1), "not_before": 0.0}))


def cancel(home: Path, name: str) -> Place:
    """Take a job out of the queue; a worker that is at it stops. Raises RequestError for one that ended."""
    with _changing(home):
        place = find(home, name)
        if place.entry.state != "queued":
            raise RequestError(
                f"job {place.job.id} is {place.entry.state} already; '{to_type('queue list')}' shows what waits."
            )
        _end(place.job, place.entry, "cancelled", None, time.time())
    return place


def resume(home: Path, name: str) -> Place:
    """Put a job that failed or was cancelled back, at the end of its priority. Raises RequestError for any other."""
    with _changing(home):
        place = find(home, name)
        if place.entry.state not in ("failed", "cancelled"):
            raise RequestError(
                f"job {place.job.id} is {place.entry.state}; only what failed or was cancelled is resumed."
            )
        kept = {"priority": place.entry.priority, "deliveries": place.entry.deliveries}
        _write(place.job, QueueEntry(submitted=round(time.time(), 3), **kept))
    return place


def is_cancelled(job: Job) -> bool:
    entry = _entry(job)
    return entry is None or entry.state == "cancelled"


def clear(home: Path, before: float, most_bytes: int | None = None) -> list[Job]:
    """Remove jobs that ended before this time, and then, oldest first, as many as bring the rest of those that ended below
    this many bytes. Kept speech and what was computed of recordings go too where they were not used since, and what the
    jobs leave no room for. Videos that were delivered stay. Returns what was removed."""
    ended = sorted((place for place in every(home) if place.state in ENDED), key=lambda place: place.entry.ended or 0)
    sizes = {place.job: homes.size_bytes(place.job.folder) for place in ended}
    left, removed = sum(sizes.values()), []
    for place in ended:
        is_old = (place.entry.ended or 0) < before
        if is_old or (most_bytes is not None and left > most_bytes):
            with contextlib.suppress(TemporaryProblem), _locked(home):  # somebody goes on with it at this moment
                entry = _entry(place.job)
                if not entry or entry.state not in ENDED:  # queued again, or removed, since it was looked at
                    continue
                homes.remove(place.job)
                removed.append(place.job)
                left -= sizes[place.job]
    voices.clear(home, before)
    kept.clear(home, before, kept.MOST_BYTES if most_bytes is None else max(0, most_bytes - left))
    return removed


def last_change(home: Path) -> int:
    """A number that is another one after the queue was changed; 0 where there never was one."""
    with contextlib.suppress(OSError):
        return os.stat(home / LOCK).st_mtime_ns
    return 0


@contextlib.contextmanager
def serving(home: Path, device: str) -> Iterator[None]:
    """Be the worker of this device in this home, until the block or the process ends. Raises TemporaryProblem for a second."""
    home.mkdir(parents=True, exist_ok=True)
    with open_lock(_worker_lock(home, device)) as lock:
        if not hold(lock):
            raise TemporaryProblem(
                f"another worker serves {device} in {str(home)!r}; there is one for a device; stop it first, or leave the "
                "work to it."
            )
        yield


# ---------------------------------------------------------------- one job's entry


def _entry(job: Job) -> QueueEntry | None:
    """None where it is not in the queue, or damaged."""
    with contextlib.suppress(Damaged, OSError, AvatarError):
        return contents.read_queue_entry(job.folder)
    return None


def _write(job: Job, entry: QueueEntry) -> None:
    write_json(job.folder / "queue.json", entry.model_dump(mode="json"), durable=True)


def _end(job: Job, entry: QueueEntry, state: str, error: Failure | None, now: float) -> str:
    _write(job, entry.model_copy(update={"state": state, "error": error, "ended": round(now, 3), "not_before": 0.0}))
    return state


def _state(job: Job, entry: QueueEntry) -> str:
    return "running" if entry.state == "queued" and job.is_locked() else entry.state


def _order(place: Place) -> tuple:
    if place.entry.state == "queued":
        return (0, place.state != "running", -place.entry.priority, place.entry.submitted, place.job.id)
    return (1, place.entry.ended or 0, place.job.id)


def _is_due(entry: QueueEntry, now: float) -> bool:
    """A time that lies further ahead than any pause is that of a clock that was set back."""
    return not now < entry.not_before <= now + PAUSES_S[-1]


def _is_for(job: Job, parts: tuple[str, ...]) -> bool:
    """What cannot be read is for any worker: it fails there with its reason, in place of waiting for ever."""
    try:
        asked = contents.read_envelope(job.folder).request
    except (Damaged, OSError):
        return True
    is_full = asked.get("stack", "preview") == "full"
    if asked.get("engine") == "pocket" or (is_full and asked.get("audio")):
        return "full" in parts
    return ("xtts" if is_full else "preview") in parts


def _delivery(output: Path, overwrite: bool) -> Delivery:
    """Raises RequestError for a name that JSON cannot hold."""
    path = os.path.abspath(output)
    if os.fsencode(path).decode("utf-8", "ignore") != path:
        raise RequestError(
            "the name of the output is no UTF-8, and the queue cannot keep it; name another.", ("output",)
        )
    return Delivery(path=path, overwrite=overwrite, sign=None if is_wanted() else False)


def _is_anothers(home: Path, entry: QueueEntry, device: str) -> bool:
    """Whether the worker of another device took this job and lives: between taking a job and locking it a moment passes."""
    if not entry.device or entry.device == device:
        return False
    try:
        with open(_worker_lock(home, entry.device)) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _worker_lock(home: Path, device: str) -> Path:
    return home / f"worker-{device.replace(':', '-')}.lock"


@contextlib.contextmanager
def _changing(home: Path) -> Iterator[None]:
    """One process at a time changes the queue; whoever waits for a change sees it."""
    with _locked(home) as lock:
        yield
        os.utime(lock.fileno())


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[IO[str]]:
    """A lock that dies with its process."""
    home.mkdir(parents=True, exist_ok=True)
    with open_lock(home / LOCK) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
