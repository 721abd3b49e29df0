"""Faults of the host: its GPU and driver, its C library, the environment variables that it gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from tests.gates.ground import Ground
from tests.namespaces import need_mounts

# A user that no account exists for, as where an image is run under any number.
STATUS_AS_NOBODY = "unshare --user --map-user=12345 --map-group=12345 ./run avatar status"
READ_TEXT = './run python -c \'print(len(open("{scratch}/text").read()), ascii(open("{scratch}/text").read()))\''


def gpu(card: str, capability: str) -> Callable[[Ground], None]:
    """Another card than the sound one."""
    return lambda ground: ground.gpu(card, capability)


def mismatched_driver(ground: Ground) -> None:
    ground.program("nvidia-smi", "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")


def newer_glibc_asked_for(ground: Ground) -> None:
    """The host's C library cannot be made older; a wheel that asks for a newer one shows the same difference."""
    ground.env["AVATAR_LOCKS"] = str(ground.scratch / "locks")
    shutil.copytree(ground.root / "locks", ground.scratch / "locks")
    ground.edit(ground.scratch / "locks/base.txt", "abi3-manylinux_2_28_x86_64.whl", "abi3-manylinux_2_99_x86_64.whl")


def home_only(ground: Ground) -> None:
    """HOME says where jobs are kept, and nothing else does."""
    need_mounts()
    del ground.env["AVATAR_HOME"]
    ground.env["HOME"] = str(ground.scratch)


def unset_home(ground: Ground) -> None:
    ground.env.pop("HOME", None)


def poison(ground: Ground, folder: str) -> str:
    """Modules that end whatever imports them."""
    for name in ("click", "random", "avatar"):
        ground.add(ground.scratch / folder / f"{name}.py", "raise SystemExit('the wrong one')\n")
    return str(ground.scratch / folder)


def poisoned_pythonpath(ground: Ground) -> None:
    ground.env["PYTHONPATH"] = poison(ground, "mine")


def poisoned_folder(ground: Ground) -> None:
    ground.here = ground.scratch / "mine"
    poison(ground, "mine")


def poisoned_user_site(ground: Ground) -> None:
    poison(ground, "user/lib/python3.11/site-packages")
    ground.env["PYTHONUSERBASE"] = str(ground.scratch / "user")


def text(ground: Ground) -> None:
    ground.add(ground.scratch / "text", "Grüße, 世界")


def locale_c(ground: Ground) -> None:
    ground.env |= {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
