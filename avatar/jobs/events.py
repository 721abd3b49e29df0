"""events.jsonl in the job folder: what a render told, one JSON object a line, for whoever looks on.

    {"time": 1795000000.1, "stage": "lips", "number": 3, "done": 120, "total": 250, "note": ""}

A stage that was there already leaves nothing: a finished job that is asked for again stays as it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from avatar import json_files
from avatar.files import open_regular
from avatar.jobs.contents import STAGES
from avatar.jobs.schema import EVENT, fitting
from avatar.progress import Event

NAME = "events.jsonl"
LINE_BYTES = 16 << 10  # that hold at least one whole line: a note is a sentence
MOST_BYTES = 16 << 20  # of the log, that are read: a render of 120 s writes 0.3 MB
POLL_S = 0.2  # between two looks at the file


def logged(folder: Path, then: Callable[[Event], object]) -> Callable[[Event], None]:
    """Tells each event to the log of this job folder, and to `then`. A log that cannot be written stops no render."""
    begun: list[Event] = []  # a stage that may turn out to be there already

    def tell(event: Event) -> None:
        then(event)
        if event.is_cached:
            begun.clear()
            return
        if not (event.done or event.note or event.is_end):
            begun[:] = [event]
            return
        lines = "".join(json.dumps({"time": round(time.time(), 3), **asdict(each)}) + "\n" for each in [*begun, event])
        begun.clear()
        try:
            with open(open_regular(folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as log:
                log.write(lines.encode())
        except OSError:  # a full disk: the stage itself says so, with what helps
            pass

    return tell


def read(folder: Path) -> list[Event]:
    """The events of a job so far; a line that is being written is left out."""
    return more(folder, 0)[0]


def more(folder: Path, position: int) -> tuple[list[Event], int]:
    """The events that stand in the log from this position on, and the position after them."""
    try:
        with open(open_regular(folder / NAME), "rb") as log:
            log.seek(position)
            lines = log.read(MOST_BYTES).split(b"\n")[:-1]
    except OSError:
        return [], position
    return [event for line in lines if (event := parsed(line))], position + sum(len(line) + 1 for line in lines)


def last(folder: Path) -> Event | None:
    """The newest event of a job, without a look at all before it; None before the first."""
    try:
        with open(open_regular(folder / NAME), "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - LINE_BYTES))
            lines = log.read(LINE_BYTES).split(b"\n")[:-1]
    except OSError:
        return None
    return next(filter(None, map(parsed, reversed(lines))), None)


def follow(folder: Path, is_over: Callable[[], bool]) -> Iterator[Event]:
    """The events of a job as they come, until is_over() and no more are there."""
    position = 0
    while True:
        over = is_over()  # before the look, so that what was written meanwhile is still told
        events, position = more(folder, position)
        yield from events
        if over:
            return
        time.sleep(POLL_S)


def parsed(line: bytes) -> Event | None:
    """One line of the log; None for one that is damaged or of another version."""
    try:
        content = json_files.parsed(line)
        if not isinstance(content, dict) or content.pop("time", None) is None or content.get("stage") not in STAGES:
            return None
        return fitting(EVENT, content, NAME)
    except json_files.Damaged:
        return None
