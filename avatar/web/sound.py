"""/v1/audio: speech, voices, and the consents without which no voice is cloned; and ElevenLabs' way to ask for speech."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from avatar import voices
from avatar.files import is_folder, is_regular, new_folder, rename_new, write_json
from avatar.json_files import Damaged, read_json
from avatar.voice.presets.catalog import DEFAULT_PRESET, PRESETS
from avatar.web import asked, form
from avatar.web.answers import Refused
from avatar.web.form import received
from avatar.web.state import Home, state_of

routes = APIRouter(tags=["audio"])
Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
TYPES = {
    "mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav", "pcm": "audio/pcm",
}  # fmt: skip
SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in TYPES.values()}, "description": "The sound."}
}
CONSENT = r"cons_[0-9a-f]{16}"


class Speech(BaseModel):
    """OpenAI's request for speech. model: any; the stack is chosen by avatar-preview or avatar-full."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"model": "avatar-preview", "input": "Hello.", "voice": "joe"}}
    )

    model: str = "avatar-preview"
    input: Annotated[str, Field(min_length=1, max_length=5000)]
    voice: str | dict[str, str] = DEFAULT_PRESET
    response_format: Format = "mp3"
    speed: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    language: str | None = None
    engine: Annotated[Literal["xtts", "pocket"] | None, Field(description="What clones the voice.")] = None
    commercial: Annotated[bool, Field(description="Refuse a voice whose terms forbid commercial use.")] = False
    instructions: str | None = None  # OpenAI's; not heeded
    stream_format: Literal["audio"] = "audio"


@routes.post("/v1/audio/speech", response_class=Response, responses=SOUND)
async def speech(request: Request, home: Home, wanted: Speech) -> Response:
    """Speak a text, and answer with the sound."""
    stack = asked.MODELS.get(wanted.model, "preview")
    fields = {
        "text": wanted.input,
        "stack": stack,
        "language": wanted.language,
        "engine": wanted.engine,
        "commercial": wanted.commercial or None,
        **asked.voice_fields(home, wanted.voice),
    }
    return await spoken(request, home, fields, wanted.response_format, wanted.speed)


async def spoken(request: Request, home: Path, fields: dict[str, Any], sound_format: str, speed: float) -> Response:
    """The sound (at most some 20 MB) is read and its folder gone before the answer begins: one who hangs up leaves nothing."""
    uploads = home / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=uploads, ignore_cleanup_errors=True) as folder:
        path = Path(folder, f"speech.{sound_format}")
        await state_of(request).speaker.ask(
            "speak", home, asked=fields, output=path, sound_format=sound_format, speed=speed
        )
        content = await asyncio.to_thread(path.read_bytes)
    return Response(content, media_type=TYPES[sound_format])


class ElevenLabs(BaseModel):
    """ElevenLabs' request; of its settings the text and the language count."""

    text: Annotated[str, Field(min_length=1, max_length=5000)]
    model_id: str | None = None
    language_code: str | None = None
    voice_settings: dict[str, Any] | None = None
    commercial: Annotated[
        bool, Field(description="Not ElevenLabs': refuse a voice whose terms forbid commercial use.")
    ] = False


@routes.post("/v1/text-to-speech/{voice_id}", response_class=Response, responses=SOUND)
async def text_to_speech(
    request: Request,
    home: Home,
    voice_id: str,
    wanted: ElevenLabs,
    output_format: Annotated[str, Field(pattern=r"^(mp3|opus|pcm|wav)(_[0-9]+)*$")] = "mp3_44100_128",
) -> Response:
    """Speech as ElevenLabs' clients ask for it."""
    fields: dict[str, Any] = {
        "text": wanted.text,
        "language": wanted.language_code,
        "commercial": wanted.commercial or None,
    }
    fields |= asked.voice_fields(home, voice_id)
    return await spoken(request, home, fields, output_format.partition("_")[0], 1.0)


# ---------------------------------------------------------------- voices


class Voice(BaseModel):
    id: str
    object: Literal["audio.voice"] = "audio.voice"
    name: str
    kind: Literal["preset", "clone"]
    description: str = ""
    language: str = "en"
    languages: list[str] = []  # of a preset, with those that it was not trained on
    sex: str = ""
    licence: str = ""
    use: str = ""  # what a preset's speech may be used for
    is_here: bool = True
    created_at: int = 0
    consent: bool = True
    warnings: list[str] = []


class Voices(BaseModel):
    object: Literal["list"] = "list"
    data: list[Voice]
    has_more: bool = False


VoiceId = Annotated[str, PathParameter(max_length=64)]


@routes.get("/v1/audio/voices", response_model=Voices)
def list_voices(home: Home) -> Voices:
    """The presets, and the cloned voices of this home."""
    presets = [preset_voice(name) for name in PRESETS]
    return Voices(data=[*presets, *map(voice_of, voices.every(home))])


def preset_voice(name: str) -> Voice:
    preset = PRESETS[name]
    told = {key: getattr(preset, key) for key in ("description", "sex", "licence", "use", "is_here")}
    return Voice(id=name, name=name, kind="preset", language=preset.languages[0], languages=list(preset.speaks), **told)


def voice_of(profile: dict[str, Any]) -> Voice:
    told = {name: profile[name] for name in ("language", "consent", "warnings") if name in profile}
    return Voice(
        id=profile["name"], name=profile["name"], kind="clone", created_at=int(profile.get("created", 0)), **told
    )


def form_body(*files: str, **texts: str) -> dict[str, Any]:
    """OpenAPI's description of a form with these files and texts, all of them needed."""
    fields = {name: {"type": "string", "format": "binary"} for name in files}
    fields |= {name: {"type": "string", "description": text} for name, text in texts.items()}
    schema = {"type": "object", "properties": fields, "required": [*files, *texts]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@routes.post(
    "/v1/audio/voices",
    status_code=201,
    response_model=Voice,
    openapi_extra=form_body("audio_sample", name="Its id too.", consent="The id of a consent."),
)
async def create_voice(request: Request, home: Home) -> Voice:
    """Clone a voice from a recording; the speaker's consent comes first (/v1/audio/voice_consents)."""
    async with received(request, ("audio_sample",)) as sent:
        name = form.text(sent.fields, "name", 64, needed=True)
        consent = form.text(sent.fields, "consent", 64)
        if consent is None:
            raise Refused(
                400,
                "consent_needed",
                "a voice is cloned with its speaker's consent: POST /v1/audio/voice_consents.",
                "consent",
            )
        agreed = read_consent(home, consent)
        if "audio_sample" not in sent.files:
            raise Refused(400, "invalid_request", "audio_sample is missing: a recording of the voice.", "audio_sample")
        told = await state_of(request).speaker.ask(
            "clone", home, name=name, path=sent.files["audio_sample"], language=agreed["language"], consent=agreed["id"]
        )
    return voice_of(told)


@routes.get("/v1/audio/voices/{voice_id}", response_model=Voice)
def show_voice(home: Home, voice_id: VoiceId) -> Voice:
    found = [each for each in list_voices(home).data if each.id == voice_id]
    if not found:
        raise Refused(404, "not_found", f"there is no voice {voice_id!r}; GET /v1/audio/voices shows those there are.")
    return found[0]


@routes.get("/v1/audio/voices/{voice_id}/sample", response_class=FileResponse, responses=SOUND)
def sample(home: Home, voice_id: VoiceId) -> Response:
    """The recording that a cloned voice was made from."""
    path = voices.recording_of(home, voice_id)
    if path is None:
        raise Refused(404, "not_found", f"there is no cloned voice {voice_id!r}.")
    return FileResponse(path, media_type="audio/wav")


@routes.delete("/v1/audio/voices/{voice_id}")
async def remove_voice(request: Request, home: Home, voice_id: VoiceId) -> dict[str, Any]:
    if voices.recording_of(home, voice_id) is None:
        raise Refused(404, "not_found", f"there is no cloned voice {voice_id!r}; presets stay.")
    await state_of(request).speaker.ask("forget", home, name=voice_id)
    return {"id": voice_id, "object": "audio.voice.deleted", "deleted": True}


# ---------------------------------------------------------------- consents


class Consent(BaseModel):
    """That a speaker agrees: their name, and a recording of them saying so."""

    id: str
    object: Literal["audio.voice_consent"] = "audio.voice_consent"
    name: str
    language: str
    created_at: int


class Consents(BaseModel):
    object: Literal["list"] = "list"
    data: list[Consent]
    has_more: bool = False


ConsentId = Annotated[str, PathParameter(pattern=rf"^{CONSENT}$")]


@routes.post(
    "/v1/audio/voice_consents",
    status_code=201,
    response_model=Consent,
    openapi_extra=form_body("recording", name="The speaker's.", language="What they speak: en."),
)
async def create_consent(request: Request, home: Home) -> Consent:
    """Keep a recording in which a speaker agrees that their voice is cloned."""
    async with received(request, ("recording",)) as sent:
        name = form.text(sent.fields, "name", 200, needed=True)
        language = form.text(sent.fields, "language", 20) or "en"
        if "recording" not in sent.files:
            raise Refused(
                400, "invalid_request", "recording is missing: the speaker says that they agree.", "recording"
            )
        path = sent.files["recording"]
        await state_of(request).speaker.ask("recording", home, path=path)
        made = Consent(
            id=f"cons_{secrets.token_hex(8)}", name=name or "", language=language, created_at=int(time.time())
        )
        target = home / "voice_consents" / made.id
        with new_folder(target) as scratch:
            shutil.copyfile(path, scratch / f"recording{path.suffix}")
            write_json(scratch / "consent.json", made.model_dump(), durable=True)
            rename_new(scratch, target)
    return made


def read_consent(home: Path, name: str) -> dict[str, Any]:
    """Raises Refused where there is none."""
    folder = home / "voice_consents" / name
    try:
        if not name.isascii() or "/" in name or not is_folder(folder):
            raise FileNotFoundError
        return Consent.model_validate(read_json(folder / "consent.json")).model_dump()
    except (FileNotFoundError, Damaged, ValueError):
        raise Refused(
            404, "not_found", f"there is no consent {name!r}; POST /v1/audio/voice_consents makes one.", "consent"
        ) from None


@routes.get("/v1/audio/voice_consents", response_model=Consents)
def list_consents(home: Home) -> Consents:
    folder = home / "voice_consents"
    names = (
        sorted(path.name for path in folder.iterdir() if is_regular(path / "consent.json")) if folder.is_dir() else []
    )
    return Consents(data=[Consent(**read_consent(home, name)) for name in names])


@routes.get("/v1/audio/voice_consents/{consent_id}", response_model=Consent)
def show_consent(home: Home, consent_id: ConsentId) -> Consent:
    return Consent(**read_consent(home, consent_id))


@routes.delete("/v1/audio/voice_consents/{consent_id}")
def remove_consent(home: Home, consent_id: ConsentId) -> dict[str, Any]:
    """Remove a consent and its recording; voices that were cloned with it stay, until they are removed."""
    read_consent(home, consent_id)
    shutil.rmtree(home / "voice_consents" / consent_id)
    return {"id": consent_id, "object": "audio.voice_consent.deleted", "deleted": True}
