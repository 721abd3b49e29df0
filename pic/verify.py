"""Do the log, the state, the hand-offs and the decisions agree? What only lacks its file is written again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress

from pic import decisions, handoff, state
from pic.log import LOG
from pic.project import Project
from pic.repo import FOLDER, write_whole

SUPERSEDED = re.compile(r"^Superseded by: .*\n", re.MULTILINE)


def documents(project: Project) -> dict[str, str]:
    """{path: text} of every file that the log tells of."""
    found = {handoff.file_name(event): handoff.text(event) for event in project.state.handoffs}
    return found | {decisions.file_name(e): decisions.text(e, project.state) for e in project.state.decisions}


def settle(project: Project) -> list[str]:
    """Write what is not there, or only lacks a later decision; the paths. What a kill left an hour ago is removed."""
    written = []
    for name, text in documents(project).items():
        path = project.root / name
        there = path.read_text("utf-8", errors="replace") if path.is_file() else None
        if there != text and (there is None or SUPERSEDED.sub("", there) == SUPERSEDED.sub("", text)):
            write_whole(path, text)
            written.append(name)
    for folder in ("", "handoffs", "decisions", "drafts"):
        for left in (project.root / FOLDER / folder).glob("tmp*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > 3600:  # a younger one may be another writer's
                    left.unlink()
    return written


def problems(project: Project) -> Iterator[str]:
    """A sentence each, after `settle`."""
    known = documents(project)
    for name, text in known.items():
        if (project.root / name).read_text("utf-8", errors="replace") != text:
            yield f"{name} is not what the log says: it was edited; put it aside, then: picctl verify"
    for folder in ("handoffs", "decisions"):
        for path in sorted((project.root / FOLDER / folder).glob("*.md")):
            name = str(path.relative_to(project.root))
            if name not in known:
                yield f"{name} is in no event of the log: git log -- {name} tells whose it is; remove it or restore the log"
    there = {event["id"] for event in project.log.events}
    for event in project.log.events:
        for gone in sorted({*event.get("after", ())} - there):
            yield f"{LOG} lacks the event {gone}, which {event['id']} came after: git log -p -- {LOG}, and put its line back"
    if state.load(project.root) not in (None, state.replay(project.log.events)):
        yield f"{state.CACHE} is not what the log gives: rm {state.CACHE}"
    if project.state.phase not in ("", state.DONE, *project.config.names()):
        yield ": ".join(project.renamed())
