"""Words and phones on one line of time, and the speech that carries them. No voice: the sound is made here."""

from __future__ import annotations

import json

import numpy as np
import pytest

from avatar.errors import RequestError
from avatar.voice.presets.pronunciation import NO_WORD, Line, is_phone
from avatar.voice.presets.timeline import LEAD_IN_S, LEAD_OUT_S, PEAK, Piece, Utterance, cut_out, join, with_length
from avatar.voice.speech import Phone, Speech, Word

RATE = 1000  # a sample a millisecond


def piece_of(*spans: tuple[str, float, int], level: float = 0.5) -> Piece:
    """A piece of (symbol, seconds, word)."""
    phones, begin_s = [], 0.0
    for symbol, seconds, _ in spans:
        phones.append(Phone(symbol, begin_s, begin_s + seconds))
        begin_s += seconds
    return Piece(np.full(round(begin_s * RATE), level, np.float32), phones, [word for *_, word in spans], RATE)


def line(pause_s: float) -> Line:
    return Line([], [], pause_s)


def rounded(spans) -> list[tuple[str, float, float]]:
    return [(text, round(start_s, 4), round(end_s, 4)) for text, start_s, end_s, *_ in spans]


# ---------------------------------------------------------------- lines in a row


def test_lines_stand_in_a_row_with_the_pause_of_the_one_before():
    pieces = [piece_of(("a", 0.1, 0), ("b", 0.2, 1)), piece_of(("c", 0.3, 2))]
    speech = join(pieces, [line(0.4), line(0.9)], ["A", "B.", "C."])
    assert rounded(speech.phones) == [
        (" ", 0.0, 0.25), ("a", 0.25, 0.35), ("b", 0.35, 0.55), (" ", 0.55, 0.95), ("c", 0.95, 1.25), (" ", 1.25, 1.5),
    ]  # fmt: skip
    assert rounded(speech.words) == [("A", 0.25, 0.35), ("B.", 0.35, 0.55), ("C.", 0.95, 1.25)]
    assert (speech.sample_rate, len(speech.samples), LEAD_IN_S, LEAD_OUT_S) == (RATE, 1500, 0.25, 0.25)


def test_silence_is_silent_and_the_loudest_sample_is_at_the_peak():
    pieces = [piece_of(("a", 0.1, 0), level=0.1), piece_of(("b", 0.1, 1), level=-0.4)]
    samples = join(pieces, [line(0.2), line(0.2)], ["A", "B"]).samples
    assert samples.dtype == np.float32
    assert (samples[:250] == 0).all() and (samples[350:550] == 0).all() and (samples[650:] == 0).all()
    np.testing.assert_allclose(samples[250:350], PEAK / 4, rtol=1e-6)
    np.testing.assert_allclose(samples[550:650], -PEAK, rtol=1e-6)


def test_a_word_lasts_from_its_first_phone_to_its_last_and_one_without_has_no_length():
    spoken = piece_of(("a", 0.1, 1), ("b", 0.1, 1), (",", 0.1, NO_WORD), ("c", 0.1, 3))
    words = join([spoken], [line(0.0)], ["—", "Ab,", "(…)", "c", "!"]).words
    assert rounded(words) == [
        ("—", 0.25, 0.25), ("Ab,", 0.25, 0.45), ("(…)", 0.45, 0.45), ("c", 0.55, 0.65), ("!", 0.65, 0.65),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [800, 600, 700])
def test_a_speech_is_given_so_many_samples_at_its_end(count):
    speech = join([piece_of(("a", 0.2, 0))], [line(0.0)], ["A"])
    fitted = with_length(speech, count)
    same = min(count, 700)
    assert len(fitted.samples) == count and fitted.words == speech.words
    assert (fitted.samples[:same] == speech.samples[:same]).all() and (fitted.samples[same:] == 0).all()
    assert fitted.phones == [*speech.phones[:-1], Phone(" ", 0.45, count / RATE)]


# ---------------------------------------------------------------- one line


def cut(symbols: str, words: list[int], boundaries_s: list[float], loud: list[tuple[float, float]], seconds: float):
    samples = np.zeros(round(seconds * RATE), np.float32)
    for start_s, end_s in loud:
        samples[round(start_s * RATE) : round(end_s * RATE)] = 1
    return cut_out(Utterance(samples, np.array(boundaries_s), RATE), Line(list(symbols), words))


def test_of_the_silence_around_a_line_a_little_is_kept():
    piece = cut("ab", [0, 1], [0.5, 0.6, 0.7], [(0.5, 0.7)], 1.5)
    assert piece.seconds == pytest.approx(0.03 + 0.2 + 0.06)
    assert rounded(piece.phones) == [("a", 0.0, 0.13), ("b", 0.13, 0.29)] and piece.words == [0, 1]
    at_once = cut("ab", [0, 1], [0.0, 0.1, 0.2], [(0.0, 0.2)], 0.2)  # no silence that could be kept
    assert rounded(at_once.phones) == [("a", 0.0, 0.1), ("b", 0.1, 0.2)]


def test_a_phone_of_no_length_is_left_out_with_its_word():
    piece = cut("abc", [0, 1, 2], [0.0, 0.1, 0.1, 0.3], [(0.0, 0.3)], 0.3)
    assert rounded(piece.phones) == [("a", 0.0, 0.1), ("c", 0.1, 0.3)] and piece.words == [0, 2]


def test_a_pause_begins_with_the_longest_silence_of_the_phone_before():
    """0.3 s of `a` that sound for 0.1 s; a comma; a gap of 20 ms in `b` moves nothing."""
    piece = cut("a,b", [0, NO_WORD, 1], [0.0, 0.3, 0.4, 0.7], [(0.0, 0.1), (0.12, 0.14), (0.4, 0.5), (0.52, 0.7)], 0.7)
    assert rounded(piece.phones) == [("a", 0.0, 0.14), (",", 0.14, 0.4), ("b", 0.4, 0.7)]


def test_a_phone_before_a_pause_keeps_four_hundredths_of_a_second():
    piece = cut("ab,c", [0, 1, NO_WORD, 2], [0.0, 0.1, 0.3, 0.4, 0.6], [(0.0, 0.1), (0.4, 0.6)], 0.6)
    assert rounded(piece.phones)[1:3] == [("b", 0.1, 0.14), (",", 0.14, 0.4)]


def test_a_pause_without_silence_stays_where_it_was():
    piece = cut("a,b", [0, NO_WORD, 1], [0.0, 0.1, 0.2, 0.3], [(0.0, 0.3)], 0.3)
    assert rounded(piece.phones) == [("a", 0.0, 0.1), (",", 0.1, 0.2), ("b", 0.2, 0.3)]


def test_a_hundredth_of_a_second_is_as_loud_as_its_loudest_sample():
    samples = np.zeros(1000, np.float32)
    samples[505:700:10] = 1
    piece = cut_out(Utterance(samples, np.array([0.5, 0.7]), RATE), Line(["a"], [0]))
    assert piece.seconds == pytest.approx(0.03 + 0.2 + 0.06)


def test_fifty_decibels_below_the_loudest_is_silence():
    for level, seconds in ((10 ** (-49 / 20), 0.5), (10 ** (-51 / 20), 0.1 + 0.06)):
        samples = np.concatenate([np.full(100, 0.2), np.full(400, 0.2 * level)]).astype(np.float32)
        piece = cut_out(Utterance(samples, np.array([0.0, 0.5]), RATE), Line(["a"], [0]))
        assert piece.seconds == pytest.approx(seconds)


def test_a_space_between_words_goes_to_the_phone_after_it_and_one_in_a_pause_to_the_pause():
    piece = cut("a b", [0, NO_WORD, 1], [0.0, 0.1, 0.2, 0.3], [(0.0, 0.3)], 0.3)
    assert rounded(piece.phones) == [("a", 0.0, 0.1), ("b", 0.1, 0.3)]
    piece = cut("a, b", [0, NO_WORD, NO_WORD, 1], [0.0, 0.1, 0.2, 0.3, 0.4], [(0.0, 0.4)], 0.4)
    assert rounded(piece.phones) == [("a", 0.0, 0.1), (",", 0.1, 0.3), ("b", 0.3, 0.4)]


def test_stress_goes_to_the_phone_after_it_and_length_to_the_one_before():
    piece = cut(
        "aːˈˌbː", [0, NO_WORD, NO_WORD, NO_WORD, 1, NO_WORD], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [(0.0, 0.6)], 0.6
    )
    assert rounded(piece.phones) == [("a", 0.0, 0.2), ("b", 0.2, 0.6)]
    first = cut("ˈa", [NO_WORD, 0], [0.0, 0.1, 0.3], [(0.0, 0.3)], 0.3)
    assert rounded(first.phones) == [("a", 0.0, 0.3)]


def test_stress_at_the_end_goes_to_the_last_phone():
    piece = cut("aˈ", [0, NO_WORD], [0.0, 0.1, 0.3], [(0.0, 0.3)], 0.3)
    assert rounded(piece.phones) == [("a", 0.0, 0.3)]


def test_marks_that_are_no_sound_lend_their_time():
    """Stress and word space go to the sound after them, the length mark to the one before, a space to its pause."""
    symbols = list("ˈaː bˈe, c")
    line = Line(symbols, [0 if is_phone(symbol) else NO_WORD for symbol in symbols])
    samples = np.ones(1200, np.float32)
    piece = cut_out(Utterance(samples, np.arange(11) * 0.1, 1000), line)
    assert [(p.symbol, round(p.start_s, 3)) for p in piece.phones] == [
        ("a", 0.0), ("b", 0.3), ("e", 0.5), (",", 0.7), ("c", 0.9),
    ]  # fmt: skip
    assert piece.phones[-1].end_s == pytest.approx(1.2)


def test_silence_around_and_before_a_pause_is_found():
    """200 ms silence, `a` 100 ms, `b` 100 ms and 300 ms of silence counted to it, a comma, `c`, silence."""
    samples = np.zeros(1500, np.float32)
    samples[200:400] = 1
    samples[800:900] = 1
    line = Line(list("ab,c"), [0, 1, NO_WORD, 2])
    piece = cut_out(Utterance(samples, np.array([0.2, 0.3, 0.7, 0.8, 0.9]), 1000), line)
    assert piece.seconds == pytest.approx(0.03 + 0.7 + 0.06)
    assert [(p.symbol, round(p.start_s, 3)) for p in piece.phones] == [
        ("a", 0.0), ("b", 0.13), (",", 0.23), ("c", 0.63),
    ]  # fmt: skip
    speech = join([piece], [line], ["A", "B,", "C"])
    assert [(w.text, round(w.start_s, 2), round(w.end_s, 2)) for w in speech.words] == [
        ("A", 0.25, 0.38), ("B,", 0.38, 0.48), ("C", 0.88, 1.04),
    ]  # fmt: skip


# ---------------------------------------------------------------- a speech


def speech_of(count: int, rate: int = RATE) -> Speech:
    return Speech(np.full(count, 0.5, np.float32), rate, [Phone("a", 0.0, 0.12345)], [Word("Å.", 0.1, 0.98766)])


@pytest.mark.parametrize(("count", "frames"), [(1000, 25), (1001, 26), (999, 25), (961, 25), (960, 24), (1, 1), (0, 0)])
def test_the_last_frame_may_be_filled_in_part(count, frames):
    speech = speech_of(count)
    padded = speech.padded_to_frames(25)
    assert speech.frame_count(25) == padded.frame_count(25) == frames
    assert (
        len(padded.samples) == frames * 40
        and (padded.samples[:count] == 0.5).all()
        and (padded.samples[count:] == 0).all()
    )
    assert speech.seconds == count / RATE


def test_a_length_in_frames_may_end_between_samples():
    assert len(speech_of(10, rate=22_050).padded_to_frames(24).samples) == 919  # 918.75


def test_a_speech_is_refused_where_it_is_longer():
    speech_of(2000).refuse_longer_than(2.0)
    with pytest.raises(RequestError, match=r"the speech is 2\.0 s long; 1 s is the most, split it"):
        speech_of(2000).refuse_longer_than(1)


def test_a_speech_is_read_as_it_was_kept(tmp_path):
    speech_of(500).save(tmp_path)
    assert json.loads((tmp_path / "timings.json").read_text()) == {
        "phones": [["a", 0.0, 0.1235]], "words": [["Å.", 0.1, 0.9877]],
    }  # fmt: skip
    marked = speech_of(500).marked(["."])
    marked.save(tmp_path)
    assert Speech.load(tmp_path).words == [Word("Å.", 0.1, 0.9877, ".")]
    speech_of(500).save(tmp_path)
    kept = Speech.load(tmp_path)
    assert kept.phones == [Phone("a", 0.0, 0.1235)] and kept.words == [Word("Å.", 0.1, 0.9877)]
    assert kept.sample_rate == RATE and kept.samples.dtype == np.float32
    np.testing.assert_allclose(kept.samples, 0.5, atol=1e-4)
