"""The log of a coding agent's events: an ignored file, without what its tools were given or gave back."""

from __future__ import annotations

import json
from pathlib import Path

from pic import trust
from pic.errors import PicError
from pic.log import now, read_json, stamp
from pic.repo import FOLDER, find_project

FILE = f"{FOLDER}/hooks.jsonl"
KEPT = ("session_id", "tool_name", "tool_use_id", "source", "reason", "stop_hook_active")
MOST_BYTES = 5_000_000  # then it begins anew


def record(event: str, given: str) -> None:
    """One line. Quiet and without effect where nothing is led or trusted: a hook must not stop an agent's work."""
    try:
        root = find_project(Path.cwd())
    except PicError:
        return
    if not trust.is_trusted(root):
        return
    said = read_json(given.encode(errors="replace"))
    kept = {key: said[key] for key in KEPT if key in said} if isinstance(said, dict) else {}
    path = root / FILE
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        path.unlink()
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps({"at": stamp(now()), "event": event} | kept) + "\n")
