"""What the mouth of a video was asked to do, where the video was made here and its job is still there."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import RequestError
from avatar.files import file_digest, refuse_larger
from avatar.jobs import stage_cache
from avatar.jobs.contents import is_whole
from avatar.jobs.job import Job

if TYPE_CHECKING:
    import numpy as np


def opening_of(home: Path, path: Path) -> np.ndarray | None:
    """The planned mouth opening, float32 (frames,), of the job whose video has the same bytes; None where none has.

    Raises InputError for a file that is too large to be judged.
    """
    if not path.is_file():  # a FIFO would never end
        return None
    refuse_larger(path, "file")
    try:
        digest = file_digest(path)
    except RequestError:
        return None
    for owner in stage_cache.owners(home, digest):
        job = Job(home / "jobs" / owner)
        if (record := job.record("lips")) and not job.damage():
            made = {name: sha256 for name, sha256 in record["outputs"].items() if name == "motion.npz"}
            if made and is_whole(job.folder, made):
                from avatar.lips.warp.motion import Motion

                with contextlib.suppress(OSError, EOFError, ValueError, LookupError, zipfile.BadZipFile):
                    return Motion.load(job.file("motion.npz")).mouth[:, 0]
    return None
