"""The one way to uv and pip: the uv that locks/boot.txt pins, the host's way to an index, and no other setting of anybody.

Installing reads no configuration file at all. Resolving reads the `[tool.uv]` of this checkout's pyproject.toml and no
other. A uv on PATH is never run. Standard library only; runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avatar.environment import host_settings
from avatar.environment.host_settings import Host

Words = Sequence[str | Path]
NAMED = 3  # wheels that a message names
# What uv says where the way to the index is at fault, or this host, and not what the index has.
NOT_THE_FILES_FAULT = re.compile(
    r"Failed to fetch|Request failed|error sending request|decoding response|timed out|No space left|Permission denied",
    re.I,
)
GLIBC_FLOOR = 28  # manylinux_2_28: what mediapipe and torch ask for
# How locks are resolved: wheels only, for CPython 3.11 on x86-64 Linux with that glibc or a newer one.
FOR_LOCKS = ("--python-version", "3.11", "--python-platform", f"x86_64-manylinux_2_{GLIBC_FLOOR}", "--only-binary", ":all:",
             "--no-header", "--no-annotate")  # fmt: skip


class CannotInstall(Exception):
    """The environment cannot be made; the message says why and what mends it."""


@dataclass(frozen=True)
class Installer:
    """uv: the pinned program; root: the checkout; host: what this host says of indexes; say: tells the user a line."""

    uv: Path
    root: Path
    host: Host
    say: Callable[[str], None]

    def make_environment(self, python: str | Path, place: Path) -> None:
        """A virtual environment without anything in it. Raises CannotInstall."""
        command = [self.uv, "venv", "--no-config", "--quiet", "--no-project", "--python", python, place]
        if code := execute(command, self.host.environment, self.root):
            raise CannotInstall(f"uv could not make {place} with {python} (exit {code}); mend what it says above.")

    def install(
        self,
        python: str | Path,
        locks: Sequence[Path],
        *more: str | Path,
        verb: str = "install",
        require_hashes: bool = True,
    ) -> None:
        """Install what the lock files name, hashes required, into the environment of `python`. verb: or "sync".

        The main index is asked first, and all of them where that did not do: an extra index may hold a locked version
        as another file, and uv looks no further than the first index that has the version. Raises CannotInstall.
        """
        listed = locks if verb == "sync" else [word for lock in locks for word in ("-r", lock)]
        no_dependencies = [] if verb == "sync" else ["--no-deps"]
        no_index = ["--no-index"] if self.host.no_index else []
        hashes = ["--require-hashes"] if require_hashes else []
        command = [self.uv, "pip", verb, "--no-config", *no_dependencies, "--only-binary", ":all:", *hashes, *no_index,
                   "--python", python, *more, *listed]  # fmt: skip
        main_only = self.host.main_index_only
        if not execute(command, main_only, self.root):
            return
        if main_only != self.host.environment:
            self.say("trying again with the extra indexes of this host's configuration")
            if not execute(command, self.host.environment, self.root):
                return
        again = subprocess.run([*command, "--quiet"], env=main_only, cwd=self.root, capture_output=True, text=True)
        if again.returncode:  # else it was a moment's trouble
            raise CannotInstall(self._why(again.stderr, locks))

    def _why(self, stderr: str, locks: Sequence[Path]) -> str:
        """Why nothing was installed: what uv says with the main index alone, whose wheels it is about, and a way out."""
        said = one_line(stderr)
        lost = concerned(said, locks)
        cause = f"The main index alone gave: {said[:900]}" if said else "uv said nothing when asked once more."
        if self.host.ignored:
            cause += f"\nLeft out of this host's settings: {', '.join(self.host.ignored)}."
        if not lost or NOT_THE_FILES_FAULT.search(said):
            return f"uv could not install the locked wheels. {cause}\nMend that, then run this again."
        files = ", ".join(lost[:NAMED]) + (f" and {len(lost) - NAMED} more" if len(lost) > NAMED else "")
        return (
            f"uv could not install the locked wheels: it is about {files}. {cause}\n"
            "An index that has not that very file, or refuses its credentials, cannot help. A folder of all locked files can, made where they are "
            "still to be had:\n  ci/wheelhouse DIR, then here: PIP_NO_INDEX=1 PIP_FIND_LINKS=DIR/wheels ./run ..."
        )

    def resolve(
        self, scratch: Path, *words: str | Path, overrides: bool = True, timeout_s: float | None = None
    ) -> None:
        """`uv pip compile` of words. Raises subprocess.CalledProcessError, whose stderr is what uv said, and TimeoutExpired.

        overrides: with the `[tool.uv]` of pyproject.toml, which is written to scratch for uv. Locks are made of what
        the main index offers alone: an extra index or a folder may hold other files of the same versions.
        """
        environment = {name: value for name, value in self.host.main_index_only.items() if name != "UV_FIND_LINKS"}
        config: Words = ["--no-config"]
        if overrides and (self.root / "pyproject.toml").is_file():  # a release's locks come without it
            file = scratch / "uv.toml"
            file.write_text(tool_uv((self.root / "pyproject.toml").read_text(encoding="utf-8")), encoding="utf-8")
            config = ["--config-file", file]
        command = [self.uv, "pip", "compile", *config, "--quiet", *words]
        done = subprocess.run(
            command, env=environment, cwd=self.root, capture_output=True, text=True, timeout=timeout_s
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)

    def download(self, folder: Path, lock: Path) -> None:
        """Put the wheels that a lock file names into a folder, with the pip beside uv, hashes required. Raises CannotInstall."""
        words = [
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--dest",
            folder.resolve(),
        ]
        if code := pip(self.uv.parent / "python", self.host, *words, "-r", lock, cwd=self.root):
            raise CannotInstall(
                f"pip could not download what {lock.name} names (exit {code}); mend what it says above."
            )


def find(root: Path, venvs: Path, say: Callable[[str], None]) -> Installer:
    """The pinned uv, put into venvs/boot where it is not there yet. Raises CannotInstall."""
    if uv := find_uv(root, venvs):
        return Installer(uv, root, host_settings.read(venvs), say)
    say("putting uv (the installer, pinned by hash) in place")
    make_boot(venvs)
    host = host_settings.read(venvs)  # now that there is a pip, which alone knows where its settings are
    return Installer(install_uv(root, venvs, host), root, host, say)


def find_uv(root: Path, venvs: Path) -> Path | None:
    """The uv of venvs/boot, when it is the one that locks/boot.txt names and it runs. Raises CannotInstall."""
    ours = venvs / "boot/bin/uv"
    if not (found := re.search(r"^uv==(\S+) ", (root / "locks/boot.txt").read_text(errors="replace"), re.MULTILINE)):
        raise CannotInstall("locks/boot.txt names no uv; bring back the committed file: git checkout -- locks")
    pinned = found[1]
    try:
        version = subprocess.run([ours, "--version"], capture_output=True, text=True).stdout.split()
    except OSError:
        return None
    return ours if version[1:2] == [pinned] else None


def make_boot(venvs: Path) -> None:
    """A virtual environment with a pip, in venvs/boot. Raises CannotInstall."""
    boot = venvs / "boot"
    shutil.rmtree(boot, ignore_errors=True)
    venvs.mkdir(parents=True, exist_ok=True)  # a checkout in which only images are built has none
    clean = {name: value for name, value in os.environ.items() if not host_settings.in_family(name)}
    if code := execute([sys.executable, "-I", "-m", "venv", boot], clean, venvs):
        raise CannotInstall(
            f"{sys.executable} could not make a virtual environment (exit {code}); mend what it says above."
        )


def install_uv(root: Path, venvs: Path, host: Host) -> Path:
    """Put the uv of locks/boot.txt into venvs/boot, with the pip there. Raises CannotInstall."""
    words = [
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
        root / "locks/boot.txt",
    ]
    if code := pip(venvs / "boot/bin/python", host, *words, cwd=root):
        raise CannotInstall(f"pip could not install what locks/boot.txt names (exit {code}); mend what it says above.")
    if not (uv := find_uv(root, venvs)):
        raise CannotInstall(f"the uv that locks/boot.txt names was installed and does not run: {venvs}/boot/bin/uv")
    return uv


def pip(python: str | Path, host: Host, *words: str | Path, cwd: Path) -> int:
    """Run pip of an interpreter with this host's way to an index and no other setting; its exit code."""
    return execute([python, "-I", "-m", "pip", *words], host.pip, cwd)


def execute(command: Words, environment: dict[str, str], cwd: Path) -> int:
    """Run a program to its end with its output on stderr; its exit code.

    It has a process group of its own, which we end when we are interrupted, so that one line is said then and not
    three; the kernel ends it when we are killed, so that it writes nothing into what the next call makes.
    """
    with subprocess.Popen(
        command,
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        process_group=0,
        preexec_fn=die_with_us,
    ) as process:
        try:
            return process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in that moment
                os.killpg(process.pid, signal.SIGKILL)  # an environment that is not finished is made from nothing
            raise


def die_with_us() -> None:
    """In the child, before the program: the kernel is to kill it when its parent is gone (prctl, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def tool_uv(pyproject: str) -> str:
    """The [tool.uv] tables of a pyproject.toml as a uv.toml. They must stand in tables of their own, as ours do."""
    kept, inside = [], False
    for line in pyproject.splitlines():
        if line.startswith("["):
            inside = re.match(r"\[+tool\.uv[.\]]", line) is not None
            line = re.sub(r"^(\[+)tool\.uv\.", r"\1", line)
            if line.startswith("[tool.uv]"):
                continue
        if inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


def one_line(said: str) -> str:
    """What uv said, in one line, without the frame that it draws round it."""
    return " ".join(re.sub(r"[╰─▶×│├]", " ", said).split())


def concerned(said: str, locks: Sequence[Path]) -> list[str]:
    """The wheel files whose package and version a message of uv names."""
    rows = re.findall(r"^(\S+?)==(\S+) .*# (\S+)$", "".join(lock.read_text() for lock in locks), re.MULTILINE)
    return [file for name, version, file in rows
            if re.search(rf"(?<![\w.-]){re.escape(name)}(?:=={re.escape(version)})?(?![\w.-]*\w)", said)]  # fmt: skip
