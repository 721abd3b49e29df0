"""The hand-off: a form that is filled in as a draft, and refused while a part or what stands behind it is missing."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from pic.config import Phase
from pic.errors import Refused
from pic.evidence import Standing
from pic.repo import FOLDER, data

# Headings of the form: level, title, what to write. Those without a hint only hold others.
FORM = [
    (len(level), title, hint)
    for level, title, hint in re.findall(r"^(#+) (.+)\n*(?:<!-- (.+) -->)?", data("form.md"), re.MULTILINE)
]
NOTHING = ([], ["none"], ["na"], ["n", "a"])  # `none, because …` says something
HEADING = re.compile(rf"^#{{2,3}} ({'|'.join(title for _, title, _ in FORM)})\s*$", re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TICK = re.compile(r"^[\s>]*(?:(?:[-*+]|\d+[.)])\s*)+\[([ xX])\]\s*(.*)$", re.MULTILINE)


def draft_name(phase: str) -> str:
    return f"{FOLDER}/drafts/{phase}.md"


def says_something(line: str) -> bool:
    words = re.sub(r"[\W_]+", " ", re.sub(r"^\s*\d+[.)]", "", line)).lower().split()
    return words not in NOTHING and words[0] not in ("todo", "tbd", "fixme")


def refuse_body(body: str, phase: str, root: Path, standings: list[Standing]) -> None:
    """Raises Refused for the parts that are empty, and for a tick that nothing stands behind."""
    body, name = COMMENT.sub("", body), draft_name(phase)
    parts = HEADING.split(body)  # what stands before the first, then each title and what stands under it
    filled = {title for title, text in zip(parts[1::2], parts[2::2]) if any(map(says_something, text.splitlines()))}
    empty = [title for _, title, hint in FORM if hint and title not in filled]
    if empty:
        raise Refused(f"{name} lacks {', '.join(empty)}", f"write into {name}, then: picctl handoff")
    passing = {one.gate for one in standings if one.passes}
    for box, words in TICK.findall(body):
        if box == " ":
            raise Refused(f"{name} has an open box: {words[:60]!r}", f"do it, or say why not without a box in {name}")
        if not any(each in passing or exists_inside(root, each) for each in re.findall(r"`([^`]+)`", words)):
            raise Refused(f"{name} ticks {words[:60]!r} and names no gate that passes and no file as evidence",
                          f"name one in backticks in {name}, or take the tick away; then: picctl handoff")  # fmt: skip


def exists_inside(root: Path, name: str) -> bool:
    with suppress(OSError, ValueError, RuntimeError):  # what can be no file's name, and a link to itself
        path = (root / name).resolve()
        return path.is_relative_to(root) and path != root and path.exists()
    return False


def refuse_deliverables(root: Path, phase: Phase) -> None:
    for name in phase.deliverables:
        path = root / name
        if not (any(path.iterdir()) if path.is_dir() else path.is_file() and path.stat().st_size):
            said = f"the deliverable {name} of {phase.name} is not there or is empty"
            raise Refused(said, f"make {name}, then: picctl handoff")
