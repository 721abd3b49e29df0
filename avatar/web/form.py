"""What is sent in, as a form or as JSON -> fields, and files in a folder of their own. Form fields come as text: numbers and
yes or no are read from it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from avatar.errors import AvatarError
from avatar.files import file_digest
from avatar.json_files import Damaged, parsed
from avatar.web.answers import Refused

MOST_FILES, MOST_FIELDS, MOST_FIELD_BYTES = 8, 100, 1 << 20


@dataclass
class Form:
    """fields: {name: value}, without those left empty; files: {name: path}, of the names asked for."""

    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of the files, as their sender calls them

    def digest(self) -> str:
        """The same for what says the same."""
        return json.dumps([self.fields, {name: file_digest(path) for name, path in self.files.items()}], sort_keys=True)


@contextlib.asynccontextmanager
async def received(request: Request, file_names: tuple[str, ...] = ()) -> AsyncIterator[Form]:
    """What a request holds; the files are gone when the block ends. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        uploads = request.state.home / "uploads"
        uploads.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=uploads, ignore_cleanup_errors=True) as folder:
            sent = await _form(request, file_names, Path(folder))
            try:
                yield sent
            except AvatarError as error:
                raise _without_places(error, sent, folder) from error
    elif kind in ("application/json", ""):
        yield Form(_without_empty(_json(await request.body())))
    else:
        raise Refused(415, "unsupported_type", "send multipart/form-data or application/json.")


async def _form(request: Request, file_names: tuple[str, ...], folder: Path) -> Form:
    made = Form()
    try:
        async with request.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
        ) as content:
            for name, value in content.multi_items():
                if not isinstance(value, UploadFile):
                    made.fields[name] = value
                elif name in file_names:
                    if value.size:
                        path = folder / f"{name}{_suffix(value.filename or '')}"
                        await asyncio.to_thread(_keep, value, path)
                        made.files[name], made.names[name] = path, (value.filename or name)[:200]
                else:
                    known = ", ".join(file_names) or "none"
                    raise Refused(400, "invalid_request", f"there is no file {name!r} here; there are: {known}.", name)
    except MultiPartException as error:
        raise Refused(400, "invalid_request", f"the form cannot be read: {error.message}.") from error
    made.fields = _without_empty(made.fields)
    return made


def _without_places(error: AvatarError, sent: Form, folder: str) -> AvatarError:
    """The same of a file by its field's name: where files lie on this host is nobody's."""
    message = str(error)
    about = [name for name, path in sent.files.items() if path.name in message]
    return type(error)(message.replace(f"{folder}/", ""), error.fields or about, error.mend)


def _keep(upload: UploadFile, path: Path) -> None:
    with open(path, "wb") as file:
        shutil.copyfileobj(upload.file, file, 1 << 20)


def _suffix(name: str) -> str:
    """Of a file's name, as far as it is one: readers of sound and pictures look at what is in a file, not at this."""
    found = re.search(r"\.[A-Za-z0-9]{1,8}\Z", name)
    return found[0].lower() if found else ""


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = parsed(body or b"{}")
    except Damaged as error:
        raise Refused(400, "invalid_json", f"the body {error}; send a JSON object.") from error
    if not isinstance(content, dict):
        raise Refused(400, "invalid_json", "the body is no JSON object; send one.")
    return content


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def text(fields: dict[str, Any], name: str, longest: int = 2000, needed: bool = False) -> str | None:
    """A field that is a text. Raises Refused."""
    value = fields.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        what = "is missing" if value is None else f"has to be a text of at most {longest} characters"
        raise Refused(400, "invalid_request", f"{name} {what}.", name)
    return value


def parsed_field(value: str, name: str) -> Any:
    """A form field that holds JSON. Raises Refused."""
    try:
        return parsed(value.encode("utf-8", "surrogatepass"))
    except Damaged as error:
        raise Refused(400, "invalid_request", f"{name} {error}; it has to be JSON.", name) from error
