"""`avatar check --lse`: a video judged by SyncNet of random weights, and what is said where it cannot be judged."""

from __future__ import annotations

import json
import math
import os
import site
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import EnvironmentProblem, RequestError
from avatar.media.ffmpeg import encode_frames, mux
from avatar.portrait.given_picture import bundled_portrait
from avatar.quality import check_file, syncnet
from avatar.weights import licences, lock, places, store
from bench.gpu import judgements
from testing import tiny
from testing.tiny import syncnet as checkpoint
from tests.conftest import ROOT
from tests.test_check import RATE, sound_of

pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch) -> None:
    """No weights anywhere."""
    for name in ("AVATAR_MODELS", "AVATAR_MODELS_LOCK", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(places, "VOLUMES", ())


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A folder with SyncNet of random weights, and its lock."""
    folder = tmp_path_factory.mktemp("syncnet")
    checkpoint.write(folder)
    tiny.write_lock(folder, (checkpoint.model(),))
    return folder


@pytest.fixture
def weights(written, monkeypatch) -> Path:
    for name, value in tiny.environment(written).items():
        monkeypatch.setenv(name, value)
    return written / checkpoint.model().repo / syncnet.FILE


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return bundled_portrait().picture


# ---------------------------------------------------------------- a video, judged by noise


def test_a_video_is_judged_by_the_command_the_same_twice(weights, finished_job, avatar):
    one, two = (avatar("check", finished_job.video, "--lse", "--json") for _ in range(2))
    report = json.loads(one.stdout)
    assert one.stdout == two.stdout and one.code == 1 and not report["passed"]
    found = report["lip_sync"]
    assert all(math.isfinite(found[name]) for name in ("confidence", "distance", "offset_frames"))
    assert found["windows"] == report["frames"] - 5 and found["distance"] > 0 and 0 <= found["confidence"] < 0.5
    assert found["failed"] == report["failed"] and "confidence (LSE-C) is 0.0" in report["failed"][0]
    assert report["lip_sync_left_out"] is None
    said = avatar("check", finished_job.video, "--lse").stdout
    assert f"distance (LSE-D) {found['distance']:.2f}, offset {found['offset_frames']} frames" in said


def test_the_gpu_stage_asks_it_where_it_can(weights, finished_job, monkeypatch):
    assert judgements.no_lip_sync(real=True) is None
    assert judgements.no_lip_sync(real=False) == "random weights cannot pass it"
    assert judgements.lip_sync(finished_job.video)["failed"]
    monkeypatch.delenv("AVATAR_MODELS")
    assert "the weights of SyncNet are missing" in judgements.no_lip_sync(real=True)


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> Path:
    return sound_of(tmp_path_factory.mktemp("speech") / "speech.wav", 3)


@pytest.mark.parametrize(
    ("frames", "sound", "said"),
    [
        ("face", "silence", "is silent (below -60 dBFS)"),
        ("face", "none", "has no sound that can be decoded"),
        ("one", "speech", "is shorter than 1.44 s"),
        ("nobody", "speech", "shows no face in 40 frames in a row, 25 is the most"),
        ("gap", "speech", "shows no face in 30 frames in a row, 25 is the most"),
    ],
)
def test_what_cannot_be_judged_gets_one_sentence(weights, picture, speech, tmp_path, frames, sound, said):
    face, nobody = picture, np.full_like(picture, 128)
    shown = {
        "face": [face] * 40,
        "one": [face],
        "nobody": [nobody] * 40,
        "gap": [face] * 5 + [nobody] * 30 + [face] * 5,
    }
    silent, video = tmp_path / "silent.mp4", tmp_path / "video.mp4"
    encode_frames(shown[frames], 512, 512, Fraction(RATE), silent)
    if sound == "none":
        video = silent
    else:
        heard = speech if sound == "speech" else sound_of(tmp_path / "s.wav", 3, level=0)
        mux(silent, heard, Fraction(len(shown[frames]), RATE), video, {})
    found = syncnet.check_lip_sync(video)
    (sentence,) = found["failed"]
    assert said in sentence and found["confidence"] is found["offset_frames"] is None


# ---------------------------------------------------------------- where it cannot be asked


def test_without_weights_a_line_says_what_brings_them(finished_job, avatar, monkeypatch):
    monkeypatch.setenv("AVATAR_RUN", "./run")
    checked = avatar("check", finished_job.video)
    fetch = "'./run --full avatar models fetch syncnet-v2' brings them (54.6 MB)."
    assert checked.code == 0 and f"not judged: the weights of SyncNet are missing; {fetch}" in checked.stdout
    asked = avatar("check", finished_job.video, "--lse")
    assert (asked.code, asked.stdout) == (1, "") and asked.stderr.count("\n") == 1 and fetch in asked.stderr


def test_with_weights_a_line_says_how_to_ask(weights, finished_job, avatar):
    checked = avatar("check", finished_job.video)
    assert checked.code == 0 and "not judged: 'avatar check FILE --lse' asks SyncNet." in checked.stdout


def test_only_videos_are_asked_about(weights, speech, avatar):
    asked = avatar("check", speech, "--lse")
    assert asked.code == 2 and "--lse: SyncNet judges the lips of a video" in asked.stderr
    with pytest.raises(RequestError, match="recording"):
        check_file(speech, lse=True)


def test_another_lock_and_wrong_bytes_are_told(weights, written, tmp_path, monkeypatch):
    whole = weights.read_bytes()
    other = tmp_path / "models" / checkpoint.model().repo / syncnet.FILE
    other.parent.mkdir(parents=True)
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "models"))
    other.write_bytes(whole[:-1])
    assert "the weights of SyncNet are wrong" in syncnet.obstacle()
    other.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
        syncnet.check_lip_sync(tmp_path / "any.mp4")
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(tmp_path / "none.lock"))
    assert "cannot use the lock of weights" in syncnet.obstacle()


def test_terms_that_were_not_accepted_are_an_obstacle(weights, written, monkeypatch, tmp_path):
    text = (written / "models.lock").read_text().replace("consent = false", "consent = true")
    (tmp_path / "strict.lock").write_text(text)
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(tmp_path / "strict.lock"))
    assert "were not accepted yet; 'avatar models fetch syncnet-v2' shows them" in syncnet.obstacle()
    licences.accept(lock.read().model(syncnet.MODEL).licence, "--accept-licence")
    assert syncnet.obstacle() is None


def test_without_pytorch_the_full_environment_is_named(weights, tmp_path):
    """In a process that sees every installed package but PyTorch's, as the base environment does."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for path in Path(site.getsitepackages()[0]).iterdir():
        if not path.name.startswith("torch"):
            (packages / path.name).symlink_to(path)
    script = "import sys; from avatar.quality import syncnet; print(syncnet.obstacle(), 'scipy' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": f"{packages}:{ROOT}", "AVATAR_RUN": "./run"}
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, env=environment)
    assert done.stdout == (
        "SyncNet runs in the full environment; type './run --full avatar check FILE --lse'. False\n"
    ), done.stderr


# ---------------------------------------------------------------- its weights are no part of the full stack


def test_the_weights_come_only_where_they_are_named(avatar):
    listed = json.loads(avatar("models", "list", "--json").stdout)["models"]
    assert [row["model"] for row in listed if row["evaluation"]] == ["syncnet-v2"]
    assert "8.50 GB missing" in avatar("models", "list").stdout
    assert "syncnet" not in avatar("models", "fetch", "--dry-run", "--optional").stdout
    named = avatar("models", "fetch", "syncnet-v2", "--dry-run").stdout
    assert named.startswith("syncnet-v2: auxiliary/syncnet_v2.model, 54.6 MB\n1 files, 54.6 MB")
    assert "syncnet" not in avatar("models", "verify").stdout
    assert store.summary() == "0 of 5 models, 8.50 GB missing"


def test_weights_that_are_here_are_verified_with_the_others(weights, tmp_path, monkeypatch, avatar):
    file = tmp_path / "models" / checkpoint.model().repo / syncnet.FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"short")
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    said = avatar("models", "verify").stdout
    assert "FAIL syncnet-v2: not as locked" in said and "'avatar models fetch syncnet-v2' replaces it" in said
