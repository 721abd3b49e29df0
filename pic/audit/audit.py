"""The audit of names: each package's facts from the index, its needs, and what of that is a risk."""

from __future__ import annotations

from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from pic.audit import needs, releases
from pic.audit.facts import Facts, read_metadata
from pic.audit.index import Index, parse_metadata
from pic.audit.needs import Need
from pic.audit.releases import Release
from pic.audit.risks import Risk, find_risks
from pic.audit.vulnerabilities import read_vulnerabilities

AT_ONCE = 8  # questions to the index


@dataclass
class Audited:
    """One package: its facts, the risks that are open, and those that are accepted with the reasons."""

    facts: Facts
    open: list[Risk]
    accepted: list[tuple[Risk, str]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """fine, look or refuse: the gravest open risk."""
        levels = {risk.level for risk in self.open}
        return next((level for level in ("refuse", "look") if level in levels), "fine")


def audit(names: Sequence[str], index: Index, today: date) -> list[Audited]:
    """Audit these canonical names. Raises IndexProblem where the index fails: then nothing is known of any."""

    def one(name: str) -> Facts:
        facts = Facts(name, today)
        if release := ask_index(facts, index):
            read_metadata_of(facts, index, release)
            look_ahead(facts, index, frozenset())
        return facts

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(one, names))
    read_vulnerabilities(found)
    return [Audited(facts, find_risks(facts)) for facts in found]


def ask_index(facts: Facts, index: Index) -> Release | None:
    """What the index tells of the name, and of the release that is in use or would be; that release."""
    project = index.project(facts.name)
    facts.known = project is not None
    if project is None:
        return None
    facts.status = (project.get("project-status") or {}).get("status")
    found = releases.read_releases(project["files"])
    newest = releases.newest(found)
    if newest is None:
        facts.known = False
        return None
    read_releases(facts, found, newest)
    read_uploaders(facts, index.uploaders(facts.name))
    chosen = releases.newest_for_us(found)
    if facts.version is not None:
        chosen = next((r for r in found if str(r.version) == facts.version), None)
    if chosen is not None:
        read_release(facts, chosen)
    return chosen


def read_releases(facts: Facts, found: list[Release], newest: Release) -> None:
    facts.newest, facts.newest_uploaded = str(newest.version), newest.uploaded
    facts.releases = len(found)
    facts.releases_in_last_year = releases.releases_in_last_year(found, facts.today)
    facts.yanked_releases = [str(release.version) for release in found if release.yanked is not None]
    facts.newest_requires_python, facts.newest_admits_us = newest.requires_python, newest.admits()
    facts.python_history = releases.python_history(found)
    facts.wheels_up_to = releases.last_python_with_wheels(newest)


def read_uploaders(facts: Facts, answer: dict | None) -> None:
    ownership = (answer or {}).get("ownership") or {}
    if ownership:
        facts.organization = ownership.get("organization")
        facts.maintainers = sorted({role["user"] for role in ownership.get("roles", [])})
    else:
        facts.unknown.append("this index does not tell who may upload")


def read_release(facts: Facts, chosen: Release) -> None:
    facts.version, facts.uploaded, facts.yanked = str(chosen.version), chosen.uploaded, chosen.yanked
    facts.sdist_only, facts.our_wheel = not chosen.wheels, chosen.our_wheel is not None
    file = chosen.our_wheel or chosen.files[0]
    facts.download_bytes = file.get("size")
    if minor := releases.ceiling(chosen.requires_python):
        facts.python_ceilings[facts.name] = minor


def read_metadata_of(facts: Facts, index: Index, chosen: Release) -> str | None:
    """What its wheel says of needs and licence; the listing of its files, None where there is none to be had."""
    members = index.wheel_members(chosen.our_wheel, "METADATA", "RECORD") if chosen.our_wheel else {}
    found = parse_metadata(members["METADATA"]) if "METADATA" in members else needs.release_metadata(index, chosen)
    if found is not None:
        read_metadata(facts, found)
    return members["RECORD"].decode() if "RECORD" in members else None


def look_ahead(facts: Facts, index: Index, locked: Set[str]) -> dict[str, Need]:
    """What choosing it would bring that is not `locked`, what of that is source only, where its Pythons end."""
    if facts.requires is None:
        facts.unknown.append("its needs: the index tells no metadata of it")
        return {}
    wanted = needs.requirements(facts.requires)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        walked = needs.walk(index, wanted, {*locked, facts.name}, pool)
    facts.brings = {name: need.version for name, need in sorted(walked.items())}
    facts.sdist_only_needs = sorted(name for name, need in walked.items() if need.sdist_only)
    facts.held_back = needs.shut_out(index, wanted)
    for name, need in walked.items():
        if minor := releases.ceiling(need.requires_python):
            facts.python_ceilings[name] = minor
    return walked
