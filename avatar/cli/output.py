"""What commands print: results on stdout, progress and notes on stderr, bars only on a terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator

import click

from avatar.progress import Progress

STAGE_COUNT = 4


def print_json(content: object) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))


class LineProgress(Progress):
    """One line per stage on stderr; on a terminal, a bar while frames are made."""

    def stage(self, number: int, name: str) -> None:
        click.echo(f"[{number}/{STAGE_COUNT}] {name}", err=True)

    def say(self, note: str) -> None:
        click.echo(f"note: {note}", err=True)

    def count(self, items: Iterable, total: int) -> Iterator:
        if not sys.stderr.isatty():
            yield from items
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("      frames"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            yield from bars.track(items, total=total)


def age(seconds_since_epoch: float) -> str:
    """'3 min ago', for listings."""
    seconds = max(0, time.time() - seconds_since_epoch)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "just now"
