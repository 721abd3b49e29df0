"""What would be made of one request, for `--dry-run`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from avatar import settings
from avatar.cli.output import print_json
from avatar.invocation import printable
from avatar.request import Request


def print_plan(
    request: Request, output: Path | None, overwrite: bool, as_json: bool, quiet: bool, makes_folder: bool = False
) -> None:
    """After all the checks that it meets, and a look for the face. makes_folder: the output's is made where there is none.
    Raises what these raise."""
    from avatar import framed, work
    from avatar.batch.plan import told
    from avatar.jobs import home as homes
    from avatar.jobs.job import Job
    from avatar.preflight import Faces
    from avatar.stacks import uncloned

    with Faces() as faces:
        is_new = makes_folder and output is not None and not output.parent.exists()
        _, notes = work.checked(request, None if is_new else output, overwrite, faces)
    notes = [*uncloned(request), *notes]
    job = Job(homes.place(settings.home(), work.with_profile(request)))
    plan, video = told(request, job), os.path.abspath(output or job.video)
    if as_json:
        width, height = framed.frame_size(request)
        frame = {"width": width, "height": height, "captions": request.worded}
        print_json("plan", {"video": video, "plan": plan, "notes": notes, **frame})
        return
    for note in () if quiet else notes:
        click.echo(printable(f"note: {note}"), err=True)
    click.echo(printable(f"{video}  {plan}"))
