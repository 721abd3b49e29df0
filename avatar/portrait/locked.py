"""Files that locked wheels carry as data: found without importing the package, and checked by digest before use."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from avatar.errors import EnvironmentProblem

MEND = "'./run avatar status --strict' shows what differs from the lock"


def locked_file(package: str, path: str, sha256: str) -> bytes:
    """The bytes of `path` inside an installed package, which is not imported.

    Raises EnvironmentProblem when the package or the file is not there, or its sha256 is another one.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem(f"the package {package}, which holds {path}, is not installed; {MEND}.")
    return checked_bytes(Path(found.submodule_search_locations[0], path), sha256)


def checked_bytes(path: Path, sha256: str) -> bytes:
    """The bytes of a file whose sha256 must be the given one; EnvironmentProblem otherwise."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EnvironmentProblem(f"cannot read {path}: {error.strerror}; {MEND}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise EnvironmentProblem(f"{path} has sha256 {found[:12]}…, the lock says {sha256[:12]}…; {MEND}.")
    return content
