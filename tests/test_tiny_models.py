"""ci/tiny-models: a lock that says what lies there, and nothing written over."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib

import pytest

from avatar.errors import EnvironmentProblem
from testing import tiny
from tests import weights_in_use
from tests.conftest import ROOT

bare, models = weights_in_use.bare, weights_in_use.models


def test_tiny_models_are_not_written_over_anything(models):
    done = subprocess.run([sys.executable, ROOT / "ci/tiny-models", models], capture_output=True, text=True)
    assert done.returncode == 2 and "name another" in done.stderr


def test_a_tiny_set_that_lacks_a_file_gets_no_lock(tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"lack coqui/XTTS-v2/config\.json"):
        tiny.write_lock(tmp_path)


def test_the_tiny_lock_says_what_lies_there(tiny_original):
    models = tomllib.loads((tiny_original / "models.lock").read_text())["models"]
    for model in models.values():
        assert model["revision"] == tiny.REVISION
        for file in model["files"]:
            content = (tiny_original / model["repo"] / file["path"]).read_bytes()
            assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
