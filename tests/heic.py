"""HEIC files as phones write them, of pictures that FFmpeg codes: one by itself, or a grid of tiles."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from avatar.media.ffmpeg import ffmpeg_program

MATRIX = struct.pack(">HHHB", 1, 13, 6, 0x80)  # of nclx: BT.709's primaries, sRGB, BT.601's matrix, full range


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def coded(picture: np.ndarray) -> tuple[bytes, bytes]:
    """A picture by HEVC: its configuration (the box hvcC) and its sample."""
    height, width = picture.shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.mp4")
        command = [
            ffmpeg_program(), "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
            "-i", "pipe:0", "-vf", "scale=out_color_matrix=bt601:out_range=pc", "-c:v", "libx265", "-pix_fmt", "yuv420p",
            "-x265-params", "log-level=error:crf=6:info=0:range=full", "-tag:v", "hvc1", "-frames:v", "1", path,
        ]  # fmt: skip
        subprocess.run(command, input=picture.tobytes(), check=True)
        content = path.read_bytes()
    at = content.index(b"hvcC") - 4
    configuration = content[at : at + struct.unpack_from(">I", content, at)[0]]
    at = content.index(b"mdat") - 4
    return configuration, content[at + 8 : at + struct.unpack_from(">I", content, at)[0]]


def heic(
    picture: np.ndarray,
    side: int | None = None,
    turns: int = 0,
    exif: bytes = b"",
    profile: bytes = b"",
    is_cut_out: bool = False,
) -> bytes:
    """A picture as HEIC. side: of the tiles that it is cut into, the last ones filled up; turns: how many quarter turns
    to the left the reader is to make; exif: what a camera says of it; profile: of its colours (ICC); is_cut_out:
    whether a property says that there is a picture of how opaque it is."""
    height, width = picture.shape[:2]
    tiles, rows, columns = [picture], 1, 1
    if side:
        rows, columns = -(-height // side), -(-width // side)
        filled = np.pad(picture, ((0, rows * side - height), (0, columns * side - width), (0, 0)), mode="edge")
        tiles = [
            filled[side * row : side * (row + 1), side * column : side * (column + 1)].copy()
            for row in range(rows)
            for column in range(columns)
        ]
    parts = [coded(tile) for tile in tiles]
    count = len(parts)
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height) if side else b""
    main = count + 1 if side else 1
    kinds = [b"hvc1"] * count + ([b"grid"] if side else [])
    items = [
        full(b"infe", 2, 1 if number <= count and side else 0, struct.pack(">HH4s", number, 0, kind), b"\0")
        for number, kind in enumerate(kinds, start=1)
    ]
    if exif:
        items.append(full(b"infe", 2, 1, struct.pack(">HH4s", main + 1, 0, b"Exif"), b"\0"))
        exif = struct.pack(">I", 6) + b"Exif\0\0" + exif
    tile_height, tile_width = tiles[0].shape[:2]
    properties = [
        parts[0][0],
        full(b"ispe", 0, 0, struct.pack(">II", tile_width, tile_height)),
        full(b"ispe", 0, 0, struct.pack(">II", width, height)),
        box(b"colr", b"nclx", MATRIX),
        box(b"irot", bytes([turns])),
        box(b"colr", b"prof", profile),
    ]
    colours = [4] + ([6] if profile else [])
    shown = colours + ([0x80 | 5] if turns else [])  # irot is essential
    of_tile = [0x80 | 1, 2] + (colours if side else shown)
    uses = [struct.pack(">HB", number, len(of_tile)) + bytes(of_tile) for number in range(1, count + 1)]
    if side:
        uses.append(struct.pack(">HB", main, 1 + len(shown)) + bytes([3, *shown]))
    places = [box(b"ipco", *properties), full(b"ipma", 0, 0, struct.pack(">I", len(uses)), *uses)]

    def meta(offset: int) -> bytes:
        rows_of = []
        for number, (_, sample) in enumerate(parts, start=1):
            rows_of.append(struct.pack(">HHHHII", number, 0, 0, 1, offset, len(sample)))
            offset += len(sample)
        if side:
            rows_of.append(struct.pack(">HHHHII", main, 1, 0, 1, 0, len(grid)))
        references = [box(b"dimg", struct.pack(f">HH{count}H", main, count, *range(1, count + 1)))] if side else []
        if exif:
            rows_of.append(struct.pack(">HHHHII", main + 1, 0, 0, 1, offset, len(exif)))
            references.append(box(b"cdsc", struct.pack(">HHH", main + 1, 1, main)))
        return full(
            b"meta", 0, 0,
            full(b"hdlr", 0, 0, b"\0" * 4 + b"pict" + b"\0" * 13),
            full(b"pitm", 0, 0, struct.pack(">H", main)),
            full(b"iinf", 0, 0, struct.pack(">H", len(items)), *items),
            *([full(b"iref", 0, 0, *references)] if references else []),
            *([box(b"idat", grid)] if side else []),
            box(b"iprp", *places),
            full(b"iloc", 1, 0, struct.pack(">BBH", 0x44, 0, len(rows_of)), *rows_of),
        )  # fmt: skip

    if is_cut_out:
        properties.append(full(b"auxC", 0, 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"))
        places[0] = box(b"ipco", *properties)
    kind = box(b"ftyp", b"heic", struct.pack(">I", 0), b"mif1", b"heic")
    head = kind + meta(0)
    return kind + meta(len(head) + 8) + box(b"mdat", *(sample for _, sample in parts), exif)
