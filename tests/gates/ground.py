"""The ground that faults are planted in: a copy of the checkout with its environments, hard-linked, and put right again.

A file of an environment is never written to, for its bytes are those of the real one: it is replaced by another file
under its name, and moved back when the test is over.
"""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

from avatar.environment import bootstrap, entry
from tests.conftest import ROOT
from tests.namespaces import UNSHARE, need_mounts

TREE = ("run", "pyproject.toml", "environment.yml", "virtual-packages.yml", "conda-lock.yml", "locks", "avatar",
        "ci", "testing", "tests")  # fmt: skip
FOREIGN = ("AVATAR_", "HF_", "HUGGINGFACE_", "PIP_", "UV_", "PYTHON", "LC_", "XDG_")


def copy_checkout(root: Path) -> None:
    """This checkout at another place: its files copied, the files of .venv/base and .venv/full hard-linked."""
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, root / name)
    (root / ".venv").mkdir()
    subprocess.run([ROOT / "run", "true"], check=True)  # whoever ran only the tests has the full environment alone
    for layers in ("base", "full"):
        environment = root / ".venv" / layers
        subprocess.run(["cp", "-al", ROOT / ".venv" / layers, environment], check=True)
        for name in ("stamp", "bin/avatar", "lib/python3.11/site-packages/avatar.pth"):  # what names the place
            (environment / name).unlink()
        entry.add_avatar(root, environment)
        (environment / "stamp").write_bytes(bootstrap.stamp_bytes(root, layers))


class Ground:
    """One test's use of the copy. Whatever it plants is taken away when its block ends.

    here: the folder that commands run in; env: their environment; scratch: an empty folder of the test's own;
    bin: first on their PATH.
    """

    def __init__(self, root: Path, scratch: Path):
        self.root = self.here = root
        self.scratch = scratch
        self.bin = scratch / "bin"
        self.bin.mkdir()
        self.cleanup = ExitStack()
        self.mounts: list[str] = []
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.env |= {
            "PATH": f"{self.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "AVATAR_HOME": str(scratch / "home"),
            "HF_HOME": str(scratch / "hf"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._aside = scratch / "aside"
        self._aside.mkdir()
        self._numbers = itertools.count()
        self.gpu("NVIDIA GeForce RTX 3080, 10240, 535.183.01", "8.6")

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup.close()

    def site(self, layers: str = "base") -> Path:
        return self.root / ".venv" / layers / "lib/python3.11/site-packages"

    # ------------------------------------------------------------ files

    def remove(self, path: Path) -> Path:
        """Take a file or folder away; where it lies now."""
        kept = self._aside / str(next(self._numbers))
        path.rename(kept)
        self.cleanup.callback(kept.rename, path)
        return kept

    def add(self, path: Path, content: bytes | str = b"", executable: bool = False) -> None:
        """Put a new file, in new folders where it needs them."""
        missing = [folder for folder in path.parents if not folder.exists()]
        if missing:
            self.cleanup.callback(shutil.rmtree, missing[-1])
        else:
            self.cleanup.callback(path.unlink)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o755 if executable else 0o644)

    def replace(self, path: Path, content: bytes | str) -> None:
        """Put another file in the place of one."""
        self.remove(path)
        self.add(path, content)

    def edit(self, path: Path, old: str, new: str) -> None:
        """Replace a text file by one in which `old`, which must be there, is `new` where it stands first."""
        text = path.read_text()
        assert old in text, f"{old!r} is not in {path}: the planted fault would test nothing"
        self.replace(path, text.replace(old, new, 1))

    def flip(self, path: Path) -> None:
        """Replace a file by one in which a single bit in the middle is the other way round."""
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        self.replace(path, bytes(content))

    # ------------------------------------------------------------ the host

    def program(self, name: str, body: str) -> None:
        """A shell script on the PATH of the commands."""
        if (self.bin / name).exists():
            self.remove(self.bin / name)
        self.add(self.bin / name, f"#!/bin/sh\n{body}\n", executable=True)

    def gpu(self, card: str, capability: str) -> None:
        """nvidia-smi answers as on a host with this card (name, MiB, driver) of this compute capability."""
        self.program("nvidia-smi", f'case "$*" in *compute_cap*) echo {capability} ;; *) echo "{card}" ;; esac')

    def mount(self, script: str) -> None:
        """Mount something before the command, which then runs in a namespace of its own."""
        need_mounts()
        self.mounts.append(script)

    def small_disk(self, folder: Path, size: str, options: str = "rw") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.mount(f"mount -t tmpfs -o size={size},{options} none {shlex.quote(str(folder))}")

    def hide_library(self, soname: str) -> None:
        """Put an empty file in the place of a shared library of the system."""
        cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
        [path, *_] = [row.split("=> ")[1] for row in cache.splitlines() if row.strip().startswith(f"{soname} ")]
        self.mount(f"mount --bind /dev/null {shlex.quote(os.path.realpath(path))}")

    # ------------------------------------------------------------ the gate

    def filled(self, text: str) -> str:
        """{root}, the copy, {real}, this checkout, and {scratch} as the paths they are."""
        for name, path in (("root", self.root), ("real", ROOT), ("scratch", self.scratch)):
            text = text.replace(f"{{{name}}}", str(path))
        return text

    def run(self, command: str) -> subprocess.CompletedProcess:
        """Run a line of shell `here`, {root} and {scratch} filled in. The result's stdout holds both streams."""
        script = " && ".join([*self.mounts, f"cd {shlex.quote(str(self.here))}", self.filled(command)])
        wrapped = [*UNSHARE, "sh", "-c", script] if self.mounts else ["sh", "-c", script]
        return subprocess.run(
            wrapped, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
