"""The audit: each package's facts (index, lock, what is installed), its risks, and which of them are accepted."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path

from avatar.deps import needs, releases, resolve
from avatar.deps.accepted import Accepted
from avatar.deps.collisions import Owners, collisions_of, collisions_of_wheel, file_owners
from avatar.deps.facts import Facts, read_metadata
from avatar.deps.index import Index, IndexProblem, parse_metadata
from avatar.deps.risks import Risk, find_risks
from avatar.deps.undeclared import module_owners, undeclared_needs
from avatar.environment import bootstrap, installed, installer, locks
from avatar.environment.installed import canonical_name
from avatar.errors import RequestError

AT_ONCE = 8  # questions to the index
NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)  # PEP 508


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


class Here:
    """The lock, and what is installed in this environment."""

    def __init__(self, folder: Path, site: Path):
        self.root, self.site = folder.parent, site
        self.wheels = {
            wheel.name: (layer, wheel)
            for layer in bootstrap.LAYERS["full"]
            for wheel in locks.read_wheels(folder, [layer])
        }
        self.versions = {name: wheel.version for name, (_, wheel) in self.wheels.items()}
        self.distributions = {d.name: d for d in installed.read_distributions(site)}
        self.metadata = {
            canonical_name(d.metadata["Name"]): d.metadata for d in metadata.distributions(path=[str(site)])
        }
        self.requires = {name: found.get_all("Requires-Dist") or [] for name, found in self.metadata.items()}
        self.modules = module_owners(list(self.distributions.values()))
        self.files: Owners = file_owners(self.distributions.values())

    def uv(self) -> Path | None:
        try:
            return installer.find_uv(self.root, self.root / ".venv")
        except OSError:  # a release's locks without boot.txt
            return None

    def has(self, name: str, version: str | None) -> bool:
        """Whether exactly this version is installed here."""
        return name in self.distributions and version in (None, self.distributions[name].version)


def package_names(given: tuple[str, ...]) -> list[str]:
    """Canonical names, each once. Raises RequestError for what cannot be a package's name."""
    for text in given:
        if not NAME.fullmatch(text):
            raise RequestError(
                f"{text!r} is no package name: letters, digits, '.', '-' and '_' only, without a version."
            )
    return list(dict.fromkeys(canonical_name(text) for text in given))


def audit(
    names: list[str],
    here: Here,
    index: Index | None,
    accepted: list[Accepted],
    today: date,
    done: Callable[[str], None] = lambda name: None,
) -> list[Audited]:
    """Audit these packages, or the whole lock where none is named. `done` hears each name as it is finished."""
    uv_at_work = threading.Lock()  # several at once would only wait for the same cores

    def one(name: str) -> Audited:
        facts = gather(Facts(name, today), here, index, uv_at_work)
        risks = find_risks(facts)
        reasons = {risk: entry.reason for risk in risks for entry in accepted if entry.covers(name, risk)}
        done(name)
        return Audited(facts, [r for r in risks if r not in reasons], list(reasons.items()))

    with ThreadPoolExecutor(AT_ONCE if index else 1) as pool:
        return list(pool.map(one, names or here.wheels))


def gather(facts: Facts, here: Here, index: Index | None, uv_at_work: threading.Lock) -> Facts:
    if facts.name in here.wheels:
        facts.layer, wheel = here.wheels[facts.name]
        facts.version = wheel.version
    if index is None:
        facts.unknown.append("the index was not asked: age, releases, maintainers, yanked, Python of newer releases")
    else:
        try:
            ask_index(facts, here, index, uv_at_work)
        except IndexProblem as error:
            facts.unknown.append(str(error))
    read_installed(facts, here)
    return facts


# ---------------------------------------------------------------- what is installed


def read_installed(facts: Facts, here: Here) -> None:
    """What its files here tell. For a locked package also what it needs, which is all locked too."""
    if not here.has(facts.name, facts.version):
        if facts.requires is None:
            facts.unknown.append("not installed here: its needs and licence")
        facts.unknown.append("not installed here: undeclared imports")
        return
    distribution = here.distributions[facts.name]
    facts.version = distribution.version
    read_metadata(facts, here.metadata[facts.name])
    facts.installed_bytes = sum(file.size or 0 for file in distribution.files)
    facts.undeclared = undeclared_needs(here.site, distribution, here.modules, here.requires[facts.name])
    facts.collisions = collisions_of(distribution, here.files)
    if facts.layer is None:
        return
    needed = needs.closure(facts.name, here.requires)
    facts.brings = {name: here.versions[name] for name in sorted(needed) if name in here.versions}
    for name in {facts.name, *needed} & here.metadata.keys():
        if minor := releases.ceiling(here.metadata[name]["Requires-Python"] or ""):
            facts.python_ceilings[name] = minor


# ---------------------------------------------------------------- the index


def ask_index(facts: Facts, here: Here, index: Index, uv_at_work: threading.Lock) -> None:
    project = index.project(facts.name)
    facts.known = project is not None
    if project is None:
        return
    facts.status = (project.get("project-status") or {}).get("status")
    found = releases.read_releases(project["files"])
    newest = releases.newest(found)
    if newest is None:
        facts.known = False
        return
    read_releases(facts, found, newest)
    read_uploaders(facts, index.uploaders(facts.name))
    chosen = releases.newest_for_us(found)
    if facts.version is not None:
        chosen = next((r for r in found if str(r.version) == facts.version), None)
        sha256 = here.wheels[facts.name][1].sha256
        facts.offered = chosen is not None and sha256 in [f.get("hashes", {}).get("sha256") for f in chosen.files]
    if chosen is None:
        return
    read_release(facts, chosen)
    if not here.has(facts.name, facts.version):
        read_remote(facts, chosen, here, index)
    if facts.layer is None:
        look_ahead(facts, here, index, uv_at_work)


def read_releases(facts: Facts, found: list[releases.Release], newest: releases.Release) -> None:
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


def read_release(facts: Facts, chosen: releases.Release) -> None:
    facts.version, facts.uploaded, facts.yanked = str(chosen.version), chosen.uploaded, chosen.yanked
    facts.sdist_only, facts.our_wheel = not chosen.wheels, chosen.our_wheel is not None
    file = chosen.our_wheel or chosen.files[0]
    facts.download_bytes = file.get("size")
    if minor := releases.ceiling(chosen.requires_python):
        facts.python_ceilings[facts.name] = minor


def read_remote(facts: Facts, chosen: releases.Release, here: Here, index: Index) -> None:
    """What a package that is not installed here says in its wheel: needs, licence, files."""
    members = index.wheel_members(chosen.our_wheel, "METADATA", "RECORD") if chosen.our_wheel else {}
    found = parse_metadata(members["METADATA"]) if "METADATA" in members else needs.release_metadata(index, chosen)
    if found is not None:
        read_metadata(facts, found)
    if "RECORD" in members:
        facts.collisions = collisions_of_wheel(facts.name, members["RECORD"].decode(), here.files)
    else:
        facts.unknown.append("no listing of its files: collisions")


def look_ahead(facts: Facts, here: Here, index: Index, uv_at_work: threading.Lock) -> None:
    """What choosing it would mean: what it brings, what of that is source only, which pins of ours move."""
    if facts.requires is None:
        facts.unknown.append("its needs: the index tells no metadata of it")
        return
    wanted = needs.requirements(facts.requires)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        walked = needs.walk(index, wanted, here.versions.keys() | {facts.name}, pool)
    facts.brings = {name: need.version for name, need in sorted(walked.items())}
    facts.sdist_only_needs = sorted(name for name, need in walked.items() if need.sdist_only)
    facts.held_back = needs.shut_out(index, wanted)
    for name, need in walked.items():
        if minor := releases.ceiling(need.requires_python):
            facts.python_ceilings[name] = minor
    uv = here.uv()
    if uv is None:
        facts.unknown.append("no uv here (./run puts it in place): which pins would move")
        return
    source_only = [need for need in walked.values() if need.sdist_only]
    asked = [need.requires for need in source_only]
    itself = [f"{facts.name}=={facts.version}"]
    if not facts.our_wheel:
        itself, asked = [], [wanted, *asked]
    itself += sorted({needs.without_marker(r) for requires in asked for r in requires})
    with uv_at_work:
        run = resolve.dry_run(here.root, uv, here.versions, itself, facts.sdist_only_needs)
    facts.unresolvable = run.conflict or None
    if run.failed:
        facts.unknown.append(f"which pins would move ({run.failed})")
    if run.failed or run.conflict:
        return
    if facts.our_wheel and facts.name not in run.added:
        facts.unknown.append("which pins would move: an override of pyproject.toml takes it out of every resolution")
        return
    facts.moves = run.moves
    added = {name: version for name, version in run.added.items() if name != facts.name}
    facts.brings = dict(sorted((added | {n: facts.brings[n] for n in facts.sdist_only_needs}).items()))


def no_longer_so(results: list[Audited], accepted: list[Accepted]) -> Iterator[Accepted]:
    """Entries of accepted.toml whose risk an audit of the whole lock, index and full layer at hand, did not find."""
    seen = {(one.facts.name, risk.kind, risk.about) for one in results for risk, _ in one.accepted}
    return (entry for entry in accepted if (entry.package, entry.risk, entry.about) not in seen)
