"""What lies in a job folder, read strictly: nothing in it is followed out of it, and nothing that does not fit is believed.

A job that is damaged is shown, with the reason, and can be removed; nobody goes on with it, and nobody takes a stage from
it. Everything here raises `Damaged`, whose words name the file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from avatar.errors import RequestError
from avatar.files import file_digest, is_folder, is_regular
from avatar.invocation import printable
from avatar.jobs import schema
from avatar.json_files import Damaged, read_json
from avatar.request import FILE_FIELDS, Request, make_request

STAGES = ("portrait", "voice", "lips", "video")
FOLDERS = ("inputs", "records")
LARGEST_TIMINGS_BYTES = 4 << 20


class AnotherVersion(Damaged):
    """A request with fields that this version does not know."""


def inside(folder: Path, name: str) -> Path:
    """The path of a file in a job folder. Raises Damaged where a folder on the way to it is none, or a symlink."""
    path = folder / name
    for each in dict.fromkeys((folder, path.parent)):
        if os.path.lexists(each) and not is_folder(each):
            raise Damaged("it is no folder" if each == folder else f"{each.name} is no folder")
    return path


def read_envelope(folder: Path) -> schema.Envelope:
    """request.json: when it was made, and what was asked for, as it stands there."""
    try:
        return schema.fitting(schema.Envelope, read_json(inside(folder, "request.json")), "request.json")
    except FileNotFoundError as error:
        raise Damaged("request.json is missing") from error


def read_request(folder: Path) -> Request:
    """The request, its files being those in inputs/."""
    fields: dict[str, object] = dict(read_envelope(folder).request)
    for name in FILE_FIELDS:
        if (value := fields.get(name)) is None:
            continue
        plain = schema.fitting(schema.NAME, value, "request.json")
        path = inside(folder, f"inputs/{plain}")
        if not is_regular(path):
            raise Damaged(
                f"inputs/{plain} is no regular file" if os.path.lexists(path) else f"inputs/{plain} is missing"
            )
        fields[name] = path
    try:
        return make_request(**fields)
    except RequestError as error:
        if unknown := fields.keys() - Request.model_fields.keys():
            raise AnotherVersion(f"request.json has the unknown field {min(unknown)!r}") from error
        raise Damaged(f"request.json does not fit at {(error.fields or ('request',))[0]!r}") from error


def read_record(folder: Path, stage: str) -> dict | None:
    """A stage's record as it stands there; None where there is none."""
    name = f"records/{stage}.json"
    try:
        content = read_json(inside(folder, name))
    except FileNotFoundError:
        return None
    except Damaged as error:
        raise Damaged(f"records/{error}" if str(error).startswith(f"{stage}.json") else str(error)) from error
    return as_record(content, stage)


def as_record(content: object, stage: str) -> dict:
    """What was read as a stage's record."""
    if schema.fitting(schema.Record, content, f"records/{stage}.json").stage != stage:
        raise Damaged(f"records/{stage}.json is of another stage")
    assert isinstance(content, dict)
    return content


def read_outputs(folder: Path) -> list[Path]:
    """Where the video was asked for, the latest last."""
    try:
        return schema.output_paths(read_json(inside(folder, "outputs.json")))
    except FileNotFoundError:
        return []


def read_queue_entry(folder: Path) -> schema.QueueEntry | None:
    """What the queue knows of a job; None where it never stood in it."""
    try:
        return schema.fitting(schema.QueueEntry, read_json(inside(folder, "queue.json")), "queue.json")
    except FileNotFoundError:
        return None


def read_report(folder: Path) -> dict | None:
    try:
        content = read_json(inside(folder, "report.json"), 4 << 20)
    except FileNotFoundError:
        return None
    schema.fitting(schema.Report, content, "report.json")
    assert isinstance(content, dict)
    return content


def read_signed(folder: Path) -> dict[str, str] | None:
    """What was noted of the signed copy of the video; None where there is none."""
    try:
        content = read_json(inside(folder, "signed.json"))
    except FileNotFoundError:
        return None
    return schema.fitting(schema.Signed, content, "signed.json").model_dump()


def refuse_damaged(folder: Path) -> None:
    """Raises Damaged with the first thing that does not fit. A request of another version does: it is only not readable.

    What a stage made is not looked into here: that its bytes are those of the record is asked where it is used.
    """
    inside(folder, "records/portrait.json")
    inside(folder, "inputs/portrait")
    for path in sorted(folder.iterdir()):
        if path.name not in FOLDERS and not path.name.startswith(".") and not is_regular(path):
            raise Damaged(f"{printable(path.name)} is no regular file")
    with contextlib.suppress(AnotherVersion):
        read_request(folder)
    for stage in STAGES:
        read_record(folder, stage)
    read_outputs(folder)
    read_queue_entry(folder)


def is_whole(folder: Path, outputs: Mapping[str, str]) -> bool:
    """Whether a folder has these files, by their digests, and times and a place that can be read."""
    if not all(is_regular(folder / name) and file_digest(folder / name) == sha256 for name, sha256 in outputs.items()):
        return False
    for name, check in (("timings.json", schema.check_timings), ("place.json", schema.check_place)):
        if name in outputs:
            try:
                check(read_json(folder / name, LARGEST_TIMINGS_BYTES))
            except (Damaged, FileNotFoundError):
                return False
    return True
