"""The status log, the only truth: one JSON event a line, appended and never rewritten.

How two logs merge: git joins their lines (`merge=union`), an event counts once by its id, and events are replayed by
their clock, then id. The clock of a new event is one more than the greatest that its writer saw, so whatever a writer
knew of comes before what it wrote, and either order of a merge gives the same state.
Each event also names those that nothing followed yet when it was written, so that `verify` misses one that is taken out.
A line that was cut off by a kill counts for nothing, wherever a merge has put it; the next writer begins one of its own.
"""

from __future__ import annotations

import errno
import getpass
import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pic.errors import PicError
from pic.repo import LOG, digest

MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
SEALED = re.compile(rb'"seal": "[0-9a-f]{12}"}\s*$')  # how each line ends that was written to its end
Event = dict


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def whoami() -> str:
    try:
        return os.environ.get("PIC_WHO") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def seal(event: Event) -> str:
    """Twelve digits over the event without its seal."""
    rest = {key: value for key, value in event.items() if key != "seal"}
    return digest(json.dumps(rest, sort_keys=True).encode())[:12]


@dataclass
class Log:
    """Its events in the order of replay, and the digest of its bytes."""

    events: list[Event]
    key: str


def content_of(root: Path) -> bytes:
    try:
        return (root / LOG).read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise PicError(f"{LOG} cannot be read: {error.strerror}", f"ls -l {LOG}") from None


def read(root: Path) -> Log:
    """All that is there but for what a kill cut off. Raises PicError for a line that cannot be trusted."""
    content = content_of(root)
    events: dict[str, Event] = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        event = parse(line)
        if event and event.get("seal") == seal(event):
            events[event["id"]] = event
        elif (
            line.strip()
            and not (  # the beginning of one that was never written to its end
                line.startswith(b'{"'[: len(line)]) and not SEALED.search(line) and read_json(line) is None
            )
        ):
            edited, marker = "its seal does not fit: it was edited", "it is a conflict marker of git"
            what = edited if event else marker if line.startswith(MARKERS) else "it is no event"
            mend = f"git diff -- {LOG}, take back what is wrong (of a conflict: the marker lines), then: picctl verify"
            raise PicError(f"line {number} of {LOG} cannot be trusted: {what}", mend)
    return Log(sorted(events.values(), key=lambda event: (event["clock"], event["id"])), digest(content))


def read_json(line: bytes) -> object:
    """None for what is none."""
    with suppress(ValueError, RecursionError):
        return json.loads(line)
    return None


def parse(line: bytes) -> Event | None:
    """The event of a line that has the form of one, whether its seal fits or not."""
    event = read_json(line)
    if not isinstance(event, dict) or type(event.get("clock")) is not int:
        return None
    after = event.get("after", [])
    words = [event.get("id"), event.get("type"), *(after if isinstance(after, list) else [None])]
    return event if all(isinstance(word, str) for word in words) else None


def append(root: Path, log: Log, kind: str, **fields: object) -> Event:
    """One event in one write, on the disk when this returns. To be called under the lock, with the log read there."""
    clock = max((event["clock"] for event in log.events), default=0) + 1
    heads = {each["id"] for each in log.events}.difference(*(each.get("after", ()) for each in log.events))
    event: Event = {"id": secrets.token_hex(8), "clock": clock, "at": stamp(now()), "who": whoami(), "type": kind}
    event |= fields | {"after": sorted(heads)}  # what nothing followed yet: one event, and more after a merge
    try:
        json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        odd = error.object[error.start : error.end]
        raise PicError(f"{odd!r} of what is to be written is no text", "use UTF-8") from None
    event["seal"] = seal(event)
    handle = os.open(root / LOG, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        closed = size == 0 or os.pread(handle, 1, size - 1) == b"\n"
        line = (("" if closed else "\n") + json.dumps(event) + "\n").encode()
        if os.write(handle, line) < len(line):  # the disk is full: as if it had never begun
            os.ftruncate(handle, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), LOG)
        os.fsync(handle)
    finally:
        os.close(handle)
    log.events.append(event)
    return event
