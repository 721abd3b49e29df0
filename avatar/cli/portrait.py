"""`avatar portrait …`: pictures of people, kept by name; and drawn ones, of people who do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from avatar import settings
from avatar.cli import complete
from avatar.cli.help import Group
from avatar.cli.output import Printer, age, print_json
from avatar.invocation import printable
from avatar.limits import SEEDS
from avatar.progress import Progress

if TYPE_CHECKING:
    from avatar.portrait.framing import Portrait

GROUP_EXAMPLES = """
avatar portrait add me me.jpg
avatar portrait list
avatar make talk.md --portrait me -o talk.mp4
avatar portrait generate "a young man with freckles" -o sam.png
"""

EXAMPLES = """
avatar portrait generate "a woman of about sixty, short grey hair, green cardigan" -o anna.png
avatar portrait generate "a young man with freckles" --seed 12 --tries 8 -o sam.png
avatar pipeline run --text "Hello." --portrait anna.png -o hello.mp4
"""


@click.group(cls=Group, examples=GROUP_EXAMPLES)
def portrait() -> None:
    """Keep a picture under a name, and let it speak; or draw one from a description.

    Drawing needs the weights of the full stack: avatar models fetch.
    """


@portrait.command(
    examples="avatar portrait add me me.jpg\navatar portrait add ann group.jpg --face 2\navatar portrait add me-moving clip.mp4"
)
@click.argument("name")
@click.argument("picture", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--face", type=click.IntRange(min=1), help="Which face, counted from the left, where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print what is known of it as JSON.")
def add(name: str, picture: Path, face: int | None, as_json: bool) -> None:
    """Look for the face of a picture or a clip and keep it, for `--portrait NAME`.

    The whole of it is copied: another frame can be made of it later. A clip is for the full stack; the preview refuses it.
    """
    from avatar import portraits
    from avatar.jobs.delivery import check_home

    check_home(settings.home())
    known = portraits.create(settings.home(), name, picture.absolute(), face)
    for note in known["notes"]:
        click.echo(f"note: {printable(note)}", err=True)
    print_known(known, as_json)


@portrait.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_portraits(as_json: bool) -> None:
    """Kept portraits, also those of the page and the REST API."""
    from avatar import portraits

    kept, damaged = portraits.every(settings.home()), portraits.damaged(settings.home())
    if as_json:
        print_json("portraits", {"portraits": kept, "damaged": damaged})
        return
    for known in kept:
        size = f"{known['width']}x{known['height']}" if known["width"] and known["height"] else ""
        face = f"face {known['face']}" if known["face"] else "clip" if known["is_clip"] else ""
        called = known["title"] if known["title"] != known["name"] else known["source"] or ""
        click.echo(printable(f"{known['name']:26} {size:>11}  {face:8}{age(known['created']):>12}  {called[:60]}"))
    for name, why in damaged.items():
        click.echo(printable(f"{name:26} damaged: {why}"))


@portrait.command()
@click.argument("name", shell_complete=complete.kept_portraits)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """What is known of a kept portrait, and where its picture is."""
    from avatar import portraits

    print_known(portraits.read(settings.home(), name), as_json)


@portrait.command()
@click.argument("name", shell_complete=complete.kept_portraits)
def remove(name: str) -> None:
    """Delete a kept portrait and its picture; videos, and jobs with their copy of it, stay."""
    from avatar import portraits

    portraits.remove(settings.home(), name)
    click.echo(name)


def print_known(known: dict, as_json: bool) -> None:
    if as_json:
        print_json("portrait", known)
        return
    for name, value in known.items():
        if value not in (None, []):
            click.echo(printable(f"{name}: {age(value) if name == 'created' else value}"))


@portrait.command(examples=EXAMPLES)
@click.argument("prompt")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The PNG file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@click.option("--negative", default="", help="What must not be in the picture, besides what is always kept out.")
@click.option("--seed", type=click.IntRange(0, SEEDS - 1), help="Another seed draws another person. [default: 7]")
@click.option("--steps", type=int, help="Of denoising; more cost time and add detail. [default: as the profile says]")
@click.option("--size", type=int, default=512, show_default=True, help="Pixels a side, a multiple of 8.")
@click.option("--tries", type=int, default=4, show_default=True, help="Seeds to draw until one shows a usable face.")
@click.option("--json", "as_json", is_flag=True, help="Print what was drawn, and how, as JSON.")
def generate(prompt, output, overwrite, negative, seed, steps, size, tries, as_json) -> None:
    """Draw the head and shoulders of a person, from the front, mouth closed.

    Describe the person; the rest is asked for. A drawing that the safety checker stops, or without a face that can be
    animated, is not used: the next seed is drawn.
    """
    from avatar.engines import Told, WantedPicture
    from avatar.jobs.delivery import check_output, deliver_with
    from avatar.portrait.diffusion.engine import DiffusionPortrait
    from avatar.preflight import refuse_missing_parts

    output = output.absolute()
    check_output(output, overwrite, suffix=".png")
    seed = settings.load().seed if seed is None else seed
    wanted = WantedPicture(prompt=prompt, negative_prompt=negative, steps=steps, tries=tries, seed=seed, size=size)
    DiffusionPortrait.check(wanted)
    refuse_missing_parts(DiffusionPortrait.models)
    told = Told()
    with DiffusionPortrait.load() as engine:
        drawn = engine.picture(wanted, told, Progress(Printer()))
    notes = told.notes + engine.notes
    for note in notes:
        click.echo(f"note: {note}", err=True)
    deliver_with(lambda partial: write_png(drawn, partial, told.facts), output)
    if as_json:
        print_json("drawing", {"output": output, **told.facts, "notes": notes})
    else:
        click.echo(str(output))


def write_png(drawn: Portrait, path: Path, facts: dict) -> None:
    """The picture, with text chunks that say it is synthetic and what it was drawn from."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("Description", "Synthetic picture: this person was drawn by a computer.")
    told.add_text("Software", f"avatar, {facts['weights']['model']}")
    for name in ("prompt", "negative_prompt", "seed", "steps", "guidance"):
        told.add_itxt(name, str(facts[name]))
    Image.fromarray(drawn.picture).save(path, format="PNG", pnginfo=told, optimize=False, compress_level=6)
