"""No library reports home, or leaves anything in the user's home folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import system_calls
from tests.conftest import command, run_command
from tests.test_bad_input import SKIMAGE

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


def test_reading_a_face_leaves_nothing_in_the_home_folder(environment):
    os.mkdir(environment["HOME"])
    done = run_command("check", SKIMAGE / "astronaut.png", env=environment)
    assert done.returncode == 0, done.stderr
    assert left_behind(environment) == []


@pytest.mark.usefixtures("full_environment")
def test_the_hub_is_told_nothing_of_this_host(environment):
    code = "import avatar; from huggingface_hub import constants; print(constants.HF_HUB_DISABLE_TELEMETRY)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


# --- what the kernel was asked. MediaPipe asks for sockets, to look up its maker's host: where its calls are not seen to
# be refused, the trace has missed everything.


@pytest.fixture(scope="module")
def traced_demo(tmp_path_factory) -> Path:
    """A folder with demo.mp4 and the calls that `avatar demo` made."""
    system_calls.need_strace()
    folder = tmp_path_factory.mktemp("traced")
    home = {**os.environ, "AVATAR_HOME": str(folder / "home")}
    done = system_calls.traced(command("demo", "-o", folder / "demo.mp4"), folder / "calls", env=home)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_demo_gets_no_socket(traced_demo):
    assert system_calls.refused(traced_demo / "calls")
    assert system_calls.not_refused(traced_demo / "calls") == []


def test_checking_a_video_gets_no_socket(traced_demo, tmp_path):
    done = system_calls.traced(command("check", traced_demo / "demo.mp4"), tmp_path / "calls")
    assert done.returncode == 0, done.stderr
    assert system_calls.refused(tmp_path / "calls")
    assert system_calls.not_refused(tmp_path / "calls") == []


def test_speaking_gets_no_socket(tmp_path):
    system_calls.need_strace()
    say = command("voice", "say", "Hello.", "--preset", "joe", "-o", tmp_path / "hello.wav")
    done = system_calls.traced(say, tmp_path / "calls")
    assert done.returncode == 0, done.stderr
    assert system_calls.not_refused(tmp_path / "calls") == []


def test_the_trace_sees_a_socket_that_is_made(tmp_path):
    system_calls.need_strace()
    done = system_calls.traced([sys.executable, "-c", "import socket; socket.socket()"], tmp_path / "calls")
    assert done.returncode == 0, done.stderr
    assert len(system_calls.not_refused(tmp_path / "calls")) == 1
