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
from avatar.stages import wanted_speech
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
                notes = preflight.check(plan.request, faces)
                yield Outcome(row, plan.output, plan=told(plan.request, plan.job), notes=tuple(notes))
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
    return f"{length}{spoken_by(request)}, {width}x{height}{captions}, {request.stack} stack" + (
        f", {' and '.join(done)} done" if done else ""
    )


def spoken_by(request: Request) -> str:
    """Who speaks, where a recording is cloned or terms forbid some use; nothing of any other preset and of given speech."""
    from avatar.voice.presets.catalog import ANY_USE, PRESETS
    from avatar.voice.presets.engine import chosen

    if request.text is None:
        return ""
    if request.engine == "pocket":
        return " cloned by Pocket TTS"
    if request.stack == "full":
        whose = "cloned by XTTS-v2" if request.voice else "by a speaker of XTTS-v2's own"
        return f" {whose}, for no commercial use"
    name = chosen(wanted_speech(request))
    use = "" if PRESETS[name].use == ANY_USE else f"{name}, for {PRESETS[name].use.partition(';')[0]}"
    if request.voice:
        return " by the preset nearest to the recording" + (f", {use}" if use else "")
    return f" by the preset {use}" if use else ""
