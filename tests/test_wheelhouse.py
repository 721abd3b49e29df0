"""`ci/wheelhouse`: a folder of every locked file, from which a host without a network installs the same environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from avatar.environment import compare, locks, payload
from tests import small_checkout
from tests.conftest import ROOT
from tests.namespaces import need_mounts
from tests.small_wheel import small_wheel

PYTHON = os.path.realpath(sys.executable)
UNSHARE_NET = ("unshare", "--net", "--map-root-user")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    root = small_checkout.make(
        tmp_path_factory.mktemp("wheelhouse") / "a checkout", base=["click"], full=["six"], test=["iniconfig"]
    )
    (root / "ci").mkdir()
    for name in ("ci/wheelhouse", "ci/wheels.py"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def wheelhouse(checkout) -> Path:
    folder = checkout.parent / "wheel house"
    done = gather(checkout, folder)
    assert (done.returncode, done.stdout) == (0, f"{folder}\n"), done.stderr
    return folder


def gather(checkout: Path, *words: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([PYTHON, checkout / "ci/wheelhouse", *words], capture_output=True, text=True)


def test_it_holds_every_locked_file_and_the_pylocks(checkout, wheelhouse):
    wanted = {wheel.file for wheel in locks.read_wheels(checkout / "locks", ["boot", "base", "full", "test"])}
    assert {path.name for path in (wheelhouse / "wheels").iterdir()} == wanted
    assert [path.name for path in sorted(wheelhouse.glob("*.toml"))] == [
        f"pylock.{name}.toml" for name in ("base", "full", "pocket")
    ]
    full = tomllib.loads((wheelhouse / "pylock.full.toml").read_text())
    assert full["lock-version"] == "1.0" and [package["name"] for package in full["packages"]] == ["click", "six"]
    assert "://" not in (wheelhouse / "pylock.full.toml").read_text()


def test_run_makes_its_environments_from_it_without_a_network(checkout, wheelhouse, tmp_path):
    """In a network namespace with nothing in it, with an empty cache and no uv yet."""
    need_mounts()
    root = tmp_path / "elsewhere"
    shutil.copytree(checkout, root, ignore=shutil.ignore_patterns(".venv", ".wheels"))
    settings = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse / "wheels"), "AVATAR_PYTHON": PYTHON,
                "UV_CACHE_DIR": str(tmp_path / "cache"), "PIP_CACHE_DIR": str(tmp_path / "pip")}  # fmt: skip
    if " " in str(wheelhouse):  # pip takes find-links apart at spaces
        settings["PIP_FIND_LINKS"] = (wheelhouse / "wheels").as_uri()
    for layers in ([], ["--full"]):
        command = [*UNSHARE_NET, root / "run", *layers, "python", "-c", "import click; print(click.__name__)"]
        done = subprocess.run(command, env=settings, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "click\n"), done.stderr
    lock = locks.read_payload(root / "locks")
    found = compare.compare(root / ".venv/full/lib/python3.11/site-packages", lock, contents=True)
    assert (found.problems, found.layers) == ([], ["base", "full", "test"])


def test_uv_installs_its_pylock_to_the_same_fingerprint(checkout, wheelhouse, tmp_path):
    uv = checkout / ".venv/boot/bin/uv"
    alone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / "cache")}
    python = tmp_path / "env/bin/python"
    for words in (["venv", "--python", PYTHON, tmp_path / "env"],
                  ["pip", "install", "--offline", "--python", python, "-r", wheelhouse / "pylock.full.toml"]):  # fmt: skip
        subprocess.run([uv, *words, "--no-config", "--quiet"], env=alone, cwd=tmp_path, check=True)
    assert_fingerprints(checkout, tmp_path / "env")


def test_pip_installs_its_pylock_to_the_same_fingerprint(checkout, wheelhouse, tmp_path):
    """pip 26.3 is the first that reads such a file; it is no part of our locks, so it comes from the host's index."""
    subprocess.run([PYTHON, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env/bin/python"
    brought = subprocess.run([python, "-m", "pip", "install", "--quiet", "pip>=26.3"], capture_output=True, text=True)
    if brought.returncode:
        pytest.skip(f"this host's index brings no pip 26.3: {brought.stderr.splitlines()[-1]}")
    pip = [python, "-I", "-m", "pip"]
    locked = ["install", "--quiet", "--no-index", "--no-deps", "-r", wheelhouse / "pylock.full.toml"]
    subprocess.run([*pip, *locked], check=True, capture_output=True)
    subprocess.run([*pip, "uninstall", "--quiet", "--yes", "setuptools", "pip"], check=True, capture_output=True)
    assert_fingerprints(checkout, tmp_path / "env")


def assert_fingerprints(checkout: Path, environment: Path) -> None:
    lock = {
        layer: packages
        for layer, packages in locks.read_payload(checkout / "locks").items()
        if layer not in ("test", *locks.PARTS)
    }
    found = compare.compare(environment / "lib/python3.11/site-packages", lock, contents=True)
    assert found.problems == []
    assert found.fingerprints == {layer: payload.layer_fingerprint(packages) for layer, packages in lock.items()}


def test_a_damaged_file_is_replaced_and_a_whole_one_is_kept(checkout, wheelhouse):
    [click] = (wheelhouse / "wheels").glob("click-*")
    [six] = (wheelhouse / "wheels").glob("six-*")
    good, before = click.read_bytes(), six.stat()
    click.unlink()
    click.write_bytes(small_wheel("click", "8.5.1", {}))
    done = gather(checkout, wheelhouse)
    assert done.returncode == 0 and click.read_bytes() == good, done.stderr
    assert (six.stat().st_ino, six.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_cannot_be_had_is_named(checkout, tmp_path):
    nowhere = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CACHE_DIR": str(tmp_path / "cache"),
    }
    command = [PYTHON, checkout / "ci/wheelhouse", "--base", tmp_path / "out"]
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "could not download" in done.stderr and not (tmp_path / "out/pylock.base.toml").exists()


def test_usage(checkout):
    for words in ([], ["--fast", "x"], ["x", "y"]):
        done = gather(checkout, *words)
        assert done.returncode == 2 and done.stderr.startswith("usage: ci/wheelhouse")
