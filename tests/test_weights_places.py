"""Where weights are looked for, and what is said where they are not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from avatar.errors import EnvironmentProblem, RequestError
from avatar.weights import lock, places, store
from avatar.weights.fetch import plan
from tests import weights_in_use
from tests.weights_in_use import VARIABLES, weights_of

bare, models = weights_in_use.bare, weights_in_use.models


@pytest.mark.usefixtures("full_environment")
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"HF_HOME": "/a"},
        {"HF_HOME": "~/a/$USER"},
        {"HF_HUB_CACHE": "/b", "HF_HOME": "/a"},
        {"HF_HUB_CACHE": "$HF_HOME/b", "HF_HOME": "/a"},
        {"HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/a"},
        {"XDG_CACHE_HOME": "/d"},
    ],
    ids=str,
)
def test_the_hub_cache_is_where_the_library_has_it(environment):
    script = (
        "from huggingface_hub import constants; from avatar.weights import places\n"
        "print(constants.HF_HUB_CACHE, places.hub_cache())"
    )
    bare = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run([sys.executable, "-c", script], env={**bare, "USER": "me", **environment},
                          capture_output=True, text=True, check=True)  # fmt: skip
    theirs, ours = done.stdout.split()
    assert theirs == ours


def test_places_are_looked_in_in_order(models, tmp_path, monkeypatch):
    volume, pod = places.Place(tmp_path / "volume", "hub"), places.Place(tmp_path / "pod", "plain")
    monkeypatch.setattr(places, "VOLUMES", (volume, places.Place(tmp_path / "absent", "plain"), pod))
    named, cache = places.Place(models, "plain"), places.Place(tmp_path / "hf/hub", "hub")
    file = weights_of("whisper-tiny")[0]
    content = named.path_of(file).read_bytes()
    for place in (volume, pod, cache):
        place.path_of(file).parent.mkdir(parents=True)
        place.path_of(file).write_bytes(content)
    assert places.search_order() == [named, volume, pod, cache]
    assert volume.path_of(file) == tmp_path / f"volume/models--openai--whisper-tiny/snapshots/{'0' * 40}/config.json"
    found = []
    while place := places.find(file):
        found.append(place)
        place.path_of(file).unlink()
    assert found == [named, volume, pod, cache]


def test_a_wrong_file_is_fetched_anew_to_where_it_is_found_first(models, tmp_path, monkeypatch):
    path = models / "openai/whisper-tiny/config.json"
    path.write_bytes(path.read_bytes()[::-1])
    chosen = [lock.read().model("whisper-tiny")]
    (step,) = plan(chosen)
    assert step.target == path and step.problem.startswith(f"{path} is not the file that was locked")
    monkeypatch.setattr(places, "VOLUMES", (places.Place(models, "plain"),))
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "named"))
    (step,) = plan(chosen)
    assert step.target == tmp_path / "named/openai/whisper-tiny/config.json"
    monkeypatch.delenv("AVATAR_MODELS")
    (step,) = plan(chosen)
    assert step.target == path
    path.unlink()
    (step,) = plan(chosen)
    assert step.target.is_relative_to(tmp_path / "hf/hub") and step.problem is None


def test_files_may_lie_in_different_places(models, tmp_path):
    file = weights_of("whisper-tiny")[0]
    elsewhere = places.Place(tmp_path / "hf/hub", "hub").path_of(file)
    elsewhere.parent.mkdir(parents=True)
    shutil.move(models / file.repo / file.path, elsewhere)
    assert store.require("whisper-tiny")[file.path] == elsewhere


def test_only_what_is_locked_is_handed_out(models):
    (models / "openai/whisper-tiny/pytorch_model.bin").write_bytes(b"a pickle that nobody checked")
    assert sorted(store.require("whisper-tiny")) == ["config.json", "model.safetensors"]


def test_a_lock_in_a_folder_of_weights_is_not_read(models, monkeypatch):
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    assert lock.read().path == lock.BUILT_IN
    with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
        store.check_present("whisper-tiny")


# ---------------------------------------------------------------- missing


def test_missing_weights_are_told_in_two_lines(tmp_path):
    with pytest.raises(EnvironmentProblem) as caught:
        store.check_present("xtts-v2", "musetalk-v15", "whisper-tiny")
    first, second = str(caught.value).splitlines()
    assert first == (
        "weights are missing: xtts-v2 (1.88 GB), musetalk-v15 (3.40 GB), whisper-tiny (151.1 MB); 5.43 GB in all, "
        f"not found in {tmp_path}/hf/hub."
    )
    assert second == "this brings them, once: avatar models fetch xtts-v2 musetalk-v15 whisper-tiny"
    with pytest.raises(EnvironmentProblem, match="whisper-tiny"):
        store.require("whisper-tiny")


def test_one_missing_file_is_told_with_its_size(models):
    (models / "openai/whisper-tiny/config.json").unlink()
    size = next(file.size for file in weights_of("whisper-tiny") if file.path == "config.json")
    with pytest.raises(EnvironmentProblem, match=rf"whisper-tiny \({size} bytes\)"):
        store.require("whisper-tiny")


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(RequestError, match="no model 'xtts'.*xtts-v2, stable-diffusion-v1-5"):
        store.require("xtts")
