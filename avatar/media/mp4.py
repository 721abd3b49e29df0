"""What the header of an mp4 says of its tracks, in a millisecond: of videos that were made here, FFmpeg is not asked again."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from avatar.errors import InputError

LARGEST_HEADER = 64 << 20  # bytes; two hours of video and sound have 5 MB
INSIDE = (b"mdia", b"minf", b"stbl")  # boxes of a track that hold boxes


class Track(NamedTuple):
    kind: str  # "vide", "soun", or another of ISO/IEC 14496-12
    samples: int  # frames of a picture, packets of a sound
    seconds: float


def tracks_of(path: Path) -> list[Track]:
    """The tracks in the order of the file. Raises InputError where there is no whole header (ISO/IEC 14496-12)."""
    try:
        with open(path, "rb") as file:
            header = _header(file)
        return [_track(content) for kind, content in _boxes(header) if kind == b"trak"]
    except (OSError, struct.error, ValueError, KeyError, ZeroDivisionError) as error:
        raise InputError(
            f"{str(path)!r} has no header of an mp4 that can be read; it is damaged or cut short."
        ) from error


def _header(file: BinaryIO) -> bytes:
    """The content of the box `moov`, wherever it lies."""
    while len(start := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", start)
        read = 8
        if size == 1:
            (size,), read = struct.unpack(">Q", file.read(8)), 16
        if size < read:  # 0: to the end of the file
            break
        if kind == b"moov":
            if size > LARGEST_HEADER or len(content := file.read(size - read)) < size - read:
                break
            return content
        file.seek(size - read, 1)
    raise ValueError("no moov")


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size < 8 or at + size > len(content):
            raise ValueError(f"a box of {size} bytes")
        yield kind, content[at + 8 : at + size]
        at += size


def _track(content: bytes) -> Track:
    found: dict[bytes, bytes] = {}
    within = [content]
    while within:
        for kind, inner in _boxes(within.pop()):
            if kind in INSIDE:
                within.append(inner)
            elif kind in (b"mdhd", b"stsz") or (kind == b"hdlr" and kind not in found):
                found[kind] = inner
    times = found[b"mdhd"]
    scale, length = struct.unpack_from(">IQ", times, 20) if times[0] == 1 else struct.unpack_from(">II", times, 12)
    (samples,) = struct.unpack_from(">I", found[b"stsz"], 8)
    return Track(found[b"hdlr"][8:12].decode("latin-1"), samples, length / scale)
