"""`avatar voice presets`: the preview's voices, what each may be used for, and how it sounds."""

from __future__ import annotations

from pathlib import Path

import click

from avatar.cli import complete
from avatar.cli.help import Command
from avatar.cli.output import print_json
from avatar.cli.voice import FILE
from avatar.errors import RequestError

# Said by a preset in the first of its languages.
SAMPLES = {
    "en": "Good morning, everybody, and thank you for coming. Would you have believed that a picture can speak?",
    "es": "Buenos días a todos, y gracias por venir. ¿Habrían creído que una imagen puede hablar?",
    "fr": "Bonjour à tous, et merci d'être venus. Auriez-vous cru qu'une image peut parler ?",
    "it": "Buongiorno a tutti, e grazie di essere venuti. Avreste creduto che un'immagine possa parlare?",
    "pt": "Bom dia a todos, e obrigado por terem vindo. Vocês acreditariam que uma imagem pode falar?",
}

EXAMPLES = """
avatar voice presets
avatar voice presets --language es
avatar voice presets --sample joe -o joe.wav
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--language", shell_complete=complete.languages, help="Those that speak it: en, es, fr, it, pt or de.")
@click.option(
    "--sample", shell_complete=complete.presets, metavar="NAME", help="Let this one speak, into the file of -o."
)
@click.option("-o", "--output", type=FILE, help="The WAV file of the sample.")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def presets(language: str | None, sample: str | None, output: Path | None, overwrite: bool, as_json: bool) -> None:
    """The preview's voices: language, sex, licence, use, and whether they are here.

    In brackets the languages that a voice speaks without having been trained on them.
    """
    from avatar.voice.presets.catalog import facts

    if (sample is None) != (output is None):
        raise RequestError("a sample needs both a preset and a file; give --sample and -o.", ("sample", "output"))
    if sample and output:
        click.echo(str(write_sample(sample, output, overwrite)))
        return
    rows = facts(language)
    if as_json:
        print_json("presets", {"presets": rows})
        return
    for row in rows:
        trained = [f"en-{row['accent']}" if each == "en" else each for each in row["languages"]]
        spoken = ", ".join([*trained, *(f"({each})" for each in row["untrained"])])
        state = "here" if row["is_here"] else "to fetch"
        default = ", the default" if row["is_default"] else ""
        click.echo(f"{row['name']:12} {spoken:9} {row['sex']:7} {state:9} {row['licence']}: {row['use']}{default}")
    if not all(row["is_here"] for row in rows):
        click.echo(f"note: {how_to_fetch()}", err=True)


def write_sample(name: str, output: Path, overwrite: bool) -> Path:
    from avatar import asking, work
    from avatar.cli.output import Printer
    from avatar.voice.presets.catalog import PRESETS

    if name not in PRESETS:
        raise RequestError(f"there is no preset {name!r}; there are: {', '.join(PRESETS)}.", ("sample",))
    language = PRESETS[name].languages[0]
    request = asking.speech_of(text=SAMPLES[language], preset=name, language=language, stack="preview")
    return work.speak(request, output, overwrite, Printer(stages=1)).path


def how_to_fetch() -> str:
    from avatar.invocation import to_type
    from avatar.voice.presets.styles import MODEL, size

    return f"what is to fetch comes by '{to_type(f'models fetch {MODEL}')}', once ({size()})."
