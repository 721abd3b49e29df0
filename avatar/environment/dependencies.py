"""`pip check` without pip, and the list of its findings that are intended (pip-check.txt)."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from avatar.environment.installed import canonical_name

INTENDED = Path(__file__).with_name("pip-check.txt")


def findings(site: Path) -> list[str]:
    """Every declared need that the distributions of a site-packages folder do not meet, in pip's words, sorted."""
    from packaging.requirements import Requirement

    distributions = {canonical_name(d.metadata["Name"]): d for d in metadata.distributions(path=[str(site)])}
    unmet = []
    for name, distribution in distributions.items():
        if name == "avatar":
            continue
        for requirement in map(Requirement, distribution.requires or []):
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            needed = canonical_name(requirement.name)
            start = f"{name} {distribution.version}"
            if needed not in distributions:
                unmet.append(f"{start} requires {needed}, which is not installed.")
            elif not requirement.specifier.contains(version := distributions[needed].version, prereleases=True):
                unmet.append(f"{start} has requirement {requirement}, but you have {needed} {version}.")
    return sorted(set(unmet))


def read_intended(path: Path = INTENDED) -> dict[str, str]:
    """{finding: reason} of pip-check.txt. Raises ValueError for a finding without a reason."""
    intended = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        finding, _, reason = line.partition("  # ")
        if not reason.strip():
            raise ValueError(f"{path.name}:{number}: no reason after `  # `: {line!r}")
        intended[finding.strip()] = reason.strip()
    return intended


def expected(intended: dict[str, str], present: set[str]) -> set[str]:
    """The intended findings that an environment of these distributions must show.

    A finding is gone where what it misses has come with another layer: in the base layer scikit-image lacks scipy, in
    the full layer it does not.
    """
    shown = set()
    for finding in intended:
        missing = re.search(r"requires (\S+), which is not installed", finding)
        if finding.split()[0] in present and not (missing and missing[1] in present):
            shown.add(finding)
    return shown


def compare_findings(found: list[str], shown: set[str]) -> list[str]:
    """What is wrong with the findings: those nobody intended, and intended ones that no longer occur."""
    return [f"unexpected: {line}" for line in found if line not in shown] + [
        f"no longer so, take it out of pip-check.txt: {line}" for line in sorted(shown - set(found))
    ]
