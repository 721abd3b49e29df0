"""What was asked for -> a request: with the defaults of the settings, and the files of a named voice and portrait."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from avatar import settings
from avatar.errors import RequestError
from avatar.invocation import to_type
from avatar.limits import language_from_tag
from avatar.request import FILE_FIELDS, Request, make_request
from avatar.script.subtitles import words_of

UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # as Windows' Notepad calls "Unicode"
DOCUMENTS = {
    b"{\\rtf": "in Rich Text Format", b"%PDF": "a PDF", b"PK\x03\x04": "a document of a word processor, or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "a document of a word processor",
}  # fmt: skip
MOST_TEXT_BYTES = 1 << 20  # of a file; a text of 5,000 characters has a fiftieth of it


def request_of(**asked: Any) -> Request:
    """A Request for a video from what was asked for, with the settings' defaults, the files of named voices and portraits,
    and the engine that clones a voice here, or that cloned it in the video that is kept.

    asked: fields of the request; None is the default. Raises RequestError.
    """
    return as_kept(cloned_by(as_asked(**asked)))


def speech_of(**asked: Any) -> Request:
    """The same for speech alone, of which no video is kept. Raises RequestError."""
    return cloned_by(as_asked(**asked))


def as_asked(**asked: Any) -> Request:
    """The same where another machine is to make it, and to choose the engine by what it has. Raises RequestError."""
    asked = {name: value for name, value in asked.items() if value is not None}
    if names_preset(asked.get("voice")):
        if "preset" in asked:
            raise RequestError("a voice and a preset exclude each other; give one of them.", ("voice", "preset"))
        asked["preset"] = asked.pop("voice")
    if (voice := asked.get("voice")) is not None:
        from avatar import voices

        asked.setdefault("language", voices.language_of(settings.home(), str(voice)))
        asked["voice"] = voice_file(str(voice))
    elif "language" not in asked and (language := preset_language(asked.get("preset"))):
        asked["language"] = language
    if (portrait := asked.get("portrait")) is not None:
        from avatar import portraits

        if (face := portraits.face_of(settings.home(), str(portrait))) is not None:
            asked.setdefault("face", face)
        asked["portrait"] = portrait_file(str(portrait))
    for name in ("text", "transcript"):
        if isinstance(asked.get(name), str):
            asked[name] = words_of(asked[name])  # captions may be sent as text, as they may be a file
    for name in FILE_FIELDS:
        if isinstance(asked.get(name), str | os.PathLike):
            asked[name] = Path(os.path.abspath(asked[name]))
    by_setting = from_settings(asked)
    asked |= by_setting
    if asked.get("profile") == "auto":
        del asked["profile"]
    try:
        return make_request(**asked)
    except RequestError as error:
        if len(error.fields) == 1 and error.fields[0] in by_setting:
            name = error.fields[0]
            raise RequestError(
                f"the setting {name} ({settings.origin(name)}) is {by_setting[name]!r}, and {error}"
            ) from error
        raise


def cloned_by(request: Request) -> Request:
    """The request with the engine that clones its voice, where nobody said which: Pocket TTS where it speaks the language
    and its weights are here, which may be published with, or where the full stack has nothing else; else the stack's own.
    Another file in the place of its weights is one to be refused by name, and no reason for another voice."""
    if request.engine or request.text is None or request.voice is None:
        return request
    from avatar.weights import loaders, store
    from avatar.weights.lock import POCKET_TTS

    model = POCKET_TTS.get(request.language)
    is_all_there_is = request.stack == "full" and loaders.is_without_xtts()
    is_usable = model is not None and (is_all_there_is or store.can_load(model) or store.is_spoilt(model))
    return request.model_copy(update={"engine": "pocket"}) if is_usable else request


def as_kept(request: Request) -> Request:
    """The request with Pocket TTS, where it does not clone the voice here any more, and a finished video in which it did is
    kept."""
    from avatar.weights.lock import POCKET_TTS

    if request.engine or request.text is None or request.voice is None or request.language not in POCKET_TTS:
        return request
    from avatar import unmade

    cloned = request.model_copy(update={"engine": "pocket"})
    return cloned if unmade.to_make(cloned) == [] else request


def from_settings(asked: dict[str, Any]) -> dict[str, Any]:
    """The fields that the settings decide, since nobody asked for them."""
    defaults = settings.load()
    decided = {"stack": defaults.stack, "seed": defaults.seed}
    stack = str(asked.get("stack", defaults.stack)).strip().lower()
    needs_preset = stack == "preview" and not {"voice", "audio"} & asked.keys()
    if needs_preset and defaults.preset and speaks(defaults.preset, asked.get("language", "en")):
        decided["preset"] = defaults.preset
    if stack == "full":
        decided["profile"] = defaults.profile
    return {name: value for name, value in decided.items() if name not in asked}


def names_preset(voice: Any) -> bool:
    """Whether a voice is that of a preset: of no cloned voice and no file."""
    from avatar import voices
    from avatar.voice.presets.catalog import PRESETS

    return str(voice) in PRESETS and not voices.recording_of(settings.home(), str(voice)) and not os.path.exists(voice)


def preset_language(preset: Any) -> str | None:
    """What a preset that was asked for speaks; None for one that is none."""
    from avatar.voice.presets.catalog import PRESETS

    return PRESETS[preset].languages[0] if preset in PRESETS else None


def speaks(preset: str, language: Any) -> bool:
    """Whether a preset that nobody asked for fits the language; one that is none is told of later."""
    from avatar.voice.presets.catalog import PRESETS

    return preset not in PRESETS or language_from_tag(str(language)) in PRESETS[preset].speaks


def voice_file(voice: str) -> Path:
    """The recording of a cloned voice of that name, else the file of that name. Raises RequestError for neither."""
    from avatar import voices

    recording = voices.recording_of(settings.home(), voice) or Path(voice)
    if not os.path.exists(recording):  # a name too long for a file is none
        raise RequestError(
            f"there is no preset, no cloned voice and no file {voice!r}; '{to_type('voice list')}' shows the voices.",
            ("voice",),
        )
    return recording


def portrait_file(portrait: str) -> Path:
    """The picture of a kept portrait of that name, else the file of that name. Raises RequestError for neither."""
    from avatar import portraits

    picture = portraits.picture_of(settings.home(), portrait) or Path(portrait)
    if not os.path.exists(picture):
        raise RequestError(
            f"there is no kept portrait and no file {portrait!r}; '{to_type('portrait list')}' shows the portraits.",
            ("portrait",),
        )
    return picture


def read_text(path: Path) -> str:
    """Text of a file, or of standard input for '-'; of captions what they say. Raises RequestError when it cannot be read, is
    another kind of document, or neither UTF-8 nor UTF-16 with its mark."""
    shown = repr(str(path))
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else open(path, "rb") as file:
            data = file.read(MOST_TEXT_BYTES + 1)
        if kind := next((kind for begins, kind in DOCUMENTS.items() if data.startswith(begins)), None):
            raise RequestError(
                f"the text file {shown} is {kind}, and no plain text; save what is to be said as .txt or .md."
            )
        if len(data) > MOST_TEXT_BYTES:
            raise RequestError(f"the text file {shown} is larger than {MOST_TEXT_BYTES >> 20} MiB; give a shorter one.")
        return words_of(data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig"))
    except OSError as error:
        raise RequestError(f"cannot read the text file {shown}: {error.strerror}; check the path.") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"the text file {shown} is not UTF-8 text; save it as UTF-8.") from error
