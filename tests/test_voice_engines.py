"""The preview's speech engines: the same bytes again and from a loaded one, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from avatar.engines import Told, WantedSpeech
from avatar.progress import Progress
from avatar.voice.given_speech import GivenSpeech
from avatar.voice.presets.engine import PresetVoice
from avatar.voice.presets.vits import VitsVoice
from tests import spoken

joe, hello, kokoro_voices = spoken.joe, spoken.hello, spoken.kokoro_voices

SAY = """
import hashlib, sys
from avatar.voice.presets.catalog import PRESETS
with PRESETS[sys.argv[1]].open() as voice:
    language = PRESETS[sys.argv[1]].languages[0]
    speech = voice.speak("Peter bought a map of my boat.", language, seconds=2.5, seed=int(sys.argv[2]))
print(hashlib.sha256(speech.samples.tobytes()).hexdigest(), speech.phones)
"""


def said(preset: str, seed: int, hash_seed: int) -> str:
    """Digest and phones of a sentence spoken in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.check_output([sys.executable, "-c", SAY, preset, str(seed)], text=True, env=environment)


@pytest.mark.parametrize("preset", [*spoken.TRIED, "ff_siwis"])
def test_two_processes_say_the_same(preset, kokoro_voices):
    assert said(preset, seed=7, hash_seed=1) == said(preset, seed=7, hash_seed=2)


@pytest.fixture(scope="module")
def speech_file(tmp_path_factory, joe) -> Path:
    """About 4 s of joe."""
    path = tmp_path_factory.mktemp("given") / "speech.wav"
    joe.speak("Peter bought a map of my boat. It moves, but why?").write_wav(path)
    return path


def test_a_loaded_engine_speaks_many_requests_as_one_engine_each_would(speech_file, kokoro_voices):
    many = [
        WantedSpeech("Hello there.", preset="joe"), WantedSpeech("Hello there.", preset="joe", seed=8),
        WantedSpeech("Hello there.", reference=speech_file), WantedSpeech("Hello there."),
        WantedSpeech("It moves.", preset="joe", seconds=1.5), WantedSpeech("It moves.", preset="jf_alpha", seed=8),
        WantedSpeech("Se mueve.", language="es"), WantedSpeech("It moves.", preset="bm_george"),
    ]  # fmt: skip
    alone = {}
    for wanted in many:
        with PresetVoice.load() as engine:
            alone[wanted] = engine.speak(wanted, Told(), Progress())
    for order in (many, many[::-1]):
        with PresetVoice.load() as engine:
            for wanted in order:
                speech = engine.speak(wanted, Told(), Progress())
                assert speech.samples.tobytes() == alone[wanted].samples.tobytes(), wanted
                assert (speech.phones, speech.words) == (alone[wanted].phones, alone[wanted].words)


def test_given_speech_is_the_recording_and_each_asked_for_is_its_own(speech_file, joe):
    with GivenSpeech.load() as engine:
        told = Told()
        given = engine.speak(WantedSpeech(reference=speech_file), told, Progress())
        longer = engine.speak(WantedSpeech(reference=speech_file, seconds=9.0), Told(), Progress())
    assert given.sample_rate == joe.sample_rate and told.notes == []
    assert len(longer.samples) == 9 * joe.sample_rate
    assert longer.samples[: len(given.samples)].tobytes() == given.samples.tobytes()


def test_another_seed_is_another_reading(hello):
    """Of joe; Kokoro's export draws no noise."""
    with VitsVoice() as voice:
        other = voice.speak("Hello there.", seed=8)
    assert other.words != hello.words


def test_the_model_is_gone_after_the_block():
    with VitsVoice() as voice:
        voice.speak("Hello there.")
        session = weakref.ref(voice._session)
        assert session() is not None
    assert session() is None
