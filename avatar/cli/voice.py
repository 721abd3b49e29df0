"""`avatar voice …`: voices kept by name, and speech without a picture."""

from __future__ import annotations

from pathlib import Path

import click

from avatar import settings
from avatar.cli.help import Group
from avatar.cli.output import age, print_json

FILE = click.Path(path_type=Path)

EXAMPLES = """
avatar voice clone me.wav --name me --consent
avatar voice say "Hello." --voice me -o hello.wav
avatar pipeline run --text "Hello." --voice me -o hello.mp4
"""


@click.group(cls=Group, examples=EXAMPLES)
def voice() -> None:
    """Keep a reference recording under a name, and speak with it.

    The preview stack cannot clone: it speaks with its preset nearest in pitch, and says so.
    """


@voice.command(examples="avatar voice clone me.wav --name me --language en --consent")
@click.argument("recording", type=FILE)
@click.option("--name", required=True, help="The name to keep it under.")
@click.option("--language", default="en", show_default=True, help="The language spoken in the recording.")
@click.option("--consent", is_flag=True, help="The speaker has agreed to this; noted in the profile.")
@click.option("--json", "as_json", is_flag=True, help="Print the profile as JSON.")
def clone(recording: Path, name: str, language: str, consent: bool, as_json: bool) -> None:
    """Check a recording of a voice and keep it. 6 to 30 seconds of one clear speaker are best."""
    from avatar.voice import profiles

    profile = profiles.create(settings.home(), name, recording.absolute(), language, consent)
    for warning in profile["warnings"]:
        click.echo(f"note: {warning}", err=True)
    if not consent:
        click.echo("note: clone only a voice whose speaker agrees; --consent notes that they do.", err=True)
    print_profile(profile, as_json)


@voice.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_voices(as_json: bool) -> None:
    """Kept voices, and the presets of the preview stack."""
    from avatar.voice import profiles
    from avatar.voice.presets import PRESETS

    kept = profiles.every(settings.home())
    if as_json:
        print_json({"voices": kept, "presets": {name: preset.description for name, preset in PRESETS.items()}})
        return
    for profile in kept:
        click.echo(
            f"{profile['name']:20} {profile['language']:6} {profile['seconds']:6.1f} s  {age(profile['created'])}"
        )
    for name, preset in PRESETS.items():
        click.echo(f"{name:20} preset: {preset.description}")


@voice.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """What is known of a kept voice."""
    from avatar.voice import profiles

    print_profile(profiles.read(settings.home(), name), as_json)


@voice.command(examples="avatar voice update me --language fr")
@click.argument("name")
@click.option("--language", help="The language spoken in the recording.")
@click.option("--consent/--no-consent", default=None, help="Whether the speaker has agreed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def update(name: str, language: str | None, consent: bool | None, as_json: bool) -> None:
    """Change what is noted of a kept voice."""
    from avatar.voice import profiles

    print_profile(profiles.update(settings.home(), name, language, consent), as_json)


@voice.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete a kept voice and its recording."""
    from avatar.voice import profiles

    profiles.remove(settings.home(), name)
    click.echo(name)


@voice.command(examples='avatar voice say "Hello." -o hello.wav\navatar voice say "Hello." --preset joe -o hello.wav')
@click.argument("text")
@click.option("--voice", "voice_name", help="A kept voice, or a recording of one.")
@click.option("--preset", help="A preview voice: jf_alpha (female) or joe (male).")
@click.option("--language", default="en", show_default=True, help="The language of the text.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("-o", "--output", type=FILE, required=True, help="The WAV file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
def say(text, voice_name, preset, language, seed, output, overwrite) -> None:
    """Speak a text into a WAV file."""
    from avatar.cli.pipeline import voice_file
    from avatar.cli.rendering import check_output, deliver_with
    from avatar.request import LONGEST_S, make_request
    from avatar.stacks import stack_for

    output = output.absolute()
    check_output(output, overwrite, suffix=".wav")
    request = make_request(text=text, voice=voice_file(voice_name), preset=preset, language=language, seed=seed)
    engine_class = stack_for(request).voice
    engine_class.check(request.voice, request.preset, request.language)
    with engine_class(request.voice, request.preset, request.seed) as engine:
        speech = engine.speak(request.text, request.language, None)
    speech.refuse_longer_than(LONGEST_S)
    for note in engine.notes:
        click.echo(f"note: {note}", err=True)
    deliver_with(speech.write_wav, output)
    click.echo(str(output))


def print_profile(profile: dict, as_json: bool) -> None:
    if as_json:
        print_json(profile)
        return
    for name, value in profile.items():
        click.echo(f"{name}: {age(value) if name == 'created' else value}")
