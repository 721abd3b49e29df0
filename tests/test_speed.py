"""How fast is spoken: by every engine that speaks, within limits, and by none that was given finished speech."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import soundfile

from avatar.errors import RequestError
from avatar.request import make_request
from avatar.voice.presets.pronunciation import is_phone
from avatar.voice.speech import LEAD_IN_S, LEAD_OUT_S
from tests import spoken

heart, joe, kokoro, kokoro_voices = spoken.heart, spoken.joe, spoken.kokoro, spoken.kokoro_voices
TEXT = "Peter bought a map of my boat. It moves, but why? Nobody knows, and nobody asks."


@pytest.mark.parametrize("speed", [0.7, 1.5])
@pytest.mark.parametrize("preset", spoken.TRIED)
def test_presets_speak_as_fast_as_they_are_asked(preset, speed, request):
    voice = request.getfixturevalue({"jf_alpha": "kokoro"}.get(preset, preset))
    own, other = voice.speak(TEXT), voice.speak(TEXT, speed=speed)
    ends_s = LEAD_IN_S + LEAD_OUT_S
    assert (own.seconds - ends_s) / (other.seconds - ends_s) == pytest.approx(speed, rel=0.03)
    assert [word.text for word in other.words] == [word.text for word in own.words]
    names = ["".join(p.symbol for p in speech.phones if is_phone(p.symbol)) for speech in (own, other)]
    assert names[0] == names[1]
    assert other.phones[-1].end_s == pytest.approx(other.seconds)


def test_the_voices_own_pace_is_that_without_a_speed(joe):
    assert joe.speak("Hello there.", speed=1.0).samples.tobytes() == joe.speak("Hello there.").samples.tobytes()


def test_a_speed_beyond_the_limits_is_refused():
    for speed in (0.69, 1.51, float("nan")):
        with pytest.raises(RequestError) as told:
            make_request(text="Hello.", speed=speed)
        assert told.value.fields == ("speed",)
    assert make_request(text="Hello.", speed=0.7).speed == 0.7 and make_request(text="Hello.", speed=1.5).speed == 1.5


def test_a_recording_and_a_length_have_no_speed(tmp_path):
    with pytest.raises(RequestError, match="keeps its own pace; leave the speed away"):
        make_request(audio=tmp_path / "talk.wav", speed=1.2)
    with pytest.raises(RequestError, match="a length and a speed"):
        make_request(text="Hello.", seconds=5, speed=1.2)
    assert make_request(audio=tmp_path / "talk.wav", speed=1.0).audio


def test_a_request_without_a_speed_is_the_one_that_it_was():
    own, other = make_request(text="Hello."), make_request(text="Hello.", speed=1.2)
    assert own.digest() == make_request(text="Hello.", speed=1).digest() != other.digest()


def test_a_faster_text_may_be_longer():
    text = "This is a sentence of some ten words or a little more than that. " * 46
    with pytest.raises(RequestError, match="120 s is the most"):
        make_request(text=text)
    make_request(text=text, speed=1.5)


def test_the_command_speaks_at_a_speed(avatar, tmp_path):
    for name, more in (("own", ()), ("slow", ("--speed", "0.8"))):
        assert avatar("voice", "say", TEXT, *more, "-o", tmp_path / f"{name}.wav").code == 0
    own, slow = (soundfile.info(tmp_path / f"{name}.wav").duration for name in ("own", "slow"))
    assert own / slow == pytest.approx(0.8, rel=0.05)
    refused = avatar("voice", "say", TEXT, "--speed", "3", "-o", tmp_path / "fast.wav")
    assert refused.code == 2 and "--speed" in refused.stderr and "1.5" in refused.stderr


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="XTTS needs torch")
def test_xtts_speaks_as_fast_as_it_is_asked(tmp_path, home, monkeypatch):
    from tests import xtts_voice

    xtts_voice.write_models(tmp_path)
    for name, value in xtts_voice.tiny.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    text = "Hello there, you. How are you?"
    with xtts_voice.a_voice() as voice:
        own, fast, slow = (xtts_voice.said(voice, text, speed=speed) for speed in (1.0, 1.25, 0.8))
    ends_s = LEAD_IN_S + LEAD_OUT_S
    lengths = np.array([speech.seconds - ends_s for speech in (own, fast, slow)])
    assert lengths[0] / lengths[1:] == pytest.approx([1.25, 0.8], rel=0.05)
    assert [word.text for word in fast.words] == text.split()
