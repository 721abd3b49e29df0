"""How many chunks a sound file is cut into: WAV, AIFF, Wave64, CAF and FLAC can hold millions of empty ones.

FFmpeg goes through them one by one before the sound, for minutes; what programs write has a dozen.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO

MOST_CHUNKS = 2000  # those of an AVI in parts are as many as its gigabytes

# How long a chunk's head is, and where the next chunk begins after the beginning of this one.
Kind = tuple[int, Callable[[bytes], int]]
KINDS: dict[bytes, tuple[int, Kind]] = {  # how a file begins: where its first chunk is, and the kind of its chunks
    b"RIFF": (12, (8, lambda head: 8 + _even(struct.unpack_from("<I", head, 4)[0]))),
    b"RF64": (12, (8, lambda head: 8 + _even(struct.unpack_from("<I", head, 4)[0]))),
    b"RIFX": (12, (8, lambda head: 8 + _even(struct.unpack_from(">I", head, 4)[0]))),
    b"FORM": (12, (8, lambda head: 8 + _even(struct.unpack_from(">I", head, 4)[0]))),
    b"riff": (40, (24, lambda head: max(24, -(-struct.unpack_from("<Q", head, 16)[0] // 8) * 8))),
    b"caff": (8, (12, lambda head: 12 + struct.unpack_from(">Q", head, 4)[0])),
    b"fLaC": (4, (4, lambda head: (1 << 62) if head[0] & 0x80 else 4 + int.from_bytes(head[1:], "big"))),
}


def count(file: BinaryIO, start: bytes, size: int) -> int:
    """The chunks of a file of so many bytes that begins so, as far as MOST_CHUNKS + 1; 0 for one of another kind."""
    if start[:4] not in KINDS:
        return 0
    at, (length, next_one) = KINDS[start[:4]]
    found = 0
    while at + length <= size and found <= MOST_CHUNKS:
        file.seek(at)
        head = file.read(length)
        if len(head) < length:
            break
        found += 1
        at += next_one(head)
    return found


def _even(length: int) -> int:
    return length + length % 2
