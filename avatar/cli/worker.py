"""`avatar worker …`: workers of platforms that have a queue of their own."""

from __future__ import annotations

import click

from avatar.cli.help import Group

EXAMPLES = """
avatar worker runpod
avatar worker runpod --rp_serve_api --rp_api_port 8001
"""


@click.group(cls=Group, examples=EXAMPLES)
def worker() -> None:
    """Make what a platform's queue holds."""


@worker.command(examples=EXAMPLES, context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def runpod(options: tuple[str, ...]) -> None:
    """Serve a RunPod endpoint. OPTIONS go to RunPod's SDK: --rp_serve_api serves this host alone, to try it out."""
    from avatar.service.runpod_worker import serve

    serve(options)
