"""How avatar was started here, so that the commands in its messages are ones that the reader can type."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path


def to_type(arguments: str = "", full: bool = False) -> str:
    """The command line that runs avatar with these arguments: './run avatar models list', or 'avatar models list'.

    full: it needs the full stack. `./run` tells its own name in AVATAR_RUN, as it was typed; what was begun in the full
    environment, or in the one without XTTS-v2, goes on there. Elsewhere (an image, Nix) avatar is on the PATH, in the one environment there is.
    """
    words = ["avatar", arguments] if arguments else ["avatar"]
    if run := os.environ.get("AVATAR_RUN"):
        here = Path(sys.prefix).name
        layers = here if here in ("full", "pocket") else "full" if full else ""
        words = [shlex.quote(run), *([f"--{layers}"] if layers else []), *words]
    return " ".join(words)


def in_full_environment(arguments: str) -> str:
    """What to do where only the full environment will do, as the end of a sentence."""
    if run := os.environ.get("AVATAR_RUN"):
        return f"type '{shlex.quote(run)} --full avatar {arguments}'"
    return f"run '{to_type(arguments)}' in the full image, or Nix's full package"


def printable(text: str) -> str:
    """Text of a file or its name, for a terminal: without what would move the cursor, or cannot be written."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
