"""A table of videos as spreadsheets and programs write it: CSV, JSONL or JSON -> rows, each with the fields of a request.

CSV: the first line names the columns. Commas, semicolons or tabs, UTF-8 with or without Excel's mark, UTF-16 with its
mark; where semicolons part the cells, numbers may have a decimal comma. JSONL: an object a line; JSON: a list of them. A column is a field of
the request, `name` (of the video, without .mp4), `text_file` or `transcript_file`; an empty cell is the default. Paths count from the
table's folder.
"""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from avatar import json_files, portraits, settings, voices
from avatar.asking import UTF_16
from avatar.errors import InputError, RequestError
from avatar.files import refuse_host_failure
from avatar.frame.background import is_named
from avatar.frame.purposes import PURPOSES, with_purpose
from avatar.request import FILE_FIELDS, Request
from avatar.voice.presets.catalog import PRESETS

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")  # of files that are tables and no scripts
MOST_BYTES = 16 << 20
MOST_ROWS = 10_000
LONGEST_NAME = 200  # bytes; file systems take 255, and a partial file's name is longer than the final one
TEXT_FILES = {"text_file": "text", "transcript_file": "transcript"}  # files with what a field holds
COLUMNS = ("name", "for", *Request.model_fields, *TEXT_FILES)
PATHS = (*FILE_FIELDS, *TEXT_FILES)
KEPT = {"voice": voices.recording_of, "portrait": portraits.picture_of}  # (home, name) -> its file, or None
NUMBERS = ("steps", "tries", "face", "lips_shift", "lips_margin", "seconds", "speed", "seed")
ERRORS = re.compile(
    r"#(REF|NAME|VALUE|DIV/0|N/A|NUM|NULL|SPILL|CALC|GETTING_DATA)[!?]?|Err:\d{3}"
)  # of a formula in a spreadsheet
WORDS = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Row:
    """number: from 1, of the rows that are not empty; name: of the video, without .mp4; asked: fields of the request,
    those that are not the default, and text files; wrong: why no video can be made of it."""

    number: int
    name: str
    asked: dict[str, object] = field(default_factory=dict)
    wrong: RequestError | None = None

    @property
    def label(self) -> str:
        return f"row {self.number} ({self.name})"


def read_table(path: Path) -> list[Row]:
    """Raises RequestError where there is no such file or a column is unknown, InputError where it is no such table."""
    text = _text(path)
    if text.lstrip().startswith("["):
        records = _listed(path, text)
    else:
        records = _objects(path, text) if _is_jsonl(path, text) else _lines(path, text)
    rows, taken = [], dict[str, int]()
    for number, (asked, wrong) in enumerate(records, start=1):
        if number > MOST_ROWS:
            raise InputError(f"the table {path.name!r} has more than {MOST_ROWS:,} rows; split it into several.")
        try:
            name = _name(asked.pop("name", None) or f"{number:03}")
        except RequestError as error:
            name, wrong = f"{number:03}", wrong or error
        first = taken.setdefault(unicodedata.normalize("NFC", name).casefold(), number)
        if first != number:
            wrong = wrong or RequestError(f"row {first} has the name {name!r} too; give another.", ("name",))
        if not_paths := [column for column in PATHS if not isinstance(asked.get(column), str | None)]:
            wrong = wrong or RequestError("the name of a file is a text; put it in quotes.", not_paths)
        asked = dict(_at(path.parent, column, value) for column, value in asked.items() if value is not None)
        if (purpose := asked.pop("for", None)) is not None:
            try:
                asked = for_purpose(purpose, asked)
            except RequestError as error:
                wrong = wrong or error
        rows.append(Row(number, name, asked, wrong))
    if not rows:
        raise InputError(
            f"the table {path.name!r} has no rows; write one for each video below the names of the columns."
        )
    return rows


def for_purpose(purpose: object, asked: dict[str, object]) -> dict[str, object]:
    """A row's own fields, and below them what its purpose means: both come before what is said for all rows."""
    word = str(purpose).strip().lower()
    if word not in PURPOSES:
        raise RequestError(f"there is no purpose {str(purpose)[:40]!r}; there are: {', '.join(PURPOSES)}.", ("for",))
    return with_purpose(word, asked)


def _text(path: Path) -> str:
    shown = repr(str(path))
    if not path.is_file():
        raise RequestError(f"there is no table {shown}; check the path.", ("table",))
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        refuse_host_failure(error, f"reading {shown}")
        raise RequestError(f"cannot read the table {shown}: {error.strerror}; check the path.", ("table",)) from error
    if len(data) > MOST_BYTES:
        raise InputError(f"the table {shown} is larger than {MOST_BYTES >> 20} MiB; split it into several.")
    encoding = "utf-16" if data.startswith(UTF_16) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"the table {shown} is not UTF-8 text; save it as CSV in UTF-8.") from error
    if "\0" in text:
        raise InputError(f"the table {shown} is not text; save it as CSV in UTF-8.")
    return text


def _is_jsonl(path: Path, text: str) -> bool:
    return path.suffix.lower() in (".jsonl", ".ndjson", ".json") or text.lstrip().startswith("{")


Record = tuple[dict[str, object], RequestError | None]  # {column: value}, None where a cell is empty; and what is wrong


def _objects(path: Path, text: str) -> Iterator[Record]:
    for at, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json_files.parsed(line.encode())
            if not isinstance(value, dict):
                raise json_files.Damaged("is no object")
        except json_files.Damaged as error:
            raise InputError(f"line {at} of the table {path.name!r} {error}; write one JSON object a line.") from error
        yield _object(path, value)


def _listed(path: Path, text: str) -> Iterator[Record]:
    try:
        rows = json_files.parsed(text.encode())
    except json_files.Damaged as error:
        raise InputError(f"the table {path.name!r} {error}; write a list of JSON objects, or one a line.") from error
    for number, value in enumerate(rows if isinstance(rows, list) else [], start=1):
        if not isinstance(value, dict):
            raise InputError(f"row {number} of the table {path.name!r} is no object; write a list of JSON objects.")
        yield _object(path, value)


def _object(path: Path, value: dict[str, object]) -> Record:
    asked = {_column(path, key): each for key, each in value.items()}
    wrong = [name for name, each in asked.items() if isinstance(each, dict | list)]
    return asked, RequestError("a value is a text, a number, true or false.", wrong) if wrong else None


def _lines(path: Path, text: str) -> Iterator[Record]:
    delimiter, text = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    csv.field_size_limit(MOST_BYTES)
    columns: list[str] = []
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [_column(path, cell) if cell.strip() else "" for cell in cells]
                if twice := [name for name in columns if name and columns.count(name) > 1]:
                    raise RequestError(
                        f"the table {path.name!r} has the column {twice[0]!r} twice; leave one.", ("table",)
                    )
                continue
            yield _record(columns, cells, delimiter)
    except csv.Error as error:
        raise InputError(
            f"line {lines.line_num} of the table {path.name!r} is no CSV ({error}); save it anew."
        ) from error


def _delimiter(text: str) -> tuple[str, str]:
    """What parts the cells, and the text without the line sep=; in which Excel may say so."""
    text = text.lstrip("\r\n")
    head = re.split(r"[\r\n]", text, maxsplit=1)[0]
    if told := re.fullmatch(r"sep=([,;\t])", head):
        return told.group(1), text[len(head) :]
    return max(",;\t", key=head.count), text


def _record(columns: list[str], cells: list[str], delimiter: str) -> Record:
    asked = {}
    for number, cell in enumerate(cells):
        column = columns[number] if number < len(columns) else ""
        if column and ERRORS.fullmatch(cell.strip()):
            return asked, RequestError(
                f"{cell.strip()!r} is what a spreadsheet shows of a formula that failed; mend it there, and save the table again.",
                (column,),
            )
        if column:
            asked[column] = _value(column, cell.strip(), delimiter)
        elif cell.strip():
            return asked, RequestError(
                f"there is {cell.strip()[:40]!r} in column {number + 1}, which has no name; put a text that holds "
                f"{delimiter!r} in quotes."
            )
    return asked, None


def _value(column: str, cell: str, delimiter: str) -> object:
    """A cell's value for its column; None where it is empty. What does not fit stays as it is, for the request to refuse."""
    if column in ("subtitles", "mark"):
        return WORDS.get(cell.lower(), cell)
    if column in NUMBERS and delimiter == ";" and re.fullmatch(r"-?\d+,\d+", cell):
        return cell.replace(",", ".")
    return cell or None


def _column(path: Path, title: str) -> str:
    name = re.sub(r"[\s-]+", "_", title.strip().lower())
    if name not in COLUMNS:
        raise RequestError(
            f"the table {path.name!r} has a column {title.strip()[:60]!r}; its first line names the columns, and there "
            f"are: {', '.join(COLUMNS)}.",
            ("table",),
        )
    return name


def _name(value: object) -> str:
    """A plain file name, without .mp4. Raises RequestError for one that leads out of the folder or cannot be written."""
    name = re.sub(r"\.mp4$", "", str(value).strip(), flags=re.IGNORECASE).strip()
    if not name or re.search(r"[/\\]", name) or not name.isprintable() or name.startswith((".", "-")):
        raise RequestError(
            f"the name {str(value)[:60]!r} is not that of a file in the folder; use letters, digits, '_' and '-'.",
            ("name",),
        )
    if len(os.fsencode(name)) > LONGEST_NAME:
        raise RequestError(f"the name is {len(os.fsencode(name))} bytes long; {LONGEST_NAME} is the most.", ("name",))
    return name


def _at(folder: Path, column: str, value: object) -> tuple[str, object]:
    """A path from the table's folder; where no such file is there, a voice or a portrait that is kept under that name, a
    preset, and of a background a colour."""
    if column not in (*PATHS, "background") or not isinstance(value, str):
        return column, value
    if column == "background" and is_named(value):
        return column, value
    path = folder / value
    is_kept = column in KEPT and KEPT[column](settings.home(), value) or column == "voice" and value in PRESETS
    if not path.is_file() and (column == "background" or is_kept):
        return column, value
    return "backdrop" if column == "background" else column, path
