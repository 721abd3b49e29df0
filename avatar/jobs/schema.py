"""What the JSON files of a job must look like. Whatever does not is damaged, and is never half believed.

Names in them are plain names of files in the job folder, never those of the job's own files: a record cannot name
`request.json` or `../x` as what its stage made.
"""

from __future__ import annotations

import json
import re
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from avatar.json_files import Damaged
from avatar.progress import Event

OWN = ("request.json", "inputs", "records", "lock", "events.jsonl", "outputs.json", "report.json", "queue.json",
       "api.json", "webhook.json", "signed.mp4", "signed.json")  # fmt: skip
MOST_FRAMES = 1_000_000


def foreign(name: str) -> str:
    if name in OWN:
        raise ValueError(f"{name} is the job's own")
    return name


Name = Annotated[str, StringConstraints(pattern=r"\A[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)?\z", max_length=64)]
Output = Annotated[Name, AfterValidator(foreign)]
Sha256 = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]
Pixels = Annotated[int, Field(ge=0, le=16_384)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]


class Envelope(BaseModel):
    """request.json; the request in it is checked as any request is."""

    model_config = ConfigDict(strict=True, extra="allow")

    created: Annotated[float, Field(gt=0, le=1e12)]
    request: dict[str, None | bool | int | float | str]


class MadeBy(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")  # older versions noted other parts

    engine: str = ""


class Record(BaseModel):
    """records/<stage>.json. Engines add facts of their own, and older versions had others; nothing relies on those."""

    model_config = ConfigDict(strict=True, extra="allow")

    stage: str
    cause: Sha256
    made_by: MadeBy
    outputs: Annotated[dict[Output, Sha256], Field(max_length=32)]
    seconds: Seconds
    peak_memory_mib: Annotated[int, Field(ge=0, le=1 << 40)]
    notes: Annotated[list[str], Field(max_length=1000)]
    frames: Annotated[int, Field(ge=0, le=MOST_FRAMES)] | None = None
    frame_rate: Annotated[str, Field(pattern=r"\A[1-9]\d{0,6}(/[1-9]\d{0,6})?\z")] | None = (
        None  # a second: 25, 30000/1001
    )
    copied_from: str | None = None
    sounds: Annotated[
        list[Sha256], Field(max_length=10_000)
    ] = []  # that its speech was made of, by name (voice/kept.py)


class Report(BaseModel):
    """report.json, as far as it is read again."""

    model_config = ConfigDict(strict=True, extra="allow")

    records: dict[str, Record]
    notes: list[str]


class Failure(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")

    kind: Annotated[str, Field(max_length=40)]
    message: Annotated[str, Field(max_length=10_000)]


class Signed(BaseModel):
    """signed.json: digests of the video, of its signed copy and of the certificate."""

    model_config = ConfigDict(strict=True, extra="forbid")

    video: Sha256
    signed: Sha256
    certificate: Sha256


class Delivery(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    path: Annotated[str, Field(pattern=r"\A/[^\x00]*\z", max_length=10_000)]
    overwrite: bool = False
    sign: bool | None = None  # None: as the worker's settings say


class QueueEntry(BaseModel):
    """queue.json: what the queue knows of a job. That it is worked on says its lock, that a stage is done its record."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    submitted: Annotated[float, Field(gt=0, le=1e12)]  # s since the epoch
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    state: Literal["queued", "done", "failed", "cancelled"] = "queued"
    device: Annotated[str, Field(max_length=40)] = ""  # whose worker took it last
    attempts: Annotated[int, Field(ge=0, le=1000)] = 0  # at the stage that is to be made
    stages: Annotated[int, Field(ge=0, le=100)] = 0  # that were there when it was taken last
    not_before: Seconds = 0.0  # s since the epoch: when it is tried again
    ended: Seconds | None = None  # s since the epoch
    error: Failure | None = None
    deliveries: Annotated[list[Delivery], Field(max_length=10_000)] = []  # where its video is to go, each of them


class PlaceFile(BaseModel):
    """place.json: a square in a picture, as portrait/framing.py's Place has it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    left: Pixels
    top: Pixels
    side: Annotated[Pixels, Field(gt=0)]
    width: Pixels
    height: Pixels
    is_standing: bool = False


NAME = TypeAdapter(Name, config=ConfigDict(strict=True))
OUTPUTS = TypeAdapter(Annotated[list[str], Field(max_length=1000)], config=ConfigDict(strict=True))
EVENT = TypeAdapter(Annotated[Event, Field()])


def fitting(model: Any, content: object, file: str) -> Any:
    """`content` as this model or TypeAdapter has it. Raises Damaged."""
    try:
        return model.validate_python(content) if isinstance(model, TypeAdapter) else model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        known = takewhile(
            lambda part: re.fullmatch(r"\w{1,40}", str(part), re.ASCII), first["loc"]
        )  # no text of others
        where = ".".join(map(str, known))
        raise Damaged(f"{file} does not fit" + (f" at {where!r}" if where else "")) from error


def output_paths(content: object) -> list[Path]:
    """outputs.json: where the video was asked for."""
    paths = [Path(each) for each in fitting(OUTPUTS, content, "outputs.json")]
    if not all(path.is_absolute() and path.suffix.lower() == ".mp4" and "\0" not in str(path) for path in paths):
        raise Damaged("outputs.json names something else than mp4 files")
    return paths


def check_place(content: Any) -> None:
    """place.json: where a head lies in its picture, as `Portrait.load` reads it. Raises Damaged."""
    place = fitting(PlaceFile, content, "place.json")
    if place.left > place.width - place.side or place.top > place.height - place.side:
        raise Damaged("place.json does not fit")


def check_timings(content: Any) -> None:
    """timings.json: what is said when, as `Speech.load` reads it. Raises Damaged."""
    from avatar.voice.speech import Phone, Word

    fits = isinstance(content, dict) and content.keys() == {"phones", "words"}
    for kind, name in ((list[Phone], "phones"), (list[Word], "words")) if fits else ():
        spans = content[name]
        fits &= isinstance(spans, list) and all(isinstance(each, list) for each in spans)  # an object is no span
        try:  # by way of JSON, whose arrays may stand for tuples
            TypeAdapter(kind).validate_json(json.dumps(spans), strict=True)
        except ValidationError:
            fits = False
    if not fits:
        raise Damaged("timings.json does not fit")
