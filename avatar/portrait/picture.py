"""A user's picture, of any size, kind and colour model, as plain RGB: decoded in a closed child, and once."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from avatar.environment.packaged import MEND, package_folder
from avatar.errors import AvatarError, EnvironmentProblem, InputError, RequestError, TemporaryProblem
from avatar.files import file_digest, refuse_host_failure
from avatar.host.closed_child import Ended, Limits, Running, running
from avatar.limits import BACKDROP, SMALLEST_FACE
from avatar.media.claims import refuse_larger
from avatar.portrait import heic

if TYPE_CHECKING:
    import numpy as np

KINDS = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF"
LONGEST_SIDE = 16_384  # pixels
MOST_PIXELS = 100_000_000
LARGEST = f"{LONGEST_SIDE} a side and {MOST_PIXELS // 10**6} million in all are the most"
NEARLY_OPAQUE = 250  # of 255: what is less is seen to be clear
KEPT_SIDE = 4096  # pixels; larger pictures are shrunk to this
DECODER = Path(__file__).with_name("decode_picture.py")
WITHIN = Limits(wall_s=60, cpu_s=60, memory_mib=1500, file_mib=80)


# How files begin, apart from those in boxes: JPEG, PNG, GIF, BMP, TIFF and BigTIFF of either byte order.
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_picture(path: Path) -> bool:
    """Whether a file's first bytes are those of a kind of picture."""
    with open(path, "rb") as file:
        start = file.read(64)
    if start[:4] == b"RIFF":  # WAV is one too
        return start[8:12] == b"WEBP"
    return start.startswith(BEGINNINGS) or heic.is_heic(start) or heic.is_avif(start)


def read_picture(path: Path) -> np.ndarray:
    """A picture of one of KINDS as uint8 (height, width, 3) RGB, upright, its long side at most KEPT_SIDE; read-only.

    EXIF rotation is applied, colours become sRGB, 16 bits become 8, transparency lies over grey; of an animation or
    several pages the first is read. Sizes are checked before anything is decoded. The last two are remembered by their
    bytes: a command that checks one, copies it and then uses it decodes it once.

    Raises RequestError when there is no such file, InputError when it is not a usable picture, TemporaryProblem when the
    host ended its decoding.
    """
    return _decoded(_file(path)).rgb


def read_opacity(path: Path) -> np.ndarray | None:
    """How opaque each pixel of that picture is, uint8 (height, width), read-only; None where all are. Raises as read_picture."""
    return _decoded(_file(path)).opacity


def moves(path: Path) -> bool:
    """Whether it is an animation, of which read_picture reads the first picture. Raises as that."""
    return _decoded(_file(path)).moves


class _Decoded(NamedTuple):
    rgb: np.ndarray
    opacity: np.ndarray | None
    moves: bool


@contextlib.contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Decode a picture while the block does something else; where that calls `read_picture`, it waits for the end.

    What is no picture, or cannot be read, is left for `read_picture` to tell.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(AvatarError, OSError):
            content = held.enter_context(open(path, "rb"))
            if is_picture(path) and not _is_heic(content):  # of which FFmpeg's part comes first
                _begun[_file(path)] = held.enter_context(_decoder(content))
        held.callback(_begun.clear)
        yield


@dataclass(frozen=True)
class _File:
    """Equal to another one of the same bytes, wherever it is."""

    path: Path = field(compare=False)
    sha256: str


_begun: dict[_File, Running] = {}  # one at most


def _file(path: Path) -> _File:
    """Raises RequestError and InputError as read_picture does."""
    name = repr(str(path))
    try:
        if not path.is_file():
            raise RequestError(f"there is no picture file {name}; check the path.")
        if path.stat().st_size == 0:
            raise InputError(f"the picture {name} is empty (0 bytes); give a {KINDS} file.")
    except OSError as error:
        raise RequestError(f"cannot read the picture {name}: {error.strerror or error}; check the path.") from error
    refuse_larger(path, "picture")
    return _File(path, file_digest(path))


@lru_cache(maxsize=2)  # a portrait, and what is behind it
def _decoded(file: _File) -> _Decoded:
    with _failures_told(file):
        if program := _begun.pop(file, None):
            ended = program.end()
        else:
            with open(file.path, "rb") as content:
                ended = _decode_heic(file.path) if _is_heic(content) else _decode(content)
    return _answered(ended, repr(str(file.path)))


def _is_heic(content: BinaryIO) -> bool:
    found = heic.is_heic(content.read(64))
    content.seek(0)
    return found


@contextlib.contextmanager
def _failures_told(file: _File) -> Iterator[None]:
    """What the system refuses as the host's failure, or as a file that cannot be read."""
    name = repr(str(file.path))
    try:
        yield
    except OSError as error:
        refuse_host_failure(error, f"decoding the picture {name}")
        raise RequestError(f"cannot read the picture {name}: {error.strerror or error}; check the path.") from error


def _decode(content: BinaryIO) -> Ended:
    with _decoder(content) as program:
        return program.end()


def _decoder(content: BinaryIO) -> AbstractContextManager[Running]:
    """Beside what every program needs the decoder may read Python, the libraries and itself; the picture is open."""
    numbers = (LONGEST_SIDE, MOST_PIXELS, SMALLEST_FACE, KEPT_SIDE, NEARLY_OPAQUE, *BACKDROP)
    packages = list(dict.fromkeys(package_folder(name) for name in ("PIL", "numpy")))
    within = replace(WITHIN, readable=(sys.prefix, sys.base_prefix, DECODER, *packages))
    command = [sys.executable, "-P", "-S", DECODER, *map(str, numbers)]
    return running(command, within, stdin=content, env={"PYTHONPATH": os.pathsep.join(packages)})


def _decode_heic(path: Path) -> Ended:
    """Pillow knows no HEIC, so FFmpeg makes a PNG of it."""
    name = repr(str(path))
    known = heic.header(path)
    if max(known.width, known.height) > LONGEST_SIDE or known.width * known.height > MOST_PIXELS:
        raise _refusal({"refused": "too large", "size": (known.width, known.height)}, name)
    with heic.as_png(path, known, KEPT_SIDE) as content:
        return _decode(content)


def _answered(ended: Ended, name: str) -> _Decoded:
    """What the decoder answered. Raises InputError for its refusals, EnvironmentProblem where it could not work."""
    if ended.ended_by_host:
        how = f"ran into its limit of {ended.limit}" if ended.limit else f"was ended by signal {-ended.status}"
        raise TemporaryProblem(
            f"the picture {name} was not decoded: the decoder {how}; end other programs, or try again later."
        )
    if ended.status < 0:  # its own fault, or rather the picture's
        raise InputError(f"the picture {name} is damaged or cut short (its decoder failed); save or copy it again.")
    said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    if ended.status:
        raise _failure(said[0], name)
    head, _, rows = ended.stdout.partition(b"\n")
    answer = json.loads(head)
    if "refused" in answer:
        raise _refusal(answer, name)
    width, height = answer["size"]
    pixels, is_clear = width * height, answer.get("is_clear", False)
    if len(rows) != pixels * (4 if is_clear else 3):
        raise TemporaryProblem(f"the picture {name} was not decoded to its end; try again.")
    import numpy as np  # only here: a decoder may be begun before it is loaded

    rgb = np.frombuffer(rows, np.uint8, 3 * pixels).reshape(height, width, 3)
    opacity = np.frombuffer(rows, np.uint8, offset=3 * pixels).reshape(height, width) if is_clear else None
    return _Decoded(rgb, opacity, answer.get("moves", False))


def _failure(said: str, name: str) -> AvatarError:
    """Of the program itself: what the system refused it may be there later, a library that is missing is not."""
    if "Errno" in said and os.strerror(errno.EIO) not in said:
        return TemporaryProblem(f"the picture {name} was not decoded: {said}; free some, or try again later.")
    return EnvironmentProblem(f"the picture {name} was not decoded: {said}; {MEND}.")


def _refusal(answer: dict, name: str) -> InputError:
    width, height = answer.get("size", (0, 0))
    size = f"the picture {name} is {width}x{height} pixels"
    return InputError(
        {
            "too many pixels": f"the picture {name} has too many pixels; {LARGEST}, shrink it.",
            "not a picture": f"{name} is not a whole {KINDS} picture; convert or copy it again.",
            "too large": f"{size}; {LARGEST}, shrink it.",
            "too small": f"{size}; {SMALLEST_FACE} a side are the least, give a larger one.",
            "damaged": f"the picture {name} is damaged or cut short ({answer.get('said')}); save or copy it again.",
        }[answer["refused"]]
    )
