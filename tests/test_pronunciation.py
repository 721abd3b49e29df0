"""Text as lines of IPA for a voice, and whose word each symbol is."""

from __future__ import annotations

import pytest

from avatar.errors import RequestError
from avatar.voice.presets.pronunciation import CUT_PAUSE_S, NO_WORD, align, pronounce


def test_align_matches_words_that_are_weakened_or_run_together():
    words = [list("ɪn"), list("ðə"), list("haʊs")]
    assert align(list("ɪnðəhaʊs"), words) == [0, 0, 1, 1, 2, 2, 2, 2]
    assert align(list("haʊəsmɔl"), [list("haʊ"), list("eɪ"), list("smɔːl")]) == [0, 0, 0, 1, 2, 2, 2, 2]
    assert align(list("abx"), [list("ab")]) == [0, 0, 0]
    assert align([], [list("ab")]) == []


def test_a_long_sentence_is_cut_between_clauses_and_loses_nothing():
    text = ", ".join(["and then the story went on"] * 12) + ". " + "x" * 300 + " " + "words " * 100
    lines, script = pronounce(text, longest=120)
    words = script.written
    assert max(len(line.symbols) for line in lines) <= 120
    assert words == text.split()
    of_line = [[index for index in line.words if index != NO_WORD] for line in lines]
    torn = {before[-1] for before, after in zip(of_line, of_line[1:], strict=False) if before[-1] == after[0]}
    assert [words[index] for index in torn] == ["x" * 300]
    said = [index for line_words in of_line for index in line_words]
    assert said == sorted(said)
    assert set(said) == set(range(len(words)))
    assert lines[0].symbols[-1] == ","
    assert lines[0].pause_s == CUT_PAUSE_S < lines[-1].pause_s


def test_the_groups_of_a_telephone_number_have_a_pause_between_and_are_one_word():
    (line,), script = pronounce("Call 555-0142 now.", longest=200)
    assert script.written == ["Call", "555-0142", "now."]
    comma = line.symbols.index(",")
    assert line.words[comma - 1] == 1 == next(word for word in line.words[comma:] if word != NO_WORD)
    assert {word for word in line.words if word != NO_WORD} == {0, 1, 2}


@pytest.mark.parametrize("text", ["...", "😀", " "])
def test_nothing_to_say_is_an_error(text):
    with pytest.raises(RequestError, match="nothing to say"):
        pronounce(text, longest=100)


def test_a_text_in_other_letters_is_an_error():
    with pytest.raises(RequestError, match="Latin letters.*'Привет'"):
        pronounce("Привет мир", longest=100)
