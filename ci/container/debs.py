"""locks/debs.txt: the Debian packages that the images add to their base, by name, version and sha256.

    # snapshot 20261126T154500Z
    # layer name=version sha256 file
    preview libegl1=1.6.0-1 fe4d8b39f6e6...  libegl1_1.6.0-1_amd64.deb

A mirror keeps only the newest version of a package. A version that is gone there is taken from the dated archive that an
official base names, at the time that the list notes (docker/download-debs.sh). The lock is stale where neither has it,
which a new list mends; other bytes under a locked version are never accepted.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from avatar.environment import bootstrap
from ci.container.host import ROOT, Problem, run

LOCK = ROOT / "locks" / "debs.txt"
DOWNLOAD = ROOT / "docker" / "download-debs.sh"
HEADER = """\
# Made by ci/debs; do not edit. Debian 12 (amd64) packages that the images add to their base, layer upon layer.
# snapshot {snapshot}
# layer name=version sha256 file
"""
SNAPSHOT = "%Y%m%dT%H%M%SZ"  # how archives of Debian packages write a time

# What is asked for by name; apt adds what these need.
LAYERS = {
    "preview": ["python3.11", "ca-certificates", *sorted(set(bootstrap.SYSTEM_LIBRARIES.values()))],
    "pod": ["openssh-server", "tmux"],  # tmux: a render goes on when the terminal closes
    "download": ["python3-pip"],  # downloads the wheels in a stage of its own; in no image
}
BELOW = {"pod": "preview"}  # the others lie on the bare base
LINE = re.compile(
    r"(?P<layer>[a-z]+) (?P<name>[a-z0-9][a-z0-9.+-]+)=(?P<version>[A-Za-z0-9.+~:-]+)"
    r" (?P<sha256>[0-9a-f]{64}) (?P<file>[A-Za-z0-9_.+~%-]+\.deb)"
)


class Stale(Problem):
    """The mirror no longer offers what is locked."""


@dataclass(frozen=True)
class Deb:
    """One line of the lock."""

    layer: str
    name: str
    version: str
    sha256: str
    file: str

    @property
    def pin(self) -> str:
        return f"{self.name}={self.version}"


def read(path: Path = LOCK) -> list[Deb]:
    """The packages of a lock, in order. Raises Problem for a line of any other form."""
    debs = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith("#"):
            if not (match := LINE.fullmatch(line)):
                raise Problem(f"{path.name}:{number}: not `layer name=version <64 hex> <file>.deb`: {line!r}")
            debs.append(Deb(**match.groupdict()))
    return debs


def read_snapshot(path: Path = LOCK) -> datetime:
    """When the archive offered what a lock names. Raises Problem where it does not say."""
    if not (match := re.search(r"^# snapshot (\d{8}T\d{6}Z)$", path.read_text(), re.MULTILINE)):
        raise Problem(f"{path.name} does not say of when it is, `# snapshot 20260803T000000Z`: run ci/debs write")
    return datetime.strptime(match[1], SNAPSHOT).replace(tzinfo=UTC)


def write(debs: list[Deb], snapshot: datetime, path: Path = LOCK) -> None:
    lines = [f"{deb.layer} {deb.pin} {deb.sha256} {deb.file}\n" for deb in debs]
    path.write_text(HEADER.format(snapshot=snapshot.strftime(SNAPSHOT)) + "".join(lines))


# ---------------------------------------------------------------- the mirror, asked through apt


def options(root: Path) -> list[str]:
    """apt's options for the sources, keys and package states of another root folder; the host's own are not touched."""
    for folder in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    settings = {
        "Dir": root,
        "Dir::State::status": root / "var/lib/dpkg/status",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        "APT::Sandbox::User": "",
        "Acquire::ForceHash": "sha256",
        "Acquire::Languages": "none",
        "Acquire::GzipIndexes": "false",  # `offered` reads them
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def apt(root: Path, program: str, *arguments: str) -> str:
    return run(program, *options(root), *arguments)


def update(root: Path) -> None:
    apt(root, "apt-get", "update", "-qq", "--error-on=any")


def offered(root: Path, names: list[str]) -> dict[tuple[str, str], set[str]]:
    """{(name, version): sha256 of each file that the mirror has of it} for the packages named, in all its suites."""
    result: dict[tuple[str, str], set[str]] = {}
    for index in (root / "var/lib/apt/lists").glob("*_Packages"):
        for entry in index.read_text().split("\n\n"):
            fields = dict(re.findall(r"^(Package|Version|SHA256): (.+)", entry, re.MULTILINE))
            if fields.get("Package") in names:
                result.setdefault((fields["Package"], fields["Version"]), set()).add(fields["SHA256"])
    return result


def compare(locked: list[Deb], mirror: dict[tuple[str, str], set[str]]) -> tuple[list[Deb], list[Deb]]:
    """(stale, wrong): packages whose locked version is gone, and those whose bytes are not the locked ones."""
    stale = [deb for deb in locked if (deb.name, deb.version) not in mirror]
    wrong = [deb for deb in locked if deb not in stale and deb.sha256 not in mirror[deb.name, deb.version]]
    return stale, wrong


def check(root: Path, locked: list[Deb]) -> None:
    """Raises Stale, or Problem for other bytes under a locked version, which weighs more."""
    mirror = offered(root, [deb.name for deb in locked])
    stale, wrong = compare(locked, mirror)
    if wrong:
        raise Problem(f"the mirror has other bytes than locks/debs.txt for {names_of(wrong)}: do not use this mirror")
    if not mirror:
        raise Problem(
            "the mirror offers none of the packages of locks/debs.txt: mend the network or AVATAR_DEBIAN_MIRROR"
        )
    if stale:
        raise Stale(
            f"locks/debs.txt is stale, the mirror no longer offers {names_of(stale)}: docker build takes that from the "
            "dated archive; for newer packages run ci/debs move IMAGE, or here ci/debs write"
        )


def names_of(debs: list[Deb]) -> str:
    more = f" and {len(debs) - 5} more" if len(debs) > 5 else ""
    return ", ".join(deb.pin for deb in debs[:5]) + more


def resolve(root: Path) -> list[Deb]:
    """Every package that LAYERS add to the base whose package states lie in `root`, at the mirror's versions."""
    found: dict[str, list[Deb]] = {}
    for layer, packages in LAYERS.items():
        below = BELOW.get(layer, "")
        asked = [*LAYERS.get(below, []), *packages]
        listing = apt(root, "apt-get", "install", "--print-uris", "-qq", "--no-install-recommends", *asked)
        files = re.findall(r"^'\S+' (\S+\.deb) \d+ SHA256:([0-9a-f]{64})$", listing, re.MULTILINE)
        already = {deb.file for deb in found.get(below, [])}
        found[layer] = [
            Deb(layer, name, version.replace("%3a", ":"), sha256, file)
            for file, sha256 in sorted(files)
            if file not in already
            for name, version, _ in [file.split("_")]
        ]
    return [deb for debs in found.values() for deb in debs]


def fetch(root: Path, lock: Path, folder: Path) -> None:
    """Bring the packages of a lock into a folder, the lock beside them as debs.txt. Raises Stale or Problem."""
    done = subprocess.run(["sh", DOWNLOAD, lock, folder, *options(root)], capture_output=True, text=True)
    if done.returncode:
        before, _, sentence = done.stderr.strip().rpartition("download-debs: ")
        reasons = [line for line in before.splitlines() if line.startswith("E: ")]  # apt's
        raise Stale(sentence) if done.returncode == 3 else Problem("\n".join([sentence, *reasons[-5:]]))
