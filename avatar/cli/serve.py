"""`avatar serve`: the page and the REST API."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import click

from avatar import settings
from avatar.cli.help import Command
from avatar.cli.output import bytes_of
from avatar.errors import EnvironmentProblem

EXAMPLES = """
avatar serve
avatar serve --port 9000
avatar serve --on ray://head:10001
AVATAR_TOKEN=$(openssl rand -hex 24) avatar serve --host 0.0.0.0 --host-name videos.example.org
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to serve on; others need AVATAR_TOKEN."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--host-name", "host_names", multiple=True, help="A further name that this server goes by.")
@click.option("--private-webhooks", is_flag=True, help="Let webhooks go to addresses of this network.")
@click.option("--most-upload", default="1GB", show_default=True, help="The largest request that is taken.")
@click.option(
    "--on", metavar="ADDRESS", help="Let a Ray cluster make the videos: ray://HOST:PORT, or auto on its node."
)
def serve(
    host: str, port: int, host_names: tuple[str, ...], private_webhooks: bool, most_upload: str, on: str | None
) -> None:
    """Serve the web page and the REST API, with a worker that makes what is sent. Videos and queue are those of the home.

    In the base environment it makes videos of the preview stack, in the full one (./run --full) all.
    """
    if not importlib.util.find_spec("fastapi"):
        become_the_one_beside()
        raise EnvironmentProblem(
            "this environment has no web server; './run avatar serve' in a checkout makes the one that has, and the image "
            "has it."
        )
    if on is not None:
        from avatar.batch.address import refuse_no_address

        refuse_no_address(on)
    if on is not None and not os.environ.get("AVATAR_RAY_PYTHON"):
        raise EnvironmentProblem(
            "no environment beside this one has Ray; './run avatar serve --on …' in a checkout makes it."
        )
    from avatar.web.serving import serve as serving

    serving(settings.home(), host, port, host_names, private_webhooks, bytes_of(most_upload), click.echo, on)


def become_the_one_beside() -> None:
    """An image has the web process in an environment beside this one, which stays the worker's; Nix has it anywhere in the
    store, and says where: go on there."""
    python = Path(os.environ.get("AVATAR_SERVICE_PYTHON") or f"{sys.prefix}-service/bin/python")
    if python.exists():
        os.environ["AVATAR_WORKER_PYTHON"] = sys.executable
        os.execv(python, [str(python), "-P", "-m", "avatar", *sys.argv[1:]])
