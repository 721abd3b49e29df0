"""The options of a video, by group: those of `pipeline run` and of `make`. Each is a field of the request by the same name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from avatar.cli import complete

FILE = click.Path(path_type=Path)
SAID, SPEAKS, SEEN, FRAME, FULL, RESULT = (
    "What is said", "Who speaks", "Who is seen", "The frame", "The full stack", "The result",
)  # fmt: skip


class Option(click.Option):
    """One that stands under a title of its own in the help (help.py)."""

    def __init__(self, *arguments: Any, title: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.title = title


def option(title: str, *names: str, **more: Any) -> Callable:
    return click.option(*names, cls=Option, title=title, **more)


def choice(words: list[str]) -> click.Choice:
    """One of these, in any case."""
    return click.Choice(words, case_sensitive=False)


def of_a_video(command: Callable) -> Callable:
    """All options that say what a video is to be, but for its text."""
    for each in reversed(OPTIONS):
        command = each(command)
    return command


def unsigned(command: Callable) -> Callable:
    """--no-sign: for this command the setting `sign` is "no", whatever else says so."""
    return click.option(
        "--no-sign", is_flag=True, expose_value=False, callback=_do_not_sign, cls=Option, title=RESULT,
        help="Deliver the job's own bytes, without a signed manifest; where the law asks for a mark, another one is yours to "
        "give.",
    )(command)  # fmt: skip


def _do_not_sign(context: click.Context, _: click.Parameter, is_given: bool) -> None:
    if not is_given:
        return
    before = os.environ.get("AVATAR_SIGN")
    os.environ["AVATAR_SIGN"] = "no"

    def put_back() -> None:
        os.environ.pop("AVATAR_SIGN", None)
        if before is not None:
            os.environ["AVATAR_SIGN"] = before

    context.call_on_close(put_back)


def told_apart(asked: dict[str, Any]) -> dict[str, Any]:
    """A background that is a file is a picture or a video, but for one that is called as a colour is, or blur: ./white is it."""
    from avatar.frame.background import is_named

    background = asked.get("background")
    if background is not None and not is_named(background) and Path(background).is_file():
        return asked | {"background": None, "backdrop": Path(background)}
    return asked


def quietly(command: Callable) -> Callable:
    return option(RESULT, "-q", "--quiet", is_flag=True, help="Print the path alone, no progress and no notes.")(
        command
    )


OPTIONS = (
    option(SAID, "--audio", type=FILE, help="Finished speech, instead of text."),
    option(SAID, "--transcript", type=FILE, help="A UTF-8 text file with what is said in --audio: for lips and captions."),
    option(SAID, "--language", shell_complete=complete.languages, help="Language of the text. [default: the voice's, else en]"),
    option(SAID, "--seconds", type=float, help="Fit the speech to this length."),
    option(SPEAKS, "--preset", shell_complete=complete.presets, help="A preview voice: heart, joe or another of 'voice presets'."),
    option(SPEAKS, "--engine", type=choice(["xtts", "pocket"]),
           help="What clones --voice. [default: pocket where it has the language and its weights are here, else xtts on the full stack and the nearest preset on the preview]"),
    option(SPEAKS, "--commercial", is_flag=True, default=None, help="Refuse parts whose terms forbid commercial use."),
    option(SPEAKS, "--speed", type=float, help="How fast is spoken, 0.7 to 1.5; 1 is the voice's own pace. [default: 1]"),
    option(SPEAKS, "--seed", type=int, help="Another seed gives other blinks and another intonation. [default: 7]"),
    option(SEEN, "--portrait", shell_complete=complete.portraits_or_files,
           help="A picture of a face (full stack: or a short clip), or the name of a kept portrait. [default: the bundled one]"),
    option(SEEN, "--face", type=int, help="Which face, counted from the left, where the picture has several."),
    option(FRAME, "--size", shell_complete=complete.sizes, help="square, portrait, landscape, source, a ratio as 4:5, or WIDTHxHEIGHT."),
    option(FRAME, "--fit", type=choice(["crop", "pad"]),
           help="Show the head large, or the whole picture. [default: crop]"),
    option(FRAME, "--background", shell_complete=complete.backgrounds, help="Where the picture does not reach, or is clear: blur, a colour, or the file of a picture or a video. [default: blur]"),
    option(FRAME, "--position", type=choice(["left", "centre", "right", "center"]), help="Of the head. [default: centre]"),
    option(FRAME, "--captions", type=choice(["soft", "burned", "srt", "vtt", "none"]),
           help="A track of the file (with an .srt beside it), drawn into the picture, or a file beside it."),
    option(FRAME, "--caption-style", type=choice(["plain", "box", "karaoke"]), help="Of burned captions."),
    option(FRAME, "--font", type=FILE, help="A .ttf, .otf or .ttc file for burned captions. [default: DejaVu Sans]"),
    option(FRAME, "--no-mark", is_flag=True, help="Leave out the visible 'synthetic preview' mark."),
    option(FULL, "--stack", type=choice(["preview", "full"]),
           help="preview (CPU, nothing to download) or full (GPU). [default: preview]"),
    option(FULL, "--profile", type=click.Choice(["auto", "24GB", "10GB", "6GB", "cpu"]),
           help="Memory profile of the full stack. [default: what fits]"),
    option(FULL, "--prompt", help="Draw the portrait from these words instead."),
    option(FULL, "--negative-prompt", default="", help="What the drawn portrait must not show."),
    option(FULL, "--steps", type=int, help="Steps of drawing it. [default: the profile's]"),
    option(FULL, "--tries", type=int, help="How many seeds to draw until one shows a face. [default: 4]"),
    option(FULL, "--lips-region", type=choice(["jaw", "lips", "full"]),
           help="What is drawn anew; lips keeps a beard. [default: jaw]"),
    option(FULL, "--lips-shift", type=float, help="Calmer (to -1) or wider (to 1) mouth. [default: 0]"),
    option(FULL, "--lips-margin", type=float, help="Room below the chin, 0 to 0.1 of the face. [default: 0.045]"),
)  # fmt: skip
