"""What a wheel puts on disk, as one digest: the same whichever tool installed it.

A payload digest is the sha256 over a distribution's sorted (place, path, sha256) lines. Left out is what an
installer adds or rewrites: RECORD, INSTALLER, REQUESTED, direct_url.json, byte code, and scripts with a Python
shebang or made from entry points. Standard library only: ci/lock uses this before anything is installed.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import zipfile
from pathlib import Path, PurePosixPath

INSTALLER_FILES = {"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}


def is_payload(path: PurePosixPath | str) -> bool:
    """Whether a file under site-packages comes from the wheel itself. By its text: asked of 34,000 files at once."""
    folder, _, name = str(path).rpartition("/")
    if name.endswith(".pyc") or "__pycache__" in folder.split("/"):
        return False
    return not (folder.endswith(".dist-info") and name in INSTALLER_FILES)


def digest_of_lines(lines: list[str]) -> str:
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def line_for(place: str, path: str, sha256: str) -> str:
    return f"{place}/{path}\0{sha256}\n"


def wheel_digest(wheel: Path) -> str:
    """Payload digest of a wheel file. Raises ValueError for a data scheme no locked wheel is known to use."""
    lines = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("/"):
                continue
            body = archive.read(name)
            place, path = "site", PurePosixPath(name)
            if path.parts[0].endswith(".data"):
                scheme, path = path.parts[1], PurePosixPath(*path.parts[2:])
                if scheme not in ("purelib", "platlib", "scripts", "data"):
                    raise ValueError(f"{wheel.name}: data scheme {scheme!r} is not handled; extend payload.py")
                place = {"scripts": "bin", "data": "prefix"}.get(scheme, "site")
            if place == "bin" and body.startswith(b"#!python"):
                continue
            if place != "site" or is_payload(path):
                lines.append(line_for(place, str(path), hashlib.sha256(body).hexdigest()))
    return digest_of_lines(lines)


def layer_fingerprint(packages: dict[str, dict[str, str]]) -> str:
    """The fingerprint of a layer: sha256 over its sorted `name version payload` lines."""
    lines = [f"{name} {entry['version']} {entry['payload']}\n" for name, entry in packages.items()]
    return digest_of_lines(lines)


def wheel_commands(wheel: Path) -> list[str]:
    """The names of the programs that a wheel puts into an environment's bin/: its scripts and its entry points."""
    names = set()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = PurePosixPath(name).parts
            if len(parts) == 3 and parts[0].endswith(".data") and parts[1] == "scripts":
                names.add(parts[2])
            if len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] == "entry_points.txt":
                points = configparser.ConfigParser(delimiters=("=",), interpolation=None)
                points.optionxform = lambda optionstr: optionstr  # names keep their capitals
                points.read_string(archive.read(name).decode())
                names |= {key for part in ("console_scripts", "gui_scripts") if part in points for key in points[part]}
    return sorted(names)


def table_text(table: dict[str, dict[str, dict]]) -> str:
    """payload.json as it is written: a line for each package, which a diff and a shell's grep can read."""
    layers = []
    for layer, packages in table.items():
        rows = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in packages.items()]
        layers.append(f" {json.dumps(layer)}: {{\n" + ",\n".join(rows) + "\n }")
    return "{\n" + ",\n".join(layers) + "\n}\n"
