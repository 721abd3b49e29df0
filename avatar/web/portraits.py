"""/v1/portraits: pictures of faces, kept to be used again, or drawn from words (full stack)."""

from __future__ import annotations

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from avatar import portraits
from avatar.web import form
from avatar.web.answers import Refused
from avatar.web.form import received
from avatar.web.sound import form_body
from avatar.web.state import Home, state_of

routes = APIRouter(prefix="/v1/portraits", tags=["portraits"])
PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "The picture."}}


class KeptPortrait(BaseModel):
    """name: what people call it; face: which one of its picture; notes: what the face reader has to say of it; url: the
    portrait as a video shows it."""

    id: str
    object: str = "portrait"
    name: str
    created_at: int
    face: int | None = None
    notes: list[str]
    url: str


class KeptPortraits(BaseModel):
    object: str = "list"
    data: list[KeptPortrait]
    has_more: bool = False


def kept(known: dict[str, Any]) -> KeptPortrait:
    """What portraits.py knows of one, under the API's names."""
    return KeptPortrait(
        id=known["name"], name=known["title"], created_at=int(known["created"]), face=known["face"],
        notes=known["notes"], url=f"/v1/portraits/{known['name']}/picture",
    )  # fmt: skip


@routes.get("", response_model=KeptPortraits)
def list_portraits(home: Home) -> KeptPortraits:
    """Oldest first; those that the command line keeps too."""
    known = sorted(portraits.every(home), key=lambda each: (each["created"], each["name"]))
    return KeptPortraits(data=[kept(each) for each in known])


@routes.post(
    "", status_code=201, response_model=KeptPortrait, openapi_extra=form_body("picture", name="What to call it.")
)
async def create_portrait(request: Request, home: Home) -> KeptPortrait:
    """Keep a picture, or a clip for avatar-full, whose face was found (`face`: which one, from the left, of several); with `prompt` in place of a picture
    one is drawn (avatar-full)."""
    async with received(request, ("picture",)) as sent:
        title = form.text(sent.fields, "name", 200)
        words = form.text(sent.fields, "prompt", 2000)
        if ("picture" in sent.files) == (words is not None):
            raise Refused(400, "invalid_request", "give a picture, or a prompt to draw one from.", "picture")
        made = f"portrait_{secrets.token_hex(8)}"
        state, uploads = state_of(request), home / "uploads"
        uploads.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=uploads, ignore_cleanup_errors=True) as folder:
            if words is not None:
                picture = Path(folder, "picture.png")
                await state.speaker.ask("draw", home, prompt=words, output=picture)
            else:
                picture = sent.files["picture"]
            source = sent.names.get("picture", picture.name)
            told = {"title": title or sent.names.get("picture") or words or made, "source": source}
            known = await state.checker.ask("keep", home, name=made, path=picture, face=face(sent.fields), **told)
    return kept(known)


def face(fields: dict[str, Any]) -> int | None:
    """Raises Refused for what is no number of a face."""
    value = fields.get("face")
    if value is None:
        return None
    if isinstance(value, bool) or not str(value).isdecimal() or not 1 <= int(value) <= 1000:
        raise Refused(400, "invalid_request", "face has to be a whole number from 1 on.", "face")
    return int(value)


def known_here(home: Path, name: str) -> None:
    """Raises Refused where no portrait of this id is kept."""
    if portraits.picture_of(home, name) is None:
        raise Refused(404, "not_found", f"there is no portrait {name!r}; GET /v1/portraits shows those there are.")


@routes.get("/{portrait_id}", response_model=KeptPortrait)
def show_portrait(home: Home, portrait_id: str) -> KeptPortrait:
    known_here(home, portrait_id)
    return kept(portraits.read(home, portrait_id))


@routes.get("/{portrait_id}/picture", response_class=FileResponse, responses=PICTURE)
def picture(home: Home, portrait_id: str) -> Response:
    """The portrait as a video shows it."""
    known_here(home, portrait_id)
    path = portraits.framed_of(home, portrait_id)
    if path is None:
        raise Refused(404, "not_found", f"the picture of {portrait_id} is gone.")
    return FileResponse(path, media_type="image/png")


@routes.delete("/{portrait_id}")
def remove_portrait(home: Home, portrait_id: str) -> dict[str, Any]:
    """Remove it; videos that were made with it have copies of their own."""
    known_here(home, portrait_id)
    portraits.remove(home, portrait_id)
    return {"id": portrait_id, "object": "portrait.deleted", "deleted": True}
