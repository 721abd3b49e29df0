"""Subtitles: SubRip to the letter, and how long a cue stays."""

from __future__ import annotations

import pytest

from avatar.media.subtitles import break_lines, clock, cues, srt
from avatar.voice.speech import Word


def spoken(*texts: str, word_s: float = 0.5) -> list[Word]:
    """Words one after another without a pause."""
    return [Word(text, index * word_s, (index + 1) * word_s) for index, text in enumerate(texts)]


def test_a_file_is_subrip_to_the_letter():
    """A comma before the milliseconds, an arrow, one blank line between cues: players read nothing else."""
    words = [Word("Hello", 0.25, 0.75), Word("there.", 0.75, 1.5), Word("Good", 1.75, 2.0), Word("bye!", 2.0, 3.25)]
    assert srt(words) == (
        "1\n00:00:00,250 --> 00:00:01,500\nHello there.\n\n2\n00:00:01,750 --> 00:00:03,250\nGood bye!\n"
    )
    assert srt([]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00,000"), (0.25, "00:00:00,250"), (9.0404, "00:00:09,040"), (59.9994, "00:00:59,999"),
     (59.9996, "00:01:00,000"), (61.5, "00:01:01,500"), (3599.9999, "01:00:00,000"), (3661.002, "01:01:01,002"),
     (36_000, "10:00:00,000")],
)  # fmt: skip
def test_a_time_is_hours_minutes_seconds_comma_milliseconds(seconds, text):
    assert clock(seconds) == text


def test_a_cue_lasts_as_long_as_its_words():
    words = spoken("One", "two", "three.", "Four", "five.")
    assert cues(words) == [(0.0, 1.5, "One two three."), (1.5, 2.5, "Four five.")]


def test_a_short_cue_stays_to_be_read_but_not_into_the_next():
    assert cues([Word("Yes.", 1.0, 1.25)]) == [(1.0, 1.8, "Yes.")]
    assert cues([Word("Yes.", 1.0, 1.25), Word("No.", 1.5, 2.5)]) == [(1.0, 1.5, "Yes."), (1.5, 2.5, "No.")]
    assert cues([Word("Yes.", 1.0, 1.25), Word("No.", 2.0, 3.0)])[0] == (1.0, 1.8, "Yes.")


@pytest.mark.parametrize("mark", [".", "!", "?", "…"])
def test_the_end_of_a_sentence_ends_a_cue(mark):
    assert [text for _, _, text in cues(spoken(f"One{mark}", "two"))] == [f"One{mark}", "two"]


def test_a_comma_does_not_end_a_cue():
    assert [text for _, _, text in cues(spoken("One,", "two;", "three"))] == ["One, two; three"]


def test_a_pause_ends_a_cue_where_it_is_longer_than_six_tenths():
    assert len(cues([Word("one", 0.0, 0.25), Word("two", 0.85, 1.0)])) == 1
    assert len(cues([Word("one", 0.0, 0.25), Word("two", 0.86, 1.0)])) == 2


def test_a_cue_holds_two_full_lines_and_no_more():
    full = spoken("a" * 42, "b" * 41)  # 84 with the space
    assert [text for _, _, text in cues(full)] == ["a" * 42 + " " + "b" * 41]
    assert [text for _, _, text in cues(spoken("a" * 42, "b" * 42))] == ["a" * 42, "b" * 42]
    assert len(cues(spoken(*["abcdef"] * 12))) == 1  # 83 characters
    assert [len(text.split()) for _, _, text in cues(spoken(*["abcdef"] * 13))] == [12, 1]


def test_a_text_is_broken_into_lines_as_even_as_its_words_allow():
    assert break_lines("a" * 20 + " " + "b" * 21) == "a" * 20 + " " + "b" * 21  # 42 fit a line
    assert break_lines("a" * 20 + " " + "b" * 22) == "a" * 20 + "\n" + "b" * 22
    assert break_lines("one two three four five six seven eight nine ten") == (
        "one two three four five\nsix seven eight nine ten"
    )
    assert break_lines("c" * 40 + " dd ee") == "c" * 40 + "\ndd ee"
    assert break_lines("dd ee " + "c" * 40) == "dd ee\n" + "c" * 40
    assert break_lines("c" * 50) == "c" * 50  # one word is not cut


def test_no_word_is_lost_and_none_comes_twice():
    words = spoken(*(f"word{number}{'.' if number % 7 == 6 else ''}" for number in range(50)))
    assert " ".join(text for _, _, text in cues(words)).split() == [word.text for word in words]
    times = [time for start_s, end_s, _ in cues(words) for time in (start_s, end_s)]
    assert times == sorted(times)
