"""What commands print: results on stdout, progress and notes on stderr, bars only on a terminal."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click

from avatar.cli.json_shapes import versioned
from avatar.errors import RequestError
from avatar.invocation import printable
from avatar.progress import Event

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from avatar.work import Made

STAGE_COUNT = 4
COUNTED = {"voice": "sentences", "lips": "frames"}


def print_json(kind: str, content: object) -> None:
    """kind: of json_shapes.SHAPES, which says its version."""
    text = json.dumps(versioned(kind, content), indent=2, ensure_ascii=False, default=str)
    click.echo(text.encode("utf-8", "backslashreplace").decode())  # half of a pair, from a file's name, as JSON has it


def silence(event: Event) -> None:
    """Tells nobody."""


class Printer:
    """Prints events on stderr: a line for each stage and note; while things are counted, a bar on a terminal, elsewhere
    a line for each ten per cent."""

    def __init__(self, stages: int = STAGE_COUNT) -> None:
        self._stages = stages
        self._bars: Bars | None = None
        self._tenth = 0

    def __call__(self, event: Event) -> None:
        if event.note:
            self._close()
            click.echo(f"note: {printable(event.note)}", err=True)
        elif event.is_end:
            self._close()
        elif not event.done:
            self._close()
            self._tenth = 0
            click.echo(f"[{event.number}/{self._stages}] {event.stage}", err=True)
        elif event.total and event.total > 1:
            self._bar(event) if sys.stderr.isatty() else self._line(event)

    def _line(self, event: Event) -> None:
        tenth = 10 * event.done // event.total if event.total else 0
        if self._tenth < tenth < 10:
            self._tenth = tenth
            click.echo(f"[{event.number}/{self._stages}] {event.stage} {10 * tenth} %", err=True)

    def _bar(self, event: Event) -> None:
        if self._bars is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            what = COUNTED.get(event.stage, event.stage)
            columns = (TextColumn(f"      {what}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bars.add_task(what, total=event.total)
            self._bars.start()
        self._bars.update(self._bars.task_ids[0], completed=event.done)

    def _close(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def print_made(made: Made, as_json: bool, quiet: bool = False) -> None:
    """The path, or the report; and on stderr how long and large it is, and how long it took, unless quiet."""
    if as_json:
        print_json("report", {"output": str(made.path), **made.report})
        return
    if not quiet:
        click.echo(f"{made.seconds:.1f} s, {size(made.path.stat().st_size)}, made in {made.took_s:.1f} s", err=True)
    click.echo(str(made.path))


def size(count: int) -> str:
    """'1.2 MB', for people."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.1f} {unit}"
    return f"{count} bytes"


def age(seconds_since_epoch: float) -> str:
    """'3 min ago', for listings."""
    seconds = max(0, time.time() - seconds_since_epoch)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return "just now"


def age_s(said: str) -> float:
    """Seconds of '90min', '12h' or '30d'. Raises RequestError for anything else."""
    units = {"min": 60, "h": 3600, "d": 86400}
    for unit, seconds in units.items():
        number = said.removesuffix(unit)
        if number != said and number.isdigit():
            return int(number) * seconds
    raise RequestError(f"{said!r} is no age; write a whole number with min, h or d, as 30d.", ("older_than",))


def bytes_of(said: str) -> int:
    """Bytes of '500MB', '10GB'. Raises RequestError for anything else."""
    for unit, power in (("KB", 1), ("MB", 2), ("GB", 3), ("TB", 4)):
        number = said.upper().removesuffix(unit)
        if number != said.upper() and number.isdigit():
            return int(number) * 1000**power
    raise RequestError(f"{said!r} is no size; write a whole number with MB or GB, as 10GB.", ("keep",))
