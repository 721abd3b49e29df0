"""An index as it may be on another day: for every locked package a newer release, and whatever else may appear.

    python3.11 -m tests.calendar_index ./run --full true     COMMAND with this index as the host's only one

Of each locked package it offers the locked file (from where the host's own index has it), a newer release, a
pre-release, a yanked one, and the locked version as another file that an installer would like better. Its extra index
has the locked version under the locked name with other bytes. What is not locked comes from the host's index as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

from avatar.environment.locks import Wheel, read_lock
from ci.deps.audit import index_of
from pic.audit.index import SIMPLE_JSON, Index, IndexProblem
from testing.local_server import LocalServer
from tests.small_wheel import small_wheel

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("boot", "base", "full", "test", "release", "types", "service")
NEWER, NEWER_STILL, YANKED = "9999.0", "9999.1rc1", "9998.0"
FIXED_PORT = 47811  # uv keeps what it downloads by the index's address: the next run finds it again


def locked_wheels() -> dict[str, Wheel]:
    return {wheel.name: wheel for layer in LAYERS for wheel in read_lock(ROOT / f"locks/{layer}.txt")}


@dataclass
class CalendarIndex(LocalServer):
    """lost: packages whose locked file is no longer there. asked: the pages that were read."""

    locked: dict[str, Wheel] = field(default_factory=locked_wheels)
    upstream: Index = field(default_factory=lambda: index_of(ROOT))
    lost: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    pages: dict[str, dict | None] = field(default_factory=dict)  # of the host's index

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple"

    @property
    def extra_address(self) -> str:
        return f"http://127.0.0.1:{self.port}/extra/simple"

    def environment(self) -> dict[str, str]:
        """For a command: this index, its extra index, and no other."""
        return {"PIP_INDEX_URL": self.address, "PIP_EXTRA_INDEX_URL": self.extra_address}

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        *start, kind, name = request.path.strip("/").split("/")
        if kind == "simple":
            self.asked.append(name)
            try:
                body = self.page(name, extra=bool(start))
            except IndexProblem as problem:  # of the host's index: uv asks again
                request.send_error(503, str(problem))
                return
            self.send(request, None if body is None else json.dumps(body).encode(), SIMPLE_JSON)
        else:
            self.send(request, stub(name), "application/octet-stream")

    def send(self, request: BaseHTTPRequestHandler, body: bytes | None, kind: str) -> None:
        request.send_response(404 if body is None else 200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body or b"")))
        request.end_headers()
        if request.command == "GET":
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # uv stops reading where it knows enough
                request.wfile.write(body or b"")

    def page(self, name: str, extra: bool) -> dict | None:
        wheel = self.locked.get(name)
        other_bytes = [self.made_up(wheel.file)] if wheel else []
        files = other_bytes if extra else self.offered(name, wheel)
        return {"meta": {"api-version": "1.1"}, "name": name, "files": files} if files else None

    def offered(self, name: str, wheel: Wheel | None) -> list[dict]:
        if name not in self.pages:
            self.pages[name] = self.upstream.project(name)
        there = (self.pages[name] or {}).get("files", [])
        if wheel is None:
            return there
        stem = wheel.file.split("-")[0]
        files = [file for file in there if file["filename"] == wheel.file and name not in self.lost]
        files += [self.made_up(f"{stem}-{version}-py3-none-any.whl") for version in (NEWER, NEWER_STILL)]
        files.append(self.made_up(f"{stem}-{YANKED}-py3-none-any.whl") | {"yanked": "not good"})
        # Liked better: a build number, the interpreter's own tag; and as `any`, for whoever takes the first that fits.
        version = wheel.file.split("-")[1]
        files += [
            self.made_up(f"{stem}-{version}-{tag}.whl")
            for tag in ("9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "py3-none-any", "9-py3-none-any")
            if f"{stem}-{version}-{tag}.whl" != wheel.file
        ]
        return files

    def made_up(self, file: str) -> dict:
        url = f"http://127.0.0.1:{self.port}/files/{file}"
        return {"filename": file, "url": url, "hashes": {"sha256": hashlib.sha256(stub(file)).hexdigest()}}


def stub(file: str) -> bytes:
    """A wheel of that name which installs, with nothing in it but a module that says so."""
    name, version = file.split("-")[:2]
    return small_wheel(
        name, version, {f"{name.replace('.', '_')}_of_another_day.py": b"raise ImportError('another day')\n"}
    )


class FixedPort(CalendarIndex):
    wanted_port: ClassVar[int] = FIXED_PORT


def main() -> int:
    with FixedPort() as index:
        foreign = re.compile("(PIP|UV)_(INDEX|EXTRA_INDEX|DEFAULT_INDEX|FIND_LINKS|NO_INDEX)")
        kept = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        done = subprocess.run(sys.argv[1:], env=kept | index.environment())
        print(f"calendar index: {len(set(index.asked))} packages were asked for", file=sys.stderr)
        if not index.asked:
            print("calendar index: nothing was asked for, so nothing was shown", file=sys.stderr)
            return 1
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
