"""What a video made here was asked to show: found by the job that its metadata names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.job import Job
from avatar.video.ffmpeg import ffmpeg_program, file_argument

if TYPE_CHECKING:
    import numpy as np

JOB_TAG = re.compile(r"\bjob=([a-z0-9-]+)")  # written by avatar/report.py


def opening_of(home: Path, path: Path) -> np.ndarray | None:
    """Intended mouth opening per frame, float32 (n,) in 0..1, or None where no job here made this file."""
    if path.suffix.lower() != ".mp4" or not path.is_file():
        return None
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-i", file_argument(path)]
    said = subprocess.run(command, capture_output=True, text=True, errors="replace").stderr
    tag = JOB_TAG.search(said)
    if not tag:
        return None
    motion = Job(home / "jobs" / tag[1]).file("motion.npz")
    if not motion.is_file():
        return None
    from avatar.lips.motion import Motion

    return Motion.load(motion).mouth[:, 0]
