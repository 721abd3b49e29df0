"""ci/doors: doors that disagree are told apart, and what was altered behind one is named."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.gates.ground import Ground, copy_checkout


@pytest.fixture(scope="module")
def doors():
    loader = importlib.machinery.SourceFileLoader("doors", str(ROOT / "ci/doors"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("doors", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    copy_checkout(root)
    return root


def through_run(doors, ground: Ground):
    folder = ground.scratch / "door"
    folder.mkdir(exist_ok=True)
    return doors.look(["./run", "avatar"], folder, folder / "demo.mp4", root=ground.root)


def test_a_tampered_distribution_is_named(doors, copied, tmp_path):
    with Ground(copied, tmp_path) as ground:
        assert through_run(doors, ground).fingerprint
        ground.flip(ground.site() / "soundfile.py")
        with pytest.raises(doors.Failed, match="soundfile 0.*soundfile.py"):
            through_run(doors, ground)


def test_an_environment_that_cannot_even_start_is_told_in_a_sentence(doors, copied, tmp_path):
    with Ground(copied, tmp_path) as ground:
        ground.flip(ground.site() / "click/core.py")
        with pytest.raises(doors.Failed, match=r"^avatar: its own libraries do not load .* rm -r "):
            through_run(doors, ground)


def test_another_fingerprint_is_a_difference(doors):
    seen = {"run": doors.Seen("aa", "11", "glibc 2.36"), "nix": doors.Seen("bb", "11", "glibc 2.40")}
    assert doors.differences(seen) == ["nix and run are different environments"]


def test_another_demo_is_one_only_on_the_same_c_library(doors):
    seen = {"run": doors.Seen("aa", "11", "glibc 2.36"), "image": doors.Seen("aa", "22", "glibc 2.36")}
    [problem] = doors.differences(seen)
    assert "image and run render different demos" in problem
    assert doors.differences(seen | {"image": doors.Seen("aa", "22", "glibc 2.41")}) == []


def test_a_door_that_cannot_be_tried_is_not_equal(doors, monkeypatch, capsys):
    def shut(folder):
        raise doors.NotRun("no channel")

    monkeypatch.setitem(doors.DOORS, "conda", shut)
    assert doors.main(["conda"]) == 1
    said = capsys.readouterr()
    assert said.out == "conda not-run: no channel\n"
    assert "no door was run" in said.err


def test_an_unknown_door_is_usage():
    done = subprocess.run([ROOT / "ci/doors", "window"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("Go through the doors")
