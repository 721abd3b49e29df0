"""/v1/tables: a table of videos, a row each, put into the queue; a bad row stops no other."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from avatar.batch.table import TEXT_FILES
from avatar.errors import AvatarError
from avatar.request import FILE_FIELDS
from avatar.web import asked
from avatar.web.answers import Refused
from avatar.web.form import received
from avatar.web.sound import form_body
from avatar.web.state import Home, state_of
from avatar.web.video import Video, VideoError, place_of, video_of

routes = APIRouter(prefix="/v1/tables", tags=["videos"])


class TableRow(BaseModel):
    """row: from 1; video, or why there is none."""

    row: int
    name: str
    video: Video | None = None
    error: VideoError | None = None


class TableRows(BaseModel):
    object: str = "list"
    data: list[TableRow]


@routes.post("", status_code=202, response_model=TableRows, openapi_extra=form_body("table"))
async def create_table(request: Request, home: Home) -> TableRows:
    """CSV, JSONL or JSON with the columns of a request; files are named by a voice or a portrait that is kept here."""
    state, done = state_of(request), list[TableRow]()
    async with received(request, ("table",)) as sent:
        if "table" not in sent.files:
            raise Refused(400, "invalid_request", "table is missing: a CSV, JSONL or JSON file.", "table")
        rows = await state.checker.ask("table", home, path=sent.files["table"])
        for row in rows:
            try:
                video = await queued(state, home, row)
                done.append(TableRow(row=row["row"], name=row["name"], video=video))
            except AvatarError as error:
                done.append(refused_row(row, error.kind, str(error)))
            except Refused as error:
                done.append(refused_row(row, error.code, error.message))
    return TableRows(data=done)


async def queued(state: Any, home: Any, row: dict[str, Any]) -> Video:
    if row["wrong"]:
        raise Refused(400, "invalid_request", row["wrong"])
    fields = {name: value for name, value in row["asked"].items() if value is not None}
    is_kept = "/" not in str(fields.get("portrait", "/"))  # what is none is a path by now
    named = [name for name in (*FILE_FIELDS, *TEXT_FILES) if name != "voice" and not (name == "portrait" and is_kept)]
    if found := [name for name in named if name in fields]:
        raise Refused(
            400, "invalid_request", f"{found[0]} names a file, and none of this host's is read for a client.", found[0]
        )
    if (voice := fields.pop("voice", None)) is not None:
        fields |= asked.voice_fields(home, str(voice).rpartition("/")[2])
    metadata = {"row": str(row["row"]), "name": row["name"]}
    note = {"webhook": None, "metadata": metadata}
    name = (await state.checker.ask("accept", home, asked=fields, priority=0, note=note))["job"]
    return video_of(place_of(home, name), [])


def refused_row(row: dict[str, Any], code: str, message: str) -> TableRow:
    return TableRow(row=row["row"], name=row["name"], error=VideoError(code=code, message=message))
