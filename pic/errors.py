"""What a user can meet: one sentence, and the command that mends it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

import click


def typed(path: Path | str) -> str:
    return quote(str(path))  # it may have spaces


def one_line(text: str) -> str:
    """Without what would begin another line or steer the terminal: logs and names come from others too."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


class PicError(click.ClickException):
    """`what` is a sentence without its full stop, `mend` a command to type or what to do."""

    exit_code = 2

    def __init__(self, what: str, mend: str):
        super().__init__(f"{what}.")
        self.mend = mend

    def show(self, file: Any = None) -> None:
        click.echo(f"picctl: {one_line(self.message)}\n  mend: {one_line(self.mend)}", err=True, file=file)


class Refused(PicError):
    """The command was understood, and what is there does not let it happen."""

    exit_code = 1
