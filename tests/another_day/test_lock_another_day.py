"""`ci/lock` on another day: what is locked stays, one package moves alone, and nothing is half written."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests import small_checkout
from tests.another_day.host import HOSTILE_UV_TOML, PYTHON, TIMEOUT_S, Host
from tests.calendar_index import NEWER, locked_wheels
from tests.conftest import ROOT

PYPROJECT = """
[project]
name = "small"
version = "1"
requires-python = "==3.11.*"
dependencies = ["click==8.5.1"]

[dependency-groups]
pocket = []
full = [{ include-group = "pocket" }, "six==1.17.0"]
test = ["iniconfig"]
release = []
types = []
audit = []
service = []
runpod = []
ray = []

[tool.uv]
override-dependencies = ["iniconfig>=2"]  # locked itself, with a newer release above its pin
"""


@pytest.fixture
def lock(host):
    """Run ci/lock there: locks of three packages, and a pyproject.toml that asks for them."""
    small_checkout.lock(host.root, base=["click"], full=["six"], test=["iniconfig"])
    for name in ("pocket", "release", "types", "audit", "service", "runpod", "ray"):
        (host.root / f"locks/{name}.txt").write_text("")
    (host.root / "ci").mkdir()
    for name in ("lock", "pins.py"):
        shutil.copy(ROOT / "ci" / name, host.root / "ci")
    (host.root / "pyproject.toml").write_text(PYPROJECT)

    def run(*words: str) -> subprocess.CompletedProcess:
        command = [PYTHON, host.root / "ci/lock", *words]
        return subprocess.run(command, env=host.environment, capture_output=True, text=True, timeout=TIMEOUT_S)

    assert run().returncode == 0  # headers
    return run


def locks_of(host: Host) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((host.root / "locks").iterdir())} | {
        "pyproject": (host.root / "pyproject.toml").read_text()
    }


def test_nothing_changed_is_no_difference(host, lock):
    (host.home / ".config/uv/uv.toml").write_text(HOSTILE_UV_TOML)
    before = locks_of(host)
    assert all(name in before["payload.json"] for name in ("click", "six", "iniconfig"))
    done = lock()
    assert done.returncode == 0 and "nothing changed" in done.stderr, done.stderr
    assert locks_of(host) == before and not (host.root / ".wheels").exists()  # and nothing was downloaded
    assert lock("--check").returncode == 0


def test_one_package_moves(host, lock):
    before = locks_of(host)
    done = lock("--upgrade", "IniConfig")
    assert done.returncode == 0, done.stderr
    assert f"iniconfig: test {locked_wheels()['iniconfig'].version} -> test {NEWER}" in done.stderr
    after = locks_of(host)
    assert [name for name in before if before[name] != after[name]] == ["payload.json", "test.txt"]
    assert [path.name for path in (host.root / ".wheels").iterdir()] == [f"iniconfig-{NEWER}-py3-none-any.whl"]


def test_a_pin_of_pyproject_moves_with_its_lock(host, lock):
    done = lock("--upgrade", "click")
    assert done.returncode == 0, done.stderr
    assert f'dependencies = ["click=={NEWER}"]' in (host.root / "pyproject.toml").read_text()
    assert f"click=={NEWER} " in (host.root / "locks/base.txt").read_text()
    assert lock("--check").returncode == 0


def test_check_writes_nothing_and_names_what_differs(host, lock):
    (host.root / "pyproject.toml").write_text(PYPROJECT.replace('"six==1.17.0"', '"six==1.17.0", "mdurl"'))
    before = locks_of(host)
    done = lock("--check")
    assert done.returncode == 1 and f"mdurl: not locked -> full {NEWER}" in done.stdout
    assert locks_of(host) == before


def test_a_lock_edited_by_hand_is_seen_by_check(host, lock):
    path = host.root / "locks/base.txt"
    path.write_text(re.sub("[0-9a-f]{64}", "0" * 64, path.read_text()))
    assert lock("--check").returncode == 1


@pytest.mark.parametrize(
    "requirement", ["'click==8.5.1'", '"click == 8.5.1"', "\"click==8.5.1 ; python_version > '3'\""]
)
def test_a_pin_is_found_however_it_is_written(host, lock, requirement):
    (host.root / "pyproject.toml").write_text(PYPROJECT.replace('"click==8.5.1"', requirement))
    done = lock("--upgrade", "Click")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in (host.root / "pyproject.toml").read_text().splitlines() if "click" in line]
    assert f"click=={NEWER}" in line and ("python_version" in line) == ("python_version" in requirement)


def test_what_does_not_move_is_told(lock):
    assert "uv stays as it is: UV_VERSION in ci/lock holds it" in lock("--upgrade", "uv").stderr
    assert lock("--upgrade", "iniconfig").returncode == 0
    assert "iniconfig stays as it is: the index has nothing newer" in lock("--upgrade", "iniconfig").stderr


@pytest.mark.parametrize("text", ["", "[]", "{", '{"base": {"click": "8.5.1"}}'])
def test_a_spoilt_payload_or_a_hash_edited_by_hand_is_made_again(host, lock, text):
    """ci/lock is a way out of what `./run` refuses; the wheel is looked up and read again."""
    before = locks_of(host)
    (host.root / "locks/payload.json").write_text(text)
    path = host.root / "locks/base.txt"
    path.write_text(re.sub("[0-9a-f]{64}", "0" * 64, path.read_text()))
    done = lock()
    assert done.returncode == 0, done.stderr
    assert host.run("true").returncode == 0
    after = locks_of(host)
    assert after["pyproject"] == before["pyproject"] and "0" * 64 not in after["base.txt"]


def test_a_failure_writes_nothing(host, lock, index):
    """The new wheel of the third lock cannot be had: the first two, which could be written, are as they were."""
    before = locks_of(host)
    (host.root / "pyproject.toml").write_text(PYPROJECT.replace("iniconfig", "a-package-that-nobody-has"))
    done = lock()
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("ci/lock: uv could not resolve")
    assert {**locks_of(host), "pyproject": PYPROJECT} == before
