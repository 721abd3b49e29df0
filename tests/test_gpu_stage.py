"""ci/gpu: a dry run through every step, what may be softened and what not, and each judgement seen to refuse."""

from __future__ import annotations

import argparse
import copy
import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import InputError
from avatar.lips.musetalk.options import Options
from avatar.media.ffmpeg import encode_frames
from avatar.media.mark import layer
from avatar.portrait.given_picture import bundled_portrait
from testing import tiny
from testing.tiny import syncnet
from tests.conftest import ROOT

torch = pytest.importorskip("torch")

from avatar.quality import speaker, unchanged  # noqa: E402
from bench.gpu import judgements, pocket_voice, stage  # noqa: E402

pytestmark = pytest.mark.timeout(900)  # a dry run through every step, and the judgements of it
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="asks what a host without a GPU is told")
STEPS = ["host", "status", "weights", "fit", "preview", "render", "judge", "pocket", "bench", "contact_sheet"]


def ci_gpu(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
    """ci/gpu as it is typed, in the environment of the tests."""
    return subprocess.run(
        [sys.executable, ROOT / "ci/gpu", *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )


# ---------------------------------------------------------------- a dry run


@pytest.fixture(scope="module")
def dry(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("gpu") / "out"
    done = ci_gpu("--weights", "random", "--dry-run", "-o", folder)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "not judged: the speech is understood: random weights cannot pass it" in done.stderr
    assert done.stderr.splitlines()[-1] == "ci/gpu: passed"
    return folder


def report_of(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text())


def test_every_step_ran_and_left_what_it_makes(dry):
    report = report_of(dry)
    assert [each["step"] for each in report["steps"]] == STEPS and report["outcome"] == "passed"
    for name in (
        "sample.mp4",
        "preview.mp4",
        "pocket.mp4",
        "contact.png",
        "fit.json",
        "bench.json",
        "status.json",
        "reference.wav",
    ):
        assert (dry / name).stat().st_size > 500, name
    assert report["sample"]["report"]["stack"] == "full" and report["preview"]["report"]["stack"] == "preview"
    copied = [name for name, record in report["sample"]["report"]["records"].items() if "copied_from" in record]
    assert copied == [], "the sample's seconds are to be those of a whole render"
    assert report["environment"] in ("pinned", "foreign") and len(report["locks"]["full"]) == 64


def test_what_was_not_judged_is_named(dry):
    report = report_of(dry)
    assert set(report["left_out"]) == {*judgements.OF_REAL_WEIGHTS, judgements.LIP_SYNC}
    assert set(report["judgements"]) == {"properties", "kept"} and report["failed"] == []
    assert report["pocket_judgements"] == {"properties": {"failed": []}}
    assert report["pocket"]["report"]["records"]["voice"]["made_by"]["engine"] == "pocket-tts"


def test_the_contact_sheet_has_a_row_for_each_video(dry):
    from PIL import Image

    with Image.open(dry / "contact.png") as sheet:
        assert sheet.size == (judgements.FRAMES * judgements.SIDE, 2 * judgements.SIDE)


# ---------------------------------------------------------------- what may be softened


@without_gpu
@pytest.mark.parametrize(("on_skip", "code"), [("fail", 1), ("warn", 0), ("pass", 0), ("Pass", 1)])
def test_without_a_gpu_on_skip_decides_and_a_typo_is_fail(tmp_path, on_skip, code):
    done = ci_gpu("--on-skip", on_skip, "-o", tmp_path / "out", PATH="/usr/bin:/bin", GITHUB_ACTIONS="true")
    assert done.returncode == code and "Traceback" not in done.stderr
    assert ("::warning::" in done.stdout) == (on_skip == "warn")
    assert ("taken for fail" in done.stderr) == (on_skip == "Pass")
    report = report_of(tmp_path / "out")
    assert report["outcome"] == "could not run" and "no NVIDIA GPU" in report["why"]


def test_a_real_failure_is_fatal_whatever_on_skip_says(tmp_path):
    """An environment that is not the locked one: a step that ran and found something wrong."""
    payload = json.loads((ROOT / "locks/payload.json").read_text())
    payload["base"]["click"]["version"] = "0.0.1"
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/payload.json").write_text(json.dumps(payload))
    done = ci_gpu(
        "--weights", "random", "--dry-run", "--on-skip", "pass", "-o", tmp_path / "out",
        AVATAR_LOCKS=str(tmp_path / "locks"),
    )  # fmt: skip
    assert done.returncode == 1 and "click" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
    assert report_of(tmp_path / "out")["outcome"] == "failed"


def test_weights_that_are_not_here_could_not_run_and_wrong_ones_failed(tiny_models, tmp_path, monkeypatch):
    options = argparse.Namespace(output=tmp_path / "out", weights="real", dry_run=False, accept_licence=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("AVATAR_MODELS", raising=False)
    with pytest.raises(stage.CouldNotRun, match="licence"):
        stage.weights(stage.Stage(options, tmp_path))
    models = tmp_path / "models"
    shutil.copytree(tiny_models, models)
    victim = next(models.rglob("unet.pth"))
    victim.write_bytes(victim.read_bytes()[:-1])
    for name, value in (tiny.environment(models) | {"HF_HUB_OFFLINE": "1"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(stage.Failed):
        stage.weights(stage.Stage(options, tmp_path))


@pytest.mark.parametrize("arguments", [("--weights", "maybe"), ("--dry-run",)])
def test_what_is_not_askable(arguments):
    done = ci_gpu(*arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr


# ---------------------------------------------------------------- judgements, planted


GOOD = {
    "video_seconds": 10.0, "frame_rate": 25.0, "width": 512, "height": 512, "black_share": 0.0,
    "audio_rms_dbfs": -20.0, "difference_seconds": 0.01, "failed": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"video_seconds": 10.08}, "10.08 s long"),
        ({"video_seconds": 9.9}, "9.90 s long"),
        ({"frame_rate": 24.0}, "24 frames a second"),
        ({"width": 256}, "256 x 512"),
        ({"black_share": 0.02}, "black"),
        ({"audio_rms_dbfs": None}, "silent"),
        ({"difference_seconds": 0.2}, "differ by 0.200 s"),
    ],
)
def test_a_property_that_is_not_kept_is_named(wrong, said):
    assert judgements.properties(GOOD | {"video_seconds": 10.04}, 10) == []
    (failed,) = judgements.properties(GOOD | wrong, 10)
    assert said in failed


def test_the_peak_of_a_stage_is_held_against_its_weights_and_its_arithmetic(dry):
    records = copy.deepcopy(report_of(dry)["sample"]["report"]["records"])
    assert judgements.memory(records) == [], "the CPU has no figure"
    card = {"device": "NVIDIA Planted 9000", "needed_mib": 3400, "peak_allocated_mib": 2600}
    records["lips"]["engine"]["memory"] = card
    assert judgements.memory(records) == []
    for change, said in (
        ({"peak_allocated_mib": 3500}, "3,400 were computed"),
        ({"peak_allocated_mib": 900}, "it did nothing"),
    ):
        records["lips"]["engine"]["memory"] = card | change
        (failed,) = judgements.memory(records)
        assert failed.startswith("lips") and said in failed
    records["lips"] |= {"notes": ["lips: 700 MiB stayed on NVIDIA Planted 9000 after its model was dropped."]}
    records["lips"]["engine"]["memory"] = card
    (failed,) = judgements.memory(records)
    assert failed.startswith("lips") and "700 MiB stayed" in failed


# ---------------------------------------------------------------- what lips may not change


@pytest.fixture(scope="module")
def portrait():
    return bundled_portrait()


def video_of(picture: np.ndarray, path: Path, count: int = 4, mark: str = "") -> Path:
    words = layer(512, 512, mark) if mark else None
    encode_frames([np.ascontiguousarray(picture)] * count, 512, 512, Fraction(25), path, mark=words)
    return path


def test_a_video_that_keeps_the_portrait_passes(portrait, tmp_path):
    still = portrait.picture.copy()
    rows = slice(300, 380)
    still[rows, 200:310] = 128  # inside the mask anything may happen
    assert not unchanged.outside_mask(portrait, Options())[rows, 200:310].any()
    found = unchanged.check_unchanged(
        video_of(still, tmp_path / "v.mp4", mark="synthetic"), portrait, Options(), "synthetic"
    )
    assert unchanged.picture_failures(found) == [], found
    assert found["frames"] == 4 and 0.5 < found["outside_share"] < 0.95 and found["points"] > 50


@pytest.mark.parametrize("change", ["tint", "shift", "spot", "mark"])
def test_a_picture_that_changed_outside_the_mask_is_refused(portrait, tmp_path, change):
    picture = portrait.picture.astype(int)
    if change == "tint":
        picture = picture + 2
    elif change == "shift":
        picture = np.roll(picture, 1, axis=1)
    elif change == "spot":
        picture[64:80, 192:208] = 255 - picture[64:80, 192:208]
    picture = picture.clip(0, 255).astype(np.uint8)
    video = video_of(picture, tmp_path / "v.mp4")
    found = unchanged.check_unchanged(video, portrait, Options(), "synthetic" if change == "mark" else None)
    (failed,) = unchanged.picture_failures(found)
    assert "outside the mask the picture is not the portrait's" in failed


def test_a_face_that_moved_is_refused_and_a_missing_one_too(portrait, tmp_path):
    moved = np.roll(portrait.picture, 12, axis=1)
    found = unchanged.check_unchanged(video_of(moved, tmp_path / "v.mp4"), portrait, Options(), None)
    assert "the face moved" in unchanged.face_failures(found)[0]
    blank = np.full_like(portrait.picture, 128)
    found = unchanged.check_unchanged(video_of(blank, tmp_path / "w.mp4"), portrait, Options(), None)
    assert found["moved"] is None and "no face" in unchanged.face_failures(found)[0]


# ---------------------------------------------------------------- with weights that count as real


@pytest.fixture(scope="module")
def tiny_models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny.write_all(folder)
    syncnet.write(folder)
    pocket_voice.write_random(folder, tiny=True)
    tiny.write_lock(folder, (*tiny.built_in_models(), syncnet.model(), pocket_voice.model()))
    return folder


@pytest.fixture
def use_tiny_models(tiny_models, monkeypatch):
    for name, value in tiny.environment(tiny_models).items():
        monkeypatch.setenv(name, value)


def test_the_steps_of_real_weights_judge_noise_and_refuse_it(use_tiny_models, home, tmp_path):
    """Tiny checkpoints taken for real ones: found, hashed, cloned from; then every judgement looks at the noise."""
    options = argparse.Namespace(output=tmp_path / "out", weights="real", dry_run=True, accept_licence=False)
    options.output.mkdir()
    made = stage.Stage(options, tmp_path)
    for step in (stage.weights, stage.preview, stage.render, stage.judge, stage.pocket):
        step(made)
    assert set(made.report["judgements"]) == {"properties", "kept", "check", "words", "speaker", "lip_sync"}
    assert set(made.report["pocket_judgements"]) == {"properties", "check", "words", "speaker"}
    failed = " ".join(made.report["failed"])
    assert "Pocket TTS: 100% of the words were not understood" in failed
    assert "words were not understood" in failed and "the mouth" in failed
    assert made.report["left_out"] == {} and made.report["judgements"]["lip_sync"]["failed"][0] in failed
    assert (home / "converted").is_dir() and not (home / "jobs").exists(), "jobs go to a home of their own"


def test_pocket_tts_without_its_weights_is_named_as_not_judged(use_tiny_models, tiny_models, home, tmp_path):
    tiny.write_lock(tiny_models, (*tiny.built_in_models(), syncnet.model()))
    options = argparse.Namespace(output=tmp_path / "out", weights="real", dry_run=True, accept_licence=False)
    made = stage.Stage(options, tmp_path)
    assert stage.pocket(made) == {} and "pocket-en" in made.report["left_out"][pocket_voice.NAME]
    tiny.write_lock(tiny_models, (*tiny.built_in_models(), syncnet.model(), pocket_voice.model()))


def test_speech_that_says_the_words_is_understood(use_tiny_models, dry):
    said = dry / "reference.wav"  # by the preview voice
    found = judgements.of_real_weights(GOOD, stage.TEXT, said, said, said)
    assert found["words"]["failed"] == [] and found["words"]["word_error_rate"] <= 0.15
    other = judgements.of_real_weights(GOOD, "Nobody ever said a word of this.", said, said, said)
    assert "words were not understood" in other["words"]["failed"][0]


def test_the_likeness_of_voices_is_told_by_the_networks_own_encoder(use_tiny_models, dry, tmp_path):
    """Random weights tell nothing of likeness, but the same sound is itself, and the limit is relative."""
    import soundfile

    stranger = tmp_path / "stranger.wav"
    soundfile.write(stranger, np.random.default_rng(1).uniform(-0.5, 0.5, 48_000), 24_000)
    same = speaker.check_speaker(dry / "reference.wav", dry / "reference.wav", stranger)
    assert same["to_reference"] == pytest.approx(1.0, abs=1e-4) and same["failed"] == []
    assert same["to_stranger"] == same["reference_to_stranger"] < 1
    swapped = speaker.check_speaker(stranger, dry / "reference.wav", stranger)
    assert "no nearer to its reference" in swapped["failed"][0]
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(InputError, match="broken.wav"):
        speaker.check_speaker(tmp_path / "broken.wav", stranger, stranger)
