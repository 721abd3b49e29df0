"""JSON of the home, read strictly: whatever stands in such a file, reading it ends soon, with a value or with `Damaged`.

It is a regular file (no symlink, no FIFO), UTF-8, not large, not deep; no key twice, no NaN, no number that 64 bits do
not hold, no half of a surrogate pair, which could not be printed. What the value must look like says its reader.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path

from avatar.files import NotRegular, open_regular, refuse_host_failure

LARGEST_BYTES = 1 << 20
DEEPEST = 32  # lists and objects in one another; a record has 4


class Damaged(ValueError):
    """What is wrong with a file, in a few words."""


def read_json(path: Path, most_bytes: int = LARGEST_BYTES) -> object:
    """The value in a file. Raises Damaged or FileNotFoundError, and EnvironmentProblem when the host fails."""
    try:
        with open(open_regular(path), "rb") as file:
            if os.fstat(file.fileno()).st_size > most_bytes:
                raise Damaged(f"{path.name} is larger than {most_bytes >> 10:,} KiB")
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise
    except NotRegular as error:
        raise Damaged(f"{path.name} is no regular file") from error
    except OSError as error:
        refuse_host_failure(error, f"reading {str(path)!r}")  # which says nothing of the file
        raise Damaged(f"{path.name} cannot be read ({error.strerror})") from error
    try:
        return parsed(data)
    except Damaged as error:
        raise Damaged(f"{path.name} {error}") from error


def parsed(data: bytes) -> object:
    """The value of JSON in UTF-8. Raises Damaged, whose words follow a file's name."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_keys_once,
            parse_constant=_finite,
            parse_float=_finite,
            parse_int=_int,
        )
    except Damaged:
        raise
    except UnicodeDecodeError as error:
        raise Damaged("is not UTF-8") from error
    except RecursionError as error:
        raise Damaged("is nested too deeply") from error
    except ValueError as error:
        raise Damaged("is not JSON") from error
    _refuse_deep(value)
    return value


def _keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Damaged("has a key twice")
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Damaged("holds a number that is not finite")
    return number


def _int(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise Damaged("holds a number that is too large")
    return int(digits)


def _refuse_deep(value: object) -> None:
    """Level by level, so that no depth is too much for this either; strings are looked at on the way."""
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        texts: Iterable[str] = (each for each in level if isinstance(each, str))
        keys = (key for each in level if isinstance(each, dict) for key in each)
        if any("\ud800" <= letter <= "\udfff" for text in (*texts, *keys) if not text.isascii() for letter in text):
            raise Damaged("holds half of a surrogate pair")
        below: list[object] = []
        for each in level:
            below += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        if not below:
            return
        level = below
    raise Damaged("is nested too deeply")
