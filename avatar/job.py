"""The job folder: the only state there is.

    <home>/jobs/<id>/
        request.json   what was asked for; file names are those under inputs/
        inputs/        copies of the user's files
        portrait.png landmarks.npy speech.wav timings.json motion.npz picture.mp4 subtitles.srt video.mp4
        records/       one JSON per finished stage: its inputs, outputs, engine, seconds, peak memory
        report.json    everything above in one, when the video is there

A stage works in a folder of its own; its files are renamed into place when it is done, and its record is
written last. A stage is done when its record matches the inputs it would have now and its outputs are the bytes
that the record names. Whatever else is there is made again, or copied where another job made it from the same inputs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from avatar.errors import AvatarError, RequestError
from avatar.files import file_digest, new_folder, rename_new, write_json
from avatar.identity import locked_fingerprints, source_digest
from avatar.invocation import to_type
from avatar.request import FILE_FIELDS, Request
from avatar.weights import store

STAGES = ("portrait", "voice", "lips", "video")


@dataclass
class Stage:
    """One stage of one job while it runs. Write outputs into `folder`, facts for the report into `facts` and `notes`."""

    name: str
    folder: Path
    is_done: bool
    facts: dict = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def tell(self, engine: object) -> None:
        """Take over an engine's facts and notes, which are complete when its `with` block has ended."""
        self.facts["engine"] = engine.facts
        self.notes += engine.notes


@dataclass(frozen=True)
class Job:
    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def video(self) -> Path:
        return self.folder / "video.mp4"

    def file(self, name: str) -> Path:
        return self.folder / name

    def request(self) -> Request:
        """The request, its files being those in this job's inputs/."""
        try:
            content = json.loads((self.folder / "request.json").read_text())["request"]
            for name in FILE_FIELDS:
                if content[name]:
                    content[name] = self.folder / "inputs" / content[name]
            return Request(**content)
        except (OSError, ValueError, KeyError) as error:
            raise AvatarError(
                f"the request of job {self.id} cannot be read ({type(error).__name__}); it is damaged, or another version "
                f"of avatar made it. '{to_type(f'pipeline remove {self.id}')}' removes it."
            ) from error

    def created(self) -> float:
        """Seconds since the epoch; 0 where the job is damaged."""
        try:
            return json.loads((self.folder / "request.json").read_text())["created"]
        except (OSError, ValueError, KeyError):
            return 0.0

    def record(self, stage: str) -> dict | None:
        try:
            record = json.loads((self.folder / "records" / f"{stage}.json").read_text())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def state(self) -> str:
        """'done', 'running', 'damaged', or the first stage that has no record yet."""
        if not self.created():
            return "damaged"
        if self._is_locked():
            return "running"
        missing = [stage for stage in STAGES if not self.record(stage)]
        return f"stopped before {missing[0]}" if missing else "done"

    @contextlib.contextmanager
    def stage(self, name: str, engine: object, seed: int, inputs: dict) -> Iterator[Stage]:
        """Run one stage, unless what these inputs make is there already, in this job or in another one of its home.

        engine: a class or module with `name` and `version`; inputs: all that the outcome depends on (a Path stands
        for the file's content). What the stage leaves in `Stage.folder` are its outputs.
        """
        made_by = {"engine": engine.name, "version": engine.version, "avatar": source_digest(), "seed": seed}
        made_by["locks"] = locked_fingerprints()
        for model in getattr(engine, "models", ()):
            made_by[model] = store.digest(model)
        content = {key: file_digest(value) if isinstance(value, Path) else value for key, value in inputs.items()}
        cause = digest({"made_by": made_by, "inputs": content})
        if self._is_finished(name, cause) or self._took_from_another(name, cause):
            yield Stage(name, self.folder, is_done=True)
            return
        (self.folder / "records" / f"{name}.json").unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=self.folder) as scratch:
            stage = Stage(name, Path(scratch), is_done=False)
            reset_peak_memory()
            started = time.monotonic()
            yield stage
            made = digests(stage.folder)
            self._keep(stage.folder, made)
        record = {
            "stage": name,
            "cause": cause,
            "made_by": made_by,
            "outputs": made,
            "seconds": round(time.monotonic() - started, 3),
            "peak_memory_mib": peak_memory_mib(),
            **stage.facts,
            "notes": stage.notes,
        }
        self._write_record(name, record)

    def files(self, *names: str) -> dict[str, Path]:
        """{name: path} of files in this job, as stage inputs."""
        return {name: self.folder / name for name in names}

    def _is_finished(self, name: str, cause: str) -> bool:
        record = self.record(name)
        if not record or record.get("cause") != cause:
            return False
        paths = {self.folder / output: sha256 for output, sha256 in record["outputs"].items()}
        return all(path.is_file() and file_digest(path) == sha256 for path, sha256 in paths.items())

    def _took_from_another(self, name: str, cause: str) -> bool:
        """Whether another job has made this stage from the same inputs, as when only --lips-shift was changed. It is
        copied, with its record, which then says from where."""
        for path in sorted(self.folder.parent.glob(f"*/records/{name}.json")):
            other = Job(path.parent.parent)
            # Another process may remove or remake that job at any moment, and a damaged record may hold anything.
            with contextlib.suppress(OSError, AvatarError, KeyError, TypeError):
                if other != self and self._took(name, cause, other):
                    return True
        return False

    def _took(self, name: str, cause: str, other: Job) -> bool:
        record = other.record(name)
        if not record or record.get("cause") != cause:
            return False
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=self.folder) as scratch:
            for output in record["outputs"]:
                shutil.copyfile(other.folder / output, Path(scratch, output))
            if digests(Path(scratch)) != record["outputs"]:
                return False
            self._keep(Path(scratch), record["outputs"])
        self._write_record(name, record | {"copied_from": record.get("copied_from", other.id)})
        return True

    def _keep(self, scratch: Path, names: Iterable[str]) -> None:
        """Rename a stage's files into place."""
        for name in names:
            (scratch / name).replace(self.folder / name)

    def _write_record(self, name: str, record: dict) -> None:
        (self.folder / "records").mkdir(exist_ok=True)
        write_json(self.folder / "records" / f"{name}.json", record)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this job against other processes; leftovers of an interrupted one are cleared. Raises AvatarError if held."""
        with open(self.folder / "lock", "w") as lock:
            for wait_s in (0.05, 0.2, 0.5, None):  # `state` holds the lock for a moment too
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if wait_s is None:
                        raise AvatarError(
                            f"job {self.id} is being worked on by another avatar process; wait for it, "
                            f"then see '{to_type(f'pipeline show {self.id}')}'."
                        ) from error
                    time.sleep(wait_s)
            for leftover in self.folder.glob(".*-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield

    def remove_if_empty(self) -> None:
        """Delete a job in which no stage was finished: it holds nothing but what was asked for."""
        with self.locked():
            if not any(map(self.record, STAGES)):
                shutil.rmtree(self.folder)

    def _is_locked(self) -> bool:
        try:
            with open(self.folder / "lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


# ---------------------------------------------------------------- the jobs of a home


def create(home: Path, request: Request) -> Job:
    """The job for this request: a new folder with copies of its files, or the one that is already there."""
    folder = home / "jobs" / f"{slug(request)}-{request.digest()[:10]}"
    if folder.is_dir():
        return Job(folder)
    with new_folder(folder) as scratch:
        (scratch / "inputs").mkdir()
        content = request.model_dump(mode="json")
        for name in FILE_FIELDS:
            if path := getattr(request, name):
                content[name] = f"{name}{safe_suffix(path)}"
                shutil.copyfile(path, scratch / "inputs" / content[name])
        write_json(scratch / "request.json", {"created": round(time.time(), 3), "request": content})
        with contextlib.suppress(FileExistsError):  # another process made the same job meanwhile
            rename_new(scratch, folder)
    return Job(folder)


def find(home: Path, name: str) -> Job:
    """The job with this id or unique beginning of one. Raises RequestError when there is none or several."""
    found = [job for job in every(home) if job.id == name] or [job for job in every(home) if job.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found and name:
        raise RequestError(
            f"{len(found)} jobs begin with {name!r}: {', '.join(job.id for job in found)}; give more of it."
        )
    raise RequestError(f"no job {name!r} in {home / 'jobs'}; '{to_type('pipeline list')}' shows those there are.")


def every(home: Path) -> list[Job]:
    """All jobs, oldest first."""
    jobs = [Job(path.parent) for path in (home / "jobs").glob("[!.]*/request.json")]
    return sorted(jobs, key=Job.created)


def slug(request: Request) -> str:
    """A few words that tell a person which job this is."""
    words = request.text if request.text else "audio " + request.audio.stem
    return re.sub(r"[^a-z0-9]+", "-", words[:200].lower()).strip("-")[:24].strip("-") or "job"


def safe_suffix(path: Path) -> str:
    return path.suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ""


# ---------------------------------------------------------------- small tools


def digest(content: dict) -> str:
    """sha256 of a JSON-able dict."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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
