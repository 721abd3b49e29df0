"""Make a virtual environment from locks/, for `./run`.

usage: bootstrap.py ROOT {base,full}   (standard library only; runs before anything is installed)

One process at a time works here (a lock file); the stamp that `./run` compares is written last, so an
environment without a stamp is unfinished and is made again from nothing.
"""

from __future__ import annotations

import ast
import ctypes
import fcntl
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

LAYERS = {"base": ["base"], "full": ["base", "full", "test"]}

# What the wheels leave to the system: cv2's Qt wants the first five, libmediapipe.so the last two.
SYSTEM_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
}


class CannotInstall(Exception):
    """The environment cannot be made; the message says why and what mends it."""


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


# ---------------------------------------------------------------- uv, and where it downloads from


def pip_settings(root: Path) -> dict[str, str]:
    """The host's pip configuration as {option: value}; later sources win, as in pip: files, [install], environment."""
    pips = [[sys.executable, "-m", "pip"], ["pip3"], ["pip"], [root / ".venv/boot/bin/pip"]]
    listing = ""
    for pip in pips:
        try:
            done = subprocess.run([*pip, "config", "list"], capture_output=True, text=True)
        except OSError:
            continue
        if done.returncode == 0:
            listing = done.stdout
            break
    scopes: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        scope, _, option = key.partition(".")
        if scope in scopes:
            scopes[scope][option] = ast.literal_eval(value)
    environment = {
        name[4:].lower().replace("_", "-"): value for name, value in os.environ.items() if name.startswith("PIP_")
    }
    return {**scopes["global"], **scopes["install"], **environment}


def uv_environment(root: Path) -> dict[str, str]:
    """os.environ plus what uv needs to download from where pip would; uv reads none of pip's settings itself.

    Values go by environment variable, not by argument, so that credentials in an index URL stay out of `ps`.
    A variable the user has set for uv is left alone.
    """
    pip = pip_settings(root)
    wanted = {
        "UV_DEFAULT_INDEX": pip.get("index-url"),
        "UV_INDEX": " ".join(pip.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(pip.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "SSL_CERT_FILE": pip.get("cert"),
        "HTTPS_PROXY": pip.get("proxy"),
        "UV_HTTP_TIMEOUT": pip.get("timeout") or pip.get("default-timeout"),
        # Every file is pinned by sha256, so the index it comes from does not matter.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    return {**{name: value for name, value in wanted.items() if value}, **os.environ}


def uses_no_index(root: Path) -> bool:
    """Whether pip is told to take files from find-links alone; uv knows that as an argument, not as a variable."""
    return pip_settings(root).get("no-index", "").lower() in ("1", "true", "yes")


def find_uv(root: Path) -> Path | None:
    """The uv on PATH, else the pinned one, when it is the one that locks/boot.txt names and it runs."""
    if on_path := shutil.which("uv"):
        return Path(on_path)
    ours = root / ".venv/boot/bin/uv"
    pinned = (root / "locks/boot.txt").read_text().split("==")[1].split()[0]
    try:
        version = subprocess.run([ours, "--version"], capture_output=True, text=True).stdout.split()
    except OSError:
        return None
    return ours if version[1:2] == [pinned] else None


def install_uv(root: Path) -> Path:
    """Put the uv of locks/boot.txt into .venv/boot with pip, which reads the host's own configuration."""
    boot = root / ".venv/boot"
    shutil.rmtree(boot, ignore_errors=True)
    say("putting uv (the installer, pinned by hash) in place")
    subprocess.run([sys.executable, "-m", "venv", boot], check=True, stdout=sys.stderr)
    subprocess.run(
        [boot / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary", ":all:", "--require-hashes", "-r", root / "locks/boot.txt"],
        check=True, stdout=sys.stderr,
    )  # fmt: skip
    return boot / "bin/uv"


# ---------------------------------------------------------------- the environment


def stamp_text(root: Path, layers: str) -> str:
    """What `./run` compares: the place, this file and the locks."""
    made_of = ["avatar/environment/bootstrap.py", *(f"locks/{layer}.txt" for layer in LAYERS[layers])]
    return f"{root}\n" + "".join((root / name).read_text() for name in made_of)


def is_whole(root: Path, layers: str) -> bool:
    environment = root / ".venv" / layers
    try:
        return (environment / "bin/python").exists() and (environment / "stamp").read_text() == stamp_text(root, layers)
    except OSError:
        return False


def make(root: Path, layers: str) -> None:
    environment = root / ".venv" / layers
    stamp = stamp_text(root, layers)
    uv = find_uv(root)
    prepare_system(need_venv=uv is None)
    uv = uv or install_uv(root)
    settings = uv_environment(root)
    size = {"base": "about 0.4 GB", "full": "about 4.7 GB"}[layers]
    # An interpreter inside the environment that is about to be replaced leads to the one that it was made from.
    python = getattr(sys, "_base_executable", sys.executable)
    say(f"making .venv/{layers} from locks/ ({size} to download, once)")
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([uv, "venv", "--no-config", "--quiet", "--no-project", "--python", python, environment],
                   check=True, env=settings, cwd=root, stdout=sys.stderr)  # fmt: skip
    locks = [argument for layer in LAYERS[layers] for argument in ("-r", str(root / f"locks/{layer}.txt"))]
    # Byte code for the preview, whose every start counts; of the full stack most files are never imported.
    byte_code = ["--compile-bytecode"] if layers == "base" else []
    no_index = ["--no-index"] if uses_no_index(root) else []
    command = [uv, "pip", "install", "--no-config", "--no-deps", "--only-binary", ":all:", "--require-hashes", *byte_code, *no_index,
               "--python", environment / "bin/python", *locks]  # fmt: skip
    # An extra index may hold a locked version as another file, and uv looks no further than the first index that has
    # the version. So the main index is asked first, and all of them where that did not do.
    main_only = {name: value for name, value in settings.items() if name != "UV_INDEX"}
    if subprocess.run(command, env=main_only, cwd=root, stdout=sys.stderr).returncode:
        if main_only == settings:
            raise CannotInstall("uv could not install the locked wheels; mend what it says above, then run this again.")
        say("trying again with the extra indexes of pip's configuration")
        subprocess.run(command, check=True, env=settings, cwd=root, stdout=sys.stderr)
    add_avatar(root, environment)
    partial = environment / "stamp.partial"
    partial.write_text(stamp)
    partial.replace(environment / "stamp")


def add_avatar(root: Path, environment: Path) -> None:
    """Put this checkout's avatar on the environment's path, with its command; no build backend is needed for that.

    -P keeps the current folder off the path: a random.py beside a user's videos must not be imported.
    """
    (environment / "lib/python3.11/site-packages/avatar.pth").write_text(f"{root}\n")
    script = environment / "bin/avatar"
    python = shlex.quote(str(environment / "bin/python"))
    script.write_text(f'#!/bin/sh\nexec {python} -P -m avatar "$@"\n')
    script.chmod(0o755)


def main() -> int:
    root, layers = Path(sys.argv[1]).resolve(), sys.argv[2]
    (root / ".venv").mkdir(exist_ok=True)
    try:
        with open(root / ".venv/lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another ./run is making an environment here; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_whole(root, layers):
                make(root, layers)
    except CannotInstall as error:
        say(str(error))
        return 1
    except subprocess.CalledProcessError as error:
        command = " ".join(str(part) for part in error.cmd[:3])
        say(f"'{command} ...' failed (exit {error.returncode}); mend what it says above, then run this again.")
        return 1
    except OSError as error:
        say(f"{error.strerror}: {error.filename}; free space or mend its permissions, then run this again.")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next ./run starts this environment afresh.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
