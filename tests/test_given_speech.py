"""Given speech: when its phones and words are spoken, by its transcript or its sound, and what is said where neither tells.

Our own voice speaks and says when each of its phones is; then its sound is taken as a recording of which nothing is known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avatar.engines import Told, WantedSpeech
from avatar.errors import RequestError
from avatar.lips.warp.motion import plan_motion
from avatar.lips.warp.visemes import VISEME_OF
from avatar.media.sound_file import write_wav
from avatar.progress import Progress
from avatar.request import make_request
from avatar.voice import given_speech
from avatar.voice.given import timing
from avatar.voice.given.arpabet import IPA_OF, from_ipa
from avatar.voice.given.decoder import at_model_rate
from avatar.voice.given.timing import Timing, timed
from avatar.voice.given_speech import GivenSpeech
from avatar.voice.speech import Phone, Speech
from tests import spoken

joe = spoken.joe

TEXT = "Peter bought a map of my boat, and why? Five fish shared the chocolate, while Bob moved the big lamp."
ANOTHER = "The quick brown fox jumps over the lazy dog, and then it sleeps all day long in the warm sun."
RATE = 25


@pytest.fixture(scope="module")
def talk(joe) -> Speech:
    return joe.speak(TEXT)


@pytest.fixture(scope="module")
def by_transcript(talk) -> Timing:
    return timed(talk.samples, talk.sample_rate, TEXT, "en")


@pytest.fixture(scope="module")
def by_sound(talk) -> Timing:
    return timed(talk.samples, talk.sample_rate, None, "en")


def closures(phones: list[Phone]) -> list[Phone]:
    return [phone for phone in phones if phone.symbol in "pbm"]


def share_near(some: list[Phone], others: list[Phone]) -> float:
    """Of the first, how many have one of the others within 40 ms."""
    near = [any(a.start_s < b.end_s + 0.04 and b.start_s < a.end_s + 0.04 for b in others) for a in some]
    return sum(near) / len(near)


def test_with_its_transcript_every_closure_of_a_recording_is_found(talk, by_transcript):
    assert by_transcript.note == ""
    assert len(closures(by_transcript.phones)) == len(closures(talk.phones)) == 12
    assert share_near(closures(talk.phones), closures(by_transcript.phones)) == 1
    assert share_near(closures(by_transcript.phones), closures(talk.phones)) == 1


def test_its_words_are_those_of_the_transcript_where_they_are_spoken(talk, by_transcript):
    assert [(word.text, word.mark) for word in by_transcript.words] == [(word.text, word.mark) for word in talk.words]
    for found, said in zip(by_transcript.words, talk.words, strict=True):
        assert found.start_s == pytest.approx(said.start_s, abs=0.1), said
        assert found.end_s == pytest.approx(said.end_s, abs=0.15), said


def test_without_a_transcript_most_closures_are_found_by_the_sound(talk, by_sound):
    assert (by_sound.note, by_sound.words) == ("", [])
    assert share_near(closures(talk.phones), closures(by_sound.phones)) >= 0.7
    assert share_near(closures(by_sound.phones), closures(talk.phones)) >= 0.8


def test_a_recording_gives_the_same_phones_whatever_was_heard_before(talk, by_transcript, by_sound):
    timed(talk.samples[::-1].copy(), talk.sample_rate, None, "en")
    assert timed(talk.samples, talk.sample_rate, None, "en") == by_sound
    assert timed(talk.samples, talk.sample_rate, TEXT, "en") == by_transcript


def test_the_transcript_of_another_text_is_told_and_the_sound_is_followed(talk, by_sound):
    found = timed(talk.samples, talk.sample_rate, ANOTHER, "en")
    assert found.note.startswith("the transcript does not fit the recording")
    assert found.phones == by_sound.phones
    assert " ".join(word.text for word in found.words) == ANOTHER
    assert found.words[0].start_s == pytest.approx(talk.words[0].start_s, abs=0.1)
    assert found.words[-1].end_s == pytest.approx(talk.words[-1].end_s, abs=0.2)


def test_numbers_and_words_that_no_dictionary_has_are_aligned(joe):
    text = "Zorblax bought 25 maps of Pimbury for $3.50, my friend."
    speech = joe.speak(text)
    found = timed(speech.samples, speech.sample_rate, text, "en")
    assert found.note == ""
    assert [word.text for word in found.words] == [word.text for word in speech.words]
    assert share_near(closures(speech.phones), closures(found.phones)) == 1


def test_a_word_too_many_spoils_nothing_else(talk):
    found = timed(talk.samples, talk.sample_rate, TEXT.replace("chocolate", "very good chocolate"), "en")
    assert found.note == ""
    assert share_near(closures(talk.phones), closures(found.phones)) >= 0.9


@pytest.mark.parametrize("transcript", [None, TEXT, "字"])
def test_a_recording_without_speech_falls_back_and_says_so(transcript):
    noise = np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32)
    found = timed(noise, 16_000, transcript, "en")
    assert (found.phones, len(found.words)) == ([], len((transcript or "").split()) if transcript == TEXT else 0)
    assert found.note.startswith("no speech sound was recognised")


def test_another_language_is_not_taken_for_english(talk):
    found = timed(talk.samples, talk.sample_rate, "Peter kaufte eine Karte.", "de")
    assert found.phones == []
    assert found.note.startswith("sounds are told apart in English alone")
    assert [word.text for word in found.words] == ["Peter", "kaufte", "eine", "Karte."]


def test_the_engine_brings_phones_words_and_the_note(talk, tmp_path):
    talk.write_wav(tmp_path / "talk.wav")
    with GivenSpeech.load() as engine:
        speech = engine.speak(WantedSpeech(None, tmp_path / "talk.wav", TEXT), Told(), Progress())
        told = Told()
        other = engine.speak(WantedSpeech(None, tmp_path / "talk.wav", language="fr"), told, Progress())
    assert len(closures(speech.phones)) == 12
    assert speech.words[1].text == "bought"
    assert other.phones == []
    assert any("in English alone" in note for note in told.notes)


@pytest.mark.parametrize(("with_phones", "level"), [(True, 0.3), (False, 0.05)])
def test_the_mouth_rests_in_the_noise_of_a_recording(with_phones, level, joe):
    talk = joe.speak(TEXT, seed=2)  # with some seeds a frame after the last word stays ajar, by 0.05 to 0.1
    noise = np.random.default_rng(2).normal(0, 10 ** (-38 / 20), len(talk.samples)).astype(np.float32)
    heard = replace(talk, samples=level * talk.samples + noise, phones=talk.phones if with_phones else [])
    opening = plan_motion(heard, heard.frame_count(RATE), RATE, 7).mouth[:, 0]
    pauses = [phone for phone in talk.phones if phone.symbol in " ,.?" and phone.end_s - phone.start_s > 0.24]
    assert len(pauses) >= 2
    for pause in pauses:
        inner = slice(int((pause.start_s + 0.1) * RATE), int((pause.end_s - 0.1) * RATE))
        assert opening[inner].max(initial=0) <= 0.02, pause
    assert (opening > 0.3).mean() > 0.2


def test_every_phone_of_the_decoder_has_a_shape():
    for phone, symbols in IPA_OF.items():
        assert all(symbol in VISEME_OF for symbol in symbols), phone


def test_espeaks_phones_are_those_of_the_decoder():
    assert from_ipa("tʃˈɑːklᵻt") == "CH AA K L IH T"
    assert from_ipa("bˈɔɪ ʌvə dʒˈʌŋɡəl") == "B OY AH V AH JH AH NG G AH L"
    assert from_ipa("") == from_ipa("ˈː") == ""


@pytest.mark.parametrize("sample_rate", [8_000, 22_050, 44_100])
@pytest.mark.parametrize("stretch", [1.0, 1.3])
def test_a_tone_keeps_its_length_and_pitch_at_the_models_rate(sample_rate, stretch):
    time = np.arange(round(1.7 * sample_rate)) / sample_rate
    heard = np.frombuffer(at_model_rate(0.5 * np.sin(2 * np.pi * 440 * time), sample_rate, stretch), "<i2") / 32768
    assert len(heard) == round(1.7 * 16_000 * stretch)
    peak_hz = np.abs(np.fft.rfft(heard[:16_000])).argmax()
    assert peak_hz == pytest.approx(440 / stretch, abs=1)
    assert heard[2000:14_000].std() == pytest.approx(0.5 / 2**0.5, rel=0.02)


@pytest.mark.parametrize(
    ("fits", "best"),
    [
        ({1.0: -10.0}, 1.0),
        ({1.0: -30.0, 1.15: -15.0}, 1.15),
        ({1.0: -30.0, 1.15: -25.0, 1.3: -24.0}, 1.3),
        ({1.0: -30.0, 1.15: -25.0, 1.3: -28.0}, 1.15),
        ({1.0: -30.0, 1.15: -40.0, 0.9: -20.0}, 0.9),
        ({1.0: -30.0, 1.15: -40.0, 0.9: -35.0}, 1.0),
    ],
)
def test_the_stretch_is_looked_for_where_the_fit_grows(fits, best):
    assert timing.best_stretch(fits.__getitem__, -20.0) == best


def test_a_transcript_goes_with_a_recording_and_makes_subtitles_possible(tmp_path):
    write_wav(tmp_path / "talk.wav", np.zeros(8000, np.float32), 16_000)
    audio = tmp_path / "talk.wav"
    assert make_request(audio=audio, transcript="Hello.", subtitles=True).transcript == "Hello."
    with pytest.raises(RequestError, match="give its transcript"):
        make_request(audio=audio, subtitles=True)
    with pytest.raises(RequestError, match="a transcript goes with the recording"):
        make_request(text="Hello.", transcript="Hello.")
    with pytest.raises(RequestError, match="the transcript is empty"):
        make_request(audio=audio, transcript=" ")
    plain, other = make_request(audio=audio), make_request(audio=audio, transcript="Hello.")
    assert len({plain.digest(), other.digest()}) == 2


@pytest.mark.parametrize(
    ("transcript", "language"),
    [("今日は、植物の話です。", "ja"), ("今天我们来谈谈植物。", "zh-cn"), ("오늘은 식물입니다.", "ko"), ("आज मैं हूँ।", "hi"),
     ("Сегодня вода.", "ru"), ("اليوم ماء.", "ar"), ("วันนี้", None)],
)  # fmt: skip
def test_a_transcript_in_other_letters_than_its_language_has_is_refused(tmp_path, transcript, language):
    """Its captions were empty, and nothing said why."""
    write_wav(tmp_path / "said.wav", np.zeros(16_000, np.float32), 16_000)
    wanted = WantedSpeech(reference=tmp_path / "said.wav", transcript=transcript)
    with pytest.raises(RequestError, match="nothing of the transcript can be read as 'en'") as refused:
        GivenSpeech.check(wanted)
    assert refused.value.mend == ({"language": language} if language else {})
    if language:
        given_speech.refuse_unreadable(transcript, language)


def test_the_command_line_takes_a_transcript_and_writes_the_words_of_a_recording(avatar, talk, tmp_path, home):
    talk.write_wav(tmp_path / "talk.wav")
    (tmp_path / "talk.txt").write_text(TEXT)
    options = ["--audio", tmp_path / "talk.wav", "--transcript", tmp_path / "talk.txt", "--subtitles"]
    done = avatar("pipeline", "run", *options, "-o", tmp_path / "talk.mp4")
    assert done.code == 0, done.stderr
    lines = (tmp_path / "talk.srt").read_text().splitlines()
    assert lines[2] == "Peter bought a map of my boat, and why?"
    assert " ".join(lines[6:8]) == "Five fish shared the chocolate, while Bob moved the big lamp."
    (folder,) = (home / "jobs").iterdir()
    assert len(closures(Speech.load(folder).phones)) == 12
