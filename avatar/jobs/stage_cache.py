"""Which jobs of a home hold what was made from a cause: <home>/stages/<cause>/<job id>, empty files.

A finished video stands here by its own digest too, for whoever has a file and asks which job made it; and by their names the
kept sounds of which its speech was made (voice/kept.py), which go with the last job that was made of them.

So a stage that was made before is found without reading every job. The files themselves lie in the jobs, a copy in each,
so that removing one job takes nothing from another. An entry only says where to look: whether that job still has the
stage, and whole, is asked of the job.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from avatar.files import is_folder


def owners(home: Path, cause: str) -> list[str]:
    """Ids of the jobs that said they hold what this cause makes."""
    try:
        return sorted(name for name in os.listdir(home / "stages" / cause) if not name.startswith("."))
    except OSError:
        return []


def add_owner(home: Path, cause: str, job: str) -> None:
    """Raises OSError where it cannot be written."""
    folder = home / "stages" / cause
    for _ in range(2):  # another process may remove the empty folder in between
        for each in (folder.parent, folder):  # what is none, or leads elsewhere, was not made here
            if os.path.lexists(each) and not is_folder(each):
                each.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if not os.path.lexists(folder / job):
                os.close(os.open(folder / job, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666))
            return


def remove_owner(home: Path, cause: str, job: str) -> None:
    folder = home / "stages" / cause
    with contextlib.suppress(OSError):  # others own it, it is gone, or something else is there
        if is_folder(folder) and not is_folder(folder / job):
            (folder / job).unlink(missing_ok=True)
            folder.rmdir()
