"""An mp4 without the C2PA manifest that was put into it: the bytes that it had before.

c2pa puts one box behind `ftyp` and moves the places that the tables of chunks name by its length (ISO/IEC 14496-12, 8.7.5);
nothing else changes. So taking it out again gives the file that was signed, to the byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

MANIFEST = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA 2.1, A.5: the identifier of its box
WITHIN = (b"trak", b"mdia", b"minf", b"stbl")
LARGEST_HEADER = 64 << 20  # bytes, as mp4.py has it
LARGEST_MANIFEST = 16 << 20
PADDING = re.compile(rb"\x63pad([\x40-\x5b])", re.DOTALL)  # in CBOR: the text "pad", and the head of a byte string
PIECE = 1 << 20
BEGINNING = 1 << 16


class Box(NamedTuple):
    kind: bytes
    start: int
    size: int
    head: int  # bytes before its content


def manifest_of(path: Path) -> Box | None:
    """The box with the manifest; None where there is none, or more than one. Raises OSError."""
    with open(path, "rb") as file:
        found = [box for box in _outer(file) if box.kind == b"uuid" and _identifier(file, box) == MANIFEST]
    return found[0] if len(found) == 1 else None


def has_blank_padding(path: Path) -> bool:
    """Whether what C2PA reserves in a manifest is all zero, as C2PA asks: no signature covers it."""
    manifest = manifest_of(path)
    if not manifest or manifest.size > LARGEST_MANIFEST:
        return True
    with open(path, "rb") as file:
        file.seek(manifest.start)
        content = file.read(manifest.size)
    for found in PADDING.finditer(content):
        head = found[1][0] & 0x1F  # of a CBOR byte string: its length, or how many bytes have it
        at, size = found.end(1), head
        if head >= 24:
            at += 1 << (head - 24)
            size = int.from_bytes(content[found.end(1) : at], "big")
        if content[at : at + size].strip(b"\0"):
            return False
    return True


def had_manifest(path: Path) -> bool:
    """Whether the beginning of a file, where c2pa puts a manifest, has the identifier of one, reached by its boxes or not."""
    with open(path, "rb") as file:
        return b"uuid" + MANIFEST in file.read(BEGINNING)


def unsigned_digest(path: Path) -> str | None:
    """sha256 of the file without its manifest; None where it has none or is no whole mp4. Raises OSError."""
    total = hashlib.sha256()
    with contextlib.suppress(struct.error, ValueError):
        for piece in unsigned(path):
            total.update(piece)
        return total.hexdigest()
    return None


def unsigned(path: Path) -> Iterator[bytes]:
    """The file without its manifest, piece by piece. Raises ValueError, struct.error where it has none, or is no whole mp4."""
    manifest = manifest_of(path)
    if not manifest or manifest.size > LARGEST_MANIFEST:
        raise ValueError("it has no manifest")
    with open(path, "rb") as file:
        for box in _outer(file):
            if box == manifest:
                continue
            file.seek(box.start)
            if box.kind == b"moov":
                if box.size > LARGEST_HEADER:
                    raise ValueError("its header is too large")
                yield bytes(_moved_back(bytearray(file.read(box.size)), box.head, manifest))
            else:
                for at in range(0, box.size, PIECE):
                    yield file.read(min(PIECE, box.size - at))


def _outer(file: BinaryIO) -> Iterator[Box]:
    """The boxes of a file, one after the other; what is left at its end is one of no kind."""
    at, end = 0, file.seek(0, 2)
    while at < end:
        file.seek(at)
        head = file.read(16)
        size, kind, length = 0, b"", 8
        if len(head) >= 8:
            size, kind = struct.unpack_from(">I4s", head)
            if size == 1 and len(head) == 16:
                (size,), length = struct.unpack_from(">Q", head, 8), 16
        if size < length or at + size > end:  # 0: to the end of the file; else it is cut short
            size = end - at
        yield Box(kind, at, size, length)
        at += size


def _identifier(file: BinaryIO, box: Box) -> bytes:
    file.seek(box.start + box.head)
    return file.read(16)


def _moved_back(moov: bytearray, head: int, manifest: Box) -> bytearray:
    """The header with the places of chunks that lie behind the manifest as they were. Raises ValueError, struct.error."""
    within = [(head, len(moov))]
    while within:
        at, end = within.pop()
        while at + 8 <= end:
            size, kind = struct.unpack_from(">I4s", moov, at)
            if size < 8 or at + size > end:
                raise ValueError(f"a box of {size} bytes")
            if kind in WITHIN:
                within.append((at + 8, at + size))
            elif kind in (b"stco", b"co64"):
                _move_back(moov, at, size, "I" if kind == b"stco" else "Q", manifest)
            at += size
    return moov


def _move_back(moov: bytearray, at: int, size: int, number: str, manifest: Box) -> None:
    (count,) = struct.unpack_from(">I", moov, at + 12)
    if 16 + count * struct.calcsize(number) > size:
        raise ValueError(f"a table of {count} places in {size} bytes")
    form = f">{count}{number}"
    places = struct.unpack_from(form, moov, at + 16)
    before = (place - manifest.size if place >= manifest.start + manifest.size else place for place in places)
    struct.pack_into(form, moov, at + 16, *before)
