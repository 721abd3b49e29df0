"""Needs that a distribution has and does not declare, found in the imports of its installed modules.

coqui-tts 0.28 is the known case: it imports six, which came along with python-dateutil until that dropped it.
The modules that are read are those that `import <top-level module>` loads, and those that our engines take from deep
inside (imports.DEEP_IMPORTS): elsewhere a library may have plug-ins for whatever it likes. Only imports that always
run count. A statement in a function, under `if` or under `try` may never be reached, or is guarded.
"""

from __future__ import annotations

import ast
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from avatar.environment import imports
from avatar.environment.installed import Distribution, canonical_name

Owners = dict[str, set[str]]  # importable module -> the distributions that bring it


def module_owners(distributions: list[Distribution]) -> Owners:
    owners: Owners = {}
    for distribution in distributions:
        for module in imports.top_level_modules(distribution):
            owners.setdefault(module, set()).add(distribution.name)
    return owners


@dataclass(frozen=True)
class Undeclared:
    """A need by the name of the distribution that brings it here, else by the module's own name."""

    need: str
    path: str  # the first module that imports it
    here: bool  # whether something installed brings it, for reasons of its own


def undeclared_needs(site: Path, distribution: Distribution, owners: Owners, requires: list[str]) -> list[Undeclared]:
    """`requires` are the Requires-Dist lines; what an extra asks for is declared too."""
    from packaging.requirements import Requirement

    declared = {canonical_name(Requirement(line).name) for line in requires} | {distribution.name}
    modules = [module for module, names in owners.items() if distribution.name in names]
    own = {module.split(".")[0] for module in modules}
    needs: dict[str, Undeclared] = {}
    for path, names in sorted(loaded_modules(site, distribution, modules).items()):
        for name in sorted(names):
            top = name.split(".")[0]
            providers = who_provides(name, owners)
            if top in sys.stdlib_module_names or providers & declared:
                continue
            if not providers and (top in own or canonical_name(top) in declared):
                continue
            need = " or ".join(sorted(providers)) or top
            needs.setdefault(need, Undeclared(need, path, bool(providers)))
    return list(needs.values())


def who_provides(name: str, owners: Owners) -> set[str]:
    """The distributions whose modules hold the dotted name; for a bare namespace folder, all that have a part of it."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if found := owners.get(".".join(parts[:length])):
            return found
    return set().union(*(found for module, found in owners.items() if module.startswith(f"{parts[0]}.")))


def loaded_modules(site: Path, distribution: Distribution, modules: list[str]) -> dict[str, set[str]]:
    """{path: dotted names it always imports} of the distribution's modules that importing these loads."""
    files = {file.path for file in distribution.files if file.path.endswith(".py")}
    # An extension module wins over the source of the same name that it was compiled from.
    compiled = {file.path.partition(".")[0] for file in distribution.files if file.path.endswith(".so")}
    waiting = modules + [module for deep in imports.DEEP_IMPORTS.values() for module, _ in deep]
    loaded: dict[str, set[str]] = {}
    while waiting:
        parts = waiting.pop().split(".")
        for length in range(1, len(parts) + 1):  # importing a.b.c loads a and a.b first
            start = "/".join(parts[:length])
            path = next((p for p in (f"{start}/__init__.py", f"{start}.py") if p in files), None)
            if path and path not in loaded and start not in compiled:
                package = parts[:length] if path.endswith("__init__.py") else parts[: length - 1]
                loaded[path] = imported_names(site / path, package)
                waiting += loaded[path]
    return loaded


def imported_names(path: Path, package: list[str]) -> set[str]:
    """The dotted names that the statements of a module's own body import; `from a import b` gives a.b."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a stray backslash in somebody's docstring
            statements = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return set()
    names = set()
    for statement in statements:
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            above = package[: len(package) + 1 - statement.level] if statement.level else []
            source = ".".join([*above, *([statement.module] if statement.module else [])])
            names |= {f"{source}.{alias.name}" for alias in statement.names}
    return names
