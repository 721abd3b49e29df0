"""Wheels that are made for a test."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile

WHEEL = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def small_wheel(name: str, version: str, files: dict[str, bytes], metadata: str = "") -> bytes:
    """A wheel of these files, the same bytes each time. metadata: more lines for METADATA."""
    info = f"{name}-{version}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}".encode()
    content = {**files, f"{info}/METADATA": about, f"{info}/WHEEL": WHEEL}
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path, data in {**content, f"{info}/RECORD": record_text(content, f"{info}/RECORD")}.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return body.getvalue()


def record_text(files: dict[str, bytes], *unhashed: str) -> str:
    """A RECORD of these files, and of some that have no digest there."""
    text = io.StringIO()
    rows = [record_row(path, content) for path, content in files.items()] + [(path, "", "") for path in unhashed]
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def record_row(path: str, content: bytes) -> tuple[str, str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return path, f"sha256={digest}", str(len(content))
