"""Speech that is fitted to a length."""

from __future__ import annotations

import numpy as np
import pytest

from avatar.errors import RequestError
from avatar.voice.presets.vits import VitsVoice
from tests import spoken
from tests.conftest import ROOT

joe, hello = spoken.joe, spoken.hello


@pytest.mark.parametrize("seconds", [8.4, 9.5, 11.0, 15.0])
def test_speech_is_fitted_to_the_sample(joe, seconds):
    text = (ROOT / "avatar/assets/demo.txt").read_text()
    speech = joe.speak(text, seconds=seconds)
    assert len(speech.samples) == round(seconds * joe.sample_rate)
    assert speech.phones[-1].end_s == pytest.approx(seconds)
    spoken_s = speech.words[-1].end_s - speech.words[0].start_s
    assert 9.0 / 1.22 < spoken_s < 9.0 * 1.12  # it takes about 9.0 s at its own pace, and joe varies by 2 %
    assert not speech.samples[round((speech.words[-1].end_s + 0.15) * joe.sample_rate) :].any()


def test_what_does_not_fit_names_a_length_that_does(joe):
    text = (ROOT / "avatar/assets/demo.txt").read_text()
    with VitsVoice() as fresh, pytest.raises(RequestError, match="does not fit into 5 s of speech; allow") as error:
        fresh.speak(text, seconds=5)
    needed_s = float(str(error.value).split("allow ")[1].split()[0])
    assert 7 < needed_s < 9.5  # about, and enough: it takes 9.0 s, and is refused before all of it is spoken
    with VitsVoice() as fresh:
        assert fresh.speak(text, seconds=needed_s).seconds == pytest.approx(needed_s)


def test_speech_that_fits_already_is_only_padded(hello):
    wanted_s = hello.seconds * 1.05
    with VitsVoice() as voice:
        fitted = voice.speak("Hello there.", seconds=wanted_s)
    count = len(hello.samples)
    assert np.array_equal(fitted.samples[:count], hello.samples)
    assert not fitted.samples[count:].any()
    assert fitted.phones[:-1] == hello.phones[:-1]
