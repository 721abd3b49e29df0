"""`avatar check FILE`: is a recording, a picture or a video good enough, in figures."""

from __future__ import annotations

from pathlib import Path

import click

from avatar import settings
from avatar.cli.help import Command
from avatar.cli.output import print_json
from avatar.errors import EnvironmentProblem


@click.command(cls=Command, examples="avatar check me.wav\navatar check me.jpg\navatar check avatar-demo.mp4 --json")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lse", is_flag=True, help="Let SyncNet judge a video's lip sync too (LSE-C, LSE-D).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(file: Path, lse: bool, as_json: bool) -> int:
    """Measure a recording, a picture or a video; exit code 1 where it falls short.

    A recording: length, loudness, silence, clipping. A picture: is there one usable face? A video: does the mouth
    open with the sound, without lag, and shut at p, b and m, do eyes, teeth and lips look right, is a face in every
    frame, are picture and sound equally long? For a video made here the face is also compared with what it was asked
    to do, as the job's folder remembers it.
    """
    from avatar.quality import check_file, intended

    if lse:
        refuse_without_syncnet()
    path = file.absolute()
    result = check_file(path, intended.asked_of(settings.home(), path), lse)
    if as_json:
        print_json("check", result)
    else:
        from avatar.quality import lines

        for line in lines(result):
            click.echo(line)
    return 0 if result["passed"] else 1


def refuse_without_syncnet() -> None:
    """Raises EnvironmentProblem where SyncNet's weights or the full environment are missing, before anything is read."""
    from avatar.quality import syncnet

    if why := syncnet.obstacle():
        raise EnvironmentProblem(f"--lse: {why}")
