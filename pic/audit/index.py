"""A package index, asked for what it knows of a package.

First the simple API as JSON (PEP 691, PEP 700), which mirrors speak too: files, their sizes, times, Python versions.
Then the warehouse JSON, where it is spoken: who may upload. A wheel's metadata comes from the file beside it
(PEP 658), else out of the wheel itself, of which only the needed ranges are read.
"""

from __future__ import annotations

import base64
import email
import http.client
import io
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from email.message import Message

from pic.audit import sdist

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
TAIL_BYTES = 1 << 18  # of a wheel: its listing and its .dist-info mostly stand in here
BLOCK_BYTES = 1 << 16  # where they do not, read at once
IN_DIST_INFO = re.compile(r"[^/]+\.dist-info/[^/]+")
TIMEOUT_S = 20


class IndexProblem(Exception):
    """The index is not to be had, or does not answer as an index does."""


class Index:
    """An index by its simple address, such as http://127.0.0.1:8080/simple. Nothing is kept between runs."""

    def __init__(self, address: str, settings: dict[str, str] | None = None):
        settings = settings or {}
        parts = urllib.parse.urlsplit(address.rstrip("/"))
        if parts.scheme not in ("http", "https"):
            raise IndexProblem("pip's index is a folder here, which knows no times or sizes.")
        self._login = ""
        if parts.username:  # urllib would take `user:password@` as a part of the host's name
            login = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            self._login = f"Basic {base64.b64encode(login.encode()).decode()}"
            parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        self.address = parts.geturl()
        self._host = parts.hostname
        context = ssl.create_default_context(cafile=settings.get("cert") or None)
        if self._host in [trusted.partition(":")[0] for trusted in settings.get("trusted-host", "").split()]:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        handlers: list = [urllib.request.HTTPSHandler(context=context)]
        if proxy := settings.get("proxy"):
            handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
        self._opener = urllib.request.build_opener(*handlers)

    def project(self, name: str) -> dict | None:
        """The simple API's answer for a canonical name; None where the index has no such package."""
        page = f"{self.address}/{name}/"
        body, kind = self._get(page, {"Accept": SIMPLE_JSON}) or (None, "")
        if body is None:
            return None
        if not kind.startswith(SIMPLE_JSON):
            raise IndexProblem(f"pip's index ({self._host}) answers {kind or 'nothing'}, not JSON (PEP 691).")
        try:
            project = json.loads(body)
        except ValueError as error:
            raise IndexProblem(f"pip's index ({self._host}) sends JSON that is none: {error}.") from error
        for file in project["files"]:
            file["url"] = urllib.parse.urljoin(page, file["url"])  # it may be relative to the page
        return project

    def uploaders(self, name: str) -> dict | None:
        """The warehouse JSON of the newest release; None where the index does not speak it."""
        base, _, last = self.address.rpartition("/")
        if last != "simple":
            return None
        body, _ = self._get(f"{base}/pypi/{name}/json", {}) or (b"", "")
        try:
            return json.loads(body)
        except ValueError:
            return None

    def metadata(self, file: dict) -> Message | None:
        """The metadata of a file that the simple API lists; None where there is no cheap way to it."""
        beside = file.get("core-metadata") or file.get("data-dist-info-metadata")
        if beside and (answer := self._get(f"{file['url']}.metadata", {})):
            return parse_metadata(answer[0])
        if file["filename"].endswith(".tar.gz"):
            small = (file.get("size") or 0) <= sdist.MOST_BYTES
            return sdist.sdist_metadata(answer[0]) if small and (answer := self._get(file["url"], {})) else None
        text = self.wheel_members(file, "METADATA").get("METADATA")
        return parse_metadata(text) if text is not None else None

    def wheel_members(self, file: dict, *names: str) -> dict[str, bytes]:
        """These files of a wheel's .dist-info, by ranges; {} where the server sends none or the wheel is damaged."""
        try:
            remote = io.BufferedReader(RemoteFile(self, file["url"]), BLOCK_BYTES)
            with zipfile.ZipFile(remote) as wheel:
                inner = {name.rpartition("/")[2]: name for name in wheel.namelist() if IN_DIST_INFO.fullmatch(name)}
                return {name: wheel.read(inner[name]) for name in names if name in inner}
        except (OSError, http.client.HTTPException, zipfile.BadZipFile):
            return {}

    def read_range(self, url: str, wanted: str) -> tuple[bytes, int]:
        """The bytes "first-last" (or "-n", the last n) of a file, and its size. OSError where there are no ranges."""
        with self._open(url, {"Range": f"bytes={wanted}"}) as answer:
            size = re.fullmatch(r"bytes \d+-\d+/(\d+)", answer.headers.get("Content-Range", ""))
            if answer.status != 206 or not size:
                raise OSError(f"{url}: no ranges")
            return answer.read(), int(size[1])

    def _get(self, url: str, headers: dict[str, str]) -> tuple[bytes, str] | None:
        """(body, content type), None for 404. Raises IndexProblem where there is no answer."""
        try:
            with self._open(url, headers) as answer:
                return answer.read(), answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise IndexProblem(f"pip's index ({self._host}) answers {error.code} {error.reason}.") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise IndexProblem(f"pip's index ({self._host}) does not answer: {reason}.") from error

    def _open(self, url: str, headers: dict[str, str]):
        request = urllib.request.Request(url, headers={"User-Agent": "picctl-audit", **headers})
        if self._login and urllib.parse.urlsplit(url).hostname == self._host:
            request.add_unredirected_header("Authorization", self._login)
        return self._opener.open(request, timeout=TIMEOUT_S)


def parse_metadata(content: bytes) -> Message:
    # From text: a Message made of bytes gives other objects than strings where a name is not ASCII.
    return email.message_from_string(content.decode(errors="replace"))


class RemoteFile(io.RawIOBase):
    """A file on a server as something zipfile can seek in. Its end, where a wheel tells of itself, is fetched first."""

    def __init__(self, index: Index, url: str):
        self._index, self._url, self._at = index, url, 0
        self._tail, self._size = index.read_range(url, f"-{TAIL_BYTES}")

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer) -> int:
        last = min(self._at + len(buffer), self._size)
        if last <= self._at:
            return 0
        in_tail = self._at - (self._size - len(self._tail))
        if in_tail >= 0:
            content = self._tail[in_tail : in_tail + len(buffer)]
        else:
            content, _ = self._index.read_range(self._url, f"{self._at}-{last - 1}")
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
