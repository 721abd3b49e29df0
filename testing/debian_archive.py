"""A mirror of Debian packages and a dated archive of them, on 127.0.0.1: the real archive is out of a test's reach.

It has the archive's ways: a folder for each import, a redirect from any other time to the import before it, and a limit
on the rate of requests. What it cannot show is that the real one still answers so.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote

from testing.local_server import LocalServer

DATED = re.compile(r"/archive/debian/(\d{8}T\d{6}Z)/(.+)")


@dataclass
class DebianArchive(LocalServer):
    """`folder` holds mirror/ and, for each import, archive/<time>/; each of them has packages and a list of them."""

    folder: Path
    busy: list[int] = field(default_factory=list)  # what the archive says first when asked for a package
    mirror_is_down: bool = False
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = unquote(request.path)
        self.requests.append(asked)
        path = self.folder / "mirror" / asked.removeprefix("/debian/")
        if self.mirror_is_down and asked.startswith("/debian/"):
            return respond(request, 502)
        if dated := DATED.fullmatch(asked):
            if self.busy and asked.endswith(".deb"):
                return respond(request, self.busy.pop(0))
            wanted, name = dated.groups()
            imports = sorted(folder.name for folder in (self.folder / "archive").iterdir())
            before = [time for time in imports if time <= wanted]
            if before and before[-1] != wanted:
                return respond(request, 301, location=f"/archive/debian/{before[-1]}/{name}")
            path = self.folder / "archive" / wanted / name
        if not path.is_file():
            return respond(request, 404)
        respond(request, 200, path.read_bytes())


def respond(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", location: str = "") -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    if location:
        request.send_header("Location", location)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(body)


def pack(folder: Path, name: str, version: str, content: str = "") -> Path:
    """A real, tiny Debian package; a mirror leaves the epoch out of file names."""
    tree = folder / f"{name}-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: none <none@example.org>\n"
        f"Description: test {content}\n"
    )
    file = folder / f"{name}_{version.partition(':')[2] or version}_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", tree, file],
        env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
        check=True,
        capture_output=True,
    )
    return file


def list_packages(folder: Path) -> None:
    """Write the list of a folder's packages, as a mirror has it."""
    entries = []
    for file in sorted(folder.glob("*.deb")):
        control = subprocess.run(["dpkg-deb", "--field", file], check=True, capture_output=True, text=True).stdout
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        entries.append(f"{control.strip()}\nFilename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {sha256}\n")
    (folder / "Packages").write_text("\n".join(entries))
