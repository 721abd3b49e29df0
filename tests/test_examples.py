"""The examples in docs/examples run as they stand, each in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testing import tiny
from tests.conftest import ROOT, without_manifest
from tests.test_bad_input import SKIMAGE

EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, **environment}
    return subprocess.run([*map(str, words)], capture_output=True, text=True, env=environment)


def succeed(*words: str | Path, **environment: str) -> str:
    done = run(*words, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_first_video(folder):
    said = succeed(EXAMPLES / "first-video.sh", "Good morning.")
    assert "first-video.mp4" in said
    assert (folder / "first-video.mp4").stat().st_size > 10_000


def test_your_portrait(folder):
    succeed(EXAMPLES / "your-portrait.sh", SKIMAGE / "astronaut.png")
    assert {"your-portrait.mp4", "your-portrait.srt"} <= {path.name for path in folder.iterdir()}


def test_your_portrait_stops_where_the_picture_shows_no_face(folder):
    from PIL import Image

    Image.new("RGB", (400, 400), "grey").save("wall.png")
    done = run(EXAMPLES / "your-portrait.sh", "wall.png")
    assert done.returncode == 1
    assert not list(folder.glob("*.mp4"))


def test_narration(folder, finished_job):
    shutil.copy(finished_job.file("speech.wav"), "speech.wav")
    succeed(EXAMPLES / "narration.sh", "speech.wav")
    assert (folder / "narration.mp4").exists()


def test_interrupted_ends_in_the_same_bytes(folder, tmp_path_factory):
    succeed(EXAMPLES / "interrupted.sh")
    words = (EXAMPLES / "interrupted.sh").read_text()
    text = words.split('text="')[1].split('"')[0]
    whole = ["pipeline", "run", "--text", text, "--seed", "11", "-o", "whole.mp4"]
    succeed(ROOT / "run", "avatar", *whole, AVATAR_HOME=str(tmp_path_factory.mktemp("other")))
    assert without_manifest(folder / "interrupted.mp4") == without_manifest(folder / "whole.mp4")


def test_lessons(folder):
    shutil.copy(EXAMPLES / "lessons.csv", "mine.csv")
    videos = [str(folder / "videos" / f"{name}.mp4") for name in ("01-welcome", "02-sea", "03-goodbye")]
    assert succeed(EXAMPLES / "lessons.sh").split() == videos
    assert succeed(EXAMPLES / "lessons.sh", "mine.csv").split() == videos, "a copy of the table is the same table"


@pytest.mark.usefixtures("full_environment")
def test_own_voice_on_tiny_weights(folder, finished_job, tmp_path_factory):
    """Random weights speak noise, so the speech is as long as XTTS makes it; what is shown is that the example runs."""
    models = tmp_path_factory.mktemp("models")
    tiny.write_all(models)
    succeed(EXAMPLES / "own-voice.sh", a_recording(finished_job), **tiny.environment(models))
    assert (folder / "own-voice.mp4").exists()


def a_recording(finished_job) -> Path:
    """Seven seconds of a voice: the finished job's speech, said again until it is long enough."""
    import numpy as np
    import soundfile

    samples, rate = soundfile.read(finished_job.file("speech.wav"), dtype="float32")
    path = Path("me.wav")
    soundfile.write(path, np.tile(samples, -(-7 * rate // len(samples))), rate)
    return path


def test_every_example_is_listed_and_tested():
    listed = (EXAMPLES / "README.md").read_text()
    tests = Path(__file__).read_text() + (ROOT / "tests/test_cluster.py").read_text()
    for path in EXAMPLES.iterdir():
        assert path.name == "README.md" or (f"]({path.name})" in listed and path.name in tests), path.name
