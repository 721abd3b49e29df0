"""HEIC, what phones make: FFmpeg decodes it and joins its tiles, and Pillow reads the PNG that comes of it.

FFmpeg turns it upright by the file's own boxes, and drops what the camera's EXIF says of that, as it should. It forgets the
colours' profile where it joins tiles, so that is put back.
"""

from __future__ import annotations

import contextlib
import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from avatar.errors import InputError
from avatar.files import refuse_host_failure
from avatar.media.canonical import WIDE_GAMUTS, as_rgb
from avatar.media.reading import reading
from avatar.media.streams import FirstFrame, first_frame, input_report, said_of_first_frame

AVIF = {b"avif", b"avis"}
BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# A picture of 12 million pixels has 48 tiles and some beside them, each a stream with threads of its own.
OPTIONS = ("-max_streams", "1000", "-threads", "1")
LOOKED_AT = 1 << 18  # bytes, in which are the list of items and their properties
MOST_TILES = 128  # each thread's stack counts as memory, 8 MiB
_GRID = re.compile(r"^ +Stream group #0:(\d+).*?: Tile Grid: .*?, (\d+)x(\d+)\b(.*)$", re.MULTILINE)
_ONE = re.compile(r"^ +Stream #0:(\d+).*?: Video: .*?, (\d+)x(\d+)\b(.*)$", re.MULTILINE)
_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"  # ISO/IEC 23008-12; depth and gain maps are called otherwise
_PROFILE = b"colrprof"
MOST_PROFILE = 1 << 22  # bytes


def brands(start: bytes) -> set[bytes]:
    """What an ISO base media file (MP4, AVIF, HEIC) calls itself in its first bytes; nothing for other files."""
    if start[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(start[:4], "big"), len(start))
    return {start[8:12], *(start[place : place + 4] for place in range(16, end - 3, 4))}


def is_avif(start: bytes) -> bool:
    """By a file's first bytes."""
    return bool(brands(start) & AVIF)


def is_heic(start: bytes) -> bool:
    """By a file's first bytes. A film by HEVC may name such a brand too, but not as its first."""
    return start[8:12] in BRANDS and bool(brands(start)) and not is_avif(start)


def is_cut_out(path: Path) -> bool:
    """Whether a HEIC picture says in a second picture how opaque it is, which is not read here."""
    with open(path, "rb") as file:
        start = file.read(LOOKED_AT)
    return is_heic(start) and _ALPHA in start


@dataclass(frozen=True)
class Header:
    """What a picture is before it is decoded. place: where FFmpeg finds it; first: a frame of it, or a tile."""

    place: str
    width: int
    height: int
    first: FirstFrame


def header(path: Path) -> Header:
    """Raises InputError for what is no HEIC picture, or has too many tiles."""
    said = said_of_first_frame(path, "mov", OPTIONS)
    report, first = input_report(said), first_frame(said)
    with open(path, "rb") as file:
        tiles = file.read(LOOKED_AT).count(b"hvc1")  # in the list of items, which comes first
    if tiles > MOST_TILES:
        raise InputError(
            f"the HEIC picture {str(path)!r} is made of {tiles} tiles; {MOST_TILES} is the most, save it as JPEG or PNG."
        )
    for kind, pattern in (("g", _GRID), ("v", _ONE)):
        found = sorted(pattern.findall(report), key=lambda row: "(default)" not in row[3])
        if found and first:
            number, width, height, _ = found[0]
            return Header(f"0:{kind}:{number}", int(width), int(height), first)
    raise _unreadable(path, said)


@contextlib.contextmanager
def as_png(path: Path, known: Header, most: int) -> Iterator[BinaryIO]:
    """The picture as a PNG in a file without a name, its long side at most `most` pixels. Raises InputError."""
    fitting = f"scale='min({most},iw)':'min({most},ih)':force_original_aspect_ratio=decrease:flags=lanczos"
    chain = ",".join([*as_rgb(known.first, "heic", [fitting]), "format=rgb24", "sidedata=mode=delete:type=ICC_PROFILE"])
    output = ("-filter_complex", f"[{known.place}]{chain}", "-frames:v", "1", "-c:v", "png", "-compression_level", "1")
    with _scratch() as file:
        with reading(path, *output, "-xerror", "-f", "image2pipe", "pipe:1", formats="mov", options=OPTIONS) as ffmpeg:
            beginning = ffmpeg.stdout.read(33)  # the signature and IHDR
            file.write(beginning + (b"" if known.first.primaries in WIDE_GAMUTS else _profile_chunk(path)))
            while block := ffmpeg.stdout.read(1 << 20):
                file.write(block)
            if ffmpeg.finish() or ffmpeg.account("video").errors or not beginning:
                raise _unreadable(path, ffmpeg.said())
        file.seek(0)
        yield file


def _profile_chunk(path: Path) -> bytes:
    """The profile of a HEIC file's colours as PNG has it; nothing where there is none."""
    content = path.read_bytes()
    at = content.find(_PROFILE)
    if at < 4:
        return b""
    length = int.from_bytes(content[at - 4 : at], "big") - 4 - len(_PROFILE)
    if not 0 < length <= MOST_PROFILE:
        return b""
    body = b"iCCP" + b"profile\0\0" + zlib.compress(content[at + len(_PROFILE) :][:length])
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


@contextlib.contextmanager
def _scratch() -> Iterator[BinaryIO]:
    try:
        with tempfile.TemporaryFile() as file:
            yield file
    except OSError as error:
        refuse_host_failure(error, f"keeping a picture in {tempfile.gettempdir()}")
        raise


def _unreadable(path: Path, said: str) -> InputError:
    last = said.strip().splitlines()[-1:] or ["FFmpeg said nothing"]
    return InputError(f"the HEIC picture {str(path)!r} cannot be read ({last[0]}); save it as JPEG or PNG.")
