"""Whether modules could come from outside of the environment: PYTHONPATH, the current folder, the user's packages.

`./run` and the script `avatar` keep all of these out. A Python that was started otherwise, or an environment that was
opened to the system's packages, is found here.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Collection
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

from avatar.environment import imports, installed

CHECKOUT = Path(__file__).resolve().parents[2]
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


def folders_in_order() -> list[Path]:
    """sys.path as Python goes through it; an empty entry is the current folder."""
    return [Path(entry or ".").absolute() for entry in sys.path]


def foreign_folders() -> list[Path]:
    """The folders of sys.path that are not Python's own, nor in this environment, nor avatar's own."""
    archive = Path(sys.base_prefix, "lib", f"python{sys.version_info.major}{sys.version_info.minor}.zip")
    own = {STANDARD_LIBRARY, STANDARD_LIBRARY / "lib-dynload", archive, CHECKOUT}
    return [folder for folder in folders_in_order() if folder not in own and not folder.is_relative_to(sys.prefix)]


def problems(site: Path) -> list[str]:
    """Distributions and modules that this interpreter would take from a foreign folder; [] for none."""
    foreign = foreign_folders()
    if not foreign:
        return []
    locked = {m.split(".")[0] for d in installed.read_distributions(site) for m in imports.top_level_modules(d)}
    found = []
    for folder in foreign:
        found += [f"{name} is found in {folder}" for name in distribution_names(folder)]
        found += [f"the module {name} comes from {origin}" for name, origin in hidden_modules(folder, site, locked)]
    return found


def distribution_names(folder: Path) -> list[str]:
    """The distributions in a folder, with versions, but for avatar itself."""
    names = {f"{d.name} {d.version}" for d in metadata.distributions(path=[str(folder)]) if d.name != "avatar"}
    return sorted(names, key=str.lower)


def hidden_modules(folder: Path, site: Path, locked: Collection[str]) -> list[tuple[str, str]]:
    """(name, file) of the modules in a folder that come before Python's own or the locked one of the same name."""
    order = folders_in_order()
    behind = order[order.index(folder) :]
    names = set(locked) if site in behind else set()
    names |= sys.stdlib_module_names if STANDARD_LIBRARY in behind else set()
    specs = [(name, PathFinder.find_spec(name, [str(folder)])) for name in sorted(names)]
    return [(name, spec.origin) for name, spec in specs if spec and spec.origin]


def in_pythonpath() -> bool:
    """Whether the variable names any folder at all."""
    return bool(os.environ.get("PYTHONPATH")) and not sys.flags.ignore_environment
