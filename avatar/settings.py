"""Where things live and what is chosen by default: flags > AVATAR_* variables > settings.toml > these defaults.

settings.toml lies in the home folder and may hold:

    stack = "preview"      # or "full"
    preset = "heart"       # the preview voice where none is asked for
    profile = "auto"       # or "24GB", "10GB", "6GB", "cpu": see avatar/device/hardware.py
    seed = 7
    encoder = "x264"       # or "nvenc", "auto": see avatar/media/encoder.py
    sign = "yes"           # or "no": whether what is delivered carries a signed manifest (docs/provenance.md)
    sign_certificate = ""  # a PEM file with your certificate and those of its issuers; without one the home has its own
    sign_key = ""          # a PEM file with its key
"""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from avatar.errors import RequestError

LARGEST_BYTES = 1 << 20


@dataclass(frozen=True)
class Settings:
    stack: str = "preview"
    preset: str = ""  # empty: chosen by the stack
    profile: str = "auto"
    seed: int = 7
    encoder: str = "x264"
    sign: str = "yes"
    sign_certificate: str = ""
    sign_key: str = ""


def home() -> Path:
    """AVATAR_HOME, else the platform's data folder (~/.local/share/avatar on Linux)."""
    try:
        if folder := os.environ.get("AVATAR_HOME"):
            return Path(folder).expanduser().absolute()
        import platformdirs

        return platformdirs.user_data_path("avatar")
    except RuntimeError as error:  # no HOME, and no entry for this user
        raise RequestError(f"cannot tell where jobs are kept ({error}); set AVATAR_HOME to a folder.") from error


def load() -> Settings:
    """The settings in force before flags. Raises RequestError for an unreadable file, an unknown key or a wrong type."""
    path = settings_file()
    values = _in_file(path)
    known = {item.name: type(item.default) for item in fields(Settings)}
    for name, kind in known.items():
        if text := os.environ.get(f"AVATAR_{name.upper()}"):
            values[name] = int(text) if kind is int and text.isdecimal() else text
    for name, value in values.items():
        if name not in known:
            raise RequestError(f"{path} has the unknown setting {name!r}; known are: {', '.join(known)}.")
        if type(value) is not known[name]:
            kind = "whole number" if known[name] is int else "text"
            raise RequestError(
                f"the setting {name} must be a {kind}, not {value!r}; mend {path} or AVATAR_{name.upper()}."
            )
    return Settings(**values)


def origin(name: str) -> str:
    """Where the value of a setting comes from: a variable's name, the file's path, or '' for the default."""
    variable, path = f"AVATAR_{name.upper()}", settings_file()
    if os.environ.get(variable):
        return variable
    return str(path) if name in _in_file(path) else ""


def settings_file() -> Path:
    return home() / "settings.toml"


def _in_file(path: Path) -> dict:
    try:
        found = path.stat()  # a symlink is followed: settings are often kept elsewhere
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_BYTES:
            raise ValueError("it is no file of at most 1 MiB")
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise RequestError(f"{path.parent} is no folder; set AVATAR_HOME to one.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RequestError(f"cannot read {path}: {error}; mend or remove it.") from error
