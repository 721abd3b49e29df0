"""`avatar queue …`: jobs that are made later, one after the other, and the worker that makes them."""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path

import click

from avatar import settings
from avatar.cli import complete
from avatar.cli.help import Group
from avatar.cli.output import age, age_s, bytes_of, print_json
from avatar.errors import AvatarError, EnvironmentProblem
from avatar.invocation import printable
from avatar.progress import Event

EXAMPLES = """
avatar pipeline run --text "Hello." -o hello.mp4 --queue
avatar queue work
avatar queue list
avatar queue cancel hello
avatar queue clear --older-than 30d --keep 10GB
"""


@click.group(cls=Group, examples=EXAMPLES)
def queue() -> None:
    """Jobs that are made later; what was accepted is not lost, whatever is killed."""


@queue.command("list", examples="avatar queue list\navatar queue list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_queue(as_json: bool) -> None:
    """What waits, in the order in which it is made, and what ended."""
    from avatar.service import queue as jobs

    rows = [described(place) for place in jobs.every(settings.home())]
    if as_json:
        print_json("queue", rows)
        return
    for row in rows:
        when = age(row["ended"] or row["submitted"])
        error = f"  {row['error']['message']}" if row["error"] else ""
        click.echo(
            printable(f"{row['job']:36} {row['state']:10} {row['priority']:4} {when:>12}  {row['text'][:40]}{error}")
        )


def described(place) -> dict:
    """One row of the list."""
    try:
        request = place.job.request()
        text = request.text or f"({request.audio.name})"
    except AvatarError:
        text = ""
    entry = place.entry.model_dump(mode="json", include={"submitted", "priority", "attempts", "ended", "error"})
    return {"job": place.job.id, "state": place.state, "text": " ".join(text.split()), **entry}


@queue.command(examples="avatar queue work\navatar queue work --until-empty\navatar queue work --on ray://head:10001")
@click.option("--until-empty", is_flag=True, help="End when nothing is left that could be begun now.")
@click.option("--on", metavar="ADDRESS", help="Let a Ray cluster make them: ray://HOST:PORT, or auto on a node of it.")
@click.option("--home", "homes", type=click.Path(path_type=Path), multiple=True, hidden=True)
@click.option("--with", "server", type=int, hidden=True)
def work(until_empty: bool, on: str | None, homes: tuple[Path, ...], server: int | None) -> None:
    """Make what is queued, as it comes. One worker for each device of a home; engines stay loaded between jobs.

    In the base environment it makes jobs of the preview stack, in the full one (./run --full) all.

    \f
    homes: those to serve, in place of the one of the settings; server: the process that this one ends with.
    """
    from avatar.service.worker import serve

    if server is not None:
        from avatar.host import closed

        closed.die_with(server)
        os.nice(10)  # whoever asks how far it is gets an answer first

    def tell(job, told: Event | str) -> None:
        if isinstance(told, str):
            click.echo(printable(f"{job.id}: {told}"))
        elif told.is_end and not told.is_cached:
            click.echo(printable(f"{job.id}  [{told.number}/4] {told.stage}"), err=True)

    if on is not None:
        if not importlib.util.find_spec("ray"):
            raise EnvironmentProblem(
                "this environment has no Ray; './run avatar queue work --on …' in a checkout makes the one that has."
            )
        from avatar.batch import queue_on_ray

        queue_on_ray.serve(on, homes or [settings.home()], tell, until_empty)
    else:
        serve(homes or [settings.home()], tell, until_empty)


@queue.command(examples="avatar queue cancel hello")
@click.argument("job_names", shell_complete=complete.jobs, metavar="JOB...", nargs=-1, required=True)
def cancel(job_names: tuple[str, ...]) -> None:
    """Take jobs out of the queue; one in work is stopped. What was made of them stays."""
    from avatar.service import queue as jobs

    for name in job_names:
        click.echo(printable(jobs.cancel(settings.home(), name).job.id))


@queue.command(examples="avatar queue resume hello")
@click.argument("job_names", shell_complete=complete.jobs, metavar="JOB...", nargs=-1, required=True)
def resume(job_names: tuple[str, ...]) -> None:
    """Put jobs that failed or were cancelled back into the queue; only what is not there is made."""
    from avatar.service import queue as jobs

    for name in job_names:
        click.echo(printable(jobs.resume(settings.home(), name).job.id))


@queue.command(examples="avatar queue clear --older-than 30d\navatar queue clear --keep 10GB\navatar queue clear")
@click.option("--older-than", metavar="AGE", help="Only what ended longer ago than this: 90min, 12h, 30d.")
@click.option("--keep", metavar="SIZE", help="Then the oldest, until the others take less than this: 500MB, 10GB.")
def clear(older_than: str | None, keep: str | None) -> None:
    """Delete jobs of the queue that ended, with their folders, and kept speech; videos written elsewhere with -o stay."""
    from avatar.service import queue as jobs

    most = None if keep is None else bytes_of(keep)
    before = time.time() - age_s(older_than) if older_than else 0.0 if keep else time.time()
    for job in jobs.clear(settings.home(), before, most):
        click.echo(printable(job.id))
