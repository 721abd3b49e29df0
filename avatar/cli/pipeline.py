"""`avatar pipeline …`: make a video, and look after the jobs that made videos."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from avatar import settings
from avatar.cli import complete
from avatar.cli.help import Group
from avatar.cli.options import FILE, FRAME, RESULT, SAID, SPEAKS, of_a_video, option, quietly, told_apart, unsigned
from avatar.cli.output import age, age_s, print_json, size
from avatar.errors import AvatarError, RequestError
from avatar.invocation import printable, to_type

TABLE = "A table of videos"
STAGES = ("portrait", "voice", "lips", "video")

RUN_EXAMPLES = """
avatar pipeline run --text "Hello." -o hello.mp4
avatar pipeline run --text-file talk.txt --portrait me.jpg --preset joe --subtitles -o talk.mp4
echo "From a pipe." | avatar pipeline run --text-file - -o pipe.mp4
avatar pipeline run --audio speech.wav --transcript speech.txt --portrait group.jpg --face 2 -o speech.mp4
avatar pipeline run --stack full --voice me.wav --prompt "an old sailor" --text "Ahoy." -o ahoy.mp4
avatar pipeline run --table lessons.csv -O videos --preset joe
"""


@click.group(cls=Group, examples=RUN_EXAMPLES)
def pipeline() -> None:
    """Text or speech, a voice and a portrait -> a video; jobs that can be resumed."""


@pipeline.command(examples=RUN_EXAMPLES)
@option(SAID, "--text", help="What is said.")
@option(SAID, "--text-file", type=FILE, help="A UTF-8 text file with what is said; - reads standard input.")
@option(
    SPEAKS,
    "--voice",
    shell_complete=complete.presets_voices_or_files,
    help="A recording of the voice to speak with, or the name of a cloned voice or a preset.",
)
@of_a_video
@option(FRAME, "--subtitles", is_flag=True, help="The same as --captions soft.")
@option(RESULT, "-o", "--output", type=FILE, help="The mp4 to write. [default: in the job's folder]")
@option(RESULT, "--overwrite", is_flag=True, help="Replace the output file if it exists.")
@unsigned
@option(TABLE, "--table", type=FILE, help="A CSV or JSONL file: a video for each row, a column for each option.")
@option(TABLE, "-O", "--folder", type=FILE, help="Where the videos of a table go.")
@option(
    TABLE, "--row", "rows", type=int, multiple=True, help="Of a table only this row, counted from 1; may be repeated."
)
@option(TABLE, "--missing", is_flag=True, help="Of a table only the rows whose video is not there.")
@option(RESULT, "--dry-run", is_flag=True, help="Show what would be made, and what is wrong; nothing is made.")
@option(RESULT, "--queue", is_flag=True, help="Put it into the queue, for 'avatar queue work' to make.")
@option(
    TABLE, "--on", metavar="ADDRESS", help="Let a Ray cluster make a table: ray://HOST:PORT, or auto on a node of it."
)
@option(RESULT, "--priority", type=click.IntRange(-1000, 1000), default=0, help="In the queue: higher is made earlier.")
@option(RESULT, "--json", "as_json", is_flag=True, help="Print the report as JSON.")
@quietly
@click.pass_context
def run(
    context,
    text_file,
    transcript,
    output,
    overwrite,
    no_mark,
    as_json,
    quiet,
    table,
    folder,
    rows,
    missing,
    dry_run,
    queue,
    on,
    priority,
    **asked,
) -> None:
    """Make a video, or one for each row of a table. The same request again does no work twice.

    \f
    asked: options that are fields of the request by the same name.
    """
    from avatar import asking, work
    from avatar.cli.output import Printer, print_made, silence
    from avatar.cli.table import refuse_without_table, run_table

    asked = told_apart(asked)
    if table is not None:
        single = {"text": asked["text"], "audio": asked["audio"], "text_file": text_file, "output": output}
        single |= {"transcript": transcript}
        given = {name: value for name, value in asked.items() if value not in (None, "") and value is not False}
        defaults = given | ({"mark": False} if no_mark else {})
        queued = priority if queue else None
        made = run_table(table, folder, defaults, single, overwrite, rows, missing, dry_run, as_json, queued, on, quiet)
        context.exit(made)
    refuse_without_table(folder=folder, row=rows, missing=missing, on=on)
    if text_file is not None:
        if asked["text"] is not None:
            raise RequestError("give either --text or --text-file, not both.")
        asked["text"] = asking.read_text(text_file)
    if transcript is not None:
        asked["transcript"] = asking.read_text(transcript)
    request = asking.request_of(**asked, mark=not no_mark)
    work.keep_texts(request, output, text_file, transcript)
    if dry_run:
        from avatar.cli.plan import print_plan

        print_plan(request, output, overwrite, as_json, quiet)
        return
    if queue:
        from avatar.preflight import Faces
        from avatar.service.queue import submit

        with Faces() as faces:
            output = work.prepare(request, output, overwrite, faces)
        click.echo(printable(submit(settings.home(), work.with_profile(request), output, priority, overwrite).id))
        return
    print_made(work.make(request, output, overwrite, silence if quiet else Printer()), as_json, quiet)


@pipeline.command(examples="avatar pipeline resume hello-3fa9c2\navatar pipeline resume hello -o hello.mp4")
@click.argument("job", shell_complete=complete.jobs)
@click.option("-o", "--output", type=FILE, help="The mp4 to write. [default: where it was asked for before]")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@unsigned
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@quietly
def resume(job: str, output: Path | None, overwrite: bool, as_json: bool, quiet: bool) -> None:
    """Go on with a job that was interrupted; only what is not there is made."""
    from avatar import work
    from avatar.cli.output import Printer, print_made, silence
    from avatar.jobs import home as homes

    made = work.resume(homes.find(settings.home(), job), output, overwrite, silence if quiet else Printer())
    print_made(made, as_json, quiet)


@pipeline.command(examples="avatar pipeline shifts hello-3fa9c2 -o shifts.png")
@click.argument("job", shell_complete=complete.jobs)
@click.option("-o", "--output", type=FILE, default="shifts.png", help="The PNG to write. [default: shifts.png]")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
def shifts(job: str, output: Path, overwrite: bool) -> None:
    """The loudest moment of a full-stack job with --lips-shift -1, 0 and 1, in three rows, to choose one by eye."""
    from PIL import Image

    from avatar import preflight
    from avatar.jobs import home as homes
    from avatar.jobs.delivery import check_output, deliver_with
    from avatar.pipeline import profile_of
    from avatar.stacks import stack_for
    from avatar.voice.speech import Speech

    found = homes.find(settings.home(), job)
    found.refuse_damaged()
    request = found.request()
    stack = stack_for(request)
    if not stack.has_options:
        raise RequestError(f"job {found.id} is of the {stack.name} stack, whose lips have no shift.")
    if not (found.record("portrait") and found.record("voice")):
        raise RequestError(f"job {found.id} has no speech yet; '{to_type('pipeline resume ' + found.id)}' makes it.")
    output = output.absolute()
    check_output(output, overwrite, suffix=".png")
    preflight.refuse_missing_parts(stack.lips.models)
    from avatar.lips.musetalk.shift_sheet import shift_sheet

    source, _ = stack.lips_source(found.folder, request)
    with stack.lips.load(profile_of(request)) as lips:
        sheet = shift_sheet(lips, source(), Speech.load(found.folder), stack.lips_options(request))
    picture = Image.fromarray(sheet)
    deliver_with(lambda partial: picture.save(partial, format="PNG"), output)
    click.echo(str(output))


@pipeline.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_jobs(as_json: bool) -> None:
    """All jobs, oldest first: what they say, how long the video is, what they take on the disk, where it went."""
    from avatar.jobs import home as homes

    rows = [described(job) for job in homes.every(settings.home())]
    if as_json:
        print_json("jobs", rows)
        return
    for row in rows:
        length = f"{row['seconds']:6.1f} s" if row["seconds"] is not None else f"{'':8}"
        facts = f"{row['job']:36} {row['state']:22} {age(row['created']):>12} {length} {size(row['bytes']):>9}"
        said = row["damage"] or row["text"][:40]
        click.echo(printable(f"{facts}  {said}" + "".join(f"  -> {path}" for path in row["outputs"][-1:])))
    if rows:
        others = homes.other_bytes(settings.home())
        told = ", ".join(f"{name} {size(count)}" for name, count in others.items() if count)
        jobs = f"{len(rows)} jobs, {size(sum(row['bytes'] for row in rows))}"
        click.echo(f"{settings.home()}: {jobs}" + (f"; besides: {told}" if told else ""), err=True)


def described(job) -> dict:
    """One row of the list. seconds: of the video, None before it is there; damage: why a damaged job is that."""
    from avatar.jobs import home as homes

    try:
        request = job.request()
        text = request.text or f"({request.audio.name})"
    except AvatarError:
        text = ""
    frames = (job.record("lips") or {}).get("frames")
    return {
        "job": job.id, "state": job.state(), "damage": job.damage(), "created": job.created(),
        "text": " ".join(text.split()), "seconds": frames and frames / 25, "bytes": homes.size_bytes(job.folder),
        "outputs": job.outputs(),
    }  # fmt: skip


@pipeline.command(examples="avatar pipeline show hello\navatar pipeline show hello --follow")
@click.argument("job", shell_complete=complete.jobs)
@click.option("--follow", is_flag=True, help="Tell what it does, as it does it, until it is done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --follow, an event a line.")
def show(job: str, follow: bool, as_json: bool) -> None:
    """What a job was asked for, what it made, how long each stage took."""
    from avatar.jobs import home as homes

    found = homes.find(settings.home(), job)
    if follow:
        follow_events(found, as_json)
        return
    records = {stage: record for stage in STAGES if (record := found.record(stage))}
    request = {}
    try:
        found.refuse_damaged()
        request = found.request().model_dump(mode="json")
    except AvatarError as error:  # or of another version; what can be read of it is shown all the same
        click.echo(f"note: {error}", err=True)
    state, outputs = found.state(), found.outputs()
    if as_json:
        told = {"job": found.id, "state": state, "damage": found.damage(), "folder": found.folder, "outputs": outputs}
        print_json("job", {**told, "request": request, "records": records})
        return
    for line in described_lines(found, state, outputs, request, records):
        click.echo(printable(line))


def described_lines(job, state: str, outputs: list[Path], request: dict, records: dict) -> Iterator[str]:
    yield from (f"{job.id}: {state}", f"folder: {job.folder}")
    yield from (f"output: {path}" for path in outputs)
    yield from (f"  {name}: {value}" for name, value in request.items() if value not in (None, False))
    for stage, record in records.items():
        copied = f", copied from {record['copied_from']}" if record.get("copied_from") else ""
        made = f"{record['seconds']:7.2f} s  {record['peak_memory_mib']:5} MiB  {record['made_by'].get('engine', '')}"
        yield f"{stage:9} {made}{copied}"
        yield from (f"          note: {note}" for note in record["notes"])


def follow_events(job, as_json: bool) -> None:
    """The events of a job until nobody works on it any more."""
    import json
    from dataclasses import asdict

    from avatar.cli.json_shapes import versioned
    from avatar.cli.output import Printer
    from avatar.jobs import events

    told = Printer()
    for event in events.follow(job.folder, lambda: job.state() != "running"):
        if as_json:
            click.echo(json.dumps(versioned("event", asdict(event))))
        else:
            told(event)
    if not as_json:
        click.echo(printable(f"{job.id}: {job.state()}"))


@pipeline.command(
    examples="avatar pipeline remove hello\navatar pipeline remove --older-than 30d\navatar pipeline remove --all"
)
@click.argument("job_names", shell_complete=complete.jobs, metavar="[JOB]...", nargs=-1)
@click.option("--older-than", metavar="AGE", help="All that were made longer ago than this: 90min, 12h, 30d.")
@click.option("--all", "every_one", is_flag=True, help="All there are.")
def remove(job_names: tuple[str, ...], older_than: str | None, every_one: bool) -> None:
    """Delete jobs with everything in their folders, and speech that is kept; videos written elsewhere with -o stay."""
    from avatar import voices
    from avatar.errors import TemporaryProblem
    from avatar.jobs import home as homes
    from avatar.voice import kept

    if bool(job_names) + (older_than is not None) + every_one != 1:
        raise RequestError("name jobs to remove, or say --older-than AGE, or --all.")
    home = settings.home()
    if job_names:
        for job in dict.fromkeys(homes.find(home, name) for name in job_names):
            homes.remove(job)
            click.echo(printable(job.id))
        return
    before = time.time() - (0 if older_than is None else age_s(older_than))
    kept.clear(home, before)
    voices.clear(home, before)
    for job in homes.every(home):
        if every_one or job.created() < before:
            try:
                homes.remove(job)
            except TemporaryProblem as error:
                click.echo(f"note: {error}", err=True)
            else:
                click.echo(printable(job.id))
