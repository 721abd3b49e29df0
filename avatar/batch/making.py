"""Rows of a table become videos in a folder, in waves: each model is loaded once for a wave, and a bad row stops no other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from avatar import asking, pipeline, preflight, settings, work
from avatar.batch.table import TEXT_FILES, Row
from avatar.errors import InputError, RequestError, TemporaryProblem
from avatar.jobs import home as homes
from avatar.jobs.job import STAGES, Job
from avatar.progress import Event
from avatar.provenance.delivery import deliver_all, is_delivered, is_of
from avatar.request import Request
from avatar.service import queue
from avatar.stopping import raise_if_told

WAVE = 100  # rows that are made together: their videos are there when all of them are, and each job holds a file open

WORDED = ("subtitles", "captions", "caption_style", "font")
BURNED = ("caption_style", "font")  # what goes with burned captions alone
# Fields that are asked for all rows, but not for one that says one of these.
EXCLUDED_BY = {
    "preset": {"voice", "audio"}, "engine": {"preset", "audio"}, "voice": {"preset", "audio"}, **{name: {"audio"} for name in WORDED},
    "portrait": {"prompt"}, "prompt": {"portrait"}, "speed": {"audio", "seconds"}, "seconds": {"speed"},
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A row and its video: where it is, or why there is none. is_new: it was put there now. plan: what would be made, and
    notes: what is to be noted of it before."""

    row: Row
    video: Path | None = None
    error: Exception | None = None
    is_new: bool = True
    plan: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A row with its request, its job and where its video goes."""

    row: Row
    request: Request
    job: Job
    output: Path


def make_rows(
    rows: Sequence[Row], folder: Path, defaults: dict[str, Any], overwrite: bool, tell: Callable[[Row, Event], object]
) -> Iterator[Outcome]:
    """One outcome for each row, in the table's order. defaults: fields for the rows that do not say their own."""
    for wave in _waves(rows):
        outcomes: dict[int, Outcome] = {}
        planned: list[Planned] = []
        for row in wave:
            try:
                plan = planned_row(row, folder, defaults)
                if is_there(plan):
                    outcomes[row.number] = Outcome(row, plan.output, is_new=False)
                    continue
                work.prepare(plan.request, plan.output, overwrite or is_of(plan.job, plan.output))
                job = homes.create(settings.home(), plan.request)
                job.remember_output(plan.output)
                planned.append(replace(plan, job=job))
            except Exception as error:  # whatever it was, the other rows can be made
                raise_if_told(error)
                outcomes[row.number] = Outcome(row, error=error)
        outcomes |= {outcome.row.number: outcome for outcome in _rendered(planned, tell)}
        yield from (outcomes[row.number] for row in wave)


def queue_rows(
    rows: Sequence[Row], folder: Path, defaults: dict[str, Any], overwrite: bool, priority: int
) -> Iterator[Outcome]:
    """Put each row into the queue, whose worker delivers its video."""
    with preflight.Faces() as faces:
        for row in rows:
            try:
                plan = planned_row(row, folder, defaults)
                if is_there(plan):
                    yield Outcome(row, plan.output, is_new=False)
                    continue
                may_replace = overwrite or is_of(plan.job, plan.output)
                work.prepare(plan.request, plan.output, may_replace, faces)
                queue.submit(settings.home(), plan.request, plan.output, priority, overwrite)
                yield Outcome(row, plan.output)
            except Exception as error:
                raise_if_told(error)
                yield Outcome(row, error=error)


def planned_row(row: Row, folder: Path, defaults: dict[str, Any]) -> Planned:
    """What a row asks for. Raises AvatarError where it cannot be asked for; no work is done and no file decoded."""
    request = work.with_profile(requested(row, defaults))
    preflight.refuse_missing_files(request)
    return Planned(row, request, Job(homes.place(settings.home(), request)), folder / f"{row.name}.mp4")


def requested(row: Row, defaults: dict[str, Any], decide: Callable[..., Request] = asking.request_of) -> Request:
    """A row's request as it stands there. decide: makes it of the fields. Raises AvatarError."""
    if row.wrong:
        raise row.wrong
    asked = {name: value for name, value in defaults.items() if not row.asked.keys() & EXCLUDED_BY.get(name, set())}
    if row.asked.keys() & {"transcript", "transcript_file"}:
        asked |= {name: defaults[name] for name in WORDED if name in defaults}
    if not is_burned(row, defaults):
        asked = {name: value for name, value in asked.items() if name not in BURNED}
    for one, other in (("subtitles", "captions"), ("captions", "subtitles")):
        if row.asked.get(one):
            asked.pop(other, None)
    asked |= row.asked
    for column, field in TEXT_FILES.items():
        if (path := asked.pop(column, None)) is not None:
            if field in row.asked:
                raise RequestError(
                    f"a {field} and a file with one exclude each other; give one of them.", (field, column)
                )
            asked[field] = asking.read_text(path)
    return decide(**asked)


def is_burned(row: Row, defaults: dict[str, Any]) -> bool:
    """Whether captions are drawn into the picture of a row; of one that says nothing of captions, what all rows are."""
    if row.asked.get("subtitles"):
        return False
    captions = row.asked.get("captions", defaults.get("captions", "burned"))
    return str(captions).strip().lower() == "burned"


def is_there(plan: Planned) -> bool:
    """Whether this row's video lies where it belongs, as it was made from this very row."""
    captions = plan.request.captions_file
    if captions and not plan.output.with_suffix(Path(captions).suffix).exists():
        return False
    return is_delivered(plan.job, plan.output)


def bring(plan: Planned, tell: Callable[[Row, Event], object]) -> None:
    """Put what was made of a row where it belongs."""
    deliver_all(plan.job, plan.output, note=lambda note: tell(plan.row, Event("video", len(STAGES), note=note)))


def _rendered(planned: list[Planned], tell: Callable[[Row, Event], object]) -> Iterator[Outcome]:
    rows = {plan.job.id: plan.row for plan in planned}  # of rows that ask for the same, the last
    failed = pipeline.render_all([plan.job for plan in planned], lambda job, event: tell(rows[job.id], event))
    for plan in planned:
        try:
            if error := failed.get(plan.job.id):
                raise error
            bring(plan, tell)
            yield Outcome(plan.row, plan.output)
        except Exception as error:
            raise_if_told(error)
            yield Outcome(plan.row, error=error)
    for job in {plan.job for plan in planned}:
        if isinstance(failed.get(job.id), RequestError | InputError):  # it would be refused again
            with contextlib.suppress(TemporaryProblem, FileNotFoundError):  # another process is at it, or removed it
                homes.remove_if_empty(job)


def _waves(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), WAVE):
        yield rows[start : start + WAVE]
