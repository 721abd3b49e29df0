"""No library reports home, or leaves anything in the user's home folder."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import run_command

TELEMETRY = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "HF_HUB_OFFLINE")


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """An empty HOME, jobs elsewhere, and nobody who switched telemetry off before."""
    kept = {name: value for name, value in os.environ.items() if name not in TELEMETRY}
    return {**kept, "HOME": str(tmp_path / "user"), "AVATAR_HOME": str(tmp_path / "jobs")}


def left_behind(environment: dict[str, str]) -> list[str]:
    return [os.path.join(folder, name) for folder, _, names in os.walk(environment["HOME"]) for name in names]


def test_speaking_leaves_nothing_in_the_home_folder(environment, tmp_path):
    os.mkdir(environment["HOME"])
    say = ["voice", "say", "Hello.", "--preset", "joe", "-o", str(tmp_path / "hello.wav")]
    done = run_command(*say, env=environment)
    assert done.returncode == 0, done.stderr
    assert left_behind(environment) == []


def test_the_hub_is_told_nothing_of_this_host(environment):
    code = "import avatar; from huggingface_hub import constants; print(constants.HF_HUB_DISABLE_TELEMETRY)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
