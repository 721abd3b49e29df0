"""`avatar models …`: the weights that no wheel brings: which there are, bring them, check them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from avatar.cli import complete
from avatar.cli.help import Group
from avatar.cli.output import print_json
from avatar.errors import RequestError
from avatar.invocation import to_type

if TYPE_CHECKING:
    from avatar.weights.lock import Model
    from avatar.weights.step import Step

EXAMPLES = """
avatar models list
avatar models fetch --dry-run
avatar models fetch
avatar models verify
"""


@click.group(cls=Group, examples=EXAMPLES)
def models() -> None:
    """The weights that no wheel brings: pinned by models.lock, fetched once, checked before they are used."""


@models.command("list", examples="avatar models list\navatar models list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(as_json: bool) -> None:
    """What there is, what of it is here, its licence; of what clones a voice also the languages and the memory it takes.

    ready: every file was found right before; unchecked: all there, and hashed before they are used; not needed: not
    here, and fetched only where it is named.
    """
    from avatar import settings
    from avatar.device import hardware
    from avatar.weights import cloning, licences, loaders, lock, store
    from avatar.weights.lock import gigabytes

    current = lock.read()
    engines = cloning.engines(hardware.choose_profile(hardware.detect(settings.home())))
    wanted = loaders.of_the_full_stack(current)
    rows = [
        {
            "model": model.name,
            "purpose": model.purpose,
            "repo": model.repo,
            "revision": model.revision,
            "bytes": model.needed_bytes,
            "licence": model.licence.name,
            "commercial": model.licence.commercial,
            "licence_to_accept": licences.wants_consent(model),
            "preview": model.preview,
            "evaluation": model.evaluation,
            "wanted": model in wanted,
            **store.state(model),
        }
        for model in current.every
    ]
    if as_json:
        print_json("models", {"lock": current.path, "models": rows, "cloning": engines})
        return
    clones = {engine["model"]: f"--engine {engine['engine']}: {cloning.told(engine)}" for engine in engines}
    for row in rows:
        state = "not needed" if not row["wanted"] and row["state"] == "missing" else row["state"]
        click.echo(f"{row['model']:22} {state:10} {gigabytes(row['bytes']):>9}  {row['purpose']}")
        consent = ", to be accepted" if row["licence_to_accept"] else ""
        use = "" if row["commercial"] else ", no commercial use"
        click.echo(f"{'':22} {row['licence']}{use}{consent}")
        for line in [clones.get(row["model"]), *row["folders"], *row["problems"]]:
            if line:
                click.echo(f"{'':22} {line}")
    missing = sum(row["missing_bytes"] for row in rows if row["wanted"])
    click.echo(
        f"{gigabytes(missing)} missing: {to_type('models fetch', full=True)}" if missing else "nothing is missing."
    )


@models.command(
    examples="avatar models fetch\navatar models fetch xtts-v2 --accept-licence\navatar models fetch --dry-run"
)
@click.argument("names", shell_complete=complete.models, nargs=-1, metavar="[MODEL]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be fetched, and where to.")
@click.option("--optional", is_flag=True, help="Also the files that nothing here loads.")
@click.option("--accept-licence", is_flag=True, help="Accept the licences that want it, without being asked.")
def fetch(names: tuple[str, ...], dry_run: bool, optional: bool, accept_licence: bool) -> None:
    """Bring what is missing or wrong.

    Of the models named, or of all of the full stack. Stopped half-way, it goes on from there the next time.
    Files go into the folder that AVATAR_MODELS names, else into the hub's cache (HF_HUB_CACHE, HF_HOME).
    """
    from avatar.cli.transfer import progress
    from avatar.weights import fetch as fetching
    from avatar.weights import loaders, lock
    from avatar.weights.lock import gigabytes

    current = lock.read()
    chosen = current.select(names) if names else loaders.of_the_full_stack(current)
    with progress("checking", sum(model.needed_bytes for model in chosen)) as bars:
        steps = fetching.plan(chosen, optional, bars)
    for step in steps:
        if dry_run or step.problem:
            click.echo(step_line(step), err=not dry_run)
    if steps:
        size = gigabytes(sum(step.bytes_to_come for step in steps))
        into = " and ".join(dict.fromkeys(str(step.place.root) for step in steps))
        click.echo(f"{len(steps)} files, {size}, into {into}", err=not dry_run)
        fetching.check_room(steps)
    elif dry_run:
        click.echo("nothing to fetch.")
    if dry_run:
        return
    if steps:
        fetching.need_library(steps, names)
    for model in chosen:
        ask_consent(model, accept_licence)
    with progress("fetching", sum(step.file.size for step in steps)) as bars:
        fetching.run(steps, bars)
    click.echo(f"{', '.join(model.name for model in chosen)}: all files are there and right.")


@models.command(examples="avatar models verify\navatar models verify xtts-v2\navatar models verify --json")
@click.argument("names", shell_complete=complete.models, nargs=-1, metavar="[MODEL]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(names: tuple[str, ...], as_json: bool) -> int:
    """Hash every file, and say which are wrong.

    Of the models named, or of all of the full stack, and others that are here; and what was converted from
    them. The exit code is 1 if one is wrong. This finds what rotted on the disk; the check before loading hashes only
    what changed since it was last found right.
    """
    from avatar.cli.transfer import progress
    from avatar.weights import loaders, lock, store
    from avatar.weights import verify as verifying

    current = lock.read()
    chosen = current.select(names) if names else loaders.of_the_full_stack(current)
    if not names:
        here = [model for model in current.every if store.state(model)["state"] != "missing"]
        chosen += [model for model in here if model not in chosen]
    with progress("checking", verifying.bytes_to_hash(chosen)) as bars:
        results = verifying.verify(chosen, bars)
    if as_json:
        print_json("verified", results)
    else:
        for result in results:
            click.echo(f"{'ok  ' if result['ok'] else 'FAIL'} {result['name']}: {result['message']}")
            for line in result["problems"]:
                click.echo(f"     {line}")
    return 0 if all(result["ok"] for result in results) else 1


def step_line(step: Step) -> str:
    from avatar.weights.lock import gigabytes

    size = gigabytes(step.file.size)
    if (to_come := step.bytes_to_come) != step.file.size:
        size = f"{gigabytes(to_come)} of {size}"
    replaced = f", instead of what is there: {step.problem}" if step.problem else ""
    return f"{step.file.model}: {step.file.path}, {size}{replaced}"


def ask_consent(model: Model, accepted_by_flag: bool) -> None:
    """Show a licence that wants to be accepted, once. Raises RequestError when it is not, or nobody can be asked."""
    from avatar.weights import licences

    if not licences.wants_consent(model):
        return
    licence = model.licence
    click.echo(f"{model.name} comes under the {licence.name}: {licence.url}\n{licence.terms}", err=True)
    if accepted_by_flag:
        licences.accept(licence, "--accept-licence")
    elif sys.stdin.isatty():
        if not click.confirm("Do you accept it?", err=True):
            raise RequestError(f"{model.name} is not used without its licence; --stack preview does without weights.")
        licences.accept(licence, "prompt")
    else:
        raise RequestError(
            f"the licence of {model.name} must be accepted, and nobody can be asked here; read it at {licence.url}, "
            "then add --accept-licence."
        )
