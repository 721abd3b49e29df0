"""`avatar demo`: the first thing a newcomer runs."""

from __future__ import annotations

from pathlib import Path

import click

from avatar.cli.help import Command
from avatar.cli.options import quietly, unsigned

SCRIPT = Path(__file__).parent.parent / "assets" / "demo.txt"
SECONDS = 10


@click.command(cls=Command, examples="avatar demo\navatar demo -o hello.mp4 --preset joe")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The mp4 to write. [default: avatar-demo.mp4]")
@click.option(
    "--preset",
    default="heart",
    show_default=True,
    help="The voice: heart (female), joe (male) or another English preset.",
)
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@unsigned
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@quietly
def demo(output: Path | None, preset: str, overwrite: bool, as_json: bool, quiet: bool) -> None:
    """Render a 10-second video of the bundled portrait.

    Needs no GPU, no network and nothing to download: the preview stack renders it on the CPU.
    """
    from avatar import work
    from avatar.cli.output import Printer, print_made, silence
    from avatar.jobs.delivery import free_name
    from avatar.request import make_request

    request = make_request(text=SCRIPT.read_text().strip(), seconds=SECONDS, preset=preset)
    output = output or free_name(Path("avatar-demo.mp4"))
    print_made(work.make(request, output, overwrite, silence if quiet else Printer()), as_json, quiet)
