"""Runs inside an image as its user: prints what an image must not have, one line each. Standard library only."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

PYTHON = re.compile(r"python(3(\.\d+)?)?")
BUILD_TOOL = re.compile(
    r"(.*-)?(cc|gcc|g\+\+|c\+\+|cpp|clang|tcc|ld|as|make|cmake|ninja|rustc|cargo|go|uv|pip)[-0-9.]*"
)


def programs() -> list[Path]:
    """Every program on PATH, hidden ones too."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(":")]
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]


def other_pythons() -> list[str]:
    """Interpreters on PATH that are not 3.11, or a PATH without any."""
    pythons = [path for path in programs() if PYTHON.fullmatch(path.name)]
    versions = {
        path: subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip() for path in pythons
    }
    if "python3" not in {path.name for path in pythons}:
        return ["no python3 on PATH"]
    return [f"{path} is {version}" for path, version in versions.items() if not version.startswith("Python 3.11.")]


def build_tools() -> list[str]:
    return [f"{path} can build or install" for path in programs() if BUILD_TOOL.fullmatch(path.name)]


def writable() -> list[str]:
    """What this user could change of the program and its system."""
    found = []
    for place in ("/opt", "/usr", "/etc"):
        for folder, _, files in os.walk(place):
            paths = [folder, *(os.path.join(folder, name) for name in files)]
            found += [path for path in paths if not os.path.islink(path) and os.access(path, os.W_OK)]
    return [f"{path} is writable" for path in found]


def missing_byte_code() -> list[str]:
    """Modules of avatar and the standard library that every start would compile again."""
    sys.path.insert(0, "/opt/avatar/docker")
    from compile import has_byte_code  # docker/compile.py, as it is in the image

    sources = [path for top in ("/opt/avatar/avatar", "/usr/lib/python3.11") for path in Path(top).rglob("*.py")]
    return [f"{path} has no byte code" for path in sources if not has_byte_code(path)]


def networks() -> list[str]:
    return [f"there is a network, {name}" for _, name in socket.if_nameindex() if name != "lo"]


def main() -> None:
    problems = other_pythons() + build_tools() + networks()
    if os.getuid() == 0:
        problems.append("the user is root")
    else:
        problems += writable()
    print("\n".join(problems + missing_byte_code()))


if __name__ == "__main__":
    main()
