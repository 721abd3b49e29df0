"""A package index on 127.0.0.1 that speaks PEP 691, PEP 658, ranges, the warehouse JSON and OSV, with recorded answers."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from testing.local_server import LocalServer
from tests.small_wheel import record_text

RECORDED = Path(__file__).parent / "data/deps"


def recorded(kind: str) -> dict[str, dict]:
    """{package: answer} of tests/data/deps/<kind>, read anew."""
    return {path.stem: json.loads(path.read_text()) for path in (RECORDED / kind).iterdir()}


@dataclass
class PackageIndex(LocalServer):
    """projects and uploaders are the recorded answers, to be changed; files are made for a test: {name: content}."""

    projects: dict[str, dict] = field(default_factory=lambda: recorded("simple"))
    uploaders: dict[str, dict] = field(default_factory=lambda: recorded("uploaders"))
    files: dict[str, bytes] = field(default_factory=dict)
    vulnerable: dict[str, str] = field(default_factory=dict)  # {package: the id of what is known of it}
    metadata_beside: bool = True  # PEP 658
    knows_ranges: bool = True
    speaks_json: bool = True
    status: int | None = None  # answers every request with this
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # (path, Authorization)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple"

    @property
    def osv_address(self) -> str:
        return f"http://127.0.0.1:{self.port}/osv"

    def file(self, name: str) -> dict:
        """The entry of a file in the answer of its package, to be changed."""
        return next(f for project in self.projects.values() for f in project["files"] if f["filename"] == name)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append((request.path, request.headers["Authorization"]))
        asked = request.rfile.read(int(request.headers["Content-Length"] or 0))
        body, kind, status = self.body_of(request.path, asked), "application/octet-stream", 200
        if request.path.startswith("/simple/"):
            kind = "application/vnd.pypi.simple.v1+json" if self.speaks_json else "text/html"
        headers = {}
        if body and request.path.startswith("/files/") and self.knows_ranges and (wanted := request.headers["Range"]):
            first, last = re.fullmatch(r"bytes=(\d*)-(\d+)", wanted).groups()
            start = int(first) if first else max(0, len(body) - int(last))
            end = min(int(last), len(body) - 1) if first else len(body) - 1
            headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
            body, status = body[start : end + 1], 206
        request.send_response(self.status or (404 if body is None else status))
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body or b"")), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body or b"")

    def body_of(self, path: str, asked: bytes) -> bytes | None:
        first, *rest = path.strip("/").split("/")
        if first == "osv":
            name = json.loads(asked)["package"]["name"]
            known = {"id": self.vulnerable.get(name), "affected": [{"package": {"name": name, "ecosystem": "PyPI"}}]}
            return json.dumps({"vulns": [known]} if known["id"] else {}).encode()
        if first == "simple" and rest[0] in self.projects:
            return json.dumps(self.with_metadata(self.projects[rest[0]])).encode()
        if first == "pypi" and rest[0] in self.uploaders:
            return json.dumps(self.uploaders[rest[0]]).encode()
        if first == "files" and rest[0].endswith(".metadata") and self.metadata_beside:
            return (RECORDED / "metadata" / rest[0]).read_bytes()
        return self.files.get(rest[0]) if first == "files" else None

    def with_metadata(self, project: dict) -> dict:
        files = [
            {**file, "core-metadata": self.metadata_beside and (RECORDED / f"metadata/{file['filename']}.metadata").exists()}
            for file in project["files"]
        ]  # fmt: skip
        return {**project, "files": files}


def make_wheel(file: str, files: dict[str, bytes], padding: int = 0) -> bytes:
    """A wheel of these files, its METADATA the recorded one. `padding` bytes keep its parts far from one another."""
    name, version = file.split("-")[:2]
    metadata = (RECORDED / f"metadata/{file}.metadata").read_bytes()
    info = {f"{name}-{version}.dist-info/METADATA": metadata}
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as wheel:
        for path, content in {**info, **files}.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{name}-{version}.dist-info/RECORD", record_text({**info, **files}))
        wheel.writestr("padding", b"\0" * padding)
    return body.getvalue()


def make_sdist(folder: str, files: dict[str, str]) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return body.getvalue()


def install(site: Path, name: str, version: str, files: dict[str, str], metadata: str = "") -> None:
    """Put a distribution of these files into a site-packages folder, as an installer would."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"}
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (site / info / "RECORD").write_text(record_text({path: text.encode() for path, text in files.items()}))
