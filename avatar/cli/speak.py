"""`avatar speak`: a script as speech, or as the words that would be spoken."""

from __future__ import annotations

import os
from pathlib import Path

import click

from avatar.cli import complete
from avatar.cli.help import Command
from avatar.cli.options import choice
from avatar.cli.voice import FILE
from avatar.errors import RequestError

EXAMPLES = """
avatar speak --show "On 3/4/2024 we sold 1.2M units for $49.95."
avatar speak --show talk.md
avatar speak talk.md --preset joe --captions srt -o talk.wav
echo "From a pipe." | avatar speak - -o pipe.wav
"""
TEXTS = (".txt", ".md", ".markdown")  # a word that ends so is a file's name, also where there is no such file


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("script", required=False, shell_complete=complete.either(files=True))
@click.option("--text-file", type=FILE, help="The same as SCRIPT, for a file with any name; - reads standard input.")
@click.option("--show", is_flag=True, help="Print what would be said, a sentence a line, and load no voice.")
@click.option(
    "--voice",
    "voice_name",
    shell_complete=complete.presets_voices_or_files,
    help="A preset, a kept voice, or a recording of one.",
)
@click.option(
    "--preset", shell_complete=complete.presets, help="A preview voice: heart, joe or another of 'voice presets'."
)
@click.option(
    "--language", shell_complete=complete.languages, help="The language of the text. [default: the voice's, else en]"
)
@click.option(
    "--stack",
    type=choice(["preview", "full"]),
    help="preview (CPU, nothing to download) or full (clones). [default: preview]",
)
@click.option(
    "--engine",
    type=choice(["xtts", "pocket"]),
    help="What clones --voice. [default: pocket where it can, else the stack's own]",
)
@click.option("--commercial", is_flag=True, help="Refuse a voice whose terms forbid commercial use.")
@click.option("--speed", type=float, help="How fast is spoken, 0.7 to 1.5; 1 is the voice's own pace. [default: 1]")
@click.option("--seed", type=int, help="Another seed gives another intonation. [default: 7]")
@click.option(
    "--captions", type=choice(["srt", "vtt"]), help="A file with the words and their times, beside the WAV file."
)
@click.option("-o", "--output", type=FILE, help="The WAV file to write, or its folder.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="Print the path alone, no progress and no notes.")
def speak(
    script, text_file, show, voice_name, preset, language, stack, engine, commercial, speed, seed, captions, output,
    overwrite, quiet,
) -> None:  # fmt: skip
    """Speak SCRIPT into a WAV file, or show how it would be read: a text or Markdown file, - for standard input, or the words
    themselves.

    Numbers, dates, prices, addresses, abbreviations and Markdown are read as a person reads them. What cannot be said,
    such as a formula, is named in a note.
    """
    from avatar import asking, work
    from avatar.cli.output import Printer, silence

    if (script is None) == (text_file is None):
        raise RequestError("give a script: a file, - for standard input, or the words themselves.", ("text",))
    text = said(script) if text_file is None else asking.read_text(text_file)
    asked = {"text": text, "voice": voice_name, "preset": preset, "language": language, "stack": stack}
    asked |= {"engine": engine, "commercial": commercial or None, "speed": speed, "seed": seed, "captions": captions}
    request = asking.speech_of(**asked)
    if show:
        show_spoken(text, request.language)
        return
    if output is None:
        raise RequestError("there is no file to write to; give -o with its name, or --show.", ("output",))
    source = text_file or Path(script)
    if os.path.isdir(output) and os.path.isfile(source):
        output = output / source.with_suffix(".wav").name
    work.keep_texts(request, output, source)
    tell = silence if quiet else Printer(stages=1)
    click.echo(str(work.speak(request, output, overwrite, tell).path))


def said(script: str) -> str:
    """The text of a file or of standard input, where the argument names one; else the argument. Raises RequestError."""
    from avatar import asking

    is_named = os.path.splitext(script)[1].lower() in TEXTS and not any(map(str.isspace, script))
    return asking.read_text(Path(script)) if script == "-" or is_named or os.path.isfile(script) else script


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
