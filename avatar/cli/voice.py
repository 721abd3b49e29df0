"""`avatar voice …`: voices kept by name, and speech without a picture."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from avatar import settings
from avatar.cli import complete
from avatar.cli.help import Group
from avatar.cli.output import age, print_json

FILE = click.Path(path_type=Path)
LANGUAGE_HELP = "What it speaks where no --language is given: en, es, fr …; the full stack has 15."

EXAMPLES = """
avatar voice clone me.wav --name me --consent
avatar voice presets
avatar voice say "Hello." --voice me -o hello.wav
avatar pipeline run --text "Hello." --voice me -o hello.mp4
"""


@click.group(cls=Group, examples=EXAMPLES)
def voice() -> None:
    """Keep a reference recording under a name, and speak with it.

    Pocket TTS clones it on both stacks, XTTS-v2 on the full one; without their weights the preview speaks with its preset
    nearest in pitch, and says so.
    """


@voice.command(examples="avatar voice clone me.wav --name me --language en --consent")
@click.argument("recording", type=FILE)
@click.option("--name", required=True, help="The name to keep it under.")
@click.option("--language", shell_complete=complete.languages, default="en", show_default=True, help=LANGUAGE_HELP)
@click.option("--consent", is_flag=True, help="The speaker has agreed to this; noted in the profile.")
@click.option("--json", "as_json", is_flag=True, help="Print the profile as JSON.")
def clone(recording: Path, name: str, language: str, consent: bool, as_json: bool) -> None:
    """Check a recording of a voice and keep it.

    6 to 30 seconds of one clear speaker are best. Where the weights of Pocket TTS or XTTS-v2 are at hand, what they hear of
    the voice is computed at once, else when the voice first speaks.
    """
    from avatar import voices
    from avatar.jobs.delivery import check_home

    check_home(settings.home())
    if not consent and sys.stdin.isatty():
        consent = click.confirm("Has the speaker of this recording agreed that their voice is cloned?", err=True)
    profile = voices.create(settings.home(), name, recording.absolute(), language, consent)
    for warning in profile["warnings"]:
        click.echo(f"note: {warning}", err=True)
    if not consent:
        click.echo("note: clone only a voice whose speaker agrees; --consent notes that they do.", err=True)
    if kept := voices.recording_of(settings.home(), name):
        click.echo(f"note: {prepare(kept, profile['language'])}", err=True)
    print_profile(profile, as_json)


@voice.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_voices(as_json: bool) -> None:
    """Kept voices, and the presets of the preview stack that are here."""
    from avatar import voices
    from avatar.voice.presets.catalog import ANY_USE, PRESETS

    kept, damaged = voices.every(settings.home()), voices.damaged(settings.home())
    if as_json:
        presets = {name: preset.description for name, preset in PRESETS.items() if preset.is_here}
        print_json("voices", {"voices": kept, "damaged": damaged, "presets": presets})
        return
    for profile in kept:
        length = f"{profile['seconds']:6.1f} s" if "seconds" in profile else f"{'':8}"  # an older version noted less
        made = age(profile["created"]) if "created" in profile else ""
        click.echo(f"{profile['name']:20} {profile['language']:6} {length}  {made}".rstrip())
    for name, why in damaged.items():
        click.echo(f"{name:20} damaged: {why}")
    for name, preset in PRESETS.items():
        if preset.is_here:
            use = "" if preset.use == ANY_USE else f"; for {preset.use}"
            click.echo(f"{name:20} preset: {preset.description}{use}")


@voice.command()
@click.argument("name", shell_complete=complete.kept_voices)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """What is known of a kept voice."""
    from avatar import voices

    print_profile(voices.read(settings.home(), name), as_json)


@voice.command(examples="avatar voice update me --language fr")
@click.argument("name", shell_complete=complete.kept_voices)
@click.option("--language", shell_complete=complete.languages, help=LANGUAGE_HELP)
@click.option("--consent/--no-consent", default=None, help="Whether the speaker has agreed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def update(name: str, language: str | None, consent: bool | None, as_json: bool) -> None:
    """Change what is noted of a kept voice."""
    from avatar import voices

    print_profile(voices.update(settings.home(), name, language, consent), as_json)


@voice.command()
@click.argument("name", shell_complete=complete.kept_voices)
def remove(name: str) -> None:
    """Delete a kept voice and its recording."""
    from avatar import voices

    voices.remove(settings.home(), name)
    click.echo(name)


def prepare(recording: Path, language: str) -> str:
    """Let the models that can clone compute what they need of a voice, where they are at hand; says what was done."""
    from avatar.errors import AvatarError
    from avatar.voice.pocket import engine as pocket
    from avatar.voice.xtts import engine as xtts
    from avatar.weights import cloning, loaders, store
    from avatar.weights.lock import POCKET_TTS

    kept: list[str] = []
    failed, lacking = "", {}
    for engine in [pocket, xtts] if language in POCKET_TTS else [xtts]:
        voice = pocket.PocketVoice if engine is pocket else xtts.XttsVoice
        (model,) = voice.models
        if not store.can_load(model):
            lacking[model] = f"; {voice.called} clones it {cloning.how(model)}."
            continue
        click.echo(f"computing what {voice.called} hears of the voice", err=True)
        try:
            engine.keep_speaker(recording)
            kept.append(voice.called)
        except AvatarError as error:
            failed = f"; {voice.called} could not now: {error}"
    if not kept:
        first, *_ = sorted(lacking, key=lambda model: bool(loaders.missing(model))) or [""]
        return f"what is heard of this voice is computed when it is first cloned{failed or lacking[first]}"
    return f"what {' and '.join(kept)} hear{'s' if len(kept) == 1 else ''} of the voice is kept{failed or '.'}"


def print_profile(profile: dict, as_json: bool) -> None:
    if as_json:
        print_json("voice", profile)
        return
    for name, value in profile.items():
        click.echo(f"{name}: {age(value) if name == 'created' else value}")
