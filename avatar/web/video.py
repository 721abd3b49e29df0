"""A job of the queue as the API shows it: OpenAI's video object, with a few fields of our own beside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from avatar.errors import AvatarError
from avatar.files import is_folder
from avatar.frame.size import SOURCE, parsed
from avatar.jobs import events
from avatar.jobs.contents import STAGES
from avatar.jobs.job import Job
from avatar.jobs.report import video_seconds
from avatar.progress import Event
from avatar.request import SIZE
from avatar.service import queue
from avatar.web import notes
from avatar.web.answers import Refused
from avatar.web.asked import model_of

ID = re.compile(r"[a-z0-9-]{1,80}")
SHARES = {"portrait": (0, 5), "voice": (5, 30), "lips": (30, 95), "video": (95, 100)}  # % of the whole, of each stage
REMOVED = "removed-videos"  # folder of a home: an empty file for each video that was removed


class VideoError(BaseModel):
    code: str
    message: str


class Video(BaseModel):
    """seconds: of the finished video, else what was asked for; queue_position: 1 is the next one; stage: of a job in work."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int = Field(ge=0, le=100)
    created_at: int
    completed_at: int | None = None
    expires_at: int | None = None
    prompt: str | None = None
    size: str = f"{SIZE}x{SIZE}"
    seconds: str
    remixed_from_video_id: str | None = None
    error: VideoError | None = None
    stage: str | None = None
    queue_position: int | None = None
    notes: list[str] = []
    metadata: dict[str, str] = {}


class Videos(BaseModel):
    object: Literal["list"] = "list"
    data: list[Video]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


def place_of(home: Path, name: str) -> queue.Place:
    """The job of this id in the queue. Raises Refused: 404, or 410 for one that was removed."""
    if ID.fullmatch(name):
        folder = home / "jobs" / name
        if is_folder(folder) and (place := queue.place_of(Job(folder))):
            return place
        if (home / REMOVED / name).exists():
            raise Refused(410, "removed", f"video {name} was removed.")
    raise Refused(404, "not_found", f"there is no video {name!r}; GET /v1/videos shows those there are.")


def video_of(place: queue.Place, waiting: list[str]) -> Video:
    """waiting: the ids of the jobs that are queued, in the order in which they are made."""
    job, entry = place.job, place.entry
    note = notes.read(job)
    prompt, stack, asked_s, size = None, "preview", None, None
    try:
        request = job.request()
        prompt, stack, asked_s, size = request.text, request.stack, request.seconds, request.size
    except AvatarError:  # damaged, or of another version: what is known is shown
        pass
    records = {stage: record for stage in STAGES if (record := job.record(stage))}
    long_s = video_seconds(records) if place.state == "done" else None
    seconds = f"{long_s or asked_s or 0:g}"
    told = events.last(job.folder) if place.state == "running" else None
    is_waiting = place.state == "queued" and job.id in waiting
    return Video(
        id=job.id,
        model=model_of(stack),
        status=STATUS[place.state],
        progress=100 if place.state == "done" else progress(records, told),
        created_at=int(entry.submitted),
        completed_at=int(entry.ended) if place.state == "done" and entry.ended else None,
        prompt=prompt,
        size=shown_size(size),
        seconds=seconds,
        remixed_from_video_id=note.remixed_from,
        error=error_of(place),
        stage=told.stage if told else None,
        queue_position=waiting.index(job.id) + 1 if is_waiting else None,
        notes=[each for record in records.values() for each in record.get("notes", [])],
        metadata=note.metadata,
    )


def shown_size(size: str | None) -> str:
    """WIDTHxHEIGHT; of a picture's own size the word for it, since no picture is decoded here."""
    known = parsed(size) if size else (SIZE, SIZE)
    return f"{known[0]}x{known[1]}" if known else SOURCE


STATUS: dict[str, Literal["queued", "in_progress", "completed", "failed"]] = {
    "queued": "queued", "running": "in_progress", "done": "completed", "failed": "failed", "cancelled": "failed",
}  # fmt: skip


def error_of(place: queue.Place) -> VideoError | None:
    if place.entry.state == "cancelled":
        return VideoError(code="cancelled", message="it was cancelled; POST …/resume goes on with it.")
    if place.entry.error and place.entry.state == "failed":
        return VideoError(code=place.entry.error.kind, message=place.entry.error.message)
    return None


def progress(records: dict[str, dict], told: Event | None) -> int:
    """Percent: of the stages that are there, and of the one that is in work."""
    done = max((SHARES[stage][1] for stage in records), default=0)
    return min(99, max(done, share(told) if told else 0))


def share(event: Event) -> int:
    """Percent of the whole that an event stands for."""
    first, last = SHARES.get(event.stage, (0, 0))
    part = 1.0 if event.is_end else event.done / event.total if event.total else 0.0
    return round(first + (last - first) * min(1.0, part))
