"""The preview in languages other than English: words of the text, phones on the sound, the same bytes everywhere."""

from __future__ import annotations

import pytest

from avatar.cli.presets import SAMPLES
from avatar.engines import Told, WantedSpeech
from avatar.progress import Progress
from avatar.voice.presets.catalog import DEFAULTS
from avatar.voice.presets.engine import PresetVoice
from avatar.voice.presets.pronunciation import is_phone
from tests import spoken
from tests.test_preset_voices import delay_s

kokoro_voices = spoken.kokoro_voices
GERMAN = "Guten Morgen zusammen, und vielen Dank für Ihren Besuch. Hätten Sie gedacht, dass ein Bild sprechen kann?"


@pytest.fixture(scope="module")
def engine(kokoro_voices):
    with PresetVoice.load() as engine:
        yield engine


@pytest.mark.parametrize("language", [name for name in DEFAULTS if name != "en"])
def test_words_and_phones_lie_on_the_sound(engine, language):
    text = SAMPLES.get(language, GERMAN)
    speech = engine.speak(WantedSpeech(text, language=language), told := Told(), Progress())
    assert told.facts["preset"] == DEFAULTS[language]
    assert " ".join(word.text for word in speech.words) == text
    assert all(word.end_s > word.start_s for word in speech.words if any(map(str.isalpha, word.text)))
    assert speech.phones[-1].end_s == pytest.approx(speech.seconds)
    rate = sum(map(str.isalpha, text)) / speech.seconds
    assert 8 < rate < 22  # letters a second: nothing was left out
    delay, correlation = delay_s(speech)
    assert abs(delay) <= 0.030 and correlation > 0.55
    assert ["experiment" in note for note in told.notes] == [True] * (language == "de")


def test_numbers_are_read_as_the_language_has_them(engine):
    spoken_as = {"es": ("3", "tɾes"), "fr": ("3", "tʁwa"), "it": ("3", "tre"), "pt": ("3", "tɾes")}
    for language, (number, phones) in spoken_as.items():
        speech = engine.speak(WantedSpeech(f"{number}.", language=language), Told(), Progress())
        said = "".join(phone.symbol for phone in speech.phones if is_phone(phone.symbol))
        assert said.replace("ɾ", "r").startswith(phones[:2].replace("ɾ", "r")), (language, said)


def test_british_presets_speak_british(engine):
    def said(preset: str) -> str:
        speech = engine.speak(WantedSpeech("Bath water.", preset=preset), Told(), Progress())
        return "".join(phone.symbol for phone in speech.phones if is_phone(phone.symbol))

    british, american = said("bm_george"), said("am_michael")
    assert british.startswith("bɑ") and not british.endswith("ɹ")
    assert american.startswith("bæθ") and american.endswith("ɹ")
