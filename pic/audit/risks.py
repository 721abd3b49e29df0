"""What of the facts is a risk, how grave, and in which words. One function per kind of risk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pic.audit.facts import Facts
from pic.audit.releases import OUR_PYTHON, ceiling, newest_python

OLD_DAYS = 2 * 365  # without a release for so long, nobody may be there when the next break comes
FRESH_DAYS = 7  # most hijacked releases are found and withdrawn within days
FEW_RELEASES = 2
NAMED = 6  # of a list, in a sentence
OURS = "{}.{}".format(*OUR_PYTHON)
# Strong copyleft, or terms of its own. Weak copyleft (LGPL, MPL) asks nothing of whoever only imports it.
WANTS_READING = re.compile(r"\bA?GPL|General Public|Proprietary|NonCommercial|-NC\b|LicenseRef-", re.I)
WEAK_COPYLEFT = re.compile(r"LGPL|Lesser General|Library General", re.I)


@dataclass(frozen=True)
class Risk:
    """level: "look" (somebody should read it) or "refuse". `about`: what it is about, where there may be several."""

    kind: str
    level: str
    text: str
    about: str = ""


Rule = Callable[..., Iterator[Risk]]


def find_risks(facts: Facts, more: tuple[Rule, ...] = ()) -> list[Risk]:
    """Every risk that the facts show, the gravest first."""
    found = [risk for rule in (*RULES, *more) for risk in rule(facts)]
    return sorted(found, key=lambda risk: risk.level != "refuse")


def few(things: list[str], shown: int = NAMED) -> str:
    return ", ".join(things[:shown]) + (f" and {len(things) - shown} more" if len(things) > shown else "")


# ---------------------------------------------------------------- is it there, and may we have it


def unknown_package(facts: Facts) -> Iterator[Risk]:
    if facts.known is False:
        yield Risk(
            "unknown-package",
            "refuse",
            "the index has no package of this name; a name that is free today may be anybody's tomorrow",
        )
    if facts.status in ("archived", "deprecated", "quarantined"):
        level = "refuse" if facts.status == "quarantined" else "look"
        yield Risk("status", level, f"the index marks the project as {facts.status}", about=facts.status)


def withdrawn(facts: Facts) -> Iterator[Risk]:
    if facts.yanked is not None:
        yield Risk("yanked", "refuse", f"{facts.version} was withdrawn (yanked): {facts.yanked}")


def no_wheel(facts: Facts) -> Iterator[Risk]:
    if facts.sdist_only:
        yield Risk(
            "sdist-only",
            "refuse",
            f"{facts.version} comes as source only: its setup runs at installation and may want a compiler",
        )
    elif facts.our_wheel is False:
        yield Risk("no-wheel", "refuse", f"no wheel of {facts.version} fits CPython {OURS} on this host")
    if facts.sdist_only_needs:
        yield Risk("sdist-only-needs", "refuse", f"needs that come as source only: {few(facts.sdist_only_needs, 12)}")


# ---------------------------------------------------------------- is anybody there


def age_days(facts: Facts) -> int | None:
    return (facts.today - facts.newest_uploaded).days if facts.newest_uploaded else None


def abandoned(facts: Facts) -> Iterator[Risk]:
    age = age_days(facts)
    if age is None or age <= OLD_DAYS:
        return
    start = f"nothing released for {age / 365:.1f} years ({facts.newest} of {facts.newest_uploaded:%Y-%m})"
    stuck = (
        [f"it ends before Python 3.{facts.python_ceilings[facts.name]}"] if facts.name in facts.python_ceilings else []
    )
    stuck += [f"its limits shut out today's releases ({few(sorted(facts.held_back), 3)})"] if facts.held_back else []
    if stuck:
        yield Risk("dead", "refuse", f"{start}, while {' and '.join(stuck)}: nobody is there to lift that")
    else:
        yield Risk("abandoned", "look", start)


def people(facts: Facts) -> Iterator[Risk]:
    seen = facts.maintainers
    if seen is None or len(seen) > 1 or facts.organization or facts.releases is None:
        return
    who = seen[0] if seen else "nobody"
    if facts.releases <= FEW_RELEASES:
        times = "once" if facts.releases == 1 else f"{facts.releases} times"
        yield Risk("unproven", "look", f"released {times} ever, by one person ({who})")
    elif facts.layer is None:
        yield Risk("one-person", "look", f"one person can release it ({who})")


def fresh(facts: Facts) -> Iterator[Risk]:
    if facts.uploaded and (facts.today - facts.uploaded).days < FRESH_DAYS:
        days = (facts.today - facts.uploaded).days
        yield Risk(
            "fresh", "look", f"{facts.version} is {days} days old; a hijacked release is mostly found within a week"
        )


# ---------------------------------------------------------------- Python


def python(facts: Facts) -> Iterator[Risk]:
    if facts.newest_admits_us is False:
        last = f"{facts.version} is the last for us" if facts.version else "no release is for us"
        text = f"{facts.newest} is not for Python {OURS} ({facts.newest_requires_python}); {last}"
        yield Risk("python-left", "look" if facts.version else "refuse", text)
    limit = newest_python(facts.today) - 1  # a year to follow a new Python is usual
    for name, minor in sorted(facts.python_ceilings.items(), key=lambda item: (item[0] != facts.name, item)):
        if minor > limit or (name != facts.name and facts.layer):  # a need that is locked says so itself
            continue
        yield Risk("python-ceiling", "look", f"ends before Python 3.{minor} ({who_ends(facts, name)})", about=name)


def who_ends(facts: Facts, name: str) -> str:
    """Who sets a Python ceiling, and since when."""
    if name != facts.name:
        return f"through its need {name}"
    since = next((version for version, wanted in reversed(facts.python_history) if ceiling(wanted)), None)
    itself = f"its own {facts.requires_python or facts.newest_requires_python}"
    return f"{itself}; releases have had an end since {since}" if since else itself


# ---------------------------------------------------------------- what it does to the rest


def stale_pins(facts: Facts) -> Iterator[Risk]:
    if facts.held_back and facts.layer is None:
        shut = [f"{wish} (newest {newest})" for wish, newest in sorted(facts.held_back.items())]
        yield Risk("stale-pins", "look", f"its limits shut out today's releases: {few(shut)}")


def vulnerable(facts: Facts) -> Iterator[Risk]:
    if facts.vulnerabilities:
        yield Risk("vulnerable", "refuse", f"{facts.version} has known vulnerabilities: {few(facts.vulnerabilities)}")


def licence(facts: Facts) -> Iterator[Risk]:
    if facts.licence is None:
        return
    if not facts.licence:
        yield Risk("licence", "look", "its metadata names no licence")
    elif all(WANTS_READING.search(WEAK_COPYLEFT.sub("", choice)) for choice in facts.licence.split(" OR ")):
        yield Risk("licence", "look", f"its licence wants reading: {facts.licence}", about=facts.licence)


def nothing_known(facts: Facts) -> Iterator[Risk]:
    if facts.version is None and facts.known is None:
        yield Risk("unknown", "look", "no index was asked: nothing is known of it")


RULES = (
    unknown_package, withdrawn, no_wheel, abandoned, people, fresh, python, stale_pins, vulnerable, licence, nothing_known,
)  # fmt: skip
