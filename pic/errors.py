"""What a user can meet: one sentence, and the command that mends it."""

from __future__ import annotations

from typing import Any

import click


class PicError(click.ClickException):
    """`what` is a sentence without its full stop, `mend` a command to type or what to do."""

    exit_code = 2

    def __init__(self, what: str, mend: str):
        super().__init__(f"{what}.")
        self.mend = mend

    def show(self, file: Any = None) -> None:
        click.echo(f"picctl: {self.message}\n  mend: {self.mend}", err=True, file=file)


class Refused(PicError):
    """The command was understood, and what is there does not let it happen."""

    exit_code = 1
