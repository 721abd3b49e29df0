"""Do the log, the state, the hand-offs and the decisions agree? What only lacks its file is written again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pic import state
from pic.documents import documents
from pic.log import LOG, Event, parse, seal
from pic.project import Project
from pic.repo import FOLDER, git, write_whole


def lines_of(path: Path) -> list[str] | None:
    """Whatever they end with, as git may write that anew; None where there is no file."""
    return path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else None


def but_superseded(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("Superseded by: ")]


def settle(project: Project) -> list[str]:
    """Write what is not there, or only lacks a later decision; the paths. What a kill left an hour ago is removed."""
    written = []
    for name, text in documents(project.state).items():
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
        event = parse(line[1:].encode(errors="surrogateescape")) if line.startswith("+{") else None
        if event and event.get("seal") == seal(event):
            yield event


def problems(project: Project) -> Iterator[str]:
    """A sentence each, after `settle`."""
    known, events = documents(project.state), project.log.events
    for name, text in known.items():
        if lines_of(project.root / name) != text.splitlines():
            yield f"{name} is not what the log says: it was edited; put it aside, then: picctl verify"
    for path in sorted((project.root / FOLDER).glob("*/*.md")):
        name = str(path.relative_to(project.root))
        if name not in known and path.parent.name in ("handoffs", "decisions"):
            yield f"{name} is in no event of the log: git log -- {name} tells whose it is; remove it or restore the log"
    known_of = {event["id"]: "which a commit has" for event in committed(project)}
    known_of |= {old: f"which {event['id']} came after" for event in events for old in event.get("after", ())}
    for gone in sorted(known_of.keys() - {event["id"] for event in events}):
        yield f"{LOG} lacks the event {gone}, {known_of[gone]}: git log -p -- {LOG}, and put its line back"
    if state.load(project.root) not in (None, state.replay(events)):
        yield f"{state.CACHE} is not what the log gives: rm {state.CACHE}"
    if project.state.phase not in ("", state.DONE, *project.config.names()):
        yield ": ".join(project.renamed())
