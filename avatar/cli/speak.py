"""`avatar speak`: a script as speech, or as the words that would be spoken."""

from __future__ import annotations

import click

from avatar.cli import complete
from avatar.cli.help import Command
from avatar.cli.voice import FILE
from avatar.errors import RequestError

EXAMPLES = """
avatar speak --show "On 3/4/2024 we sold 1.2M units for $49.95."
avatar speak --show --text-file talk.md
avatar speak --text-file talk.md --preset joe -o talk.wav
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("text", required=False)
@click.option("--text-file", type=FILE, help="A UTF-8 text file with what is said; - reads standard input.")
@click.option("--show", is_flag=True, help="Print what would be said, a sentence a line, and load no voice.")
@click.option(
    "--voice", "voice_name", shell_complete=complete.voices_or_files, help="A kept voice, or a recording of one."
)
@click.option(
    "--preset", shell_complete=complete.presets, help="A preview voice: heart, joe or another of 'voice presets'."
)
@click.option(
    "--language", shell_complete=complete.languages, help="The language of the text. [default: the voice's, else en]"
)
@click.option("--stack", help="preview (CPU, nothing to download) or full (clones).  [default: preview]")
@click.option(
    "--engine",
    type=click.Choice(["xtts", "pocket"]),
    help="What clones --voice. [default: pocket where it can, else the stack's own]",
)
@click.option("--commercial", is_flag=True, help="Refuse a voice whose terms forbid commercial use.")
@click.option("--speed", type=float, help="How fast is spoken, 0.7 to 1.5; 1 is the voice's own pace. [default: 1]")
@click.option("--seed", type=int, help="Another seed gives another intonation. [default: 7]")
@click.option("-o", "--output", type=FILE, help="The WAV file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
def speak(
    text, text_file, show, voice_name, preset, language, stack, engine, commercial, speed, seed, output, overwrite
) -> None:
    """Speak a script into a WAV file, or show how it would be read.

    Numbers, dates, prices, addresses, abbreviations and Markdown are read as a person reads them. What cannot be said,
    such as a formula, is named in a note.
    """
    from avatar import work
    from avatar.cli.output import Printer

    if (text is None) == (text_file is None):
        raise RequestError("give a text, or --text-file with the file that holds it.", ("text",))
    text = work.read_text(text_file) if text is None else text
    asked = {"text": text, "voice": voice_name, "preset": preset, "language": language, "stack": stack}
    asked |= {"engine": engine, "commercial": commercial or None, "speed": speed, "seed": seed}
    request = work.request_of(**asked)
    if show:
        show_spoken(text, request.language)
        return
    if output is None:
        raise RequestError("there is no file to write to; give -o with its name, or --show.", ("output",))
    click.echo(str(work.speak(request, output, overwrite, Printer(stages=1)).path))


def show_spoken(text: str, language: str) -> None:
    """Each sentence as it is spoken, and what is left out."""
    from avatar.script import languages
    from avatar.script.reader import read

    script = read(text, language)
    for sentence in script.sentences:
        click.echo(sentence.spoken)
    notes = list(script.notes)
    if not languages.readable(language):
        notes.append(f"numbers in {language!r} are shown as digits: only the full stack turns them into words.")
    for note in notes:
        click.echo(f"note: {note}", err=True)
