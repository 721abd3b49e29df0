"""What an MP4 or QuickTime file claims to hold, read from its boxes before FFmpeg believes it.

A table of samples may say "40 million, each of one byte" in 20 bytes, for which FFmpeg makes an index of gigabytes, and
an edit list repeats that index for every edit. So the numbers are held against the file's own size and against limits.

ISO/IEC 14496-12 (2022), section 8; QuickTime File Format, "Movie Atoms".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

MOST_BOXES = 100_000  # in a file; a recording in fragments has four for each of them
DEEPEST = 8  # boxes in boxes: a table of samples lies in the fifth
MOST_TRACKS = 64
MOST_SAMPLES = 2_000_000  # of all tracks; 5 hours at 60 pictures a second, with sound
MOST_EDITED = 1_000_000  # samples of a track times its edits, for each of which FFmpeg copies its index
MOST_A_SECOND = 1000  # pictures
SAMPLES_A_BYTE = 64  # of the most compact sound that is indexed by its samples (QuickTime's IMA and MACE)

FIRST = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"sidx", b"uuid", b"cmov")
CONTAINERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf", b"mvex"))


class Wrong(Exception):
    """What is wrong with a file, as a part of a sentence: "it claims …"."""


@dataclass
class Track:
    """samples: in all; sample_bytes: of each, where all are equal, else 0; units: how long they are together."""

    kind: bytes = b""  # b"vide", b"soun", ...
    samples: int = 0
    sample_bytes: int = 0
    edits: int = 0
    time_scale: int = 0  # units a second
    units: int = 0
    is_by_unit: bool = False  # every sample is one unit long, as those of uncompressed sound are
    edit: tuple[int, int] | None = None  # the first: how long in the movie's units, from which of its own

    def is_shown_whole(self, movie_scale: int) -> bool:
        """Whether no edit leaves samples out, so that all of them are to be read."""
        if not self.edits or not self.edit:
            return True
        length, start = self.edit
        shown_s, has_s = length / (movie_scale or 1), (self.units - start) / (self.time_scale or 1)
        return self.edits == 1 and 0 <= start <= self.time_scale / 5 and shown_s > has_s - 0.01

    @property
    def indexed(self) -> int:
        """For how many samples FFmpeg makes an entry: sound by units is indexed a thousand at a time."""
        return self.samples // 1000 if self.kind == b"soun" and self.is_by_unit else self.samples


@dataclass
class Boxes:
    """What was found so far. fragments: samples that fragments claim, of any track; scale: the movie's units a second."""

    size: int
    tracks: list[Track] = field(default_factory=list)
    fragments: int = 0
    count: int = 0
    scale: int = 0

    def samples(self, kind: bytes) -> int:
        """How many samples are to be read of the first track of a kind; 0 where that cannot be told from its tables."""
        tracks = [track for track in self.tracks if track.kind == kind][:1]
        if self.fragments or not tracks or tracks[0].is_by_unit or not tracks[0].is_shown_whole(self.scale):
            return 0
        return tracks[0].samples


def is_one(start: bytes) -> bool:
    """Whether a file that begins so is of this kind."""
    return start[4:8] in FIRST


def read(file: BinaryIO, size: int) -> Boxes:
    """The claims of a file of so many bytes. Raises Wrong where it cannot hold what it claims, or claims too much."""
    boxes = Boxes(size)
    _walk(file, 0, size, boxes, 0)
    for track in boxes.tracks:
        _refuse_track(track, size)
    if sum(track.indexed for track in boxes.tracks) + boxes.fragments > MOST_SAMPLES:
        raise Wrong(f"it claims more than {MOST_SAMPLES:,} samples")
    return boxes


def _refuse_track(track: Track, size: int) -> None:
    by_unit = track.kind == b"soun" and track.is_by_unit
    if track.samples * max(1, 0 if by_unit else track.sample_bytes) > size * (SAMPLES_A_BYTE if by_unit else 1):
        raise Wrong(f"it claims {track.samples:,} samples and has {size:,} bytes")
    if track.edits * track.indexed > MOST_EDITED:
        raise Wrong(f"it claims {track.edits:,} edits of {track.samples:,} samples")
    if track.kind == b"vide" and track.samples > MOST_A_SECOND + MOST_A_SECOND * track.units / (track.time_scale or 1):
        raise Wrong(f"it claims {track.samples:,} pictures in {track.units / (track.time_scale or 1):.1f} s")


def _walk(file: BinaryIO, at: int, end: int, boxes: Boxes, depth: int) -> None:
    if depth > DEEPEST:
        raise Wrong(f"its boxes lie more than {DEEPEST} deep")
    for kind, start, stop in _boxes(file, at, end):
        boxes.count += 1
        if boxes.count > MOST_BOXES:
            raise Wrong(f"it has more than {MOST_BOXES:,} boxes")
        if kind == b"cmov":
            raise Wrong("its header is compressed, which nothing has done for 20 years")
        if kind == b"trak":
            boxes.tracks.append(Track())
            if len(boxes.tracks) > MOST_TRACKS:
                raise Wrong(f"it has more than {MOST_TRACKS} tracks")
        if kind in CONTAINERS:
            _walk(file, start, stop, boxes, depth + 1)
        elif kind == b"trun":
            boxes.fragments += _number(_head(file, start, stop, 8), 4)
            if boxes.fragments > boxes.size:
                raise Wrong(f"its fragments claim {boxes.fragments:,} samples and it has {boxes.size:,} bytes")
        elif kind == b"mvhd":
            boxes.scale = _scale(_head(file, start, stop, 32))
        elif boxes.tracks:
            _look(file, kind, start, stop, boxes.tracks[-1])


def _look(file: BinaryIO, kind: bytes, start: int, stop: int, track: Track) -> None:
    """Note what one box says of its track."""
    head = _head(file, start, stop, 32)
    if kind == b"stsz":
        track.sample_bytes, track.samples = _number(head, 4), max(track.samples, _number(head, 8))
        if not track.sample_bytes and 12 + 4 * track.samples > stop - start:
            raise Wrong(f"it claims {track.samples:,} samples and has sizes for fewer")
    elif kind == b"stz2":
        track.samples = max(track.samples, _number(head, 8))
    elif kind == b"elst":
        track.edits, wide = max(track.edits, _number(head, 4)), 8 if head[:1] == b"\1" else 4
        track.edit = (
            int.from_bytes(head[8 : 8 + wide], "big"),
            int.from_bytes(head[8 + wide : 8 + 2 * wide], "big", signed=True),
        )
    elif kind == b"hdlr":
        track.kind = track.kind or head[8:12]  # QuickTime has a second one, of the data
    elif kind == b"mdhd":
        track.time_scale = _scale(head)
    elif kind == b"stts":
        _look_at_times(file, start, stop, track)


def _look_at_times(file: BinaryIO, start: int, stop: int, track: Track) -> None:
    """How long all samples are together; there is an entry for each run of equally long ones."""
    count = min(_number(_head(file, start, stop, 8), 4), (stop - start - 8) // 8, MOST_SAMPLES)
    table = _head(file, start + 8, stop, 8 * max(0, count))
    entries = list(struct.iter_unpack(">II", table[: len(table) // 8 * 8]))
    track.units = sum(samples * units for samples, units in entries)
    track.is_by_unit = len(entries) == 1 and entries[0][1] == 1


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, where its content begins, where it ends) of the boxes one after the other; a last one may be cut short."""
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        length, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if length == 1 and len(head) == 16:
            (length,), start = struct.unpack_from(">Q", head, 8), at + 16
        stop = end if length == 0 else at + length
        if stop < start:
            return  # FFmpeg ends there too
        yield kind, start, min(stop, end)
        at = stop


def _head(file: BinaryIO, start: int, stop: int, count: int) -> bytes:
    file.seek(start)
    return file.read(max(0, min(count, stop - start)))


def _scale(head: bytes) -> int:
    """Units a second, of mvhd and mdhd."""
    return _number(head, 20 if head[:1] == b"\1" else 12)


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "big")
