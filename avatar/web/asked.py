"""The API's fields <-> those of a Request. `prompt` is the script, as in OpenAI's API; a portrait to be drawn is described by
`portrait_prompt`. Every other field of a Request is one here by its own name, so that a new one appears by itself."""

from __future__ import annotations

from typing import Any

from avatar import portraits, settings, voices
from avatar.invocation import to_type
from avatar.request import FILE_FIELDS, Request
from avatar.voice.presets.catalog import DEFAULT_PRESET, PRESETS
from avatar.web.answers import Refused
from avatar.web.form import Form

MODELS = {"avatar-preview": "preview", "avatar-full": "full"}
# Uploads: fields of a Request
FILES = {"input_reference": "portrait", "audio": "audio", "backdrop": "backdrop", "font": "font"}
OURS = ("model", "voice", "portrait", "portrait_prompt", "text", "prompt", "webhook", "metadata", "priority")
PLAIN = tuple(name for name in Request.model_fields if name not in (*FILE_FIELDS, "text", "prompt", "stack"))
# OpenAI's voices by the presets that are nearest
LOW = ("ash", "ballad", "cedar", "echo", "fable", "onyx", "verse")
HIGH = ("alloy", "coral", "marin", "nova", "sage", "shimmer")


def request_fields(form: Form, home) -> dict[str, Any]:
    """What asking.request_of takes. Raises Refused for a field that is none, and what cannot be looked up."""
    fields = dict(form.fields)
    unknown = sorted(fields.keys() - {*OURS, *PLAIN})
    if unknown:
        known = ", ".join(sorted({*OURS, *PLAIN, *FILES}))
        raise Refused(400, "unknown_field", f"there is no field {unknown[0]!r}; there are: {known}.", unknown[0])
    if "text" in fields and "prompt" in fields:
        raise Refused(400, "invalid_request", "prompt and text are the same; give one of them.", "prompt")
    asked = {name: value for name, value in fields.items() if name in PLAIN}
    asked["text"] = fields.get("prompt", fields.get("text"))
    asked["prompt"] = fields.get("portrait_prompt")
    asked["stack"] = stack_of(fields.get("model"))
    asked |= {FILES[name]: str(path) for name, path in form.files.items()}
    if (kept := fields.get("portrait")) is not None:
        if "portrait" in asked:
            raise Refused(400, "invalid_request", "a picture and a kept portrait exclude each other.", "portrait")
        asked["portrait"] = portrait_name(home, kept)
    if (voice := fields.get("voice")) is not None:
        asked |= voice_fields(home, voice)
    return {name: value for name, value in asked.items() if value is not None}


def stack_of(model: Any) -> str | None:
    if model is None:
        return None
    if model not in MODELS:
        raise Refused(404, "model_not_found", f"there is no model {model!r}; there are: {', '.join(MODELS)}.", "model")
    return MODELS[model]


def voice_fields(home, voice: Any) -> dict[str, str]:
    """By a preset, a cloned voice or one of OpenAI's names; OpenAI's clients may send {"id": ...}."""
    name = voice.get("id") if isinstance(voice, dict) else voice
    if name in PRESETS:
        return {"preset": name}
    if isinstance(name, str) and voices.recording_of(home, name):
        refuse_without_consent(home, name)
        return {"voice": name}
    if name in LOW or name in HIGH:
        return {"preset": "joe" if name in LOW else DEFAULT_PRESET}
    there = ", ".join([*PRESETS, *(each["name"] for each in voices.every(home))])
    raise Refused(400, "voice_not_found", f"there is no voice {name!r}; there are: {there}.", "voice")


def refuse_without_consent(home, name: str) -> None:
    """Raises Refused for a kept voice of whose speaker no consent was noted."""
    if not voices.read(home, name)["consent"]:
        raise Refused(
            400, "consent_needed",
            f"no consent of the speaker of the voice {name!r} is noted here; where the server runs, "
            f"'{to_type(f'voice update {name} --consent')}' notes it.", "voice",
        )  # fmt: skip


def portrait_name(home, portrait: Any) -> str:
    """Of a portrait that is kept. Raises Refused for one that is not."""
    if not isinstance(portrait, str) or portraits.picture_of(home, portrait) is None:
        shown = f"there is no portrait {portrait!r}; GET /v1/portraits shows those there are."
        raise Refused(404, "not_found", shown, "portrait")
    return portrait


def kept_names(fields: dict[str, Any]) -> dict[str, str]:
    """The voice and the portrait that were named, as far as they are names."""
    voice = fields.get("voice")
    named = {"portrait": fields.get("portrait"), "voice": voice.get("id") if isinstance(voice, dict) else voice}
    return {name: value for name, value in named.items() if isinstance(value, str) and len(value) <= 100}


def still_kept(home, named: dict[str, str]) -> dict[str, str]:
    """Of those, a cloned voice and a portrait that are there."""
    there = {"portrait": set(portraits.names(home)), "voice": set(voices.names(home))}
    return {name: value for name, value in named.items() if value in there[name]}


def model_of(stack: str) -> str:
    return f"avatar-{stack}"


def schema(with_uploads: bool = True) -> dict[str, Any]:
    """JSON schema of POST /v1/videos: a Request's, under the API's names. with_uploads: of a form; JSON carries none."""
    inner = Request.model_json_schema()
    fields = {name: dict(inner["properties"][name]) for name in PLAIN}
    uploads = {
        "input_reference": "A picture of a face, or for avatar-full a short clip.",
        "audio": "Finished speech, instead of a script.",
        **{name: Request.model_fields[name].description for name in ("backdrop", "font")},
    }
    ours = {
        "prompt": {"type": "string", "title": "Script", "description": "What is said."},
        "model": {"type": "string", "enum": list(MODELS), "default": model_of(settings.Settings().stack)},
        "voice": {"type": "string", "description": "A preset, or the id of a cloned voice: GET /v1/audio/voices."},
        "portrait": {"type": "string", "description": "The id of a kept portrait: GET /v1/portraits."},
        "portrait_prompt": {"type": "string", "description": "Words to draw a portrait from (avatar-full)."},
        "webhook": {"type": "string", "format": "uri", "description": "Told when the video is there, or failed."},
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Yours; kept with the job."},
        "priority": {"type": "integer", "minimum": -1000, "maximum": 1000, "default": 0},
        **({name: {"type": "string", "format": "binary", "description": text} for name, text in uploads.items()} if with_uploads else {}),
    }  # fmt: skip
    return {"title": "VideoRequest", "type": "object", "properties": ours | fields, "additionalProperties": False}
