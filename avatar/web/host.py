"""What this server has and how it does: models and their weights, health, status, figures for Prometheus."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

import avatar
from avatar.jobs import home as homes
from avatar.service import queue
from avatar.web.answers import Refused, failed
from avatar.web.asked import MODELS
from avatar.web.fetching import Fetching
from avatar.web.state import Home, State, state_of

routes = APIRouter(tags=["host"])
POLL_S = 0.25  # between two looks at a fetch
LEAST_ROOM_BYTES = 256 << 20  # of the disk that holds the home


async def facts(request: Request) -> dict[str, Any]:
    """Of the environment that renders; asked once, but for the weights' state after a fetch."""
    state = state_of(request)
    if state.facts is None:
        state.facts = await state.speaker.ask("facts", state.rules.home)
    assert state.facts is not None
    return state.facts


@routes.get("/v1/models")
async def list_models(request: Request) -> dict[str, Any]:
    """The stacks, and the weights that the full one needs, with their state."""
    known = await facts(request)
    stacks = [
        {"id": name, "object": "model", "created": 0, "owned_by": "avatar", "kind": "stack", "is_served": stack in known["stacks"]}
        for name, stack in MODELS.items()
    ]  # fmt: skip
    fetches = Fetching.of(request.app)
    weights = [
        {"object": "model", "created": 0, "owned_by": each["licence"], "kind": "weights", **each, "fetch": fetches.told(each["id"])}
        for each in known["weights"]
    ]  # fmt: skip
    return {"object": "list", "data": [*stacks, *weights]}


@routes.post("/v1/models/{model_id}/fetch", status_code=202)
async def fetch(request: Request, model_id: str, accept_licence: bool = False) -> dict[str, Any]:
    """Bring the weights of a model, pinned by their digests; stopped half-way, it goes on from there the next time."""
    state, known = state_of(request), await facts(request)
    if state.rules.tokens:
        raise Refused(403, "not_yours", "weights are shared by all homes of this server: its owner fetches them.")
    if model_id not in [each["id"] for each in known["weights"]]:
        raise Refused(404, "model_not_found", f"there are no weights {model_id!r}; GET /v1/models shows them.")
    state.facts = None
    return {"id": model_id, "object": "model.fetch", **await Fetching.of(request.app).begin(model_id, accept_licence)}


async def fetched(request: Request, model_id: str) -> None:
    """Asked before the answer begins: 404 is then still to be said."""
    if Fetching.of(request.app).told(model_id) is None:
        raise Refused(404, "not_found", f"nobody has had {model_id!r} fetched since this server began.")


@routes.get("/v1/models/{model_id}/fetch/events", response_class=EventSourceResponse, dependencies=[Depends(fetched)])
async def fetch_events(
    request: Request, model_id: str, last_event_id: Annotated[int | None, Header(ge=0, le=1 << 53)] = None
) -> AsyncIterator[ServerSentEvent]:
    """What a fetch says, line by line (SSE), after Last-Event-ID; the last event is completed or failed."""
    fetches, number = Fetching.of(request.app), last_event_id or 0
    while not state_of(request).is_stopping():
        told = fetches.told(model_id) or {}
        status = told.get("status", "failed")  # before the look, so that the last line is told
        for line in fetches.lines(model_id, number):
            number += 1
            yield ServerSentEvent(event="progress", id=str(number), data={"said": line})
        if status != "in_progress":
            yield ServerSentEvent(event=status, data={"id": model_id, "fetch": told})
            return
        await asyncio.sleep(POLL_S)


@routes.get("/health")
async def health() -> dict[str, str]:
    """The web process answers."""
    return {"status": "ok", "version": avatar.__version__}


@routes.get("/ready")
async def ready(request: Request) -> Response:
    """Whether a video that is sent now would be made: the worker runs, and the home has room and may be written."""
    problems = await asyncio.to_thread(why_not_ready, state_of(request))
    if problems:
        return failed(503, "not_ready", "; ".join(problems) + ".", retry_s=5)
    return JSONResponse({"status": "ready"})


def why_not_ready(state: State) -> list[str]:
    problems = [] if state.worker.is_running else ["the worker is not running"]
    for home in state.rules.homes:
        try:
            probe = home / ".ready"
            probe.touch()
            probe.unlink()
            if shutil.disk_usage(home).free < LEAST_ROOM_BYTES:
                problems.append("the disk that holds the videos is full")
        except OSError as error:
            problems.append(f"the folder of the videos may not be written ({error.strerror})")
    return problems


@routes.get("/v1/status")
async def status(request: Request, home: Home) -> dict[str, Any]:
    """Versions, environment, worker, queue and disk."""
    state = state_of(request)
    known = await facts(request)
    counts = await asyncio.to_thread(counted, home)
    return {
        "version": avatar.__version__,
        "uptime_s": round(time.monotonic() - state.began, 1),
        "environment": {name: known[name] for name in ("fingerprints", "device", "stacks")},
        "worker": {"is_running": state.worker.is_running, "begun": state.worker.begun},
        "queue": counts,
        "free_bytes": shutil.disk_usage(home).free if home.is_dir() else None,
    }


def counted(home: Any) -> dict[str, int]:
    found = Counter(place.state for place in queue.every(home))
    return {name: found[name] for name in ("queued", "running", "done", "failed", "cancelled")}


@routes.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, home: Home) -> str:
    """Prometheus' text format, of the asker's home."""
    state = state_of(request)
    counts = await asyncio.to_thread(counted, home)
    lines = ["# HELP avatar_jobs Jobs of the queue by state.", "# TYPE avatar_jobs gauge"]
    lines += [f'avatar_jobs{{state="{name}"}} {count}' for name, count in counts.items()]
    for name, kind, text, value in (
        ("avatar_worker_up", "gauge", "Whether the worker runs.", int(state.worker.is_running)),
        ("avatar_worker_starts_total", "counter", "How often a worker was started.", state.worker.begun),
        (
            "avatar_start_time_seconds",
            "gauge",
            "When the server was started, since the epoch.",
            round(state.started, 3),
        ),
        ("avatar_home_jobs", "gauge", "Jobs in the home, queued or not.", len(homes.folders(home))),
    ):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
    return "\n".join(lines) + "\n"
