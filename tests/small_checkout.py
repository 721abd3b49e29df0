"""A small checkout: the real `run` and what it starts, with locks of a few wheels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from avatar.environment import payload
from tests.conftest import ROOT

MAKER = ("run", "pyproject.toml", "avatar/__init__.py", "avatar/errors.py", "avatar/environment", "locks/boot.txt")


def make(root: Path, **names: list[str]) -> Path:
    """A checkout whose layers hold these packages of our locks: make(root, base=["click"]). Layers not named are empty."""
    for name in MAKER:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    if (boot := ROOT / ".venv/boot").is_dir():  # spare each test the download of uv
        shutil.copytree(boot, root / ".venv/boot", symlinks=True)
    lock(root, **names)
    return root


def lock(root: Path, **names: list[str]) -> None:
    """Write locks/ anew, of these packages of ours."""
    ours, table = json.loads((ROOT / "locks/payload.json").read_text()), {}
    everything = {name: entry for packages in ours.values() for name, entry in packages.items()}
    for layer in ("base", "full", "test", "pocket"):
        wanted = names.get(layer, [])
        table[layer] = {name: everything[name] for name in wanted}
        (root / f"locks/{layer}.txt").write_text("".join(line_of(name) for name in wanted))
    (root / "locks/payload.json").write_text(payload.table_text(table))


def line_of(name: str) -> str:
    """The line of a package in whichever of our lock files has it."""
    for layer in ("base", "full", "test"):
        for line in (ROOT / f"locks/{layer}.txt").read_text().splitlines():
            if line.startswith(f"{name}=="):
                return f"{line}\n"
    raise LookupError(f"{name} is in none of our locks")


def write_made_up(root: Path, name: str, version: str, wheel: Path, sha256: str) -> None:
    """locks/base.txt and payload.json of one wheel that was made for a test."""
    (root / "locks/base.txt").write_text(f"{name}=={version} --hash=sha256:{sha256}  # {wheel.name}\n")
    entry = {"version": version, "sha256": sha256, "payload": payload.wheel_digest(wheel)}
    (root / "locks/payload.json").write_text(payload.table_text({"base": {name: entry}, "full": {}, "test": {}}))
