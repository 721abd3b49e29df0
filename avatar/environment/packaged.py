"""Files that locked wheels carry as data: found without importing the package, checked by digest where one is known."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

from avatar.environment import elf
from avatar.errors import EnvironmentProblem
from avatar.invocation import to_type

MEND = f"'{to_type('status --strict')}' shows what differs from the lock"


def package_file(package: str, path: str) -> Path:
    """Where the file `path` of an installed package is; the package is not imported.

    Raises EnvironmentProblem when the package or the file is not there.
    """
    found = find_spec(package)
    folders = list(found.submodule_search_locations or []) if found else []
    if not folders or not Path(folders[0], path).is_file():
        raise EnvironmentProblem(f"the file {path} of the package {package} is not installed; {MEND}.")
    return Path(folders[0], path)


def package_folder(package: str) -> str:
    """The folder that an installed package lies in, for the PYTHONPATH of a child; it is not imported."""
    found = find_spec(package)
    if not found or not found.origin:
        raise EnvironmentProblem(f"the package {package} is not installed; {MEND}.")
    return str(Path(found.origin).parents[1])


def recorded_file(package: str, pattern: str) -> Path:
    """The one file of an installed package that the RECORD of its wheel names so, and whose size is the one given there.

    package: the folder's name in site-packages; it is not imported, and no variable moves the file. pattern: the path in
    that folder, * for any characters. The contents are compared by `avatar status --strict` alone.
    Raises EnvironmentProblem when no such file is recorded or installed, or its size is another one.
    """
    site = package_file(package, "__init__.py").parent.parent
    rows = [row for record in site.glob(f"{package}-*.dist-info/RECORD") for row in record.read_text().splitlines()]
    found = [row for row in (row.rsplit(",", 2) for row in rows) if fnmatchcase(row[0], f"{package}/{pattern}")]
    if len(found) != 1:
        raise EnvironmentProblem(f"the RECORD of {package} in {site} names {len(found)} files {pattern}; {MEND}.")
    path, _, size = found[0]
    file = package_file(package, path.removeprefix(f"{package}/"))
    there = elf.size_before_nix(file) or file.stat().st_size
    if str(there) != size:
        raise EnvironmentProblem(f"{file} has {there} bytes, its wheel says {size}; {MEND}.")
    return file


def package_bytes(package: str, path: str, sha256: str) -> bytes:
    """The bytes of such a file. Raises EnvironmentProblem also when its sha256 is another one, or it cannot be read."""
    file = package_file(package, path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise EnvironmentProblem(f"cannot read {file}: {error.strerror}; {MEND}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise EnvironmentProblem(f"{file} has sha256 {found[:12]}…, the lock says {sha256[:12]}…; {MEND}.")
    return content
