"""The locks an environment is compared with: where they are and what they name."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from avatar.errors import EnvironmentProblem

FINGERPRINT_LAYERS = ("base", "full", "pocket")  # what renders; the test layer changes no video
# Layers that are lines of another one: an environment holds either. `pocket` is the full stack without XTTS-v2.
PARTS = {"pocket": "full"}
# What `./run --test` takes of the test layer: enough to run every test that wants no model's library.
TEST_TOOLS = frozenset({"iniconfig", "pluggy", "pytest", "pytest-timeout", "ruff"})


@dataclass(frozen=True)
class Wheel:
    """One line of a lock: `name==version --hash=sha256:<digest>  # <wheel file>`."""

    name: str
    version: str
    sha256: str
    file: str


LINE = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[a-z0-9.!+]+)"
    r" --hash=sha256:(?P<sha256>[0-9a-f]{64})  # (?P<file>[A-Za-z0-9_.+-]+\.whl)"
)


def find_locks() -> Path:
    """The folder that holds payload.json: $AVATAR_LOCKS, else those of the checkout or the wheel this package runs from."""
    if chosen := os.environ.get("AVATAR_LOCKS"):
        folder = Path(chosen)
        if not (folder / "payload.json").is_file():
            raise EnvironmentProblem(f"AVATAR_LOCKS={chosen} holds no payload.json; point it at a locks/ folder.")
        return folder
    here = Path(__file__).resolve()
    folder = here.parents[2] / "locks"
    if not (folder / "payload.json").is_file():
        folder = here.parents[1] / "locks"  # a wheel carries them
    if not (folder / "payload.json").is_file():
        raise EnvironmentProblem(
            f"No locks to compare this environment with: {folder} holds no payload.json. "
            "Set AVATAR_LOCKS to the locks/ folder of the release it was made from."
        )
    return folder


def read_payload(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """locks/payload.json, layers in order of installation: {layer: {name: {"version", "sha256", "payload", "commands"}}}.

    sha256: of the wheel; payload: of what it puts on disk (payload.py); commands: the programs that it brings, left out
    where there are none.
    """
    return json.loads((folder / "payload.json").read_text())


def read_lock(path: Path) -> list[Wheel]:
    """The wheels of one lock file, in order. Raises ValueError for a line of any other form."""
    wheels = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        if not (match := LINE.fullmatch(line)):
            raise ValueError(f"{path.name}:{number}: not `name==version --hash=sha256:<64 hex>  # <wheel>`: {line!r}")
        wheels.append(Wheel(**match.groupdict()))
    return wheels


def read_wheels(folder: Path, layers: list[str]) -> list[Wheel]:
    """The wheels of these layers; none of a layer whose list is not in the folder. Raises ValueError as `read_lock`."""
    lists = [folder / f"{layer}.txt" for layer in layers]
    return [wheel for path in lists if path.is_file() for wheel in read_lock(path)]


def edited(folder: Path, layer: str) -> list[str]:
    """Where a lock file and payload.json disagree, which ci/lock writes together. Raises OSError, ValueError."""
    packages = read_payload(folder).get(layer, {})
    wheels = {wheel.name: wheel for wheel in read_lock(folder / f"{layer}.txt")}
    problems = [f"{layer}.txt lacks {name}" for name in sorted(packages.keys() - wheels.keys())]
    for name, wheel in wheels.items():
        known = packages.get(name)
        if known is None:
            problems.append(f"payload.json has no {name}, which {layer}.txt names")
        elif known["version"] != wheel.version:
            problems.append(f"{layer}.txt names {name} {wheel.version}, payload.json {known['version']}")
        elif known["sha256"] != wheel.sha256:
            problems.append(f"{layer}.txt has another sha256 for {name} {wheel.version} than payload.json")
    return problems
