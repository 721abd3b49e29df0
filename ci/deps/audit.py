"""The audit of the lock: what an index knows (picctl's part), what is locked and installed, what would move."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib import metadata
from pathlib import Path

from avatar.environment import bootstrap, host_settings, installed, installer, locks
from avatar.environment.installed import canonical_name
from ci.deps import resolve, risks
from ci.deps.accepted import Accepted
from ci.deps.collisions import Owners, collisions_of, collisions_of_wheel, file_owners
from ci.deps.facts import LockFacts
from ci.deps.undeclared import module_owners, undeclared_needs
from pic.audit import audit as names_audit
from pic.audit import needs, releases
from pic.audit.audit import AT_ONCE, Audited
from pic.audit.facts import read_metadata
from pic.audit.host import pip_index
from pic.audit.index import Index, IndexProblem
from pic.audit.needs import Need
from pic.audit.risks import find_risks

NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)  # PEP 508


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
    """Canonical names, each once. Raises ValueError for what cannot be a package's name."""
    for text in given:
        if not NAME.fullmatch(text):
            raise ValueError(f"{text!r} is no package name: letters, digits, '.', '-' and '_' only, without a version.")
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
        facts = gather(LockFacts(name, today), here, index, uv_at_work)
        found = find_risks(facts, risks.RULES)
        reasons = {risk: entry.reason for risk in found for entry in accepted if entry.covers(name, risk)}
        done(name)
        return Audited(facts, [risk for risk in found if risk not in reasons], list(reasons.items()))

    with ThreadPoolExecutor(AT_ONCE if index else 1) as pool:
        return list(pool.map(one, names or here.wheels))


def gather(facts: LockFacts, here: Here, index: Index | None, uv_at_work: threading.Lock) -> LockFacts:
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


def read_installed(facts: LockFacts, here: Here) -> None:
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
    needed = closure(facts.name, here.requires)
    facts.brings = {name: here.versions[name] for name in sorted(needed) if name in here.versions}
    for name in {facts.name, *needed} & here.metadata.keys():
        if minor := releases.ceiling(here.metadata[name]["Requires-Python"] or ""):
            facts.python_ceilings[name] = minor


# ---------------------------------------------------------------- the index


def ask_index(facts: LockFacts, here: Here, index: Index, uv_at_work: threading.Lock) -> None:
    locked = facts.layer is not None
    chosen = names_audit.ask_index(facts, index)
    if locked and facts.known:
        sha256 = here.wheels[facts.name][1].sha256
        facts.offered = chosen is not None and sha256 in [f.get("hashes", {}).get("sha256") for f in chosen.files]
    if chosen is None:
        return
    if not here.has(facts.name, facts.version):
        record = names_audit.read_metadata_of(facts, index, chosen)
        if record is None:
            facts.unknown.append("no listing of its files: collisions")
        else:
            facts.collisions = collisions_of_wheel(facts.name, record, here.files)
    if not locked:
        walked = names_audit.look_ahead(facts, index, here.versions.keys())
        if facts.requires is not None:
            move_pins(facts, here, walked, uv_at_work)


def move_pins(facts: LockFacts, here: Here, walked: dict[str, Need], uv_at_work: threading.Lock) -> None:
    """Which pins of ours would move, by uv."""
    uv = here.uv()
    if uv is None:
        facts.unknown.append("no uv here (./run puts it in place): which pins would move")
        return
    wanted = needs.requirements(facts.requires or [])
    asked = [need.requires for need in walked.values() if need.sdist_only]
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
    brings = facts.brings or {}
    facts.brings = dict(sorted((added | {name: brings[name] for name in facts.sdist_only_needs}).items()))


def index_of(root: Path) -> Index:
    """The index of the host's pip, by the settings that `./run` installs with. Raises IndexProblem."""
    return pip_index(host_settings.pip_settings(root / ".venv"), [root / ".venv/boot/bin/pip"])


def closure(name: str, requires: dict[str, list[str]]) -> set[str]:
    """The names of everything that an installed package needs, out of {name: Requires-Dist lines} of what is there."""
    found: set[tuple[str, frozenset]] = set()
    waiting = [(name, frozenset())]
    while waiting:
        asked = waiting.pop()
        if asked in found or asked[0] not in requires:
            continue
        found.add(asked)
        held = needs.requirements(requires[asked[0]], set(asked[1]))
        waiting += [(canonical_name(r.name), frozenset(r.extras)) for r in held]
    return {needed for needed, _ in found} - {name}


def no_longer_so(results: list[Audited], accepted: list[Accepted]) -> Iterator[Accepted]:
    """Entries of accepted.toml whose risk an audit of the whole lock, index and full layer at hand, did not find."""
    seen = {(one.facts.name, risk.kind, risk.about) for one in results for risk, _ in one.accepted}
    return (entry for entry in accepted if (entry.package, entry.risk, entry.about) not in seen)
