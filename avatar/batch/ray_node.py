"""A row of a table on a node of a Ray cluster. Ray runs `render` there, in a process that holds none of the models; a child
of it, closed to the network and in the node's own environment, makes the video.

Ray takes whoever raises TemporaryProblem, and a process or a node that died, for another try (avatar/batch/ray_cluster.py).
Every other failure is an answer.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avatar import __version__, settings
from avatar.api import Worker, made
from avatar.batch.ray_events import into
from avatar.errors import AvatarError, EnvironmentProblem, TemporaryProblem
from avatar.failures import as_told
from avatar.jobs import home as homes
from avatar.jobs.contents import STAGES
from avatar.jobs.job import Job
from avatar.progress import Event
from avatar.request import FILE_FIELDS

PAUSE_S = 5  # before another try: what is short now is short for a while

Answer = dict[str, Any]


def render(version: str, asked: dict[str, Any], chooses_engine: bool, box: Any, number: int, *files: bytes) -> Answer:
    """What was made: {"profile", "engine", "notes", "files": {name in the job's folder: bytes}}, or {"error": as JSON}.

    asked: every field of the request; each path is the one on the machine that asks, and `files` holds what lies there.
    chooses_engine: what clones a voice is for this node to choose, where the request does not say.
    box, number: where its events go (ray_events.py); None for nowhere. Raises TemporaryProblem.
    """
    try:
        if version != __version__:
            raise EnvironmentProblem(
                f"this node has avatar {__version__}, and the table comes from {version}; bring both to one version."
            )
        with tempfile.TemporaryDirectory() as folder, into(box, number) as tell:
            return rendered(asked, chooses_engine, with_files(asked, files, Path(folder)), tell)
    except Exception as error:  # each is told as a sentence
        told = as_told(error)
        if isinstance(told, TemporaryProblem):
            time.sleep(PAUSE_S)
            raise told from error
        return {"error": told.as_json()}


def with_files(asked: dict[str, Any], files: tuple[bytes, ...], folder: Path) -> dict[str, str]:
    """{field: path here} of files under the names that they have there: a job is named after one."""
    here = {}
    for name, content in zip([each for each in FILE_FIELDS if asked[each]], files, strict=True):
        path = folder / name / Path(asked[name]).name
        path.parent.mkdir()
        path.write_bytes(content)
        here[name] = str(path)
    return here


def rendered(
    asked: dict[str, Any], chooses_engine: bool, here: dict[str, str], tell: Callable[[Event], None] | None
) -> Answer:
    home = settings.home()
    before = set(homes.folders(home))
    question = {"asked": asked | here, "is_whole": True, "chooses_engine": chooses_engine}
    question |= {"output": None, "overwrite": False}
    try:
        with Worker(os.environ.get("AVATAR_WORKER_PYTHON", sys.executable)) as worker:
            video = made(worker.ask("make", question, tell))
    except AvatarError as error:
        message = str(error)
        for name, path in here.items():
            message = message.replace(path, asked[name])
        raise type(error)(message, error.fields, error.mend) from error
    job = homes.find(home, video.job)
    made_as = job.request()
    answer = {"profile": made_as.profile, "engine": made_as.engine}
    answer |= {"notes": list(video.notes), "files": packed(job)}
    if job.folder not in before:  # what was there is somebody's, as where node and table share a home
        with contextlib.suppress(AvatarError, OSError):  # the disk of a node that is never idle would fill
            homes.remove(job)
    return answer


def packed(job: Job) -> dict[str, bytes]:
    """What the stages of a job made, with their records and the report."""
    names = [name for stage in STAGES for name in (job.record(stage) or {}).get("outputs", ())]
    records = [f"records/{stage}.json" for stage in STAGES]
    return {name: job.file(name).read_bytes() for name in (*names, *records, "report.json")}
