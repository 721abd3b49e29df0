"""A hub on 127.0.0.1 that answers as the real one does: HEAD and GET of /<owner>/<name>/resolve/<revision>/<path>.

Small files are sent at once, with their git object as ETag. Large ones are redirected to another host name ("cdn"),
with X-Linked-Etag (their sha256) and X-Linked-Size, and are sent there in ranges.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from testing.local_server import LocalServer

LARGE_BYTES = 100_000
BLOCK_BYTES = 1 << 16


@dataclass
class Hub(LocalServer):
    """files: {"owner/name/resolve/revision/path": content}. The other fields are what it does wrong."""

    protocol: ClassVar[str] = "HTTP/1.1"
    files: dict[str, bytes]
    flip: set[str] = field(default_factory=set)  # one bit of these is wrong as they are sent
    cut_after: list[int] = field(
        default_factory=list
    )  # drops the connection after so many bytes of a large file, once for each number
    block_pause_s: float = 0  # between blocks of BLOCK_BYTES: a slow line
    knows_ranges: bool = True
    status: int | None = None  # answers every request with this
    other_sha256: bool = False  # says that large files have another digest
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)  # (method, key, Range)
    tokens: dict[str, set[str | None]] = field(default_factory=dict)  # {host: what was sent as Authorization}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bodies(self, name: str) -> list[str | None]:
        """The ranges in which the body of a file was asked for; None for all of it."""
        return [wanted for method, key, wanted in self.requests if method == "GET" and key.endswith(name)]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        host = request.headers["Host"].split(":")[0]
        self.tokens.setdefault(host, set()).add(request.headers["Authorization"])
        on_cdn = request.path.startswith("/cdn/")
        key = request.path.removeprefix("/cdn/").lstrip("/")
        content = self.files.get(key)
        if self.status or content is None:
            return respond(request, self.status or 404, {"X-Error-Code": "EntryNotFound"})
        sha256 = "0" * 64 if self.other_sha256 else hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": key.split("/")[3]}
        if len(content) > LARGE_BYTES and not on_cdn:
            headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(content)), "ETag": '"a pointer"'}
            if request.command == "HEAD":
                self.requests.append(("HEAD", key, None))
            return respond(request, 302, headers | {"Location": f"http://localhost:{self.port}/cdn/{key}"})
        self.requests.append((request.command, key, request.headers["Range"]))
        git_object = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        headers |= {"ETag": f'"{sha256 if on_cdn else git_object}"', "Accept-Ranges": "bytes"}
        if request.command == "HEAD":
            return respond(request, 200, headers | {"Content-Length": str(len(content))})
        self.send(request, headers, flipped(content) if key in self.flip else content)

    def send(self, request: BaseHTTPRequestHandler, headers: dict[str, str], content: bytes) -> None:
        first = 0
        if self.knows_ranges and (wanted := request.headers["Range"]):
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            headers |= {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}
        respond(request, 206 if first else 200, headers | {"Content-Length": str(len(content) - first)}, body=True)
        last = len(content)
        if self.cut_after and len(content) > LARGE_BYTES:
            last = first + self.cut_after.pop(0)
        try:
            for start in range(first, last, BLOCK_BYTES):
                request.wfile.write(content[start : min(start + BLOCK_BYTES, last)])
                time.sleep(self.block_pause_s)
        except OSError:  # whoever asked was killed
            pass
        request.close_connection = last < len(content)


def respond(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bool = False) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    if not body and "Content-Length" not in headers:
        request.send_header("Content-Length", "0")
    request.end_headers()


def flipped(content: bytes) -> bytes:
    """The content with one bit in its middle turned over."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :]
