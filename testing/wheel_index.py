"""A folder of wheels as a package index on 127.0.0.1 (PEP 503), for pip where no other index should be asked."""

from __future__ import annotations

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from avatar.environment.installed import canonical_name
from testing.local_server import LocalServer


@dataclass
class WheelIndex(LocalServer):
    folder: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple/"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        match request.path.strip("/").split("/"):
            case ["simple", project]:
                wheels = [path.name for path in self.folder.glob("*.whl")]
                links = [f'<a href="/files/{w}">{w}</a>' for w in wheels if canonical_name(w.split("-")[0]) == project]
                self.respond(request, "text/html", "\n".join(links).encode())
            case ["files", name] if (self.folder / name).is_file():
                self.respond(request, "application/zip", (self.folder / name).read_bytes())
            case _:
                request.send_error(404)

    def respond(self, request: BaseHTTPRequestHandler, kind: str, body: bytes) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(body)
