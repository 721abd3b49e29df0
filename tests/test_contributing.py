"""CONTRIBUTING.md: what it says to type can be typed, it names every room, and its small environment runs tests."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from avatar.environment import bootstrap, locks
from tests.conftest import ROOT
from tests.test_readme import commands_of
from tests.test_rooms import FLOORS

PAGE = ROOT / "CONTRIBUTING.md"


def run(*words: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("line", commands_of(PAGE), ids=" ".join)
def test_each_command_can_be_typed(line):
    """pytest collects what it is asked for, ruff runs, other programs know the options; nothing is installed or written."""
    if line[0] == "./run":
        layers, program, *words = line[1:]
        assert layers.removeprefix("--") in bootstrap.LAYERS
        if program == "pytest":
            if layers == "--full":
                pytest.importorskip("torch")
            done = run(sys.executable, "-m", "pytest", "--collect-only", *(words or ["tests/test_script.py"]))
            assert done.returncode == 0, done.stdout
        elif program == "ruff":
            looks = [*words, "--diff"] if words[0] == "format" else words
            assert run(Path(sys.prefix, "bin/ruff"), *looks).returncode == 0
        else:
            assert program == "python"
            knows_its_options([sys.executable, words[0]], words[1:])
    else:
        text = (ROOT / line[0]).read_text()
        assert all(word in text for word in line[1:] if word.startswith("--"))


def knows_its_options(program: list[str], words: list[str]) -> None:
    done = run(*program, "--help")
    assert done.returncode == 0, done.stderr
    assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", done.stdout))


def test_its_table_has_every_room_in_order():
    table = PAGE.read_text().partition("| room |")[2].partition("\n\n")[0]
    first = [line.split("|")[1] for line in table.splitlines()[2:]]
    named = re.findall(r"`(\w+)`", " ".join(first))
    assert named == [room for room in FLOORS if not room.startswith("__")]
    for name in re.findall(r"`([\w.-]+/)`", PAGE.read_text().partition("| beside it |")[2].partition("\n\n")[0]):
        assert any((ROOT / folder / name).is_dir() for folder in ("", "testing", "tests", "bench")), name


def test_the_tools_are_of_the_test_layer_and_need_nothing_else_of_it():
    payload = locks.read_payload(ROOT / "locks")
    assert payload["test"].keys() >= locks.TEST_TOOLS
    asked = [Requirement(text) for name in locks.TEST_TOOLS for text in metadata.requires(name) or []]
    needed = {canonicalize_name(each.name) for each in asked if not each.marker or each.marker.evaluate({"extra": ""})}
    assert needed and needed <= payload["base"].keys() | locks.TEST_TOOLS


def test_the_small_environment_collects_every_test_and_runs_a_file():
    collected = run(ROOT / "run", "--test", "pytest", "--collect-only")
    assert collected.returncode == 0, collected.stdout[-3000:]
    assert int(re.search(r"(\d+) tests collected", collected.stdout)[1]) > 1500
    done = run(ROOT / "run", "--test", "pytest", "tests/test_script.py")
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-3000:] + done.stderr
