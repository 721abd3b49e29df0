"""`avatar deps …`: what is known of a package before it is chosen, and of every package that is locked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import click

from avatar.cli.help import Group
from avatar.cli.output import print_json

if TYPE_CHECKING:
    from avatar.deps.audit import Audited, Here
    from avatar.deps.facts import Facts
    from avatar.deps.index import Index

EXAMPLES = """
avatar deps audit
avatar deps audit torch TTS diffusers
avatar deps audit --offline
avatar deps licences
"""


@click.group(cls=Group, examples=EXAMPLES)
def deps() -> None:
    """The packages this is made of: are they alive, are they safe to build on, may we use them?"""


@deps.command(examples="avatar deps audit\navatar deps audit torch TTS diffusers\navatar deps audit --offline --json")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--offline", is_flag=True, help="Ask no index: the lock and what is installed must do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit(names: tuple[str, ...], offline: bool, as_json: bool) -> int:
    """The risks of packages, before they are chosen or while they are locked.

    Of the packages named, or of the whole lock. The index that the host's pip is configured with is asked, and uv is
    asked what would move. The verdict is fine, look or refuse; the exit code is 1 if one is refused. Risks that are
    taken on purpose stand in avatar/deps/accepted.toml with their reasons.
    """
    from avatar.deps import audit as auditing
    from avatar.deps.accepted import read_accepted
    from avatar.environment import installed, locks

    wanted = auditing.package_names(names)
    here = auditing.Here(locks.find_locks(), installed.site_packages())
    accepted = read_accepted()
    index = None if offline else find_index(here)
    with counting(len(wanted) or len(here.wheels)) as done:
        results = auditing.audit(wanted, here, index, accepted, date.today(), done)
    whole = not wanted and index is not None and here.versions.keys() <= here.distributions.keys()
    stale = list(auditing.no_longer_so(results, accepted)) if whole else []
    if as_json:
        print_json(
            "audit", {"index_asked": index is not None, "packages": [as_dict(one) for one in results], "stale": stale}
        )
    else:
        for line in lines(results, in_detail=bool(wanted)):
            click.echo(line)
    for entry in stale:
        click.echo(
            f"note: {entry.package} {entry.risk} {entry.about} is no longer so; take it out of accepted.toml", err=True
        )
    return 1 if any(one.verdict == "refuse" for one in results) else 0


@deps.command(examples="avatar deps licences\navatar deps licences --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def licences(as_json: bool) -> None:
    """The licence of every locked package.

    As its own metadata names it; of what is not installed here that is not known. NOTICE.md says what follows.
    """
    from avatar.deps.accepted import read_accepted
    from avatar.deps.audit import Here
    from avatar.deps.facts import licence
    from avatar.environment import installed, locks

    here = Here(locks.find_locks(), installed.site_packages())
    said = {entry.package: entry.reason for entry in read_accepted() if entry.risk == "licence" and not entry.about}
    rows = []
    for name, (layer, wheel) in here.wheels.items():
        found = licence(here.metadata[name]) if here.has(name, wheel.version) else "? (not installed here)"
        rows.append(
            {
                "package": name,
                "version": wheel.version,
                "layer": layer,
                "licence": found or said.get(name, "none named"),
            }
        )
    if as_json:
        print_json("licences", rows)
        return
    for row in rows:
        click.echo("{package:28} {version:>14}  {layer:5} {licence}".format(**row))


def find_index(here: Here) -> Index | None:
    """pip's index, if it answers; None, with a note, where there is none to ask."""
    from avatar.deps.index import IndexProblem, pip_index

    try:
        index = pip_index(here.root)
        index.project(next(iter(here.wheels)))  # better one note now than one for each package
        return index
    except IndexProblem as error:
        click.echo(f"note: {error} Going on with the lock and what is installed.", err=True)
        return None


@contextmanager
def counting(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("asking", total=total)
        yield lambda name: bars.update(task, advance=1, description=f"{name[:30]:30}")


def as_dict(one: Audited) -> dict:
    from dataclasses import asdict

    return {
        "name": one.facts.name,
        "verdict": one.verdict,
        "risks": [asdict(risk) for risk in one.open],
        "accepted": [{**asdict(risk), "reason": reason} for risk, reason in one.accepted],
        "facts": asdict(one.facts),
    }


# ---------------------------------------------------------------- for a person

NEEDS_NAMED = 15
COLUMNS = "{:7} {:28} {:>11} {:>11} {:>8} {:>6} {:>6} {:>7} {:>8}  {}"
HEADINGS = ("verdict", "package", "version", "newest", "age", "a year", "people", "Python", "MB", "licence")


def lines(results: list[Audited], in_detail: bool) -> Iterator[str]:
    """The table, then the reasons; of packages that were named also what they would bring."""
    yield COLUMNS.format(*HEADINGS)
    for one in results:
        yield COLUMNS.format(one.verdict, *cells(one.facts)).rstrip()
    for one in results:
        told = [f"{risk.level:7} {risk.text}" for risk in one.open]
        if in_detail:
            told += [f"taken   {risk.text}; {reason}" for risk, reason in one.accepted]
            told += [f"        {text}" for text in details(one.facts)]
        if told:
            yield ""
            yield f"{one.facts.name} {one.facts.version or ''}".rstrip()
            yield from (f"  {text}" for text in told)
    counts = [sum(one.verdict == verdict for one in results) for verdict in ("fine", "look", "refuse")]
    yield ""
    taken, in_part = sum(len(one.accepted) for one in results), sum(bool(one.facts.unknown) for one in results)
    yield "{} fine, {} to look at, {} refused; {} risks taken on purpose; {} known only in part".format(
        *counts, taken, in_part
    )


def cells(facts: Facts) -> tuple[str, ...]:
    """The cells behind the verdict; `?` is not known here."""
    age = f"{(facts.today - facts.newest_uploaded).days} d" if facts.newest_uploaded else "?"
    people = "?" if facts.maintainers is None else f"{len(facts.maintainers)}{'+org' if facts.organization else ''}"
    size = facts.download_bytes or facts.installed_bytes
    limit = min(facts.python_ceilings.values(), default=None)
    return (
        facts.name, facts.version or "-", facts.newest or "?", age,
        "?" if facts.releases_in_last_year is None else str(facts.releases_in_last_year), people,
        f"< 3.{limit}" if limit else "", f"{size / 1e6:.1f}" if size else "?",
        "?" if facts.licence is None else facts.licence or "none named",
    )  # fmt: skip


def details(facts: Facts) -> Iterator[str]:
    from avatar.deps.risks import few

    yield f"locked in {facts.layer}" if facts.layer else "not locked"
    if facts.maintainers:
        yield f"people: {', '.join(facts.maintainers)}" + (f", of {facts.organization}" if facts.organization else "")
    if facts.python_history:
        history = [f"{version} {spec or 'any'}" for version, spec in facts.python_history[:4]]
        yield f"Python, from each release on: {'; '.join(history)}"
    if facts.yanked_releases:
        yield f"withdrawn releases: {', '.join(facts.yanked_releases[-6:])}"
    if facts.brings:
        bringing = [f"{name} {version}" for name, version in facts.brings.items()]
        yield f"{'needs, all locked' if facts.layer else 'would bring'} {len(bringing)}: {few(bringing, NEEDS_NAMED)}"
    if facts.moves == {}:
        yield "no pin of ours would move"
    yield from (f"not known: {text}" for text in facts.unknown)
