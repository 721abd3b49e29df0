"""Link unpacked wheels together as one virtual environment.

usage: build_env.py OUT SITE PYTHON UNRESOLVED LIBRARY... -- TREE...   (standard library, elf.py and check_elf.py only)

Folders are made, files are links: an RPATH like $ORIGIN/../../nvidia/cublas/lib must stay within OUT, and through a
linked *folder* the loader would walk out of it into that one wheel's tree.

The LIBRARIES, what the wheels leave to the system, are opened by full path when Python starts; the loader then finds
them by soname. LD_LIBRARY_PATH would do that too, but would reach every program that Python starts, the host's too.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path

import check_elf


def link_trees(out: Path, trees: list[str]) -> None:
    """Link every file of the trees into out; files of two trees may only share a place when they are equal."""
    for tree in map(Path, trees):
        for folder, _, names in os.walk(tree):
            place = out / Path(folder).relative_to(tree)
            place.mkdir(parents=True, exist_ok=True)
            for name in names:
                source, link = Path(folder, name), place / name
                if not link.is_symlink():
                    link.symlink_to(source)
                elif link.read_bytes() != source.read_bytes():
                    sys.exit(f"two wheels put different bytes at {link.relative_to(out)}: {link.readlink()}, {source}")


def write_scripts(out: Path, site: Path) -> None:
    """The console scripts that the wheels declare, as an installer makes them."""
    for distribution in importlib.metadata.distributions(path=[str(site)]):
        for entry in distribution.entry_points.select(group="console_scripts"):
            script = out / "bin" / entry.name
            if script.exists():
                sys.exit(f"two wheels declare the console script {entry.name}")
            call = f"from {entry.module} import {entry.attr.split('.')[0]}\nsys.exit({entry.attr}())"
            script.write_text(f"#!{out}/bin/python3\nimport sys\n{call}\n")
            script.chmod(0o755)


def main() -> None:
    out, site_name, python, unresolved = sys.argv[1:5]
    separator = sys.argv.index("--")
    libraries, trees = sys.argv[5:separator], sys.argv[separator + 1 :]
    environment = Path(out)
    site = environment / site_name
    (environment / "bin").mkdir(parents=True)
    link_trees(environment, trees)
    for name in ("python", "python3", "python3.11"):
        (environment / "bin" / name).symlink_to(python)
    (environment / "pyvenv.cfg").write_text(f"home = {os.path.dirname(python)}\ninclude-system-site-packages = false\n")
    write_scripts(environment, site)
    for library in libraries:
        if not os.path.exists(library):
            sys.exit(f"nixpkgs has no {library}")
    # One line of a .pth file that begins with `import` is run when Python starts.
    (site / "avatar-libraries.pth").write_text(f"import ctypes; list(map(ctypes.CDLL, {libraries!r}))\n")
    check_elf.check(site, libraries, Path(unresolved))


if __name__ == "__main__":
    main()
