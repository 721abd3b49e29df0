"""The status log, the only truth: one JSON event a line, appended and never rewritten.

How two logs merge: git joins their lines (`merge=union`), an event counts once by its id, and events are replayed by
their clock, then id. A new event's clock is one more than the greatest that its writer saw, so what a writer knew of
comes before what it wrote. It names those that nothing followed yet, so that `verify` misses one that is taken out.
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
from typing import Any

from pic.errors import PicError, typed
from pic.events import Event, forms, misfits
from pic.repo import LOG, digest

MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
SEALED = re.compile(rb'"seal": "[0-9a-f]{12}"}\s*$')  # how each line ends that was written to its end


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def whoami() -> str:
    with suppress(KeyError, OSError):
        return os.environ.get("PIC_WHO") or getpass.getuser()
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
        raise PicError(f"{LOG} cannot be read: {error.strerror}", f"ls -l {typed(root / LOG)}") from None


def read(root: Path) -> Log:
    """All that is there but for what a kill cut off. Raises PicError for a line that cannot be trusted."""
    content = content_of(root)
    events: dict[str, Event] = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        event = read_json(line)
        # the beginning of one that was never written to its end, or nothing
        if event is None and b'{"'.startswith(line.strip()[:2]) and not SEALED.search(line):
            continue
        why = wrong_with(event)
        if event and not why and events.setdefault(event["id"], event) != event:
            why = "an event above has its id and says something else"
        if why:
            why = "it is a conflict marker of git, to be taken out" if line.startswith(MARKERS) else why
            mend = f"git diff -- :/{LOG} (of a commit: git log -p), take back what is wrong, then: picctl verify"
            raise PicError(f"line {number} of {LOG} cannot be trusted: {why}", mend)
    return Log(sorted(events.values(), key=lambda event: (event["clock"], event["id"])), digest(content))


def read_json(line: bytes) -> Any:
    """None for what is none."""
    with suppress(ValueError, RecursionError):
        return json.loads(line)
    return None


def wrong_with(event: Any) -> str:
    """Why this is no event that picctl wrote, in a few words; empty where it is one."""
    if not isinstance(event, dict):
        return "it is no event"
    if (kind := str(event.get("type"))) not in forms()["kinds"]:
        return f"it is of the type {kind!r:.40}, and none of {', '.join(forms()['kinds'])}"
    if odd := misfits(forms()[kind], event):
        return f"of an event of the type {kind}, {', '.join(odd)[:200]} is missing, of another form, or not to be there"
    return "" if event["seal"] == seal(event) else "its seal does not fit: it was edited"


def append(root: Path, log: Log, kind: str, **fields: object) -> Event:
    """One event in one write, on the disk when this returns. To be called under the lock, with the log read there."""
    clock = max((event["clock"] for event in log.events), default=0) + 1
    heads = {each["id"] for each in log.events}.difference(*(each["after"] for each in log.events))
    event: Event = {"id": secrets.token_hex(8), "clock": clock, "at": stamp(now()), "who": whoami(), "type": kind}
    event |= fields | {"after": sorted(heads)}  # what nothing followed yet: one event, and more after a merge
    event["seal"] = seal(event)
    if odd := misfits(forms()[kind], event):  # such as bytes of a command line that are not UTF-8
        raise PicError(f"{', '.join(odd)} of what is to be written is no text, or not of its form", "use UTF-8")
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
