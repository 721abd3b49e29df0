"""What leads from an environment to the avatar of a checkout. Standard library only; the image runs this file alone."""

from __future__ import annotations

import shlex
from pathlib import Path


def add_avatar(root: Path, environment: Path) -> None:
    """Put this checkout's avatar on the environment's path, with its command; no build backend is needed for that.

    The .pth is a line of Python, in ASCII: Python 3.11 reads such a file in the locale's encoding, even in its UTF-8 mode.
    -P keeps the current folder off the path: a random.py beside a user's videos must not be imported.
    """
    (environment / "lib/python3.11/site-packages/avatar.pth").write_text(
        f"import sys; sys.path.append({ascii(str(root))})\n"
    )
    script = environment / "bin/avatar"
    python = shlex.quote(str(environment / "bin/python"))
    script.write_text(f'#!/bin/sh\nexec {python} -P -m avatar "$@"\n')
    script.chmod(0o755)
