"""XTTS speaks the whole text, in order, sentence by sentence, in each of its languages."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from avatar.engines import Told, WantedSpeech
from avatar.errors import AvatarError, RequestError

torch = pytest.importorskip("torch")

from avatar.script.scan import Word  # noqa: E402
from avatar.voice import pieces  # noqa: E402
from avatar.voice.speech import PEAK  # noqa: E402
from avatar.voice.utterances import SAMPLE_RATE  # noqa: E402
from avatar.voice.xtts.engine import XttsVoice  # noqa: E402
from testing.tiny import xtts as tiny_xtts  # noqa: E402
from tests import xtts_voice  # noqa: E402
from tests.xtts_voice import TEXT, a_voice, heard, said, speak  # noqa: E402

models, warm_home, use, ready = xtts_voice.models, xtts_voice.warm_home, xtts_voice.use, xtts_voice.ready
changed, reference = xtts_voice.changed, xtts_voice.reference


LANGUAGES = {  # a few words in each, with a number where the language's cleaner knows numbers
    "en": "It costs 5 dollars.", "es": "Son 12 casas.", "fr": "Il y a 3 chats.", "de": "Es sind 7 Tage.",
    "it": "Sono 9 euro.", "pt": "São 8 dias.", "pl": "Mam 4 koty.", "tr": "Bu 2 kedi.", "ru": "Это 6 домов.",
    "nl": "Het zijn 11 dagen.", "cs": "Stalo se to v roce 2019.", "ar": "عندي 3 كتب.", "hu": "Ez 10 forint.",
    "ko": "고양이 3 마리.", "hi": "नमस्ते दुनिया।",
}  # fmt: skip


def test_every_sentence_is_spoken_in_order_with_pauses_between(ready):
    speech = speak(TEXT)
    assert [word.text for word in speech.words] == TEXT.split()
    assert speech.phones == []
    starts, ends = (np.array([getattr(word, name) for word in speech.words]) for name in ("start_s", "end_s"))
    gaps = starts[1:] - ends[:-1]
    assert gaps[[2, 5]] == pytest.approx([pieces.SENTENCE_PAUSE_S, pieces.PARAGRAPH_PAUSE_S], abs=1e-3)
    assert np.delete(gaps, [2, 5]) == pytest.approx(0)
    for end_s, start_s in ((0.0, starts[0]), (ends[2], starts[3]), (ends[5], starts[6]), (ends[-1], speech.seconds)):
        assert not heard(speech, end_s, start_s).any()
    for word in speech.words:
        assert np.abs(heard(speech, word.start_s, word.end_s)).max() > 0.1
    assert np.abs(speech.samples).max() == pytest.approx(PEAK)


def test_the_text_decides_the_sound_sentence_by_sentence(ready):
    with a_voice() as voice:
        one = said(voice, "Hello there. How are you?")
        other = said(voice, "Hello there. Where are you?")
    end_s = one.words[1].end_s
    first, same = heard(one, 0, end_s), heard(other, 0, end_s)
    assert first / np.abs(first).max() == pytest.approx(same / np.abs(same).max(), abs=1e-6)  # their levels may differ
    second, changed = (heard(speech, speech.words[2].start_s, speech.words[2].end_s) for speech in (one, other))
    count = min(len(second), len(changed))
    assert np.abs(second[:count] - changed[:count]).max() > 1e-4


def test_what_the_model_ends_too_soon_is_spoken_in_parts(ready):
    text = "This sentence has too many letters for the second which this little model speaks."
    with a_voice() as voice:
        speech = said(voice, text, told=(told := Told()))
    assert [word.text for word in speech.words] == text.split()
    assert speech.seconds > 0.02 * pieces.letter_count(text)
    assert any("was spoken in two parts: the model stopped after" in note for note in told.notes)


def test_numbers_that_fill_the_text_positions_are_spoken_in_parts(changed):
    changed(gpt_max_text_tokens=60)
    text = "It was 7777 and 8888 then."
    with a_voice() as voice:
        speech = said(voice, text, told=(told := Told()))
    assert [word.text for word in speech.words] == text.split()
    assert any("in two parts: it is too long for XTTS-v2" in note for note in told.notes)


def test_a_model_that_comes_to_no_end_is_an_error_and_no_cut_off_word(changed):
    def never_stop(state: dict) -> None:
        state["gpt.mel_head.bias"][tiny_xtts.config()["model_args"]["gpt_stop_audio_token"]] = -1e4

    changed(never_stop, gpt_max_audio_tokens=13)
    with pytest.raises(AvatarError, match=r"cannot speak 'Hello': the model came to no end within 10 audio codes"):
        speak("Hello there.")


def test_a_length_is_kept_by_silence_alone(ready):
    with a_voice() as voice:
        speech = said(voice)
        longer = said(voice, seconds=2.5)
        assert len(longer.samples) == 2.5 * SAMPLE_RATE
        assert longer.samples[: len(speech.samples)].tobytes() == speech.samples.tobytes()
        assert not longer.samples[len(speech.samples) :].any()
        with pytest.raises(RequestError, match="keeps its own pace; shorten the text, or allow it more") as caught:
            said(voice, seconds=0.5)
        assert (
            caught.value.fields == ("seconds",)
            and float(caught.value.mend["seconds"]) >= len(speech.samples) / SAMPLE_RATE
        )


def test_fifteen_languages_are_spoken(ready):
    told = Told()
    with a_voice() as voice:
        for language, text in LANGUAGES.items():
            XttsVoice.check(WantedSpeech(text, language=language))
            speech = said(voice, text, told, language=language)
            assert " ".join(word.text for word in speech.words) == text
    assert not any("parts" in note for note in told.notes)


@pytest.mark.parametrize("language, package", [("ja", "cutlet"), ("zh-cn", "pypinyin")])
def test_languages_that_need_a_package_are_refused_by_its_name(language, package):
    assert importlib.util.find_spec(package) is None, "it is locked now: let the language be spoken"
    with pytest.raises(RequestError, match=f"needs the package {package} to read '{language}'.*speaks en, es"):
        XttsVoice.check(WantedSpeech("Hello.", language=language))


def test_unknown_languages_and_presets_are_refused():
    with pytest.raises(RequestError, match="does not speak 'sv'; it speaks en, es"):
        XttsVoice.check(WantedSpeech("Hello.", language="sv"))
    with pytest.raises(RequestError, match="'joe' is a preset of the preview stack"):
        XttsVoice.check(WantedSpeech("Hello.", preset="joe"))


def test_text_that_the_model_cannot_read_is_refused(ready):
    with a_voice() as voice:
        with pytest.raises(RequestError, match="cannot read '5 घर।' in 'hi'.*write its numbers as words"):
            voice._tokens(pieces.Piece((Word("5 घर।", "5 घर।"),), 0.0), "hi")  # digits, as the script leaves none
        with pytest.raises(RequestError, match="letters that XTTS-v2 does not know; is it 'en'"):
            said(voice, "你好世界")
