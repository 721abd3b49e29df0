"""`avatar make`: a script in, a video to publish out; or a table of them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from avatar.cli import complete
from avatar.cli.help import Command
from avatar.cli.options import FILE, RESULT, SPEAKS, choice, of_a_video, option, quietly, told_apart, unsigned
from avatar.errors import RequestError
from avatar.frame.purposes import PURPOSES, with_purpose
from avatar.invocation import to_type

EXAMPLES = """
avatar make talk.md -o talk.mp4
avatar make talk.md --portrait me.jpg --voice joe --for shorts -o talk.mp4
avatar make --audio talk.wav --transcript talk.txt --portrait me.jpg --for square
avatar make lessons.csv --portrait me.jpg -O videos --dry-run
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("script", type=FILE, required=False)
@option(RESULT, "--for", "purpose", type=choice(list(PURPOSES)),
        help="youtube: 1920x1080, captions as a track. shorts: 1080x1920, captions in the picture, word by word. square: "
        "1080x1080, captions in a box. [default: youtube]")  # fmt: skip
@option(
    RESULT,
    "-o",
    "--output",
    type=FILE,
    help="The mp4 to write, or its folder. [default: the script's name with .mp4, here]",
)
@option(RESULT, "-O", "--folder", type=FILE, help="Where the videos go; it is made where there is none.")
@option(RESULT, "--overwrite", is_flag=True, help="Replace files that exist.")
@unsigned
@option(RESULT, "--dry-run", is_flag=True, help="Show what would be made, and what is wrong with it; make nothing.")
@option(RESULT, "--json", "as_json", is_flag=True, help="Print the report as JSON.")
@quietly
@option(
    SPEAKS,
    "--voice",
    shell_complete=complete.presets_voices_or_files,
    help="A preset, a cloned voice, or a recording of the voice to speak with.",
)
@of_a_video
def make(script, purpose, output, folder, overwrite, dry_run, as_json, quiet, voice, no_mark, **asked) -> None:
    """Make a video to publish from SCRIPT: a text or Markdown file, - for standard input, or a table (.csv, .tsv,
    .json, .jsonl) with a video in each row."""
    given = {name: value for name, value in told_apart(asked).items() if value not in (None, "")}
    given |= ({} if voice is None else {"voice": voice}) | ({"mark": False} if no_mark else {})
    wanted = with_purpose(purpose or "youtube", given)
    if output is not None and folder is not None:
        raise RequestError("an output and a folder exclude each other; give one of them.", ("output", "folder"))
    if script is not None and is_table(script):
        if output is not None and output.suffix.lower() != ".mp4":
            folder, output = output, None
        make_table(script, folder, output, wanted, overwrite, dry_run, as_json, quiet)
    else:
        make_one(script, folder, output, wanted, overwrite, dry_run, as_json, quiet)


def is_table(script: Path) -> bool:
    from avatar.batch.table import ENDINGS

    return script.suffix.lower() in ENDINGS


def make_table(
    table: Path, folder: Path | None, output: Path | None, wanted: dict, overwrite: bool, dry_run: bool,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    from avatar.cli.table import run_table

    single = {name: wanted.pop(name, None) for name in ("audio", "transcript")} | {"output": output}
    context = click.get_current_context()
    context.exit(run_table(table, folder, wanted, single, overwrite, (), False, dry_run, as_json, None, None, quiet))


def refuse_words(script: Path) -> None:
    """Where the words themselves were given in the place of a file with them."""
    words = str(script)
    if " " in words and not script.suffix[1:].isalnum() and not os.path.exists(script):
        raise RequestError(
            f"there is no file {words[:60]!r}; write the words into one, or give them by '{to_type('pipeline run --text')}'."
        )


def refuse_no_text(script: Path) -> None:
    """Where a recording or a picture stands in the place of the script."""
    import mimetypes

    kind = (mimetypes.guess_type(script.name)[0] or "").partition("/")[0]
    if kind in ("audio", "video"):
        raise RequestError(
            f"{str(script)!r} is a recording and no script; give it as finished speech.", (), {"audio": str(script)}
        )
    if kind == "image":
        raise RequestError(
            f"{str(script)!r} is a picture and no script; give it as the portrait.", (), {"portrait": str(script)}
        )


def make_one(
    script: Path | None, folder: Path | None, output: Path | None, wanted: dict, overwrite: bool, dry_run: bool,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    from avatar import asking, work
    from avatar.cli.output import Printer, print_made, silence
    from avatar.cli.plan import print_plan
    from avatar.cli.table import make_folder, refuse_no_folder

    if script is not None and "audio" in wanted:
        raise RequestError("a script and finished speech exclude each other; give one of them.", ("audio",))
    if script is None and "audio" not in wanted:
        raise RequestError("there is nothing to say; give a script, or finished speech.", ("audio",))
    if script is not None:
        refuse_words(script)
        refuse_no_text(script)
        wanted["text"] = asking.read_text(script)
    transcript = wanted.get("transcript")
    if transcript is not None:
        wanted["transcript"] = asking.read_text(transcript)
    request = asking.request_of(**wanted)
    said = wanted["audio"] if script is None else script
    named = Path("avatar.mp4" if str(said) == "-" else said.with_suffix(".mp4").name)
    if folder is not None:
        refuse_no_folder(folder)
        output = folder / named
    elif output is None or os.path.isdir(output):
        output = (output or Path()) / named
    work.keep_texts(request, output, script, transcript)
    if request.audio and transcript is None and "captions" not in wanted and not quiet:
        click.echo(
            "note: there are no captions without the words of the recording; give them as its transcript.", err=True
        )
    if dry_run:
        print_plan(request, output, overwrite, as_json, quiet, makes_folder=folder is not None)
        return
    if folder is not None:
        make_folder(folder)
    print_made(work.make(request, output, overwrite, silence if quiet else Printer()), as_json, quiet)
