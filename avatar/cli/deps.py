"""`avatar deps`: a line that names where the audit of packages is now."""

from __future__ import annotations

import click

from avatar.cli.help import Command

NOW = (
    "avatar deps is gone: the risks of packages by their names are told by `picctl audit NAME…` (pilot-in-command), "
    "those of the lock by `ci/audit` in a checkout, licences by `avatar status --licences`."
)


@click.command(
    cls=Command,
    examples="avatar status --licences",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def deps(words: tuple[str, ...]) -> int:
    """Moved: the audit of packages is `picctl audit` now."""
    click.echo(NOW, err=True)
    return 2
