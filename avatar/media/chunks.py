"""The chunks of a sound file. WAV, AIFF, Wave64, CAF and FLAC can hold millions of empty ones, WAV tens of thousands of
channels.

FFmpeg goes through chunks one by one before the sound, for minutes, and makes room for every channel; what programs
write has a dozen of either.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

MOST_CHUNKS = 2000  # those of an AVI in parts are as many as its gigabytes
MOST_CHANNELS = 64  # what FFmpeg is asked to open; a few are used (sound_file.py)

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


def fault(file: BinaryIO, start: bytes, size: int) -> str:
    """What is wrong with a file of so many bytes that begins so: "it has more than …"; "" where nothing is."""
    for count, (at, head) in enumerate(_heads(file, start, size), 1):
        if count > MOST_CHUNKS:
            return f"it has more than {MOST_CHUNKS:,} chunks"
        if head.startswith(b"fmt "):
            file.seek(at + len(head) + 2)
            channels = int.from_bytes(file.read(2), "big" if start.startswith(b"RIFX") else "little")
            if channels > MOST_CHANNELS:
                return f"it claims {channels:,} channels"
    return ""


def _heads(file: BinaryIO, start: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Where each chunk begins, and its head; none of a file of another kind."""
    if start[:4] not in KINDS:
        return
    at, (length, next_one) = KINDS[start[:4]]
    while at + length <= size:
        file.seek(at)
        head = file.read(length)
        if len(head) < length:
            return
        yield at, head
        at += next_one(head)


def _even(length: int) -> int:
    return length + length % 2
