"""What a video's job holds, as files: with ETag (its sha256), Range and If-Range. And its events and report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import FileResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from avatar.files import is_regular
from avatar.jobs import events, report
from avatar.jobs.job import Job
from avatar.progress import Event
from avatar.provenance.delivery import as_delivered
from avatar.service.queue import Place
from avatar.web.answers import Refused
from avatar.web.state import Home, state_of
from avatar.web.video import place_of, share, video_of

routes = APIRouter(prefix="/v1/videos/{video_id}", tags=["videos"])
POLL_S = 0.25  # between two looks at a job's events
# variant: the stage that makes it, the file, its type
VARIANTS = {
    "video": ("video", "video.mp4", "video/mp4"),
    "thumbnail": ("portrait", "portrait.png", "image/png"),
    "audio": ("voice", "speech.wav", "audio/wav"),
    "subtitles": ("video", "subtitles.srt", "application/x-subrip"),
    "spritesheet": ("video", "spritesheet.jpg", "image/jpeg"),
}
Variant = Literal["video", "thumbnail", "spritesheet", "audio", "subtitles"]
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for _, _, kind in VARIANTS.values()}, "description": "The file."},
    206: {"description": "A part of it."},
    304: {"description": "It is what the client has."},
    416: {"description": "There is no such part of it."},
}


@routes.head("/content", response_class=FileResponse, include_in_schema=False)
@routes.get("/content", response_class=FileResponse, responses=FILES)
async def content(
    request: Request,
    home: Home,
    video_id: str,
    variant: Variant = "video",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The video, its portrait (thumbnail), its speech, its subtitles, or a sheet with a picture of each second."""
    place = place_of(home, video_id)
    stage, name, kind = VARIANTS[variant]
    record = place.job.record(stage)
    if not record:
        if place.entry.state == "queued":
            raise Refused(409, "not_ready", f"the {variant} of {video_id} is not there yet.", retry_s=1)
        raise Refused(404, "not_found", f"the {variant} of {video_id} was not made: it is {place.entry.state}.")
    path = place.job.file(name)
    if variant == "subtitles" and not is_regular(path):
        name, kind = "subtitles.vtt", "text/vtt"
        path = place.job.file(name)
    if variant == "spritesheet" and not is_regular(path):
        seconds = report.video_seconds({"lips": place.job.record("lips")}) or 1.0
        await state_of(request).speaker.ask("sheet", home, video=place.job.video, seconds=seconds, output=path)
    digest = record["outputs"].get(name) or record["outputs"]["video.mp4"] + "-sheet"
    if variant == "video":
        path, digest = await asyncio.to_thread(as_delivered, place.job)
    if not is_regular(path):
        raise Refused(404, "not_found", f"video {video_id} has no {variant}.")
    headers = {"etag": f'"{digest}"', "cache-control": "private, no-cache", "accept-ranges": "bytes"}
    if if_none_match and f'"{digest}"' in if_none_match:
        return Response(status_code=304, headers=headers)
    return FileResponse(
        path, media_type=kind, headers=headers, filename=f"{video_id}{path.suffix}", content_disposition_type="inline"
    )


@routes.get("/report")
async def made_how(home: Home, video_id: str) -> dict[str, Any]:
    """What made it: engines, seconds, memory, fingerprints, and how its picture and sound were judged."""
    place = place_of(home, video_id)
    if place.state != "done":
        raise Refused(
            409,
            "not_ready",
            f"video {video_id} is {place.state}.",
            retry_s=1 if place.entry.state == "queued" else None,
        )
    told = report.read(place.job)
    return told | {"video": place.job.video.name, "request": {**told.get("request", {}), **without_paths(place.job)}}


def without_paths(job: Job) -> dict[str, str]:
    """The names of the files that were given: where they lie on this host is nobody's."""
    request = job.request()
    return {name: path.name for name in ("audio", "voice", "portrait") if (path := getattr(request, name))}


def existing(home: Home, video_id: str) -> Place:
    """Asked before the answer begins: 404 or 410 are then still to be said."""
    return place_of(home, video_id)


@routes.get("/events", response_class=EventSourceResponse)
async def stream(
    request: Request,
    home: Home,
    place: Annotated[Place, Depends(existing)],
    last_event_id: Annotated[int | None, Header(ge=0, le=1 << 53)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Progress as it is made (SSE), from the first event after Last-Event-ID; the last one is completed, failed or removed.

    It ends early where the server stops: clients ask again.
    """
    position, number, told_position = 0, 0, None
    while not state_of(request).is_stopping():
        try:
            place = place_of(home, place.job.id)  # before the look, so that what was written meanwhile is still told
        except Refused:
            yield ServerSentEvent(event="removed", data={"id": place.job.id})
            return
        found, position = await asyncio.to_thread(events.more, place.job.folder, position)
        for event in found:
            number += 1
            if number > (last_event_id or 0):
                yield ServerSentEvent(event="progress", id=str(number), data=progress_of(event))
        video = video_of(place, state_of(request).waiting(home))
        if video.status in ("completed", "failed"):
            yield ServerSentEvent(event=video.status, data=video.model_dump(mode="json"))
            return
        if video.status == "queued" and video.queue_position != told_position:
            told_position = video.queue_position
            yield ServerSentEvent(event="queued", data={"queue_position": told_position})
        await asyncio.sleep(POLL_S)


def progress_of(event: Event) -> dict[str, Any]:
    """number: of the stage, from 1; progress: percent of the whole."""
    told = {"stage": event.stage, "number": event.number, "done": event.done, "total": event.total, "note": event.note}
    return told | {"progress": share(event)}
