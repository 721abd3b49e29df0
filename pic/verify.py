"""Documents of hand-offs and decisions, written from the log alone; and whether they, the log and the state agree."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pic import state
from pic.errors import typed
from pic.events import Event
from pic.handoff import COMMENT
from pic.log import LOG, read_json, wrong_with
from pic.project import Project
from pic.repo import FOLDER, data, git, write_whole


def file_name(event: Event) -> str:
    """`<date>-<slug>-<id>.md`: two branches never give the same one, and no log leads out of its folder."""
    if event["type"] == "handoff":
        folder, name = "handoffs", f"{event['from']}-to-{event['to']}-{event['id']}"
    else:
        slug = re.sub(r"[^a-z0-9]+", "-", event["question"].lower()).strip("-")[:40].strip("-") or "decision"
        folder, name = "decisions", f"{slug}-{event['decision']}"
    return f"{FOLDER}/{folder}/{event['at'][:10]}-{name}.md"


def documents(project: Project) -> dict[str, str]:
    """{path: text} of every file that the log tells of."""
    decisions = project.state.decisions
    later = {each["supersedes"]: each["decision"] for each in reversed(decisions) if each.get("supersedes")}
    found = {file_name(event): handoff(event) for event in project.state.handoffs}
    return found | {file_name(event): decision(event, later.get(event["decision"], "nothing")) for event in decisions}


def handoff(event: Event) -> str:
    row = "| {gate} | {phase} | {what} | {count} | {tree:.12} | {python} | {host} |"
    waiver = "- `{gate}` until {until}, {by}: {why}"
    words = {
        "from": event["from"].title(),
        "to": "the end" if event["to"] == state.DONE else event["to"].title(),
        "body": COMMENT.sub("", event["body"]).strip(),
        "gates": "\n".join(map(row.format_map, event["gates"])),
        "waivers": "\n".join(map(waiver.format_map, event["waivers"])) or "None.",
    }
    return data("handoff.md").format_map(event | words)


def decision(event: Event, later: str) -> str:
    words = {
        "later": later,
        "workflow": event["workflow"] or "none",
        "options": "\n".join(f"- **{name}**{f': {claim}' if claim else ''}" for name, claim in event["options"]),
        "accepts": f"\nIt accepts the change of the gate `{event['accepts']}`.\n" if event.get("accepts") else "",
    }
    return data("decision.md").format_map(event | words)


def lines_of(path: Path) -> list[str] | None:
    """Whatever they end with, as git may write that anew; None where there is no file."""
    return path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else None


def but_superseded(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("Superseded by: ")]


def settle(project: Project) -> list[str]:
    """Write what is not there, or only lacks a later decision; the paths. What a kill left an hour ago is removed."""
    written = []
    for name, text in documents(project).items():
        there, here = lines_of(project.root / name), text.splitlines()
        if there is None or (there != here and but_superseded(there) == but_superseded(here)):
            write_whole(project.root / name, text)
            written.append(name)
    for left in (project.root / FOLDER).glob("**/tmp*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > 3600:  # a younger one may be another writer's
                left.unlink()
    return written


def committed(project: Project) -> Iterator[Event]:
    """Every whole event that a commit behind this checkout has added to the log, on both sides of each merge."""
    how = ("--full-history", "--no-follow", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "-U0", "-p")
    said = git(project.root, "log", *how, "--format=", "HEAD", "--", LOG) if project.commit() else ""
    for line in said.split("\n"):
        event = read_json(line[1:].encode(errors="surrogateescape")) if line.startswith("+{") else None
        if event and not wrong_with(event):
            yield event


def problems(project: Project) -> Iterator[str]:
    """A sentence each, after `settle`."""
    known, events = documents(project), project.log.events
    for name, text in known.items():
        if lines_of(project.root / name) != text.splitlines():
            yield f"{name} is not what the log says: it was edited; put it aside, then: picctl verify"
    for path in sorted((project.root / FOLDER).glob("*/*.md")):
        name = str(path.relative_to(project.root))
        if name not in known and path.parent.name in ("handoffs", "decisions"):
            yield f"{name} is in no event of the log: git log -- :/{name} tells whose it is; remove it or restore the log"
    known_of = {event["id"]: "which a commit has" for event in committed(project)}
    known_of |= {old: f"which {event['id']} came after" for event in events for old in event["after"]}
    for gone in sorted(known_of.keys() - {event["id"] for event in events}):
        yield f"{LOG} lacks the event {gone}, {known_of[gone]}: git log -p -- :/{LOG}, and put its line back"
    if state.load(project.root) not in (None, state.replay(events)):
        yield f"{state.CACHE} is not what the log gives: rm {typed(project.root / state.CACHE)}"
