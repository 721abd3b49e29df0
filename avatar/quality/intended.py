"""What the face of a video was asked to do, where the video was made here and its job is still there."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from avatar.errors import RequestError
from avatar.files import file_digest, refuse_larger
from avatar.jobs import stage_cache
from avatar.jobs.contents import is_whole
from avatar.jobs.job import Job
from avatar.media.unsigned import unsigned_digest
from avatar.voice.speech import Phone


class Asked(NamedTuple):
    """The plan of a video, by frame; None where it holds nothing of that."""

    opening: np.ndarray  # of the mouth, (frames,), in any unit
    blink: np.ndarray | None = None  # (frames,): 0 open .. 1 closed
    sway: np.ndarray | None = None  # of the head, (frames, numbers), as avatar/lips/warp/motion.py has it
    phones: tuple[Phone, ...] = ()  # of its speech
    moves_behind: bool = False  # whether its background is a video


def asked_of(home: Path, path: Path) -> Asked | None:
    """The plan of the job whose video has the same bytes, its manifest aside; None where none has.

    Raises InputError for a file that is too large to be judged.
    """
    if not path.is_file():  # a FIFO would never end
        return None
    refuse_larger(path, "file")
    try:
        digest = unsigned_digest(path) or file_digest(path)
    except (RequestError, OSError):
        return None
    for owner in stage_cache.owners(home, digest):
        job = Job(home / "jobs" / owner)
        if job.damage() or not _has(job, "lips", "motion.npz"):
            continue
        from avatar.lips.warp.motion import Motion

        with contextlib.suppress(OSError, EOFError, ValueError, LookupError, zipfile.BadZipFile):
            motion = Motion.load(job.file("motion.npz"))
            return Asked(motion.mouth[:, 0], motion.blink, motion.sway, _phones(job), _moves_behind(job))
    return None


def _has(job: Job, stage: str, name: str) -> bool:
    """Whether a stage left this file, and it is still what the stage wrote."""
    record = job.record(stage)
    made = {each: sha256 for each, sha256 in (record["outputs"] if record else {}).items() if each == name}
    return bool(made) and is_whole(job.folder, made)


def _moves_behind(job: Job) -> bool:
    from avatar.frame.behind import is_video

    backdrop = job.request().backdrop
    return backdrop is not None and is_video(backdrop)


def _phones(job: Job) -> tuple[Phone, ...]:
    if not _has(job, "voice", "timings.json"):
        return ()
    timings = json.loads(job.file("timings.json").read_bytes())
    return tuple(Phone(*phone) for phone in timings["phones"])
