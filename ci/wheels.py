"""The locked wheels in a folder: for a wheelhouse, an image, the Nix store.

usage: python3.11 -m ci.wheels FOLDER LAYER...     in the checkout. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from avatar.environment import installer
from avatar.environment.installer import CannotInstall
from avatar.environment.locks import Wheel, read_wheels

ROOT = Path(__file__).resolve().parent.parent
NEARBY = ROOT / ".wheels"  # where ci/lock and the doors keep their downloads
LOCKS = ROOT / "locks"


def gather(layers: list[str], folder: Path, say: Callable[[str], None]) -> None:
    """All wheels of these layers in folder, each compared with its sha256. Raises CannotInstall."""
    folder.mkdir(parents=True, exist_ok=True)
    wheels = read_wheels(LOCKS, layers)
    for wheel in wheels:
        if not is_whole(wheel, folder) and is_whole(wheel, NEARBY):
            place(NEARBY / wheel.file, folder / wheel.file)
    if missing := [wheel for wheel in wheels if not is_whole(wheel, folder)]:
        say(f"downloading {len(missing)} of {len(wheels)} wheels")
        with tempfile.TemporaryDirectory(prefix="avatar-wheelhouse-") as scratch:
            asked = Path(scratch, "missing.txt")
            asked.write_text("".join(f"{w.name}=={w.version} --hash=sha256:{w.sha256}\n" for w in missing))
            uv = installer.find(ROOT, ROOT / ".venv", say)
            uv.download(folder, asked)
    if lost := [wheel.file for wheel in wheels if not is_whole(wheel, folder)]:
        raise CannotInstall(f"these are not what locks/ names, or not there: {', '.join(lost[:5])}")


def is_whole(wheel: Wheel, folder: Path) -> bool:
    path = folder / wheel.file
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wheel.sha256


def place(source: Path, target: Path) -> None:
    """A hard link where both are on one disk, else a copy, which has its name when it is whole."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        partial = target.with_name(f"{target.name}.partial")
        shutil.copyfile(source, partial)
        partial.replace(target)


if __name__ == "__main__":
    try:
        gather(sys.argv[2:], Path(sys.argv[1]), lambda text: print(f"ci/wheels: {text}", file=sys.stderr, flush=True))
    except (CannotInstall, ValueError) as error:
        sys.exit(f"ci/wheels: {error}")
    except OSError as error:
        sys.exit(
            f"ci/wheels: {error.strerror}: {error.filename}; free space or mend its permissions, then run it again."
        )
    except KeyboardInterrupt:
        print("ci/wheels: interrupted; what is whole in the folder stays.", file=sys.stderr)
        sys.exit(130)
