"""The demo as the README has it: the command, the file, and whether a person would call it speech."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from avatar.cli.demo import SCRIPT
from avatar.media.ffmpeg import ffmpeg_program
from bench.wer import word_error_rate
from tests.conftest import ROOT, run_command


@pytest.fixture(scope="module")
def said_of_the_file(demo_home) -> str:
    command = [ffmpeg_program(), "-hide_banner", "-i", demo_home / "demo.mp4"]
    return subprocess.run(command, capture_output=True, text=True).stderr


def test_what_the_file_is(said_of_the_file):
    assert "Duration: 00:00:10.00" in said_of_the_file
    assert re.search(r"Video: h264.*yuv420p\(tv, bt709, progressive\), 512x512.* 25 fps", said_of_the_file)
    assert re.search(r"Audio: aac.* 48000 Hz", said_of_the_file)


def test_it_says_that_it_is_synthetic(said_of_the_file):
    assert "Synthetic video" in said_of_the_file


def test_it_decodes_without_a_complaint(demo_home):
    command = [ffmpeg_program(), "-v", "error", "-xerror", "-i", demo_home / "demo.mp4", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_measured_quality(demo_home, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(demo_home))
    done = run_command("check", demo_home / "demo.mp4", "--json")
    figures = json.loads(done.stdout)
    assert done.returncode == 0 and figures["passed"], figures
    assert figures["frames"] == figures["frames_with_face"] == 250
    assert figures["opening_to_intended"]["r"] >= 0.9
    assert figures["opening_to_sound"]["r"] >= 0.6
    assert all(abs(figures[name]["lag_ms"]) <= 40 for name in ("opening_to_intended", "opening_to_sound"))
    assert figures["difference_seconds"] <= 0.04
    assert figures["audio_rms_dbfs"] > -30


@pytest.mark.usefixtures("full_environment")
def test_the_speech_is_understood(demo_home):
    assert word_error_rate(demo_home / "demo.mp4", SCRIPT.read_text()) <= 0.15


def test_the_mark_is_there_and_can_be_left_out(demo_home, finished_job):
    """The corner of the marked video differs from that of the portrait; the rest of that row of pixels does not."""
    import cv2
    import numpy as np

    portrait = cv2.imread(str(finished_job.file("portrait.png"))).astype(int)
    _, frame = cv2.VideoCapture(str(finished_job.video)).read()
    changed = np.abs(frame.astype(int) - portrait).max(axis=2)
    assert (changed[480:510, 5:150] > 60).sum() > 200
    assert (changed[480:510, 200:500] > 60).sum() < 50


def test_readme_shows_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert "./run avatar demo" in readme and "./run --full pytest" in readme
    picture = ROOT / re.search(r"!\[.*?\]\((.*?)\)", readme)[1]
    assert 10_000 < picture.stat().st_size < 1_000_000
