"""What an audit found, as a table and its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from pic.audit.audit import Audited
from pic.audit.facts import Facts
from pic.audit.risks import few


def as_dict(one: Audited) -> dict:
    return {
        "name": one.facts.name,
        "verdict": one.verdict,
        "risks": [asdict(risk) for risk in one.open],
        "accepted": [{**asdict(risk), "reason": reason} for risk, reason in one.accepted],
        "facts": asdict(one.facts),
    }


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
    size = facts.download_bytes or getattr(facts, "installed_bytes", None)
    limit = min(facts.python_ceilings.values(), default=None)
    return (
        facts.name, facts.version or "-", facts.newest or "?", age,
        "?" if facts.releases_in_last_year is None else str(facts.releases_in_last_year), people,
        f"< 3.{limit}" if limit else "", f"{size / 1e6:.1f}" if size else "?",
        "?" if facts.licence is None else facts.licence or "none named",
    )  # fmt: skip


def details(facts: Facts) -> Iterator[str]:
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
    yield from (f"not known: {text}" for text in facts.unknown)
