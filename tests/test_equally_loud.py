"""Whoever speaks and however it was given: finished videos and sound files are equally loud, and the mouth moves alike."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.cli.presets import SAMPLES
from avatar.frame.purposes import PURPOSES
from avatar.jobs import home as homes
from avatar.lips.warp.motion import Motion
from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.level import MOST_TRUE_PEAK_DB, TARGET_LUFS
from avatar.pipeline import render
from avatar.progress import Progress
from avatar.request import make_request
from avatar.voice.presets.catalog import PRESETS
from avatar.voice.speech import Speech
from tests import kokoro_voices as fetched
from tests.conftest import ROOT, run_command

kokoro_voices = fetched.kokoro_voices

TEXT = "Peter bought a map of my boat. It moves, but why? Nobody knows, and nobody asks."


def loudness_and_peak(path: Path, on_two_channels: bool = False) -> tuple[float, float]:
    """(LUFS, true peak in dB) of a file's sound by FFmpeg's own meter; on_two_channels: as it is heard there."""
    told = f"ebur128=peak=true:framelog=quiet:dualmono={str(on_two_channels).lower()}"
    meter = ["-map", "0:a:0", "-af", told, "-f", "null", "-"]
    command = [ffmpeg_program(), "-hide_banner", "-nostats", "-i", path, *meter]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    return float(re.search(r"I: +(\S+)", summary)[1]), float(re.search(r"Peak: +(\S+)", summary)[1])


@pytest.fixture(scope="module")
def spoken() -> Speech:
    with PRESETS["joe"].open() as voice:
        return voice.speak(TEXT, seed=2)  # another reading, and the recogniser hears a sound otherwise at -40 dB


@pytest.mark.parametrize(
    "preset", ["heart", "joe", "jf_alpha", "am_michael", "ef_dora", "ff_siwis", "im_nicola", "pm_alex"]
)
def test_presets_speak_equally_loud(tmp_path, preset, kokoro_voices):
    """A preset of each engine and of each language: R 128's loudness, whoever speaks."""
    text = TEXT if "en" in PRESETS[preset].languages else SAMPLES[PRESETS[preset].languages[0]]
    done = run_command("voice", "say", text, "--preset", preset, "-o", tmp_path / "speech.wav")
    assert done.returncode == 0, done.stderr
    lufs, peak_db = loudness_and_peak(tmp_path / "speech.wav")
    assert lufs == pytest.approx(TARGET_LUFS, abs=0.3)
    assert peak_db <= MOST_TRUE_PEAK_DB


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_video_of_every_purpose_is_as_loud_as_is_published_for_speech(tmp_path, purpose):
    """AES TD1008: -18 to -16 LUFS; Apple Podcasts: -16 within 1, peaks below -1 dB. What YouTube turns down begins at -14."""
    (tmp_path / "talk.txt").write_text(TEXT)
    done = run_command(
        "make", tmp_path / "talk.txt", "--for", purpose, "--size", "256x256", "-o", tmp_path / "talk.mp4"
    )
    assert done.returncode == 0, done.stderr
    lufs, peak_db = loudness_and_peak(tmp_path / "talk.mp4", on_two_channels=True)
    assert lufs == pytest.approx(-16, abs=0.5) and peak_db <= -1
    assert "which is -16 LUFS as heard on two" in (ROOT / "docs/make.md").read_text()


def test_given_speech_makes_videos_of_one_loudness_and_one_mouth(tmp_path, home, spoken):
    motions = []
    for decibel, peak in ((0, 1.0), (-40, 0.01)):
        path = tmp_path / f"speech{decibel}.wav"
        samples = spoken.samples / np.abs(spoken.samples).max() * peak
        soundfile.write(path, samples, spoken.sample_rate, subtype="PCM_24")
        job = homes.create(home, make_request(audio=path, stack="preview"))
        lufs, peak_db = loudness_and_peak(render(job, Progress()))
        assert lufs == pytest.approx(TARGET_LUFS, abs=0.5), decibel
        assert peak_db <= MOST_TRUE_PEAK_DB
        notes = job.record("voice")["notes"]
        assert ["raised by" in note for note in notes] == [True] * (decibel == -40)
        motions.append(Motion.load(job.file("motion.npz")))
    assert np.abs(motions[0].mouth - motions[1].mouth).max() < 0.02


def test_lips_follow_speech_as_it_was_spoken(finished_job):
    """What the gain and the limiter do is done for the video alone."""
    kept = Speech.load(finished_job.folder)
    assert np.abs(kept.samples).max() == pytest.approx(0.85, abs=1e-3)
    assert loudness_and_peak(finished_job.video)[0] == pytest.approx(TARGET_LUFS, abs=1)
