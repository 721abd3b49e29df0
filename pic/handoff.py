"""The hand-off: a form that is filled in as a draft, refused while a part is empty, and kept with the gates' evidence."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from pic.errors import Refused
from pic.evidence import Standing
from pic.log import Event
from pic.repo import FOLDER
from pic.state import DONE

# Headings of the form: level, title, what to write. Those with a text of None only hold others.
FORM = (
    (2, "Phase Summary", None),
    (3, "Completed Work", "what was done in this phase"),
    (3, "Deliverables", "each file or folder, in backticks, and what it is"),
    (3, "Key Architectural Decisions", "numbered; the ids of .pic/decisions where there are any"),
    (2, "Implementation Priorities", None),
    (3, "Start Here", "what comes first and why"),
    (3, "Order", "numbered, with the file trees that each makes"),
    (3, "Milestones and Tasks", "the plan: each milestone, its tasks, the gate that ends it"),
    (2, "Component Specifications", None),
    (3, "Signatures", "the functions and commands that others rely on"),
    (3, "Hardware Requirements", "memory, disk, processors, cards"),
    (2, "First Implementation Task", None),
    (3, "Start With", "one task"),
    (3, "Steps", "numbered"),
    (3, "Key Dependencies", "what it stands on, with versions"),
    (2, "Constraints", "what must stay true"),
)
NOTHING = ([], ["none"], ["na"], ["n", "a"])  # `none, because …` says something
UNDONE = ("todo", "tbd", "fixme")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TICK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s*\[([ xX])\]\s*(.*)$", re.MULTILINE)


def draft_name(phase: str) -> str:
    return f"{FOLDER}/drafts/{phase}.md"


def draft(phase: str) -> str:
    lines = [f"<!-- The hand-off of {phase}. Fill in every part, or say why not. Then: picctl handoff -->"]
    for level, title, hint in FORM:
        lines += ["", f"{'#' * level} {title}"] + (["", f"<!-- {hint} -->"] if hint else [])
    return "\n".join(lines) + "\n"


def parts(body: str) -> dict[str, str]:
    """{title: its text without comments}, of the headings that the form has."""
    titles = {title for _, title, _ in FORM}
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in COMMENT.sub("", body).splitlines():
        heading = re.fullmatch(r"#{2,3} (.+?)\s*", line)
        if heading and heading[1] in titles:
            current = found.setdefault(heading[1], [])
        else:
            current.append(line)
    return {title: "\n".join(lines).strip() for title, lines in found.items()}


def says_something(line: str) -> bool:
    words = re.sub(r"[\W_]+", " ", re.sub(r"^\s*\d+[.)]", "", line)).lower().split()
    return words not in NOTHING and words[0] not in UNDONE


def refuse_body(body: str, phase: str, root: Path, standings: list[Standing]) -> None:
    """Raises Refused for the first part that is empty, and for a tick that nothing stands behind."""
    found, name = parts(body), draft_name(phase)
    asked = [title for _, title, hint in FORM if hint]
    empty = [title for title in asked if not any(map(says_something, found.get(title, "").splitlines()))]
    if empty:
        raise Refused(f"{name} lacks {', '.join(empty)}", f"write into {name}, then: picctl handoff")
    passing = {one.gate for one in standings if one.passes}
    for box, words in TICK.findall(COMMENT.sub("", body)):
        named = re.findall(r"`([^`]+)`", words)
        if box == " ":
            raise Refused(f"{name} has an open box: {words[:60]!r}", f"do it, or say why not without a box in {name}")
        if not any(each in passing or exists_inside(root, each) for each in named):
            raise Refused(
                f"{name} ticks {words[:60]!r} and names no gate that passes and no file as evidence",
                f"name one in backticks in {name}, or take the tick away; then: picctl handoff",
            )


def exists_inside(root: Path, name: str) -> bool:
    with suppress(OSError, ValueError):  # what can be no file's name
        path = (root / name).resolve()
        return path.is_relative_to(root) and path != root and path.exists()
    return False


def refuse_deliverables(root: Path, names: tuple[str, ...], phase: str) -> None:
    for name in names:
        path = root / name
        if not (path.is_file() and path.stat().st_size) and not (path.is_dir() and any(path.iterdir())):
            said = f"the deliverable {name} of {phase} is not there or is empty"
            raise Refused(said, f"make {name}, then: picctl handoff")


def file_name(event: Event) -> str:
    return f"{FOLDER}/handoffs/{event['at'][:10]}-{event['from']}-to-{event['to']}-{event['id']}.md"


def text(event: Event) -> str:
    """The whole hand-off, from the log alone."""
    to = "the end" if event["to"] == DONE else event["to"].title()
    gates = "\n".join(
        f"| {g['gate']} | {g['phase']} | {g['what']} | {g['count']} | {g['tree'][:12]} | {g['python']} | {g['host']} |"
        for g in event["gates"]
    )
    waivers = "\n".join(f"- `{w['gate']}` until {w['until']}, {w['by']}: {w['why']}" for w in event["waivers"])
    return f"""# Handoff: {event["from"].title()} → {to}

**Workflow:** {event["workflow"]}
**Timestamp:** {event["at"]} (UTC)
**From PIC:** {event["from_pic"]}
**To PIC:** {event["to_pic"]}

{COMMENT.sub("", event["body"]).strip()}

## Evidence

| gate | phase | | done | tree | Python | host |
|---|---|---|---|---|---|---|
{gates}

## Waivers

{waivers or "None."}
"""
