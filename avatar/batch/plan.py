"""What would be made of a table: each row is checked as it will be when it is made, and nothing is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from avatar import framed, preflight, settings, work
from avatar.batch.making import Outcome, is_there, planned_row
from avatar.batch.table import Row
from avatar.jobs.contents import STAGES
from avatar.jobs.delivery import check_home
from avatar.jobs.job import Job
from avatar.provenance.delivery import is_of
from avatar.request import Request
from avatar.script.length import estimate_seconds
from avatar.stopping import raise_if_told


def plan_rows(rows: Sequence[Row], folder: Path, defaults: dict[str, Any], overwrite: bool) -> Iterator[Outcome]:
    """One outcome for each row, as if it were made."""
    check_home(settings.home())
    with preflight.Faces() as faces:
        for row in rows:
            try:
                plan = planned_row(row, folder, defaults)
                if is_there(plan):
                    yield Outcome(row, plan.output, is_new=False, plan="there already")
                    continue
                if folder.is_dir():
                    work.check_outputs(plan.request, plan.output, overwrite or is_of(plan.job, plan.output))
                preflight.check(plan.request, faces)
                yield Outcome(row, plan.output, plan=told(plan.request, plan.job))
            except Exception as error:
                raise_if_told(error)
                yield Outcome(row, error=error)


def told(request: Request, job: Job) -> str:
    """What would be made of a request: how long, by which stack, and what of it is there."""
    length = (
        f"about {estimate_seconds(request.text, request.language) / request.speed:.0f} s of speech"
        if request.text
        else "given speech"
    )
    width, height = framed.frame_size(request)
    captions = "" if request.worded == "none" else f", {request.worded} captions"
    done = [stage for stage in STAGES if job.record(stage)]
    return f"{length}{cloned(request)}, {width}x{height}{captions}, {request.stack} stack" + (
        f", {' and '.join(done)} done" if done else ""
    )


def cloned(request: Request) -> str:
    """How the voice of a recording is spoken with; nothing where it is none."""
    if request.voice is None or request.text is None:
        return ""
    if request.stack == "preview" and request.engine is None:
        return " by the preset nearest to the recording"
    return " cloned by Pocket TTS" if request.engine == "pocket" else " cloned by XTTS-v2, for no commercial use"
