"""Whose commands may run here: those of a pic.toml and of hooks that somebody on this host has said yes to.

The yes is kept in the user's own state folder, for this place and these bytes; a clone has none, a change asks again.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from pic.errors import PicError, Refused
from pic.log import read_json
from pic.repo import CONFIG, digest, write_whole

WATCHED = (CONFIG, ".claude/settings.json")


def read_store() -> tuple[Path, dict[str, str]]:
    """Where the yes is kept, and {root: fingerprint} of what was said there."""
    path = Path(os.path.expanduser("~/.local/state"), os.environ.get("XDG_STATE_HOME", ""), "picctl/trusted.json")
    if not path.is_absolute():
        raise PicError("there is no home folder to keep what is trusted", "set HOME to the path of a folder")
    kept = None
    with suppress(OSError):
        kept = read_json(path.read_bytes())
    return path, kept if isinstance(kept, dict) else {}


def fingerprint(root: Path) -> str:
    paths = [root / name for name in WATCHED]
    return digest(*(path.read_bytes() if path.is_file() else b"" for path in paths))


def is_trusted(root: Path) -> bool:
    return read_store()[1].get(str(root)) == fingerprint(root)


def trust(root: Path) -> None:
    path, kept = read_store()
    write_whole(path, json.dumps(kept | {str(root): fingerprint(root)}, indent=1))


def refuse_to_run(root: Path) -> None:
    """Raises Refused for commands that nobody here has said yes to, and where one of them has called us."""
    if not is_trusted(root):
        what = "has changed since it was trusted" if str(root) in read_store()[1] else "is not trusted"
        raise Refused(f"{CONFIG} or a hook of {root} {what} here, and its commands run nothing until then",
                      "read the commands that picctl trust prints, then: picctl trust --yes")  # fmt: skip
    if os.environ.get("PIC_ROOT") == str(root):  # each would start the next one
        raise Refused(f"the gate {os.environ.get('PIC_GATE')} runs gates itself", "let it call what they call")
