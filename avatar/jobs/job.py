"""The job folder: the only state there is.

    <home>/jobs/<id>/
        request.json   what was asked for; file names are those under inputs/
        inputs/        copies of the user's files
        portrait.png landmarks.npy place.json speech.wav timings.json motion.npz picture.mp4 framed.mp4 framed.txt
        heads.npy
        subtitles.srt (or .vtt) video.mp4
        signed.mp4 signed.json   what is delivered of it (provenance/delivery.py)
        records/       one JSON per finished stage: its cause, outputs, engine, seconds, peak memory
        events.jsonl   what was told while it was made (events.py)
        outputs.json   where the video was asked for with -o
        queue.json     where it stands in the queue, if it was put there (service/queue.py)
        api.json webhook.json   what the API keeps with it (web/notes.py)
        report.json    everything above in one, when the video is there

A stage works in a folder of its own; its files are renamed into place when it is done, and its record is
written last. A stage is done when its record has the cause that it would have now and its outputs are the bytes
that the record names. Whatever else is there is made again, or copied where another job made it from the same cause.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import shlex
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from avatar import json_files
from avatar.engines import Told
from avatar.errors import AvatarError, TemporaryProblem
from avatar.files import (
    clear_away,
    copy_regular,
    file_digest,
    hold,
    open_lock,
    open_regular,
    refuse_host_failure,
    write_json,
    written_whole,
)
from avatar.invocation import printable, to_type
from avatar.jobs import contents, stage_cache
from avatar.jobs.contents import STAGES
from avatar.json_files import Damaged
from avatar.request import Request


@dataclass(frozen=True)
class Job:
    folder: Path
    known: Request | None = field(default=None, compare=False, repr=False)  # the request, where it was just made

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def home(self) -> Path:
        return self.folder.parent.parent

    @property
    def video(self) -> Path:
        return self.folder / "video.mp4"

    def file(self, name: str) -> Path:
        return self.folder / name

    def files(self, *names: str) -> dict[str, Path]:
        """{name: path} of files in this job, as stage inputs."""
        return {name: self.folder / name for name in names}

    def request(self) -> Request:
        """The request, its files being those in this job's inputs/."""
        if self.known is not None:
            return self.known
        try:
            return contents.read_request(self.folder)
        except Damaged as error:
            raise self._unusable(error) from error

    def created(self) -> float:
        """Seconds since the epoch; of a damaged job, when its folder was last changed."""
        with contextlib.suppress(Damaged):
            return contents.read_envelope(self.folder).created
        with contextlib.suppress(OSError):
            return self.folder.lstat().st_mtime
        return 0.0

    def record(self, stage: str) -> dict | None:
        """A stage's record; None where there is none that fits."""
        with contextlib.suppress(Damaged):
            return contents.read_record(self.folder, stage)
        return None

    def damage(self) -> str:
        """What in this job's folder does not fit, in a few words; "" where all does."""
        try:
            contents.refuse_damaged(self.folder)
        except Damaged as error:
            return str(error)
        except OSError as error:  # removed meanwhile, or not readable
            refuse_host_failure(error, f"reading {str(self.folder)!r}")
            return f"its folder cannot be read ({error.strerror})"
        return ""

    def refuse_damaged(self) -> None:
        """Raises AvatarError for a damaged job."""
        if damage := self.damage():
            raise self._unusable(damage)

    def _unusable(self, why: object) -> AvatarError:
        shown = printable(self.id)
        return AvatarError(
            f"job {shown} cannot be read ({why}): it is damaged, or another version of avatar made it; "
            f"'{to_type('pipeline remove ' + shlex.quote(shown))}' removes it."
        )

    def state(self) -> str:
        """'done', 'running', 'damaged', or the first stage that has no record yet."""
        if self.damage():
            return "damaged"
        if self.is_locked():
            return "running"
        missing = [stage for stage in STAGES if not self.record(stage)]
        return f"stopped before {missing[0]}" if missing else "done"

    # ------------------------------------------------------------ where the video was asked for

    def outputs(self) -> list[Path]:
        """The paths that the video was asked for at, the latest last."""
        with contextlib.suppress(Damaged):
            return contents.read_outputs(self.folder)
        return []

    def remember_output(self, path: Path) -> None:
        """A path that JSON cannot hold, as it is no UTF-8, is not remembered."""
        if os.fsencode(path).decode("utf-8", "ignore") != str(path):
            return
        others = [each for each in self.outputs() if each != path]
        if self.outputs() != [*others, path]:
            write_json(self.folder / "outputs.json", [str(each) for each in [*others, path]])

    # ------------------------------------------------------------ stages

    def has(self, stage: str, cause: str) -> bool:
        """Whether the stage is done: its record has this cause, and its files are what the record names."""
        record = self.record(stage)
        return bool(record) and record["cause"] == cause and contents.is_whole(self.folder, record["outputs"])

    def take_from_another(self, stage: str, cause: str) -> bool:
        """Whether another job of this home has made this stage from the same cause, as when only --lips-shift was
        changed. It is copied, with its record, which then says from where."""
        for owner in stage_cache.owners(self.home, cause):
            other = Job(self.folder.parent / owner)
            if not os.path.lexists(other.folder):  # deleted by hand
                stage_cache.remove_owner(self.home, cause, owner)
            # Another process may remove or remake that job at any moment.
            with contextlib.suppress(OSError, AvatarError):
                if other.folder != self.folder and not other.damage() and self._take(stage, cause, other):
                    return True
        return False

    def _take(self, stage: str, cause: str, other: Job) -> bool:
        record = other.record(stage)
        if not record or record["cause"] != cause:
            return False
        with self.scratch(stage) as scratch:
            for output in record["outputs"]:
                copy_regular(other.folder / output, scratch / output)
            if not contents.is_whole(scratch, record["outputs"]):
                return False
            self._keep(scratch, record["outputs"])
        self._write_record(stage, record | {"copied_from": record.get("copied_from", other.id)})
        return True

    @contextlib.contextmanager
    def making(self, stage: str, cause: str, made_by: dict) -> Iterator[tuple[Path, Told, dict]]:
        """Make a stage: a folder for its outputs, and for its record the engine's facts and notes, and the stage's facts.

        At the end of the block the files are renamed into place and the record is written; where the block ends in an
        error, nothing of it stays.
        """
        (self.folder / "records" / f"{stage}.json").unlink(missing_ok=True)
        told, facts = Told(), dict[str, object]()
        with self.scratch(stage) as scratch:
            reset_peak_memory()
            started = time.monotonic()
            yield scratch, told, facts
            made = digests(scratch)
            self._keep(scratch, made)
        engine = {"engine": told.facts} if told.facts else {}
        record = {
            "stage": stage,
            "cause": cause,
            "made_by": made_by,
            "outputs": made,
            "seconds": round(time.monotonic() - started, 3),
            "peak_memory_mib": peak_memory_mib(),
            **facts,
            **engine,
            "notes": told.notes,
        }
        self._write_record(stage, record)

    def keep(self, files: Mapping[str, bytes]) -> None:
        """Take over what another machine made of this job: its stages' files, their records, the report.

        A stage's record is written last, beside files that are what it names. Raises TemporaryProblem.
        """
        broken = TemporaryProblem(f"job {self.id} did not arrive as it was made; try again.")
        try:
            told = {stage: json_files.parsed(files[f"records/{stage}.json"]) for stage in STAGES}
            records = {stage: contents.as_record(content, stage) for stage, content in told.items()}
        except (Damaged, KeyError) as error:
            raise broken from error
        with self.locked():
            for stage, record in records.items():
                with self.scratch(stage) as scratch:
                    for name in record["outputs"].keys() & files.keys():
                        (scratch / name).write_bytes(files[name])
                    if digests(scratch) != record["outputs"]:
                        raise broken
                    self._keep(scratch, record["outputs"])
                self._write_record(stage, record)
            with written_whole(self.file("report.json")) as partial:
                partial.write_bytes(files["report.json"])

    def add_notes(self, stage: str, notes: list[str]) -> None:
        """Add to a stage's record what was known only after it was written."""
        if record := self.record(stage):
            self._write_record(stage, record | {"notes": [*record["notes"], *notes]})

    @contextlib.contextmanager
    def scratch(self, stage: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix=f".{stage}-", dir=self.folder) as folder:
            yield Path(folder)

    def _keep(self, scratch: Path, names: Iterable[str]) -> None:
        """Rename a stage's files into place."""
        for name in names:
            (scratch / name).replace(self.folder / name)

    def _write_record(self, stage: str, record: dict) -> None:
        (self.folder / "records").mkdir(exist_ok=True)
        write_json(self.folder / "records" / f"{stage}.json", record)
        for key in stage_keys(record):
            stage_cache.add_owner(self.home, key, self.id)

    # ------------------------------------------------------------ the lock

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this job against other processes; leftovers of an interrupted one are cleared. Raises TemporaryProblem."""
        with open_lock(self.folder / "lock") as lock:
            if not hold(lock):
                raise TemporaryProblem(
                    f"job {self.id} is being worked on by another avatar process; wait for it, "
                    f"then see '{to_type(f'pipeline show {self.id}')}'."
                )
            for leftover in self.folder.glob(".*-*"):
                clear_away(leftover)
            yield

    def is_locked(self) -> bool:
        try:
            with open(open_regular(self.folder / "lock")) as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


# ---------------------------------------------------------------- small tools


def stage_keys(record: dict) -> list[str]:
    """By what others look for a stage: its cause, of the last one the video's own digest, which `check` has, and of the
    voice the sounds that its speech was made of."""
    keys = [record["cause"], record["outputs"].get("video.mp4"), *record.get("sounds", ())]
    return [key for key in keys if key]


def digests(folder: Path) -> dict[str, str]:
    """{name: sha256} of a folder's files."""
    return {path.name: file_digest(path) for path in sorted(folder.iterdir())}


def reset_peak_memory() -> None:
    """Begin a new peak of resident memory for this process, where the kernel lets us (Linux: proc(5), clear_refs)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mib() -> int:
    """Peak resident memory of this process in MiB since reset_peak_memory, or since its start."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
