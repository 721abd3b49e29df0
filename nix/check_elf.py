"""Every shared library that a file of the wheels needs must come from somewhere.

usage: check_elf.py SITE_PACKAGES UNRESOLVED [LIBRARY...]   (standard library and elf.py only)

A needed soname is fine when a file there has that name, when it belongs to the C library, when it is one of the
LIBRARIES that are opened at start, or when UNRESOLVED lists it (`soname  # why nothing provides it`, * for any part).
This is what autoPatchelf would give; it is not used, since it replaces RPATHs that the wheels' own libraries rely on.
"""

from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import elf

# glibc's own, next to whichever loader starts Python; and libgcc_s, which libstdc++ brings along.
C_LIBRARY = {
    "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libmvec.so.1", "libpthread.so.0",
    "librt.so.1", "libutil.so.1",
}  # fmt: skip


def read_unresolved(path: Path) -> set[str]:
    """The sonames, or patterns of them, of a list `soname  # reason`."""
    return {line.split("#")[0].strip() for line in path.read_text().splitlines()} - {""}


def outside_needs(site: Path) -> dict[str, list[str]]:
    """{soname: files that need it} for what no file of a site-packages folder is called."""
    files, needs = set(), {}
    for folder, _, names in os.walk(site):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    for soname in elf.needed(file):
                        needs.setdefault(soname, []).append(os.path.relpath(path, site))
                files.add(name)
    return {soname: sorted(users) for soname, users in needs.items() if soname not in files}


def unprovided(site: Path, libraries: list[str], unresolved: set[str]) -> dict[str, list[str]]:
    """What of outside_needs neither the C library nor one of the libraries provides, and no pattern excuses."""
    provided = C_LIBRARY | {os.path.basename(library) for library in libraries}
    return {
        soname: users
        for soname, users in outside_needs(site).items()
        if soname not in provided and not any(fnmatchcase(soname, pattern) for pattern in unresolved)
    }


def check(site: Path, libraries: list[str], unresolved: Path) -> None:
    """End the build with the sonames that nobody provides, and who needs them."""
    missing = unprovided(site, libraries, read_unresolved(unresolved))
    for soname, users in sorted(missing.items()):
        print(f"{soname} is needed by {users[0]} ({len(users)} in all) and provided by nobody", file=sys.stderr)
    if missing:
        sys.exit("add the library to nix/libraries.nix, or its name to nix/unresolved.txt with the reason")


if __name__ == "__main__":
    check(Path(sys.argv[1]), sys.argv[3:], Path(sys.argv[2]))
