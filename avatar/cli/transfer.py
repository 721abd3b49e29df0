"""How fetching and hashing weights looks: two bars on a terminal, a line per fetched file elsewhere. All on stderr."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import click

from avatar.weights.lock import File, gigabytes
from avatar.weights.step import FetchProgress


def progress(counted: str, total: int) -> AbstractContextManager[FetchProgress]:
    """counted: the work ("fetching" or "checking") whose bytes the second bar adds up, to `total`."""
    return Bars(counted, total) if sys.stderr.isatty() else nullcontext(Lines())


class Lines(FetchProgress):
    def begin(self, work: str, file: File) -> None:
        if work == "fetching":
            click.echo(f"{work} {file.repo} {file.path} ({gigabytes(file.size)})", err=True)

    def say(self, note: str) -> None:
        click.echo(f"note: {note}", err=True)


class Bars(FetchProgress):
    """A bar for the file at hand, and one for all bytes of the work that is counted."""

    def __init__(self, counted: str, total: int):
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (TextColumn("{task.description:50}"), BarColumn(20), DownloadColumn(), TransferSpeedColumn())
        self._bars = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        self._counted = counted
        self._all = self._bars.add_task(f"{counted} all files", total=total)
        self._file = None
        self._is_counted = False

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, work: str, file: File) -> None:
        if self._file is not None:
            self._bars.remove_task(self._file)
        name = f"{file.repo.split('/')[-1]} {file.path}"
        self._file = self._bars.add_task(f"{work} {name[-40:]}", total=file.size)
        self._is_counted = work == self._counted

    def advance(self, size: int) -> None:
        if self._file is not None:
            self._bars.advance(self._file, size)
        if self._is_counted:
            self._bars.advance(self._all, size)

    def say(self, note: str) -> None:
        self._bars.console.print(f"note: {note}", markup=False)
