"""Faults while `./run` makes an environment: a small checkout whose only wheel is made here, without an index."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

from tests import small_checkout
from tests.gates.ground import Ground
from tests.small_wheel import small_wheel

PYTHON = os.path.realpath(sys.executable)
NEEDED = ("sh", "dirname", "cat", "cmp", "sed", "env", "ldconfig", "uname", "ldd")
WHEEL = "probe-1.0-py3-none-any.whl"


def make_wheel(path: Path) -> str:
    """A wheel of one empty module; its sha256."""
    path.parent.mkdir(parents=True)
    path.write_bytes(small_wheel("probe", "1.0", {"probe.py": b""}))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checkout(ground: Ground) -> None:
    """The real `run` and what it starts, with a lock of that wheel alone."""
    ground.here = small_checkout.make(ground.scratch / "small")
    wheel = ground.scratch / "wheels" / WHEEL
    small_checkout.write_made_up(ground.here, "probe", "1.0", wheel, make_wheel(wheel))
    ground.env |= {
        "AVATAR_PYTHON": PYTHON,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(ground.scratch / "wheels"),
        "UV_NO_CACHE": "1",
    }


def wrong_hash(ground: Ground) -> None:
    digest = re.search("sha256:([0-9a-f]{64})", (ground.here / "locks/base.txt").read_text())[1]
    edit_locks(ground, digest, "0" * 64)


def unknown_version(ground: Ground) -> None:
    edit_locks(ground, "==1.0 ", "==2.0 ")
    edit_locks(ground, '"version": "1.0"', '"version": "2.0"')


def edit_locks(ground: Ground, old: str, new: str) -> None:
    """The lock and payload.json alike: a lock that agrees with itself."""
    for name in ("base.txt", "payload.json"):
        path = ground.here / "locks" / name
        path.write_text(path.read_text().replace(old, new))


def edited_lock(ground: Ground) -> None:
    path = ground.here / "locks/base.txt"
    path.write_text(re.sub("[0-9a-f]{64}", "0" * 64, path.read_text()))


def full_disk(ground: Ground) -> None:
    shutil.rmtree(ground.here / ".venv")
    ground.small_disk(ground.here / ".venv", "16k")


def checkout_with_python_311(ground: Ground) -> None:
    """Python 3.11 is on the PATH under its own name, and nothing else is there but what ./run needs."""
    checkout(ground)
    for name in NEEDED:
        if path := shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin"):
            (ground.bin / name).symlink_to(path)
    (ground.bin / "python3.11").symlink_to(PYTHON)
    del ground.env["AVATAR_PYTHON"]
    for name in ("PYENV_ROOT", "CONDA_PREFIX"):
        ground.env.pop(name, None)
    ground.env |= {"PATH": str(ground.bin), "HOME": str(ground.scratch)}


def python_312(ground: Ground, name: str) -> str:
    """An interpreter that says it is 3.12. It is 3.11 under that number: no other one is in the lock."""
    say = "import sys; sys.version_info = (3, 12, 0); exec(sys.argv[1])"
    ground.program(name, f'exec "{PYTHON}" -c "{say}" "$3"')
    return str(ground.bin / name)


def only_python_312(ground: Ground) -> None:
    shutil.rmtree(ground.here / ".venv")
    (ground.bin / "python3.11").unlink()
    for name in ("python3.12", "python3"):
        python_312(ground, name)


def name_python_312(ground: Ground) -> None:
    shutil.rmtree(ground.here / ".venv")
    ground.env["AVATAR_PYTHON"] = python_312(ground, "python3.12")
