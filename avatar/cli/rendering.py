"""From a request to a file where the user wants it: shared by `demo` and `pipeline run`."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from avatar import settings
from avatar.cli.output import LineProgress, print_json
from avatar.errors import EnvironmentProblem, InputError, Interrupted, RequestError
from avatar.invocation import to_type

if TYPE_CHECKING:
    from avatar.job import Job
    from avatar.request import Request

LEAST_FREE_BYTES = 50 << 20  # a job of 120 s needs about 20 MB; below this a render would die half way


def render_to(request: Request, output: Path | None, overwrite: bool, as_json: bool) -> None:
    """Render, copy the result to `output` (or leave it in the job folder), print its path or the report."""
    from avatar import job

    output = prepare(request, output, overwrite)
    made = job.create(settings.home(), request)
    try:
        finish(made, output, as_json)
    except (InputError, RequestError):  # what only the first stage could see; it would refuse the same again
        made.remove_if_empty()
        raise


def resume_to(job: Job, output: Path | None, overwrite: bool, as_json: bool) -> None:
    """Go on with a job, after the same checks."""
    output = prepare(job.request(), output, overwrite)
    finish(job, output, as_json)


def prepare(request: Request, output: Path | None, overwrite: bool) -> Path | None:
    """All that can be refused before work begins; returns the output as an absolute path."""
    from avatar import preflight

    if output:
        output = Path(os.path.abspath(output))
        check_output(output, overwrite)
        if request.subtitles:
            check_output(output.with_suffix(".srt"), overwrite, suffix=".srt")
    check_home(settings.home())
    preflight.check(request)
    return output


def finish(job: Job, output: Path | None, as_json: bool) -> None:
    """Render what is missing of a job, then deliver and print the result."""
    from avatar import pipeline, report

    progress = LineProgress()
    try:
        video = pipeline.render(job, progress)
    except KeyboardInterrupt as stop:
        click.echo(f"job {job.id} stopped; '{to_type(f'pipeline resume {job.id}')}' goes on with it.", err=True)
        raise Interrupted from stop
    if output:
        deliver(video, output)
        if (subtitles := job.file("subtitles.srt")).exists() and job.request().subtitles:
            deliver(subtitles, output.with_suffix(".srt"))
    if as_json:
        print_json({"output": str(output or video), **report.read(job)})
    else:
        click.echo(str(output or video))


def check_output(output: Path, overwrite: bool, suffix: str = ".mp4") -> None:
    """Refuse an output that cannot be written, before any work is done."""
    shown, folder = repr(str(output)), output.parent
    if output.suffix.lower() != suffix:
        raise RequestError(f"the output {shown} must end in {suffix}; that is what is written.")
    if len(os.fsencode(output.name)) + len("..partial") > os.pathconf("/", "PC_NAME_MAX"):
        raise RequestError(f"the name of the output is {len(output.name)} characters long; name a shorter one.")
    if not folder.is_dir():
        raise RequestError(f"the folder {str(folder)!r} does not exist; make it first, or name another output.")
    if output.is_dir():
        raise RequestError(f"the output {shown} is a folder; name a file in it.")
    if os.path.lexists(output) and not overwrite:
        raise RequestError(f"the output {shown} exists; name another file, or add --overwrite.")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RequestError(f"cannot write into {str(folder)!r}: {error.strerror}; name another output.") from error


def check_home(home: Path) -> None:
    """Refuse a home that cannot be written or has no room, before any work is done."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        free = shutil.disk_usage(home).free
    except OSError as error:
        raise EnvironmentProblem(
            f"cannot write into {str(home)!r}, where jobs are kept: {error.strerror}; set AVATAR_HOME to another folder."
        ) from error
    if free < LEAST_FREE_BYTES:
        raise EnvironmentProblem(
            f"the disk that holds {str(home)!r} is full ({free >> 20} MiB free, {LEAST_FREE_BYTES >> 20} are needed); "
            "free some space, or set AVATAR_HOME to a folder on another disk."
        )


def deliver(source: Path, target: Path) -> None:
    """Copy a finished file to where the user wants it."""
    try:
        deliver_with(lambda partial: shutil.copyfile(source, partial), target)
    except EnvironmentProblem as error:
        raise EnvironmentProblem(f"{error} The finished file is safe at {str(source)!r}.") from error


def deliver_with(write: Callable[[Path], object], target: Path) -> None:
    """Let `write` write beside the final name, then rename: the target is never half a file."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        write(partial)
        partial.replace(target)
    except OSError as error:
        raise EnvironmentProblem(
            f"cannot write {str(target)!r}: {error.strerror}; free space or name another output."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """path, or path-2, path-3 … where it is taken."""
    candidate, number = path, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
