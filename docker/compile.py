"""Byte code for an image: compile.py FOLDER...

Every .py gets a .pyc that holds the hash of its source and is never compared with it (PEP 552, unchecked): the image's
user cannot write byte code later, and times, which other .pyc files hold, differ from build to build. One process in
sorted order, since what lies in a .pyc also depends on what the process compiled before. Files that already have such
byte code are left alone, so that a layer holds only what it adds.
"""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys
from pathlib import Path

UNCHECKED_HASH = importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little")  # PEP 552: hash-based, check_source unset


def has_byte_code(source: Path) -> bool:
    try:
        with open(importlib.util.cache_from_source(str(source)), "rb") as file:
            return file.read(8) == UNCHECKED_HASH
    except FileNotFoundError:
        return False


def compile_folder(folder: Path) -> None:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            source = Path(place, name)
            if source.suffix == ".py" and not has_byte_code(source):
                try:
                    py_compile.compile(
                        str(source), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
                    )
                except (py_compile.PyCompileError, ValueError):
                    print(f"compile: no Python 3.11, left as it is: {source}", file=sys.stderr)  # templates, samples


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        compile_folder(Path(argument))
