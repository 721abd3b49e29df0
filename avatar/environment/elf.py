"""The ELF programs in the wheels, and their bytes as the wheel has them although Nix gave them another interpreter.

A program names its interpreter, the dynamic loader that the kernel starts it with: /lib64/ld-linux-x86-64.so.2 in
every wheel. NixOS has no such file, so nix/unpack_wheel.py makes the programs of PROGRAMS name the loader of the Nix
store. What patchelf does for that cannot be undone (it moves whole segments). Here the new name is appended to the
file, and the two fields of the program header that tell the kernel where it is (p_offset, p_filesz) are changed; the
old name stays where the header's other fields (p_vaddr, p_memsz) still say, so the wheel's bytes can be had back and
one digest holds for every door.

Formats: System V ABI, chapter 5, program headers, 64 bit little endian. Standard library only; the Nix builders use
this file alone.
"""

from __future__ import annotations

import io
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# The programs that may differ from the wheel in their interpreter, by path in site-packages. Nothing here runs those
# of triton and torch (compilers for `torch.compile`, a helper of torch.multiprocessing).
PROGRAMS = frozenset(
    {
        "imageio_ffmpeg/binaries/ffmpeg-linux-x86_64-v9.0.2",
        "torch/bin/protoc",
        "torch/bin/protoc-3.13.0.0",
        "torch/bin/torch_shm_manager",
        "triton/FileCheck",
        "triton/backends/nvidia/bin/cuobjdump",
        "triton/backends/nvidia/bin/nvdisasm",
        "triton/backends/nvidia/bin/ptxas",
        "triton/backends/nvidia/bin/ptxas-blackwell",
    }
)

# The only interpreter that is normalised away; any other is a difference like every other.
NIX_LOADER = re.compile(rb"/nix/store/[0-9a-z]{32}-[^/\0]+/lib/ld-linux-x86-64\.so\.2\0")

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NULL, DT_NEEDED, DT_STRTAB = 0, 1, 5
LONGEST_NAME = 4096  # bytes; PATH_MAX, as in the kernel's own check


@dataclass(frozen=True)
class Segment:
    """A program header: where it lies in the file, and its fields."""

    position: int
    type: int
    offset: int
    vaddr: int
    filesz: int
    memsz: int


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """`size` bytes at an offset; b"" where the file does not hold them all, as in a damaged one."""
    if offset + size > file.seek(0, os.SEEK_END):
        return b""
    file.seek(offset)
    return file.read(size)


def segments(file: BinaryIO) -> list[Segment]:
    """The program headers of an x86-64 ELF file; [] for any other file."""
    head = read_at(file, 0, 64)
    if head[:6] != b"\x7fELF\x02\x01":
        return []
    table, entry_size, count = *struct.unpack_from("<Q", head, 32), *struct.unpack_from("<HH", head, 54)
    raw = read_at(file, table, entry_size * count)
    return [_segment(raw, start, table) for start in range(0, len(raw), entry_size)] if entry_size == 56 else []


def _segment(raw: bytes, start: int, table: int) -> Segment:
    kind, _, offset, vaddr, _, filesz, memsz = struct.unpack_from("<IIQQQQQ", raw, start)
    return Segment(table + start, kind, offset, vaddr, filesz, memsz)


def interpreter(file: BinaryIO) -> tuple[Segment, bytes] | None:
    """The segment that names the interpreter, and the name with its closing NUL; None where the file names none.

    A shared object's empty name (libQt5Core has one) is none either: the kernel cannot start it.
    """
    for segment in segments(file):
        if segment.type == PT_INTERP and 1 < segment.filesz <= LONGEST_NAME:
            return segment, read_at(file, segment.offset, segment.filesz)
    return None


def set_interpreter(program: Path, loader: str) -> None:
    """Make a program of a wheel name another interpreter. Raises ValueError where that could not be undone."""
    name = loader.encode() + b"\0"
    with open(program, "r+b") as file:
        found = interpreter(file)
        if not found or found[0].filesz != found[0].memsz or offset_of(file, found[0].vaddr) != found[0].offset:
            raise ValueError(f"{program} does not name its interpreter as the programs of wheels do")
        end = file.seek(0, os.SEEK_END)
        file.write(name)
        _write_fields(file, found[0], end, len(name))


def before_nix(program: Path) -> bytes | None:
    """A program's bytes before set_interpreter gave it a loader of the Nix store; None where that was not done."""
    with open(program, "rb") as file:
        found = _set_by_nix(file)
        if not found:
            return None
        segment, old_offset = found
        body = io.BytesIO(read_at(file, 0, segment.offset))
    _write_fields(body, segment, old_offset, segment.memsz)
    return body.getvalue()


def size_before_nix(program: Path) -> int | None:
    """How many bytes before_nix gives, without reading them."""
    with open(program, "rb") as file:
        found = _set_by_nix(file)
        return found[0].offset if found else None


def _set_by_nix(file: BinaryIO) -> tuple[Segment, int] | None:
    """The segment that names a loader of the Nix store, and the offset that it had before; None for any other."""
    found = interpreter(file)
    if not found or not NIX_LOADER.fullmatch(found[1]):
        return None
    segment, name = found
    old_offset = offset_of(file, segment.vaddr)
    if old_offset is None or segment.offset + len(name) != file.seek(0, os.SEEK_END):
        return None
    return segment, old_offset


def _write_fields(file: BinaryIO, segment: Segment, offset: int, filesz: int) -> None:
    file.seek(segment.position + 8)
    file.write(struct.pack("<Q", offset))
    file.seek(segment.position + 32)
    file.write(struct.pack("<Q", filesz))


def offset_of(file: BinaryIO, vaddr: int) -> int | None:
    """Where in the file the byte lies that is mapped at vaddr."""
    for segment in segments(file):
        if segment.type == PT_LOAD and segment.vaddr <= vaddr < segment.vaddr + segment.filesz:
            return segment.offset + vaddr - segment.vaddr
    return None


def needed(file: BinaryIO) -> Iterator[str]:
    """The sonames that a file's dynamic section asks for (DT_NEEDED), in order."""
    for segment in segments(file):
        if segment.type == PT_DYNAMIC:
            tags = list(struct.iter_unpack("<QQ", read_at(file, segment.offset, segment.filesz // 16 * 16)))
            strings = next((offset_of(file, value) for tag, value in tags if tag == DT_STRTAB), None)
            for tag, value in tags:
                if tag == DT_NULL:  # ends the section; what follows is room for more
                    break
                if tag == DT_NEEDED and strings is not None:
                    file.seek(strings + value)
                    yield file.read(LONGEST_NAME).split(b"\0")[0].decode()
