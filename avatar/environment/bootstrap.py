"""Make a virtual environment from locks/, for `./run`.

usage: bootstrap.py ROOT VENVS {base,test,full,pocket,service,runpod,ray}   (standard library only; runs before anything is installed)

VENVS is the folder for the environments: ROOT/.venv, or one of the user's where ROOT may not be written. One process at
a time works there (a lock file). The stamp that `./run` compares is written last, after what was installed has been
compared with the lock, so an environment without a stamp is unfinished and is made again from nothing.
"""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing to tell or to undo until main() runs
    sys.path.insert(0, sys.argv[1])  # the checkout: nothing is installed yet

import ctypes
import fcntl
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from avatar.environment import compare, entry, installer, locks
from avatar.environment.installer import CannotInstall

APART = (
    "service",
    "runpod",
    "ray",
)  # resolved for themselves: they render nothing, and are in no fingerprint and no payload.json
LAYERS = {
    "base": ["base"],
    "test": ["base", "test"],
    "full": ["base", "full", "test"],
    "pocket": ["base", "pocket"],
} | {each: [each] for each in APART}
SIZES = {
    "base": "0.4 GB to download, 1.1 GB on disk",
    "test": "0.4 GB to download, 1.1 GB on disk",
    "full": "4.7 GB to download, 9.3 GB on disk",
    "pocket": "4.6 GB to download, 8.4 GB on disk",
    "service": "10 MB to download, 35 MB on disk",
    "runpod": "60 MB to download, 190 MB on disk",
    "ray": "100 MB to download, 300 MB on disk",
}
# `./run` has the same lists.
MAKERS = ("avatar/environment/bootstrap.py", "avatar/environment/installer.py")
MADE_OF = {name: [*MAKERS, *(f"locks/{layer}.txt" for layer in layers)] for name, layers in LAYERS.items()}
MADE_OF["test"].append("avatar/environment/locks.py")  # TEST_TOOLS

LEAST_ROOM_BYTES = 16 << 20  # with less than this left, the disk is why something failed

# What the wheels leave to the system: numpy and others want the first two, libmediapipe.so the last two.
SYSTEM_LIBRARIES = {
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
}


def say(text: str) -> None:
    print(f"run: {text}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- the system underneath


def missing_libraries() -> list[str]:
    """The sonames of SYSTEM_LIBRARIES that this process cannot load."""
    missing = []
    for soname in SYSTEM_LIBRARIES:
        try:
            ctypes.CDLL(soname)
        except OSError:
            missing.append(soname)
    return missing


def missing_debian_packages(need_venv: bool) -> list[str]:
    packages = {SYSTEM_LIBRARIES[soname] for soname in missing_libraries()}
    if need_venv and not importlib.util.find_spec("ensurepip"):
        packages.add("python3.11-venv")
    return sorted(packages)


def prepare_system(need_venv: bool) -> None:
    """Install what is missing where that is ours to do (root on a Debian-like system); else say the one command."""
    packages = missing_debian_packages(need_venv)
    if not packages:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    readable = " ".join(command)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"the system lacks {', '.join(packages)}; running: apt-get update && {readable}")
        unattended = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["apt-get", "update", "-qq"], [*command, "-qq"]):
            if subprocess.run(step, env=unattended, stdout=subprocess.DEVNULL).returncode:
                raise CannotInstall(f"'{' '.join(step)}' failed; mend what it says above, then run this again.")
        if packages := missing_debian_packages(need_venv):
            raise CannotInstall(f"apt-get installed its packages, yet these are still missing: {', '.join(packages)}.")
        return
    what = ", ".join(missing_libraries()) or "ensurepip"
    raise CannotInstall(
        f"this system lacks {what}. On Debian or Ubuntu one command brings it:\n"
        f"  sudo apt-get update && sudo {readable}\n"
        "On other systems install the packages that hold these files, then run this again."
    )


# ---------------------------------------------------------------- the environment


def stamp_bytes(root: Path, layers: str) -> bytes:
    """What `./run` compares: the place, what makes environments, and the locks."""
    return os.fsencode(root) + b"\n" + b"".join((root / name).read_bytes() for name in MADE_OF[layers])


def is_whole(root: Path, venvs: Path, layers: str) -> bool:
    environment = venvs / layers
    try:
        return (environment / "bin/python").exists() and (environment / "stamp").read_bytes() == stamp_bytes(
            root, layers
        )
    except OSError:
        return False


def make(root: Path, venvs: Path, layers: str) -> None:
    environment = venvs / layers
    refuse_edited_locks(root / "locks", [] if layers in APART else LAYERS[layers])
    stamp = stamp_bytes(root, layers)
    if layers not in APART:
        prepare_system(need_venv=installer.find_uv(root, venvs) is None)
    uv = installer.find(root, venvs, say)
    if uv.host.ignored:
        say(f"left out of this host's settings, because the lock decides: {', '.join(uv.host.ignored)}")
    # An interpreter inside the environment that is about to be replaced leads to the one that it was made from.
    python = getattr(sys, "_base_executable", sys.executable)
    say(f"making {environment.relative_to(root) if environment.is_relative_to(root) else environment} from locks/ "
        f"(once: about {SIZES[layers]})")  # fmt: skip
    shutil.rmtree(environment, ignore_errors=True)
    if os.path.lexists(environment):
        raise CannotInstall(f"{environment} could not be removed to be made again; remove it, then run this again.")
    uv.make_environment(python, environment)
    # Byte code for the preview, whose every start counts; of the full stack most files are never imported.
    byte_code = ["--compile-bytecode"] if layers in ("base", *APART) else []
    lists = [root / f"locks/{layer}.txt" for layer in LAYERS[layers]]
    if layers == "test":
        lists[-1] = write_test_tools(lists[-1], environment / "test.txt")
    uv.install(environment / "bin/python", lists, *byte_code)
    if layers not in APART:
        refuse_another_environment(root, environment, layers)
    entry.add_avatar(root, environment)
    partial = environment / "stamp.partial"
    partial.write_bytes(stamp)
    partial.replace(environment / "stamp")


def write_test_tools(lock: Path, place: Path) -> Path:
    """The lines of locks/test.txt that `./run --test` wants, as a lock of their own; its place."""
    tools = {wheel.name for wheel in locks.read_lock(lock)} & locks.TEST_TOOLS
    lines = lock.read_text().splitlines(keepends=True)
    place.write_text("".join(line for line in lines if line.partition("==")[0] in tools))
    return place


def refuse_edited_locks(folder: Path, layers: list[str]) -> None:
    """Before anything is installed: the lock files against payload.json, which ci/lock writes together."""
    try:
        problems = [problem for layer in layers for problem in locks.edited(folder, layer)]
        locks.read_lock(folder / "boot.txt")
    except (OSError, ValueError) as error:
        problems = [str(error)]
    except (AttributeError, KeyError, TypeError):
        problems = ["payload.json is not of the form that ci/lock writes"]
    if problems:
        raise CannotInstall(
            f"locks/ does not agree with itself: {compare.few(problems, separator='; ')}. "
            "Bring back the committed files: git checkout -- locks (where pyproject.toml changed too: ci/lock)"
        )


def refuse_another_environment(root: Path, environment: Path, layers: str) -> None:
    """After installing: names, versions, sizes and RECORDs against the lock, whatever the installer said of itself."""
    lock = locks.read_payload(root / "locks")
    wanted = {layer: packages for layer, packages in lock.items() if layer in LAYERS[layers]}
    if layers == "test":
        wanted["test"] = {name: entry for name, entry in wanted["test"].items() if name in locks.TEST_TOOLS}
    found = compare.compare(environment / "lib/python3.11/site-packages", wanted, contents=False)
    missing = [f"{layer} is not installed" for layer in LAYERS[layers] if layer not in found.layers]
    if problems := [*found.problems, *(missing if not found.problems else [])]:
        raise CannotInstall(
            f"what was installed is not what the lock names: {compare.few(problems, separator='; ')}. "
            "An index that serves other files, or another program at work in this folder, can do that; "
            "'ci/wheelhouse DIR' on a host with a sound index gathers the right files (docs/install.md)."
        )


def main() -> int:
    root, venvs, layers = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # ends the installer too
    if os.path.lexists(venvs) and not venvs.is_dir():
        say(f"{venvs} is no folder, and environments are made in it; remove it, then run this again.")
        return 1
    try:
        venvs.mkdir(parents=True, exist_ok=True)
        with open(venvs / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another ./run is making an environment here; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_whole(root, venvs, layers):
                make(root, venvs, layers)
    except CannotInstall as error:
        say(str(error))
        if shutil.disk_usage(venvs).free < LEAST_ROOM_BYTES:  # pip and venv do not say so
            say(f"No space left on device: {venvs}; free space, then run this again.")
        return 1
    except OSError as error:
        say(f"{error.strerror}: {error.filename or venvs}; free space or mend its permissions, then run this again.")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next ./run starts this environment afresh.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
