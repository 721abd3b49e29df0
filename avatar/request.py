"""What a user asks for, checked before anything heavy loads.

A Request names files as the user gave them; `home.create` copies them into the job folder, so that a job can be
resumed when the originals are gone. Two requests that ask for the same thing have the same digest. Messages name fields,
not flags: the command line adds those.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from avatar.errors import RequestError
from avatar.files import file_digest, refuse_larger
from avatar.frame.background import BLUR, colour
from avatar.frame.size import parsed
from avatar.limits import FASTEST, LONGEST_S, MOST_TRIES, SEEDS, SLOWEST, Language, language_from_tag
from avatar.lips.musetalk.options import RANGES, Region

SIZE = 512  # pixels, width and height of the video
LONGEST_TEXT = 5000  # characters; 120 s of fast speech is about 2,200
KINDS = {
    "audio": "recording",
    "voice": "recording",
    "portrait": "clip",
    "backdrop": "clip",
    "font": "picture",
}  # by limits.MOST_BYTES
SURELY_SHORT = 300  # characters: even of digits alone they are less; what is as short is not read for an estimate
FILE_FIELDS = tuple(KINDS)
FRAME_FIELDS = ("size", "fit", "background", "backdrop", "position", "captions", "caption_style", "font")
LIPS_FIELDS = ("lips_region", "lips_shift", "lips_margin")


def about(text: str) -> Any:
    return Field(description=text)


# A word of a table or of JSON in any case, as sizes and colours may be.
AsWritten = BeforeValidator(lambda value: value.strip().lower() if isinstance(value, str) else value)


class Request(BaseModel):
    """One video. Exactly one of text and audio says what is spoken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str | None, about("What is said.")] = None
    audio: Annotated[Path | None, about("Finished speech, instead of text.")] = None
    transcript: Annotated[str | None, about("What is said in that speech: for the lips and the subtitles.")] = None
    voice: Annotated[Path | None, about("A reference recording of the voice.")] = None
    preset: Annotated[str | None, about("A named voice of the preview stack.")] = None
    engine: Annotated[
        Literal["xtts", "pocket"] | None,
        AsWritten,
        about(
            "What clones the voice: pocket (English, publishable, on a CPU too) or xtts (full stack, 15 languages, "
            "non-commercial)."
        ),
    ] = None  # xtts on the full stack, a preset on the preview; asking.request_of decides where nobody says
    commercial: Annotated[bool, about("Refuse what may not be published commercially.")] = False
    portrait: Annotated[
        Path | None, about("A picture, or for the full stack a short clip; without one the bundled portrait speaks.")
    ] = None
    prompt: Annotated[str | None, about("A portrait to draw instead (full stack).")] = None
    negative_prompt: Annotated[str, about("What the drawn portrait must not show.")] = ""
    steps: Annotated[int, Field(ge=1, description="Of drawing it.")] | None = None
    tries: Annotated[int, Field(ge=1, le=MOST_TRIES, description="Seeds, until one shows a face.")] = 4
    face: (
        Annotated[int, Field(ge=1, description="Which face, counted from the left, where there are several.")] | None
    ) = None
    # MuseTalk's box and mask (full stack); None is the default of musetalk/options.py, where they are explained
    lips_region: Annotated[
        Region | None, AsWritten, about("What is drawn anew (full stack): jaw, lips (keeps a beard) or full.")
    ] = None
    lips_shift: (
        Annotated[
            float,
            Field(
                ge=RANGES["shift"][0], le=RANGES["shift"][1], description="Calmer (-1) or wider (1) mouth (full stack)."
            ),
        ]
        | None
    ) = None
    lips_margin: (
        Annotated[
            float,
            Field(
                ge=RANGES["margin"][0],
                le=RANGES["margin"][1],
                description="Room below the chin, of the face (full stack).",
            ),
        ]
        | None
    ) = None
    stack: Annotated[Literal["preview", "full"], AsWritten, about("preview (CPU) or full (GPU).")] = "preview"
    # what it changes is in the bytes
    profile: Annotated[
        Literal["24GB", "10GB", "6GB", "cpu"] | None, about("Memory profile of the full stack; else what fits.")
    ] = None
    language: Annotated[
        Language,
        BeforeValidator(lambda value: language_from_tag(value) if isinstance(value, str) else value),
        about("Of the text; a region, as in pt-BR, may be there and changes nothing."),
    ] = "en"
    seconds: Annotated[float, Field(gt=0, le=LONGEST_S, description="Fit the speech to this length.")] | None = None
    speed: Annotated[
        float, Field(ge=SLOWEST, le=FASTEST, description="How fast is spoken; 1 is the voice's own pace.")
    ] = 1.0
    seed: Annotated[
        int, Field(ge=0, lt=SEEDS, description="Another one gives other blinks and another intonation.")
    ] = 7
    size: (
        Annotated[
            str,
            Field(
                max_length=40,
                examples=["square", "portrait", "landscape", "1280x720"],
                description="square, portrait, landscape (1080 pixels on the short side), source, a ratio as 4:5, or WIDTHxHEIGHT.",
            ),
        ]
        | None
    ) = None  # 512x512
    fit: Annotated[Literal["crop", "pad"], AsWritten, about("crop: the head large; pad: the whole picture.")] = "crop"
    background: Annotated[
        str,
        Field(
            max_length=40,
            description="Where the picture does not reach, or is clear: blur, or a colour as white or #203040.",
        ),
    ] = "blur"
    backdrop: Annotated[Path | None, about("A picture or a video for the background instead.")] = None
    position: Annotated[
        Literal["left", "centre", "right"],
        BeforeValidator(lambda value: "centre" if value == "center" else value),
        AsWritten,  # validators before run from the last to the first
        about("Where the head is in a wide frame."),
    ] = "centre"
    subtitles: Annotated[bool, about("A soft subtitle track, and an .srt file; the same as captions: soft.")] = False
    captions: Annotated[
        Literal["soft", "burned", "srt", "vtt", "none"],
        AsWritten,
        about("Words on the screen: a track of the file, drawn into the picture, a file beside it, or none."),
    ] = "none"
    caption_style: Annotated[Literal["plain", "box", "karaoke"], AsWritten, about("Of burned captions.")] = "plain"
    font: Annotated[Path | None, about("A .ttf, .otf or .ttc file for burned captions.")] = None
    mark: Annotated[bool, about("The visible 'synthetic preview' mark.")] = True

    @model_validator(mode="after")
    def _says_one_thing(self) -> Request:
        if self.text is None and self.audio is None:
            raise wrong("there is nothing to say; give a text, or finished speech", "text", "audio")
        if self.text is not None and self.audio is not None:
            raise wrong("a text and finished speech exclude each other; give one of them", "text", "audio")
        if self.text is not None:
            check_text(self.text, self.language, self.speed)
        if self.transcript is not None:
            if self.audio is None:
                raise wrong("a transcript goes with the recording of finished speech; give that too, or the words as text",
                            "transcript", "audio")  # fmt: skip
            check_text(self.transcript, self.language, name="transcript")
        if self.audio is not None and (self.voice or self.preset):
            raise wrong("a voice makes speech from text, and with finished speech there is none to make; leave it away",
                        "voice" if self.voice else "preset", "audio")  # fmt: skip
        if self.audio is not None and self.speed != 1:
            raise wrong("finished speech keeps its own pace; leave the speed away", "speed", "audio")
        if self.seconds is not None and self.speed != 1:
            raise wrong("a length and a speed both say how fast is spoken; give one of them", "seconds", "speed")
        if self.voice and self.preset:
            raise wrong("a voice and a preset exclude each other; give one of them", "voice", "preset")
        self._clones_rightly()
        if self.subtitles and self.captions not in ("none", "soft"):
            raise wrong("subtitles are soft captions, and other captions are asked for too; give one of them",
                        "subtitles", "captions")  # fmt: skip
        if self.worded != "none" and self.audio is not None and self.transcript is None:
            raise wrong("subtitles are made from the text, and with finished speech there is none; give its transcript, or "
                        "leave them away", "subtitles" if self.subtitles else "captions", "audio")  # fmt: skip
        self._frames_rightly()
        if self.portrait and self.prompt is not None:
            raise wrong(
                "a picture and words to draw one from exclude each other; give one of them", "portrait", "prompt"
            )
        for name in ("prompt", "profile", *LIPS_FIELDS):
            if getattr(self, name) is not None and self.stack != "full":
                raise wrong("this is for the full stack; choose that one", name, mend={"stack": "full"})
        return self

    def _clones_rightly(self) -> None:
        """Raises a validator's error for an engine that this request has no use for."""
        if self.engine is None:
            return
        if self.audio is not None or self.preset is not None:
            other = "audio" if self.audio is not None else "preset"
            raise wrong("an engine clones a voice from its recording, and here there is none to clone; leave it away",
                        "engine", other)  # fmt: skip
        if self.engine == "xtts" and self.stack != "full":
            raise wrong("xtts is for the full stack; choose that one", "engine", mend={"stack": "full"})

    @property
    def worded(self) -> str:
        """The captions, by whichever field they were asked for."""
        return "soft" if self.subtitles else self.captions

    @property
    def captions_file(self) -> str | None:
        """What lies beside the video, by its name in the job's folder."""
        return {"soft": "subtitles.srt", "srt": "subtitles.srt", "vtt": "subtitles.vtt"}.get(self.worded)

    def _frames_rightly(self) -> None:
        """Raises a validator's error for a frame that cannot be made."""
        try:
            if self.size is not None:
                parsed(self.size)
        except ValueError as error:
            raise wrong(str(error), "size") from error
        try:
            if self.background != BLUR:
                colour(self.background)
        except ValueError as error:
            raise wrong(str(error), "background") from error
        if self.backdrop is not None and self.background != BLUR:
            raise wrong("a colour and a file for the background exclude each other; give one of them",
                        "background", "backdrop")  # fmt: skip
        for name in ("caption_style", "font"):
            if getattr(self, name) not in (None, "plain") and self.captions != "burned":
                raise wrong("this is for burned captions; choose those", name, mend={"captions": "burned"})

    def digest(self) -> str:
        """sha256 of what is asked for, files by their content: the same request has the same digest anywhere.

        Raises InputError for a file that is too large to be read.
        """
        content = self.model_dump(mode="json")
        if self.profile is None:  # the preview has none, and keeps the digests that it had before there were any
            del content["profile"]
        for name in ("engine", "commercial"):  # as before there were such
            if not content[name]:
                del content[name]
        if self.speed == 1:  # likewise
            del content["speed"]
        if self.transcript is None:  # likewise
            del content["transcript"]
        for name in FRAME_FIELDS:  # likewise
            if content[name] == type(self).model_fields[name].default:
                del content[name]
        for field in FILE_FIELDS:
            if path := getattr(self, field):
                refuse_larger(path, KINDS[field])
                content[field] = file_digest(path)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def make_request(**fields: object) -> Request:
    """A Request, or a RequestError that says in one sentence what is wrong; its `fields` name what it is about."""
    try:
        return Request.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        told = first.get("ctx", {})
        about = told.get("fields") or tuple(str(part) for part in first["loc"][:1])
        what = first["msg"].removeprefix("Value error, ").replace("Input should", "the value should")
        if first["type"] == "extra_forbidden":
            what = f"there is no field {first['loc'][0]!r}; there are: {', '.join(Request.model_fields)}"
        raise RequestError(f"{what}.", about, told.get("mend")) from error


def wrong(message: str, *fields: str, mend: dict[str, str] | None = None) -> PydanticCustomError:
    """What a validator raises, which fields it is about, and values of fields that would help."""
    return PydanticCustomError("request", "{message}", {"message": message, "fields": fields, "mend": mend or {}})


def check_text(text: str, language: str = "en", speed: float = 1.0, name: str = "text") -> None:
    """Raises a validator's error for text that cannot be spoken, or would clearly pass the limit; the speech is measured
    later. name: of the field."""
    from avatar.script.length import estimate_seconds

    if not text.strip():
        raise wrong(f"the {name} is empty; write at least one word", name)
    for position, character in enumerate(text):
        if (
            not character.isprintable()
            and character not in "\n\r\t\u00ad\u200b\u200c\u200d\u2028\u2029\ufeff\u3000\xa0"
        ):
            raise wrong(
                f"the {name} holds the control character U+{ord(character):04X} at position {position + 1}; remove it",
                name,
            )
    if len(text) > LONGEST_TEXT:
        raise wrong(f"the {name} has {len(text):,} characters; {LONGEST_TEXT:,} is the most, split it into parts", name)
    if len(text) <= SURELY_SHORT:
        return
    if (seconds := estimate_seconds(text, language) / speed) > LONGEST_S * 1.2:  # the estimate is good to about 20 %
        raise wrong(
            f"the {name} would take about {seconds:.0f} s to speak; {LONGEST_S:.0f} s is the most, split it into parts",
            name,
        )
