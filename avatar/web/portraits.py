"""/v1/portraits: pictures of faces, kept to be used again, or drawn from words (full stack)."""

from __future__ import annotations

import secrets
import shutil
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from avatar.files import new_folder, rename_new, write_json
from avatar.web import form, portraits_kept
from avatar.web.answers import Refused
from avatar.web.form import received
from avatar.web.sound import form_body
from avatar.web.state import Home, state_of

routes = APIRouter(prefix="/v1/portraits", tags=["portraits"])
PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "The picture."}}


class KeptPortrait(BaseModel):
    """notes: what the face reader has to say of it; url: the portrait as a video shows it."""

    id: str
    object: str = "portrait"
    name: str
    created_at: int
    notes: list[str]
    url: str


class KeptPortraits(BaseModel):
    object: str = "list"
    data: list[KeptPortrait]
    has_more: bool = False


@routes.get("", response_model=KeptPortraits)
def list_portraits(home: Home) -> KeptPortraits:
    return KeptPortraits(data=[KeptPortrait(**each) for each in portraits_kept.every(home)])


@routes.post(
    "", status_code=201, response_model=KeptPortrait, openapi_extra=form_body("picture", name="What to call it.")
)
async def create_portrait(request: Request, home: Home) -> KeptPortrait:
    """Keep a picture whose face was found; with `prompt` in place of a picture one is drawn (avatar-full)."""
    async with received(request, ("picture",)) as sent:
        name = form.text(sent.fields, "name", 200)
        words = form.text(sent.fields, "prompt", 2000)
        if ("picture" in sent.files) == (words is not None):
            raise Refused(400, "invalid_request", "give a picture, or a prompt to draw one from.", "picture")
        made = f"portrait_{secrets.token_hex(8)}"
        target = home / "portraits" / made
        state = state_of(request)
        with new_folder(target) as scratch:
            if words is not None:
                picture = scratch / "picture.png"
                await state.speaker.ask("draw", home, prompt=words, output=picture)
            else:
                picture = scratch / f"picture{sent.files['picture'].suffix}"
                shutil.copyfile(sent.files["picture"], picture)
            told = await state.checker.ask("portrait", home, path=picture, output=scratch / "framed.png")
            shown = name or sent.names.get("picture") or words or made
            content = {"name": shown, "created_at": int(time.time()), "notes": told["notes"]}
            write_json(scratch / "portrait.json", content, durable=True)
            rename_new(scratch, target)
    return KeptPortrait(**portraits_kept.read(home, made))


@routes.get("/{portrait_id}", response_model=KeptPortrait)
def show_portrait(home: Home, portrait_id: str) -> KeptPortrait:
    return KeptPortrait(**portraits_kept.read(home, portrait_id))


@routes.get("/{portrait_id}/picture", response_class=FileResponse, responses=PICTURE)
def picture(home: Home, portrait_id: str) -> Response:
    """The portrait as a video shows it."""
    path = portraits_kept.folder_of(home, portrait_id) / "framed.png"
    if not path.is_file():
        raise Refused(404, "not_found", f"the picture of {portrait_id} is gone.")
    return FileResponse(path, media_type="image/png")


@routes.delete("/{portrait_id}")
def remove_portrait(home: Home, portrait_id: str) -> dict[str, Any]:
    """Remove it; videos that were made with it have copies of their own."""
    portraits_kept.remove(home, portrait_id)
    return {"id": portrait_id, "object": "portrait.deleted", "deleted": True}
