"""An installed environment against the lock: which layers it holds, what differs, and its fingerprint."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from avatar.environment import installed, payload
from avatar.environment.installed import Distribution
from avatar.environment.locks import FINGERPRINT_LAYERS, PARTS, TEST_TOOLS

Lock = dict[str, dict[str, dict[str, str]]]  # locks/payload.json
FILES_NAMED = 4  # of a distribution that differs


@dataclass
class Comparison:
    """What comparing found: `problems` is empty where the environment is the locked one."""

    layers: list[str]  # present as a whole
    problems: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)  # files that two distributions disagree about
    fingerprints: dict[str, str] = field(default_factory=dict)  # layer -> digest of what is on disk; {} if not hashed


def compare(site: Path, lock: Lock, contents: bool) -> Comparison:
    """Compare a site-packages folder with the lock: names, versions, files there; with `contents` every byte."""
    distributions = installed.read_distributions(site)
    names = {d.name for d in distributions}
    lock = {layer: packages for layer, packages in lock.items() if layer not in left_out(names, lock)}
    layers, problems = present_layers(names, lock)
    problems += wrong_distributions(distributions, lock)
    problems += [f"{path} belongs to no distribution" for path in installed.unowned_files(site, distributions)]
    result = Comparison(layers, problems, installed.shared_files(distributions))
    if contents:
        on_disk = installed.hash_files(site, distributions)
        digests = {d.name: installed.payload_digest(d, on_disk) for d in distributions}
        problems += wrong_contents(distributions, digests, on_disk, lock)
        result.fingerprints = fingerprints(distributions, digests, lock, layers)
    else:
        problems += wrong_sizes(site, distributions)
        problems += wrong_records(site, distributions, lock)
    return result


def present_layers(names: set[str], lock: Lock) -> tuple[list[str], list[str]]:
    """The layers that are installed as a whole, and a problem for each that is there in part.

    The base layer is always needed, so its absence is a problem too. Of the test layer its tools may be there alone, and
    in the place of a layer a part of it, which is named where it is all that there is of that layer.
    """
    present, problems = [], []
    for layer, packages in lock.items():
        if layer in left_out(names, lock):
            continue
        missing = sorted(packages.keys() - names)
        if not missing:
            present.append(layer)
        elif layer == "base" or packages.keys() & names - (TEST_TOOLS if layer == "test" else set()):
            problems.append(f"layer {layer} lacks {few(missing)} ({len(missing)} of {len(packages)} not installed)")
    return present, problems


def left_out(names: set[str], lock: Lock) -> set[str]:
    """Of each layer and its part the one that is not looked at: the layer where nothing beyond the part is installed."""
    out = set()
    for part, whole in PARTS.items():
        packages, installed_of_it = lock.get(part, {}), names & lock.get(whole, {}).keys()
        is_part = whole not in lock or (installed_of_it and installed_of_it <= packages.keys())
        out.add(whole if is_part else part)
    return out


def wrong_distributions(distributions: list[Distribution], lock: Lock) -> list[str]:
    """Distributions that the lock does not name, or names in another version, or that are there twice."""
    versions = {name: entry["version"] for packages in lock.values() for name, entry in packages.items()}
    problems = []
    for distribution in distributions:
        name, version = distribution.name, distribution.version
        if name not in versions:
            problems.append(f"{name} {version} is not in the lock")
        elif version != versions[name]:
            problems.append(f"{name} {version} is installed, the lock names {versions[name]}")
    for name, times in Counter(d.name for d in distributions).items():
        if times > 1:
            problems.append(f"{name} is installed {times} times")
    return problems


def wrong_sizes(site: Path, distributions: list[Distribution]) -> list[str]:
    """Payload files that are missing or whose size is not the recorded one: what can be seen without reading."""
    problems = []
    for distribution in distributions:
        wrong = []
        for file in distribution.files:
            if file.size is None or not file.is_payload(site):
                continue
            size = installed.payload_size(site, file.path)
            if size is None:
                wrong.append(f"{file.path} (missing)")
            elif size != file.size:
                wrong.append(f"{file.path} (differs)")
        if wrong:
            problems.append(f"{distribution.name} {distribution.version}: {few(wrong)}")
    return problems


def wrong_records(site: Path, distributions: list[Distribution], lock: Lock) -> list[str]:
    """Locked distributions whose RECORD lists other digests than the locked wheel's: what is seen without hashing."""
    payloads = {name: entry["payload"] for packages in lock.values() for name, entry in packages.items()}
    problems = []
    for distribution in distributions:
        recorded = {file.path: file.sha256 for file in distribution.files if file.is_payload(site)}
        known = payloads.get(distribution.name)
        if known and all(recorded.values()) and installed.payload_digest(distribution, recorded) != known:
            problems.append(f"{distribution.name} {distribution.version} is another wheel than the locked one")
    return problems


def wrong_contents(
    distributions: list[Distribution], digests: dict[str, str], on_disk: dict[str, str | None], lock: Lock
) -> list[str]:
    """Locked distributions whose files are not those of the locked wheel, with the first files that differ."""
    payloads = {name: entry["payload"] for packages in lock.values() for name, entry in packages.items()}
    problems = []
    for distribution in distributions:
        altered = installed.altered_files(distribution, on_disk)
        if digests[distribution.name] != payloads.get(distribution.name, digests[distribution.name]):
            altered = altered or ["agrees with its own RECORD, but is not the locked wheel"]
        if altered:
            problems.append(f"{distribution.name} {distribution.version}: {few(altered)}")
    return problems


def fingerprints(
    distributions: list[Distribution], digests: dict[str, str], lock: Lock, layers: list[str]
) -> dict[str, str]:
    """{layer: fingerprint} of what is on disk, for the layers that are present and enter a fingerprint."""
    versions = {d.name: d.version for d in distributions}
    return {
        layer: payload.layer_fingerprint(
            {name: {"version": versions[name], "payload": digests[name]} for name in lock[layer]}
        )
        for layer in layers
        if layer in FINGERPRINT_LAYERS
    }


def few(items: list[str], most: int = FILES_NAMED, separator: str = ", ") -> str:
    """The first items as a list in words, and how many more there are."""
    rest = len(items) - most
    return separator.join(items[:most]) + (f" and {rest} more" if rest > 0 else "")
