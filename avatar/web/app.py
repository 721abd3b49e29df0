"""The web application: routes, guard, page. Everything that a client sees of it stands in the routes' files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, Response

import avatar
from avatar.files import clear_away
from avatar.web import asked, content, host, once, portraits, sound, tables, videos, webhooks
from avatar.web.answers import HANDLERS, RESPONSES
from avatar.web.fetching import Fetching
from avatar.web.guard import Guard
from avatar.web.state import State

PAGE = Path(__file__).parent / "page"
PLACES = {"index.html": "/", "docs.html": "/docs"}
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def make_app(state: State) -> FastAPI:
    app = FastAPI(
        title="avatar",
        version=avatar.__version__,
        summary="A script, a voice and a portrait in; a lip-synced talking-head video out.",
        responses=RESPONSES,
        lifespan=alive,
        docs_url=None,
        redoc_url=None,
    )
    app.state.avatar = state
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
    for each in (videos, content, tables, sound, portraits, host):
        app.include_router(each.routes)
    add_page(app)
    app.openapi = lambda: described(app)
    app.add_middleware(Guard, rules=state.rules)
    return app


@contextlib.asynccontextmanager
async def alive(app: FastAPI) -> AsyncIterator[None]:
    """While the server runs: a worker, webhooks, and no more of yesterday's keys, nor what a killed server was sent."""
    state: State = app.state.avatar
    for home in state.rules.homes:
        home.mkdir(parents=True, exist_ok=True)
        once.forget_old(home)
        for left in (home / "uploads").glob("*"):
            clear_away(left)
    tasks = [asyncio.create_task(state.worker.keep())]
    tasks += [asyncio.create_task(webhooks.keep_telling(home, state.may_be_private)) for home in state.rules.homes]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(state.worker.stop(), state.checker.stop(), state.speaker.stop(), Fetching.of(app).stop())


def add_page(app: FastAPI) -> None:
    """The page's files, each at its own address: no path of a client leads to a file."""
    for path in sorted(PAGE.iterdir()) if PAGE.is_dir() else []:
        place = PLACES.get(path.name, f"/page/{path.name}")
        app.add_api_route(place, sender(path), methods=["GET"], include_in_schema=False, response_class=FileResponse)


def sender(path: Path):
    async def send() -> Response:
        return FileResponse(path, media_type=KINDS[path.suffix], headers={"cache-control": "no-cache"})

    send.__doc__ = "The page."
    return send


def described(app: FastAPI) -> dict:
    """OpenAPI, with the request's schema under its own name, and failures as JSON, whatever else a route answers with."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        made["components"]["schemas"]["VideoRequest"] = asked.schema()
        made["components"]["schemas"]["VideoRequestInJSON"] = asked.schema(with_uploads=False)
        for answers in (each["responses"] for path in made["paths"].values() for each in path.values()):
            for status, answer in answers.items():
                if status >= "400" and "content" in answer:
                    answer["content"] = {"application/json": next(iter(answer["content"].values()))}
        app.openapi_schema = made
    return app.openapi_schema
