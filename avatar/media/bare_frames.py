"""MP3, FLAC and MPEG-TS, files of bare frames: no table tells where a frame is, each begins with a pattern of bits.

An empty download named .mp3, or one that stopped and was filled up with zeros, FFmpeg takes for one frame and so into
its memory whole; in a transport stream it looks at every byte again and again. Frames are kilobytes apart, packets less:
a look now and then is enough.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from avatar.media import chunks

STEP = 16 << 20  # bytes from one look to the next
LOOKED_AT = 256 << 10  # bytes; the longest frame that FLAC files for streaming may have takes 100,000
SUFFIXES = (".mp3", ".mp2", ".m2a", ".mpa")  # which FFmpeg believes where nothing else tells what a file is
OTHERS = (*chunks.KINDS, b".snd", b"\x1aE\xdf\xa3")  # how files begin that may be long and silent under any suffix
_RATES = b"".join(re.escape(bytes([each])) for each in range(0xF0) if each & 0x0C != 0x0C)
MPEG = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + _RATES + rb"]", re.DOTALL)  # ISO/IEC 11172-3, 2.4.1.3
FLAC = re.compile(rb"\xff[\xf8\xf9]")  # RFC 9639, 9.1
# Three packets: as broadcast, with the time before each (Blu-ray, AVCHD), with a checksum after. ISO/IEC 13818-1, 2.4.3.2
PACKETS = re.compile(rb"G(?:.{187}G.{187}G|.{191}G.{191}G|.{203}G.{203}G)", re.DOTALL)


def has_none_for_long(file: BinaryIO, path: Path, size: int) -> bool:
    """Whether a file that FFmpeg would read as one of the three shows no frame in two looks one after the other."""
    at = _after_tags(file)
    file.seek(at)
    start = file.read(1024)
    if start.startswith(b"fLaC"):
        at, pattern = _after_blocks(file, at + 4), FLAC
    elif PACKETS.match(start) or PACKETS.match(start, 4):
        pattern = PACKETS
    elif MPEG.match(start) or (path.suffix.lower() in SUFFIXES and not start.startswith(OTHERS)):
        pattern = MPEG
    else:
        return False
    has_one = True
    for place in range(at, size, STEP):
        file.seek(place)
        had_one, has_one = has_one, bool(pattern.search(file.read(LOOKED_AT)))
        if not had_one and not has_one:
            return True
    return False


def _after_tags(file: BinaryIO) -> int:
    """Where the file goes on after its ID3v2 tags; their lengths have 7 bits a byte."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            return at
        at += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        at += 10 * bool(head[5] & 0x10)  # a footer


def _after_blocks(file: BinaryIO, at: int) -> int:
    """Where FLAC's frames begin: after the block of metadata that says it is the last."""
    for _ in range(chunks.MOST_CHUNKS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            break
        at += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            break
    return at
