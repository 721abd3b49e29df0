"""A dry run of the resolver: what would happen to the lock, were a package added to it. Nothing is written there."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from avatar.environment import host_settings, installer
from avatar.environment.installer import Installer

TIMEOUT_S = 180


@dataclass
class DryRun:
    """`conflict` is why there is no solution, `failed` why uv could not look for one; "" where that is not so."""

    moves: dict[str, tuple[str, str]] = field(default_factory=dict)  # {package: (locked, what it would get)}
    added: dict[str, str] = field(default_factory=dict)  # {package: version}
    conflict: str = ""
    failed: str = ""


def dry_run(root: Path, uv: Path, locked: dict[str, str], wanted: list[str], left_out: list[str]) -> DryRun:
    """Resolve everything locked, by name, together with the requirements `wanted`.

    uv keeps a locked version wherever nothing forbids it, so what differs had to move; the overrides of
    pyproject.toml hold here too. `left_out` are packages that come as source only: uv would run their setup to learn
    their needs, so these are read (sdist.py) and stand in `wanted`. Flags and settings are those of ci/lock.
    """
    tool = Installer(uv, root, host_settings.read(root / ".venv"), say=lambda text: None)
    with tempfile.TemporaryDirectory(prefix="ci-deps-") as name:
        scratch = Path(name)
        asked, output, overrides = (scratch / file for file in ("asked.in", "resolved.txt", "overrides.txt"))
        asked.write_text("".join(f"{line}\n" for line in [*locked, *wanted]))
        output.write_text("".join(f"{name}=={version}\n" for name, version in locked.items()))
        overrides.write_text("".join(f"{name} ; sys_platform == 'never'\n" for name in left_out))
        try:
            tool.resolve(scratch, *installer.FOR_LOCKS, "--no-progress", "--override", overrides, asked, "-o", output,
                         timeout_s=TIMEOUT_S)  # fmt: skip
        except subprocess.TimeoutExpired:
            return DryRun(failed=f"uv found no answer in {TIMEOUT_S} s")
        except subprocess.CalledProcessError as error:
            said = shorten(error.stderr)
            return DryRun(conflict=said) if said.startswith("No solution found") else DryRun(failed=f"uv: {said}")
        resolved = dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)", output.read_text(), re.MULTILINE))
    moves = {
        name: (version, resolved.get(name, "left out"))
        for name, version in locked.items()
        if resolved.get(name) != version
    }
    return DryRun(moves, {name: version for name, version in resolved.items() if name not in locked})


def shorten(said: str) -> str:
    """uv's explanation as one line, without its hints."""
    explained = said.partition("hint:")[0]
    return " ".join(re.sub(r"[╰─▶×│]|^error:|\bcause:", " ", explained, flags=re.MULTILINE).split())
