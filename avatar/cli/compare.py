"""`avatar compare A B`: two videos beside each other."""

from __future__ import annotations

from pathlib import Path

import click

from avatar.cli.help import Command
from avatar.errors import RequestError


@click.command(cls=Command, examples="avatar compare before.mp4 after.mp4 -o both.mp4")
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="both.mp4", help="The mp4 to write. [default: both.mp4]"
)
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
def compare(first: Path, second: Path, output: Path, overwrite: bool) -> None:
    """Put two videos beside each other, with the sound of A."""
    from avatar.jobs.delivery import check_output, deliver_with, refuse_inputs
    from avatar.media.side_by_side import side_by_side

    for path in (first, second):
        if not path.is_file():
            raise RequestError(f"there is no video {str(path)!r}; check the path.")
    output = output.absolute()
    refuse_inputs([output], [first, second])
    check_output(output, overwrite)
    deliver_with(lambda partial: side_by_side(first.absolute(), second.absolute(), partial), output)
    click.echo(str(output))
