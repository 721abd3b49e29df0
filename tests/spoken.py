"""The preset voices, and what they say of SCRIPT."""

from __future__ import annotations

import pytest

from avatar.voice.presets.catalog import PRESETS
from avatar.voice.presets.hibari import HibariVoice
from avatar.voice.presets.vits import VitsVoice
from avatar.voice.speech import Speech
from tests import kokoro_voices as fetched
from tests.conftest import SCRIPT

kokoro_voices = fetched.kokoro_voices
TRIED = ("heart", "joe", "jf_alpha")  # a preset of each engine


@pytest.fixture(scope="module")
def heart():
    with HibariVoice() as voice:
        yield voice


@pytest.fixture(scope="module")
def joe():
    with VitsVoice() as voice:
        yield voice


@pytest.fixture(scope="module")
def kokoro(kokoro_voices):
    with PRESETS["jf_alpha"].open() as voice:
        yield voice


@pytest.fixture(scope="module")
def speeches(heart, joe, kokoro) -> dict[str, Speech]:
    return {"heart": heart.speak(SCRIPT), "joe": joe.speak(SCRIPT), "jf_alpha": kokoro.speak(SCRIPT)}


@pytest.fixture(scope="module")
def hello() -> Speech:
    with VitsVoice() as voice:
        return voice.speak("Hello there.", seed=7)
