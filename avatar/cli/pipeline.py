"""`avatar pipeline …`: make a video, and look after the jobs that made videos."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from avatar import settings
from avatar.cli.help import Group
from avatar.cli.output import age, print_json
from avatar.errors import RequestError
from avatar.invocation import to_type

FILE = click.Path(path_type=Path)

RUN_EXAMPLES = """
avatar pipeline run --text "Hello." -o hello.mp4
avatar pipeline run --text-file talk.txt --portrait me.jpg --preset joe --subtitles -o talk.mp4
echo "From a pipe." | avatar pipeline run --text-file - -o pipe.mp4
avatar pipeline run --audio speech.wav --portrait group.jpg --face 2 -o speech.mp4
avatar pipeline run --stack full --voice me.wav --prompt "an old sailor" --text "Ahoy." -o ahoy.mp4
"""


@click.group(cls=Group, examples=RUN_EXAMPLES)
def pipeline() -> None:
    """Text or speech, a voice and a portrait -> a video; jobs that can be resumed."""


@pipeline.command(examples=RUN_EXAMPLES)
@click.option("--text", help="What is said.")
@click.option("--text-file", type=FILE, help="A UTF-8 text file with what is said; - reads standard input.")
@click.option("--audio", type=FILE, help="Finished speech, instead of text.")
@click.option("--voice", help="A recording of the voice to speak with, or the name of a cloned voice.")
@click.option("--preset", help="A preview voice: jf_alpha (female) or joe (male).")
@click.option(
    "--portrait", type=FILE, help="A picture of a face (full stack: or a short clip). [default: the bundled one]"
)
@click.option("--prompt", help="Draw the portrait from these words instead (full stack).")
@click.option("--negative-prompt", default="", help="What the drawn portrait must not show.")
@click.option("--steps", type=int, help="Steps of drawing it. [default: the profile's]")
@click.option("--tries", type=int, help="How many seeds to draw until one shows a face. [default: 4]")
@click.option("--face", type=int, help="Which face, counted from the left, where the picture has several.")
@click.option(
    "--lips-region", help="What is drawn anew (full stack): jaw, lips (keeps a beard) or full. [default: jaw]"
)
@click.option("--lips-shift", type=float, help="Calmer (to -1) or wider (to 1) mouth (full stack). [default: 0]")
@click.option(
    "--lips-margin", type=float, help="Room below the chin, 0 to 0.1 of the face (full stack). [default: 0.045]"
)
@click.option("-o", "--output", type=FILE, help="The mp4 to write. [default: in the job's folder]")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@click.option("--stack", help="preview (CPU, nothing to download) or full (GPU).  [default: preview]")
@click.option(
    "--profile",
    type=click.Choice(["auto", "24GB", "10GB", "6GB", "cpu"]),
    help="Memory profile of the full stack. [default: what fits]",
)
@click.option("--language", help="Language of the text. [default: the cloned voice's, else en]")
@click.option("--seconds", type=float, help="Fit the speech to this length.")
@click.option("--seed", type=int, help="Another seed gives other blinks and another intonation. [default: 7]")
@click.option("--subtitles", is_flag=True, help="Add a soft subtitle track, and an .srt file beside the mp4.")
@click.option("--no-mark", is_flag=True, help="Leave out the visible 'synthetic preview' mark.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def run(text_file, voice, profile, output, overwrite, no_mark, as_json, **asked) -> None:
    """Make a video. The same request again does no work twice.

    \f
    asked: options that are fields of the request by the same name.
    """
    from avatar.cli.rendering import render_to
    from avatar.request import make_request

    if text_file is not None:
        if asked["text"] is not None:
            raise RequestError("give either --text or --text-file, not both.")
        asked["text"] = read_text(text_file)
    if profile:
        os.environ["AVATAR_PROFILE"] = profile  # flags come before the environment, see settings.py
    defaults = settings.load()
    asked["stack"] = asked["stack"] or defaults.stack
    asked["seed"] = defaults.seed if asked["seed"] is None else asked["seed"]
    if asked["stack"] == "preview" and voice is None and asked["audio"] is None:
        asked["preset"] = asked["preset"] or defaults.preset or None
    for name in ("audio", "portrait"):
        asked[name] = asked[name] and asked[name].absolute()
    asked["language"] = asked["language"] or language_of(voice)
    render_to(make_request(**asked, voice=voice_file(voice), mark=not no_mark), output, overwrite, as_json)


def voice_file(voice: str | None) -> Path | None:
    """The recording behind --voice: a cloned voice's own, else the file of that name. Raises RequestError for neither."""
    if voice is None:
        return None
    from avatar.voice import profiles

    recording = profiles.recording_of(settings.home(), voice) or Path(voice).absolute()
    if not recording.exists():
        raise RequestError(
            f"--voice: there is no cloned voice and no file {voice!r}; '{to_type('voice list')}' shows the voices."
        )
    return recording


def language_of(voice: str | None) -> str | None:
    """The language that was noted with a cloned voice; None where it is a recording, or there is no voice."""
    if voice is None:
        return None
    from avatar.voice import profiles

    return profiles.language_of(settings.home(), voice)


def read_text(path: Path) -> str:
    """Text of a file, or of standard input for '-'. Raises RequestError when it cannot be read or is not UTF-8."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise RequestError(f"cannot read the text file {str(path)!r}: {error.strerror}; check the path.") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"the text file {str(path)!r} is not UTF-8 text; save it as UTF-8.") from error


@pipeline.command(examples="avatar pipeline resume hello-3fa9c2\navatar pipeline resume hello -o hello.mp4")
@click.argument("job")
@click.option("-o", "--output", type=FILE, help="The mp4 to write. [default: in the job's folder]")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def resume(job: str, output: Path | None, overwrite: bool, as_json: bool) -> None:
    """Go on with a job that was interrupted; only what is not there is made."""
    from avatar import job as jobs
    from avatar.cli.rendering import resume_to

    resume_to(jobs.find(settings.home(), job), output, overwrite, as_json)


@pipeline.command(examples="avatar pipeline shifts hello-3fa9c2 -o shifts.png")
@click.argument("job")
@click.option("-o", "--output", type=FILE, default="shifts.png", help="The PNG to write. [default: shifts.png]")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
def shifts(job: str, output: Path, overwrite: bool) -> None:
    """The loudest moment of a full-stack job with --lips-shift -1, 0 and 1, in three rows, to choose one by eye."""
    from PIL import Image

    from avatar import job as jobs
    from avatar import preflight
    from avatar.cli.rendering import check_output, deliver_with
    from avatar.stacks import stack_for
    from avatar.voice.speech import Speech

    found = jobs.find(settings.home(), job)
    request = found.request()
    stack = stack_for(request)
    if stack.name != "full":
        raise RequestError(f"job {found.id} is of the preview stack, whose lips have no shift.")
    if not (found.record("portrait") and found.record("voice")):
        raise RequestError(f"job {found.id} has no speech yet; '{to_type('pipeline resume ' + found.id)}' makes it.")
    output = output.absolute()
    check_output(output, overwrite, suffix=".png")
    preflight.refuse_missing_parts(stack.lips.models)
    from avatar.lips.musetalk.shift_sheet import shift_sheet

    source, _ = stack.lips_source(found.folder, request)
    sheet = Image.fromarray(shift_sheet(source, Speech.load(found.folder), stack.lips_options(request)))
    deliver_with(lambda partial: sheet.save(partial, format="PNG"), output)
    click.echo(str(output))


@pipeline.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_jobs(as_json: bool) -> None:
    """All jobs, oldest first."""
    from avatar import job as jobs

    rows = [{"job": job.id, "state": job.state(), "created": job.created()} for job in jobs.every(settings.home())]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(f"{row['job']:38} {row['state']:22} {age(row['created'])}")


@pipeline.command()
@click.argument("job")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(job: str, as_json: bool) -> None:
    """What a job was asked for, what it made, how long each stage took."""
    from avatar import job as jobs

    found = jobs.find(settings.home(), job)
    records = {stage: record for stage in jobs.STAGES if (record := found.record(stage))}
    request = found.request().model_dump(mode="json")
    state = found.state()
    if as_json:
        print_json({"job": found.id, "state": state, "folder": found.folder, "request": request, "records": records})
        return
    click.echo(f"{found.id}: {state}\nfolder: {found.folder}")
    for name, value in request.items():
        if value not in (None, False):
            click.echo(f"  {name}: {value}")
    for stage, record in records.items():
        engine = record["made_by"]["engine"]
        copied = f", copied from {record['copied_from']}" if "copied_from" in record else ""
        click.echo(f"{stage:9} {record['seconds']:7.2f} s  {record['peak_memory_mib']:5} MiB  {engine}{copied}")
        for note in record["notes"]:
            click.echo(f"          note: {note}")


@pipeline.command()
@click.argument("job_names", metavar="JOB...", nargs=-1, required=True)
def remove(job_names: tuple[str, ...]) -> None:
    """Delete jobs with everything in their folders; videos written elsewhere with -o stay."""
    from avatar import job as jobs

    for job in dict.fromkeys(jobs.find(settings.home(), name) for name in job_names):
        with job.locked():
            shutil.rmtree(job.folder)
        click.echo(job.id)
