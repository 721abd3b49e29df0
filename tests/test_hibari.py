"""The preset heart gives the same bytes in every environment, on any number of threads, wherever a sentence stands."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from avatar.errors import EnvironmentProblem
from avatar.voice.presets.hibari import HibariVoice
from avatar.voice.presets.hibari_sound import BINS, STEP, Spectra, samples_of
from tests.conftest import ROOT

LAYERS = {name: ROOT / ".venv" / name / "bin/python" for name in ("base", "full")}
SAY = """
import hashlib
from avatar.voice.presets.hibari import HibariVoice
with HibariVoice() as voice:
    speech = voice.speak("Peter bought 12 maps of my boat, and Zyxgorb a hat. Why?", seed=5)
    paced = voice.speak("Peter bought a map of my boat.", seconds=2.2)
print(hashlib.sha256(speech.samples.tobytes() + paced.samples.tobytes()).hexdigest(), speech.phones, speech.words)
"""


@pytest.fixture(scope="module")
def heart():
    with HibariVoice() as voice:
        yield voice


@pytest.mark.skipif(
    not all(path.exists() for path in LAYERS.values()), reason="not both .venv/base and .venv/full are here"
)
def test_base_and_full_say_the_same_bytes():
    """scipy is importable in full alone: hibari's own code would take its FFT there."""
    said = {
        name: subprocess.run([python, "-c", SAY], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name, python in LAYERS.items()
    }
    assert said["base"] == said["full"] != ""


def test_threads_change_nothing(heart):
    with HibariVoice(threads=4) as voice:
        other = voice.speak("Peter bought a map.")
    assert other.samples.tobytes() == heart.speak("Peter bought a map.").samples.tobytes()


def test_a_sentence_sounds_the_same_wherever_it_stands(heart):
    def said(text: str) -> list[bytes]:
        lines, _ = heart._pronounce(text)
        heart._make_ready()
        return [heart._utter(line.symbols, 1.0).samples.tobytes() for line in lines]

    assert said("It moves. Why is that?") == said("It moves.") + said("Why is that?")


def test_another_seed_is_another_noise_over_the_same_times(heart):
    one, other = (heart.speak("It moves.", seed=seed) for seed in (7, 8))
    assert one.phones == other.phones
    assert one.samples.tobytes() != other.samples.tobytes()


def test_four_hundred_words_without_a_comma_go_in_in_pieces(heart):
    lines, script = heart._pronounce("word and other things to say " * 67)
    assert len(script.sentences) == 1
    assert len(lines) >= 5
    assert max(len(line.symbols) for line in lines) <= 400


def test_a_pitch_is_heard_and_noise_has_its_level():
    steps = 80
    quiet = np.full((BINS, steps), -30, np.float32)
    still = np.zeros((BINS, steps), np.float32)
    pitch = np.full(steps, 200, np.float32)
    pulses = np.where(np.arange(BINS)[:, None] < 300 / 20, np.float32(0), quiet)  # bins of 20 Hz: one harmonic is left
    tone = samples_of(Spectra(pulses, still, quiet, quiet, still, pitch), np.random.default_rng(0))
    assert tone.dtype == np.float32 and len(tone) == steps * STEP
    middle = tone[6000:18_000].astype(float)
    assert np.argmax(np.abs(np.fft.rfft(middle))) * 24_000 / len(middle) == pytest.approx(200, abs=2)
    unvoiced = Spectra(pulses, still, quiet, quiet, still, np.zeros(steps, np.float32))
    assert np.abs(samples_of(unvoiced, np.random.default_rng(0))).max() < 1e-6
    loud, soft = (
        samples_of(Spectra(quiet, still, quiet + level, quiet, still, pitch), np.random.default_rng(0)).std()
        for level in (31, 30)
    )
    assert loud / soft == pytest.approx(np.e, rel=0.01)


def test_a_package_without_its_files_is_said(monkeypatch, tmp_path):
    for name in ("g2p", "assets"):
        (tmp_path / "hibari" / name).mkdir(parents=True)
    (tmp_path / "hibari/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with HibariVoice() as voice, pytest.raises(EnvironmentProblem, match="g2p/__init__.py of the package hibari"):
        voice.speak("Hello.")
    with HibariVoice() as voice, pytest.raises(EnvironmentProblem, match="vocab.json of the package hibari"):
        voice._make_ready()
