"""A user's machine whose only index is tests/calendar_index.py, and what it may have set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from avatar.environment import compare, locks
from tests import small_checkout
from tests.calendar_index import CalendarIndex

PYTHON = os.path.realpath(sys.executable)
# A platform wheel, an `any` wheel, and an override of pyproject.toml that is locked itself.
PACKAGES = {"base": ["click", "cffi"], "full": ["six"], "test": ["virtualenv", "iniconfig"]}
TIMEOUT_S = 300
FAMILIES = ("PIP_", "UV_", "PYTHON")
HOSTILE_UV_TOML = """
exclude-newer = "2019-01-01T00:00:00Z"
override-dependencies = ["click<8", "six==1.16.0"]
constraint-dependencies = ["virtualenv<20"]
no-binary = true
prerelease = "allow"
resolution = "lowest"
a-key-of-next-year = { very = "new" }
[pip]
no-deps = false
torch-backend = "cpu"
verify-hashes = false
target = "/nonexistent"
"""


class Host:
    """A user's machine: an empty home folder and variables; run: `./run` of a small checkout there."""

    def __init__(self, folder: Path, index: CalendarIndex, cache: Path):
        self.home = folder / "home"
        (self.home / ".config/uv").mkdir(parents=True)
        self.root = small_checkout.make(folder / "checkout", **PACKAGES)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FAMILIES)}
        self.environment = kept | index.environment() | {
            "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / ".config"), "PIP_CONFIG_FILE": os.devnull,
            "AVATAR_PYTHON": PYTHON, "UV_CACHE_DIR": str(cache),
        }  # fmt: skip
        if certificates := os.environ.get("PIP_CERT"):
            self.environment["SSL_CERT_FILE"] = certificates

    def set(self, **variables: str | None) -> None:
        for name, value in variables.items():
            self.environment.pop(name, None)
            if value is not None:
                self.environment[name] = value

    def run(self, *words: str) -> subprocess.CompletedProcess:
        words = words or ("--full", "python", "-c", "print(1 + 1)")
        return subprocess.run(
            [self.root / "run", *words], env=self.environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )

    def is_the_lock(self, layers: tuple[str, ...] = ("base", "full", "test")) -> bool:
        """Every byte of the environment."""
        venv = self.root / ".venv" / ("full" if "full" in layers else "base")
        lock = {
            layer: packages for layer, packages in locks.read_payload(self.root / "locks").items() if layer in layers
        }
        found = compare.compare(venv / "lib/python3.11/site-packages", lock, contents=True)
        assert found.problems == []
        return list(layers) == found.layers
