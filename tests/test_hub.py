"""What RunPod's hub reads agrees with the locks and with the worker."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from avatar.environment import driver, locks
from avatar.request import make_request
from avatar.service import runpod_files
from tests.conftest import ROOT

HUB, TESTS = (json.loads((ROOT / ".runpod" / name).read_text()) for name in ("hub.json", "tests.json"))


def test_it_is_what_is_written_today():
    assert subprocess.run([ROOT / "ci/hub", "--check"]).returncode == 0


def test_another_lock_is_noticed(tmp_path):
    for name in ("avatar", "ci", "docker", "locks", ".runpod"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "assets"))
    payload = tmp_path / "locks/payload.json"
    content = json.loads(payload.read_text())
    content["full"]["nvidia-cuda-runtime-cu12"]["version"] = "12.9.1"
    payload.write_text(json.dumps(content))
    done = subprocess.run([tmp_path / "ci/hub", "--check"], capture_output=True, text=True)
    assert done.returncode == 1 and "hub.json, tests.json" in done.stderr


def test_hosts_have_a_driver_for_the_locked_cuda():
    locked = driver.locked_cuda(locks.read_payload(ROOT / "locks"))
    assert HUB["config"]["allowedCudaVersions"][0] == ".".join(locked.split(".")[:2])
    assert TESTS["config"]["allowedCudaVersions"] == HUB["config"]["allowedCudaVersions"]


@pytest.mark.parametrize("test", TESTS["tests"], ids=lambda test: test["name"])
def test_what_the_hub_tries_is_a_request_without_weights(test):
    assert make_request(**test["input"]).stack == "preview"


def test_the_defaults_are_the_workers(monkeypatch):
    monkeypatch.delenv("AVATAR_RUNPOD_VOLUME", raising=False)
    defaults = {each["key"]: each["input"]["default"] for each in HUB["config"]["env"]}
    assert defaults["AVATAR_RUNPOD_VOLUME"] == str(runpod_files.volume())
    assert defaults["AVATAR_RUNPOD_ANSWER_BYTES"] == str(runpod_files.MOST_ANSWER_BYTES)
    assert set(runpod_files.BUCKET) < set(defaults)
