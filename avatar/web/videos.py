"""/v1/videos: sent, listed, shown, cancelled, resumed, made again with other words, removed. As OpenAI's clients expect it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel

from avatar.errors import RequestError, TemporaryProblem
from avatar.jobs import home as homes
from avatar.request import FILE_FIELDS
from avatar.service import queue
from avatar.web import asked, form, notes, webhooks
from avatar.web.answers import Refused
from avatar.web.form import Form, received
from avatar.web.once import once
from avatar.web.state import Home, state_of
from avatar.web.video import REMOVED, Video, Videos, place_of, video_of

routes = APIRouter(prefix="/v1/videos", tags=["videos"])
MOST_WAITING = 1000  # jobs of a home
MOST_METADATA = 16
EXAMPLE = {"prompt": "Hello. Peter bought a map of my boat.", "model": "avatar-preview", "voice": "joe"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/VideoRequestInJSON"}, "example": EXAMPLE},
            "multipart/form-data": {"schema": {"$ref": "#/components/schemas/VideoRequest"}},
        },
    }
}


class Plan(BaseModel):
    """seconds: about how long it would be; took_s: about how long the preview works on it on two cores."""

    fits: bool
    seconds: float
    stack: str
    took_s: float | None
    notes: list[str]


class Removed(BaseModel):
    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: bool = True


@routes.post("", status_code=202, response_model=Video, openapi_extra=BODY)
async def create(
    request: Request, response: Response, home: Home, idempotency_key: Annotated[str | None, Header()] = None
) -> Video:
    """Put a video into the queue; when this answers, it is on the disk."""
    async with received(request, tuple(asked.FILES)) as sent:
        return await taken(request, response, home, sent, idempotency_key)


async def taken(
    request: Request, response: Response, home: Path, sent: Form, key: str | None, remixed_from: str | None = None
) -> Video:
    state = state_of(request)
    with once(home, key, sent.digest()) as known:
        name = known.job(home)
        if name is None:
            if len(state.waiting(home)) >= MOST_WAITING:
                raise Refused(429, "queue_full", f"{MOST_WAITING} videos wait already; send it later.", retry_s=30)
            priority = whole_number(sent.fields, "priority")
            note = {**note_of(sent.fields, state.may_be_private), "remixed_from": remixed_from}
            fields = asked.request_fields(sent, home)
            told = await state.checker.ask(
                "accept", home, asked=fields, priority=priority, note=note, key=known.asked()
            )
            name = told["job"]
            (home / REMOVED / name).unlink(missing_ok=True)
            known.keep(name)
    response.headers["location"] = f"/v1/videos/{name}"
    response.headers["openai-poll-after-ms"] = "1000"
    return video_of(place_of(home, name), state.waiting(home, anew=True))


def note_of(fields: dict[str, Any], may_be_private: bool) -> dict[str, Any]:
    """What is kept with the job beside the request. Raises Refused."""
    url = form.text(fields, "webhook", notes.LONGEST_URL)
    if url is not None:
        webhooks.refuse_unusable(url, may_be_private)
    metadata = fields.get("metadata", {})
    if isinstance(metadata, str):
        metadata = form.parsed_field(metadata, "metadata")
    is_plain = isinstance(metadata, dict) and len(metadata) <= MOST_METADATA
    if not is_plain or not all(
        isinstance(each, str) and len(each) <= 512 for pair in metadata.items() for each in pair
    ):
        raise Refused(
            400, "invalid_request", f"metadata is an object of at most {MOST_METADATA} short texts.", "metadata"
        )
    return {"webhook": url, "metadata": metadata, "kept": asked.kept_names(fields)}


def whole_number(fields: dict[str, Any], name: str) -> int:
    try:
        value = int(str(fields.get(name, 0)))
        if not -1000 <= value <= 1000:
            raise ValueError
        return value
    except ValueError:
        raise Refused(400, "invalid_request", f"{name} is a whole number from -1000 to 1000.", name) from None


@routes.post("/dry-run", response_model=Plan, openapi_extra=BODY)
async def dry_run(request: Request, home: Home) -> Plan:
    """The same checks, and nothing is made."""
    async with received(request, tuple(asked.FILES)) as sent:
        note_of(sent.fields, state_of(request).may_be_private)
        fields = asked.request_fields(sent, home)
        return Plan(**await state_of(request).checker.ask("plan", home, asked=fields))


@routes.get("", response_model=Videos)
async def list_videos(
    request: Request,
    home: Home,
    after: str | None = None,
    limit: Annotated[int, Query(ge=0, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
    status: Literal["queued", "in_progress", "completed", "failed"] | None = None,
) -> Videos:
    """Newest first; `after` is the last id of the page before."""
    places = await asyncio.to_thread(queue.every, home)
    places.sort(key=lambda place: (place.entry.submitted, place.job.id), reverse=order == "desc")
    if after is not None:
        ids = [place.job.id for place in places]
        if after not in ids:
            raise Refused(404, "not_found", f"there is no video {after!r} to go on after.", "after")
        places = places[ids.index(after) + 1 :]
    waiting, found = state_of(request).waiting(home), list[Video]()
    for place in places:
        if len(found) > limit:
            break
        video = video_of(place, waiting)
        if status in (None, video.status):
            found.append(video)
    shown = found[:limit]
    first, last = (shown[0].id, shown[-1].id) if shown else (None, None)
    return Videos(data=shown, has_more=len(found) > limit, first_id=first, last_id=last)


@routes.get("/{video_id}", response_model=Video)
async def retrieve(request: Request, response: Response, home: Home, video_id: str) -> Video:
    response.headers["openai-poll-after-ms"] = "1000"
    return video_of(place_of(home, video_id), state_of(request).waiting(home))


@routes.delete("/{video_id}", response_model=Removed)
async def remove(request: Request, home: Home, video_id: str) -> Removed:
    """Remove a video with all that belongs to it; one in work is cancelled first."""
    place = place_of(home, video_id)
    if place.entry.state == "queued":
        with contextlib.suppress(RequestError):  # it ended in this moment
            await asyncio.to_thread(queue.cancel, home, video_id)  # may wait for the worker's look into the queue
    marker = home / REMOVED / video_id
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    for _ in range(50):
        try:
            await asyncio.to_thread(homes.remove, place.job)
            state_of(request).waiting(home, anew=True)
            return Removed(id=video_id)
        except TemporaryProblem:  # the worker is leaving it
            await asyncio.sleep(0.2)
        except FileNotFoundError:
            return Removed(id=video_id)
    marker.unlink(missing_ok=True)
    raise Refused(409, "in_work", f"video {video_id} is still being worked on.", retry_s=5)


@routes.post("/{video_id}/cancel", response_model=Video)
async def cancel(request: Request, home: Home, video_id: str) -> Video:
    """Take it out of the queue; in work it is stopped. What was made of it stays."""
    place = place_of(home, video_id)
    if place.entry.state != "queued":
        raise Refused(400, "ended", f"video {video_id} is {place.entry.state} already.")
    await asyncio.to_thread(queue.cancel, home, video_id)
    return video_of(place_of(home, video_id), state_of(request).waiting(home, anew=True))


@routes.post("/{video_id}/resume", response_model=Video)
async def resume(request: Request, home: Home, video_id: str) -> Video:
    """Put one that failed or was cancelled back; only what is not there is made."""
    place = place_of(home, video_id)
    if place.entry.state not in ("failed", "cancelled"):
        raise Refused(400, "not_ended", f"video {video_id} is {place.state}; what failed or was cancelled is resumed.")
    await asyncio.to_thread(queue.resume, home, video_id)
    return video_of(place_of(home, video_id), state_of(request).waiting(home, anew=True))


REMIX: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
                "example": {"prompt": "The same person says something else."},
            }
        },
    }
}


def as_cloned(before: Any) -> dict[str, str]:
    """The engine that cloned the voice of a job, where today another one might be chosen."""
    return {"engine": "xtts"} if before.voice and before.stack == "full" and before.engine is None else {}


@routes.post("/{video_id}/remix", status_code=202, response_model=Video, openapi_extra=REMIX)
async def remix(
    request: Request,
    response: Response,
    home: Home,
    video_id: str,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Video:
    """Another script by the same person: portrait and voice are those of the other video, and stages are used again."""
    place = place_of(home, video_id)
    async with received(request) as sent:
        before = place.job.request()
        words = form.text(sent.fields, "prompt", 1 << 20, needed=True)
        fields = before.model_dump(
            mode="json", exclude_defaults=True, exclude={"transcript", *FILE_FIELDS, "profile", "seconds"}
        )
        fields |= {
            name: str(path) for name in ("portrait", "voice", "backdrop", "font") if (path := getattr(before, name))
        }
        fields |= as_cloned(before)
        fields["text"], note = words, {"webhook": None, "remixed_from": video_id}
        said = f"remix {video_id} {sent.digest()}"
        state = state_of(request)
        with once(home, idempotency_key, said) as known:
            name = known.job(home)
            if name is None:
                told = await state.checker.ask("accept", home, asked=fields, priority=0, note=note, key=known.asked())
                name = told["job"]
                (home / REMOVED / name).unlink(missing_ok=True)
                known.keep(name)
    response.headers["location"] = f"/v1/videos/{name}"
    return video_of(place_of(home, name), state.waiting(home, anew=True))


@routes.get("/{video_id}/request")
async def request_fields(home: Home, video_id: str) -> dict[str, Any]:
    """What it was asked with, as POST /v1/videos takes it; of files, those that are kept here are named."""
    job = place_of(home, video_id).job
    asked_for = job.request()
    fields = asked_for.model_dump(mode="json", exclude_defaults=True, exclude={*FILE_FIELDS, "profile"})
    fields["model"] = asked.model_of(fields.pop("stack", "preview"))
    if "prompt" in fields:
        fields["portrait_prompt"] = fields.pop("prompt")
    if "text" in fields:
        fields["prompt"] = fields.pop("text")
    return fields | asked.still_kept(home, notes.read(job).kept)


@routes.get("/{video_id}/webhooks")
async def deliveries(home: Home, video_id: str) -> dict[str, Any]:
    """Where its end is told, and how that went."""
    job = place_of(home, video_id).job
    found = notes.read_deliveries(job)
    tried = [
        {"webhook": url, **each.model_dump()} for url, to in (found.to if found else {}).items() for each in to.attempts
    ]
    return {"webhooks": notes.read(job).webhooks, "attempts": tried}
