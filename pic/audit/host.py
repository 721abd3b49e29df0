"""The index that the host's pip downloads from, as its settings and pip itself tell."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pic.audit.index import Index, IndexProblem

ASKED = ("index-url", "no-index", "cert", "trusted-host", "proxy")  # of pip's settings


def pip_index(settings: dict[str, str] | None = None, pips: Sequence[Path] = ()) -> Index:
    """The index of the host's pip. Raises IndexProblem where there is none to ask.

    PICCTL_INDEX_URL names another one. `settings` are pip's, where the caller has read them already; `pips` are others to ask where the host has none.
    """
    if address := os.environ.get("PICCTL_INDEX_URL"):
        return Index(address)
    asked = [*host_pips(), *map(str, pips)]
    settings = pip_settings(asked) if settings is None else settings
    if settings.get("no-index", "").lower() in ("1", "true", "yes"):
        raise IndexProblem("pip is told to use no index (no-index).")
    return Index(settings.get("index-url") or own_index(asked), settings)


def host_pips() -> list[str]:
    return [f"{sys.executable} -m pip", *filter(None, (shutil.which("pip3"), shutil.which("pip")))]


def output_of(pip: str, *words: str) -> str:
    """What a pip prints, one line per option however long and without colours; nothing where it does not run."""
    own = [sys.executable, "-m", "pip"] if pip.startswith(f"{sys.executable} ") else [pip]
    wide = {**os.environ, "COLUMNS": "1000", "NO_COLOR": "1"}
    try:
        return subprocess.run([*own, *words], capture_output=True, text=True, env=wide, stdin=subprocess.DEVNULL).stdout
    except OSError:
        return ""


def pip_settings(pips: list[str]) -> dict[str, str]:
    """Of pip's files and variables, what says how to reach its index; variables come first, as with pip."""
    found: dict[str, str] = {}
    listing = next(filter(None, (output_of(pip, "config", "list") for pip in pips)), "")
    for name, value in re.findall(r"^(?:global|site|user|install|download)\.([a-z-]+)=('.*'|\".*\")$", listing, re.M):
        found[name] = str(ast.literal_eval(value))
    variables = {name: os.environ.get(f"PIP_{name.upper().replace('-', '_')}") for name in ASKED}
    return {name: value for name, value in found.items() if name in ASKED} | {n: v for n, v in variables.items() if v}


def own_index(pips: list[str]) -> str:
    """The address that pip uses where nothing is configured, as its help page tells it."""
    for pip in pips:
        if found := re.search(r"--index-url.*\(default (https?://\S+)\)", output_of(pip, "install", "--help")):
            return found[1]
    raise IndexProblem("there is no pip here to say which index it uses; set PIP_INDEX_URL.")
