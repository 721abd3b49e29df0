"""What a user asks for, checked before anything heavy loads.

A Request names files as the user gave them; `job.create` copies them into the job folder, so that a job can be
resumed when the originals are gone. Two requests that ask for the same thing have the same digest.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from avatar.errors import RequestError
from avatar.files import file_digest
from avatar.invocation import to_type
from avatar.lips.musetalk.options import RANGES, REGIONS

LONGEST_S = 120.0  # seconds of video; batch work for one machine
LONGEST_TEXT = 5000  # characters; 120 s of fast speech is about 2,200
FRAME_RATE = 25  # frames per second, of both stacks
# XTTS-v2's seventeen, and their codes in video files
ISO_639_2 = {
    "en": "eng", "es": "spa", "fr": "fra", "de": "deu", "it": "ita", "pt": "por", "pl": "pol", "tr": "tur", "ru": "rus",
    "nl": "nld", "cs": "ces", "ar": "ara", "zh-cn": "zho", "hu": "hun", "ko": "kor", "ja": "jpn", "hi": "hin",
}  # fmt: skip
LANGUAGES = tuple(ISO_639_2)
FILE_FIELDS = ("audio", "voice", "portrait")
LIPS_FIELDS = ("lips_region", "lips_shift", "lips_margin")


class Request(BaseModel):
    """One video. Exactly one of text and audio says what is spoken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str | None = None
    audio: Path | None = None  # finished speech, instead of text
    voice: Path | None = None  # a reference recording of the voice
    preset: str | None = None  # a named voice of the preview stack
    portrait: Path | None = None  # a picture, or for the full stack a short clip; None is the bundled portrait
    prompt: str | None = None  # a portrait to draw instead (full stack)
    negative_prompt: str = ""
    steps: Annotated[int, Field(ge=1)] | None = None  # of drawing it
    tries: Annotated[int, Field(ge=1, le=32)] = 4  # seeds, until one shows a face
    face: Annotated[int, Field(ge=1)] | None = None  # which face, counted from the left, where there are several
    # MuseTalk's box and mask (full stack); None is the default of musetalk/options.py, where they are explained
    lips_region: Literal[REGIONS] | None = None
    lips_shift: Annotated[float, Field(ge=RANGES["shift"][0], le=RANGES["shift"][1])] | None = None
    lips_margin: Annotated[float, Field(ge=RANGES["margin"][0], le=RANGES["margin"][1])] | None = None
    stack: Literal["preview", "full"] = "preview"
    language: Literal[LANGUAGES] = "en"
    seconds: Annotated[float, Field(gt=0, le=LONGEST_S)] | None = None  # fit the speech to this length
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    subtitles: bool = False
    mark: bool = True  # the visible "synthetic preview" mark

    @model_validator(mode="after")
    def _says_one_thing(self) -> Request:
        if (self.text is None) == (self.audio is None):
            raise ValueError("give either --text (or --text-file) or --audio, one of them")
        if self.text is not None:
            check_text(self.text)
        if self.audio is not None and (self.voice or self.preset):
            raise ValueError("--voice and --preset make speech from text; with --audio there is none to make")
        if self.voice and self.preset:
            raise ValueError("give either --voice or --preset, not both")
        if self.subtitles and self.audio is not None:
            raise ValueError("--subtitles are made from the text; with --audio there is none")
        if self.portrait and self.prompt is not None:
            raise ValueError("give either --portrait or --prompt, not both")
        if self.prompt is not None and self.stack != "full":
            raise ValueError("--prompt draws a portrait with the full stack; add --stack full")
        for name in LIPS_FIELDS:
            if getattr(self, name) is not None and self.stack != "full":
                raise ValueError(f"--{name.replace('_', '-')} is for the lips of the full stack; add --stack full")
        return self

    def digest(self) -> str:
        """sha256 of what is asked for, files by their content: the same request has the same digest anywhere."""
        content = self.model_dump(mode="json")
        for field in FILE_FIELDS:
            if path := getattr(self, field):
                content[field] = file_digest(path)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def make_request(**fields: object) -> Request:
    """A Request, or a RequestError that says in one sentence which field is wrong and what it takes."""
    try:
        return Request(**{name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "--" + str(first["loc"][0]).replace("_", "-") + ": " if first["loc"] else ""
        what = first["msg"].removeprefix("Value error, ").replace("Input should", "the value should")
        raise RequestError(f"{where}{what}; '{to_type('pipeline run --help')}' tells what it takes.") from error


def check_text(text: str) -> None:
    """Raises ValueError for text that cannot be spoken, or would clearly pass the limit; the speech is measured later."""
    from avatar.voice.text import estimate_seconds

    if not text.strip():
        raise ValueError("the text is empty; write at least one word")
    for position, character in enumerate(text):
        if (
            not character.isprintable()
            and character not in "\n\r\t\u00ad\u200b\u200c\u200d\u2028\u2029\ufeff\u3000\xa0"
        ):
            raise ValueError(
                f"the text holds the control character U+{ord(character):04X} at position {position + 1}; remove it"
            )
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"the text has {len(text):,} characters; {LONGEST_TEXT:,} is the most, split it into parts")
    if (seconds := estimate_seconds(text)) > LONGEST_S * 1.2:  # the estimate is good to about 20 %
        raise ValueError(
            f"the text would take about {seconds:.0f} s to speak; {LONGEST_S:.0f} s is the most, split it into parts"
        )
