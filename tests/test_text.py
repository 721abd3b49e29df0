"""The script as sentences, clauses and spoken words. No voice, no library: what a request is checked with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from avatar.voice.text import (
    ABBREVIATIONS,
    MAY_END_A_SENTENCE,
    NEVER_END_A_SENTENCE,
    estimate_seconds,
    find_foreign_word,
    split_sentences,
    spoken_form,
)
from tests.conftest import SCRIPT

NASTY = [
    "— hi — there 😀\n\n- item one\n- Item two\nwrapped line\ngoes on\n\n***\n\nEnd \"quote.\" 'Yes!' (ok?) wait… what",
    "One two -\nthree", "A & B", "-5 degrees", "\n\n😀\n\na\n\n😀", "first. — second", "* one\n* two", "a\r\n\r\nb",
]  # fmt: skip


def clauses(text: str) -> list[tuple[str, str]]:
    return [(" ".join(clause.words), clause.mark) for sentence in split_sentences(text) for clause in sentence.clauses]


def sentences(text: str) -> list[str]:
    return [" ".join(word for clause in each.clauses for word in clause.words) for each in split_sentences(text)]


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("One, two. Three!", [("One,", ","), ("two.", "."), ("Three!", "!")]),
        ("Dr. Smith met Mr. Jones, e.g. today.", [("Dr. Smith met Mr. Jones,", ","), ("e.g. today.", ".")]),
        ("It costs 3.14 or 1,000; fine.", [("It costs 3.14 or 1,000;", ";"), ("fine.", ".")]),
        ("Cats, etc. They sleep.", [("Cats,", ","), ("etc.", "."), ("They sleep.", ".")]),
        ("At 6 a.m. we go.", [("At 6 a.m. we go.", ".")]),
        ("J. R. Tolkien wrote. So did I. Then?", [("J. R. Tolkien wrote.", "."), ("So did I.", "."), ("Then?", "?")]),
        ("He said “Go!” (now).", [("He said “Go!”", "!"), ("(now).", ".")]),
        ("Wait… what", [("Wait…", "."), ("what", ".")]),
        ("A title\nThen text", [("A title", ","), ("Then text", ".")]),
        ("a line that an\neditor wrapped", [("a line that an editor wrapped", ".")]),
        ("this — that", [("this —", ","), ("that", ".")]),
    ],
)
def test_sentences_and_clauses(text, clauses):
    found = [(" ".join(clause.words), clause.mark) for sentence in split_sentences(text) for clause in sentence.clauses]
    assert found == clauses


@pytest.mark.parametrize("mark", [".", "!", "?"])
def test_a_mark_ends_its_sentence_and_is_kept(mark):
    assert clauses(f"One{mark} Two{mark}") == [(f"One{mark}", mark), (f"Two{mark}", mark)]
    assert len(split_sentences(f"One{mark} Two{mark}")) == 2


@pytest.mark.parametrize("mark", [",", ";", ":"])
def test_a_mark_within_a_sentence_ends_its_clause_alone(mark):
    assert clauses(f"One{mark} two") == [(f"One{mark}", mark), ("two", ".")]
    assert len(split_sentences(f"One{mark} two")) == 1


def test_what_ends_a_text_ends_a_sentence():
    assert clauses("One") == [("One", ".")]
    assert clauses("One,") == [("One,", ".")]  # the last pause is a full stop's, whatever is written
    assert clauses("One;\n\nTwo?") == [("One;", "."), ("Two?", "?")]
    assert clauses("One!\n\nTwo") == [("One!", "!"), ("Two", ".")]


@pytest.mark.parametrize("word", NEVER_END_A_SENTENCE)
def test_these_abbreviations_never_end_a_sentence(word):
    assert len(split_sentences(f"So {word} Smith went. He slept.")) == 2
    assert len(split_sentences(f"So {word.upper()} Smith went.")) == 1


@pytest.mark.parametrize("word", MAY_END_A_SENTENCE)
def test_these_abbreviations_end_a_sentence_before_a_capital_letter(word):
    assert sentences(f"It was {word} then it rained.") == [f"It was {word} then it rained."]
    assert sentences(f"It was {word} Then it rained.") == [f"It was {word}", "Then it rained."]
    assert sentences(f"It was {word} “Then” it rained.") == [f"It was {word}", "“Then” it rained."]


def test_an_abbreviation_ends_a_sentence_where_nothing_follows():
    assert sentences("It was Dr.\n\nthen") == ["It was Dr.", "then"]
    assert clauses("Ask Mr.") == [("Ask Mr.", ".")]


def test_an_initial_ends_no_sentence_but_i_does():
    assert len(split_sentences("Then J. Smith came.")) == 1
    assert sentences("So did I. Then") == ["So did I.", "Then"]
    assert sentences("It was 7. Then") == ["It was 7.", "Then"]  # a digit is no initial
    assert sentences("It was ab. Then") == ["It was ab.", "Then"]


def test_an_abbreviation_in_brackets_and_before_a_dash():
    assert len(split_sentences("So (e.g. Smith) went.")) == 1
    assert clauses("So e.g. — Smith went.") == [("So e.g. —", "."), ("Smith went.", ".")]


@pytest.mark.parametrize("dots", ["…", "...", ".."])
def test_dots_are_a_full_stop(dots):
    assert clauses(f"Wait{dots} what?") == [(f"Wait{dots}", "."), ("what?", "?")]


@pytest.mark.parametrize("dash", list("-‐‑‒–—―"))
def test_a_dash_that_stands_alone_is_a_comma_and_one_in_a_word_is_none(dash):
    assert clauses(f"this {dash} that") == [(f"this {dash}", ","), ("that", ".")]
    assert clauses(f"this {dash}{dash} that") == [(f"this {dash}{dash}", ","), ("that", ".")]
    assert clauses(f"well{dash}known") == [(f"well{dash}known", ".")]


@pytest.mark.parametrize("closer", list("\"'”’»)]}*_"))
def test_a_mark_is_seen_within_what_closes(closer):
    assert clauses(f"One.{closer} Two") == [(f"One.{closer}", "."), ("Two", ".")]
    assert clauses(f"One,{closer} two") == [(f"One,{closer}", ","), ("two", ".")]


def test_a_mark_inside_of_a_word_is_part_of_it():
    assert clauses("At 3.14 or 10:30 a,b") == [("At 3.14 or 10:30 a,b", ".")]


# ---------------------------------------------------------------- lines and paragraphs


def test_a_sentence_holds_its_clauses_and_a_blank_line_ends_a_paragraph():
    sentences = split_sentences("One, two. Three\n\nfour")
    assert [len(sentence.clauses) for sentence in sentences] == [2, 1, 1]
    assert [sentence.ends_paragraph for sentence in sentences] == [False, True, True]


@pytest.mark.parametrize("text", [*NASTY, SCRIPT])
def test_every_word_is_kept_once_and_in_order(text):
    words = [word for sentence in split_sentences(text) for clause in sentence.clauses for word in clause.words]
    assert " ".join(words) == " ".join(text.split())


def test_a_line_that_goes_on_in_lower_case_was_wrapped():
    assert clauses("one two\nthree") == [("one two three", ".")]
    assert clauses("one two\nThree") == [("one two", ","), ("Three", ".")]
    assert clauses("one two\niPhone") == [("one two iPhone", ".")]
    assert clauses("one two.\nThree") == [("one two.", "."), ("Three", ".")]


def test_only_the_last_sentence_of_a_paragraph_ends_it():
    found = split_sentences("One. Two.\n \nThree.")
    assert [each.ends_paragraph for each in found] == [False, True, True]


def test_what_cannot_be_spoken_goes_with_the_word_beside_it():
    assert clauses("- one\n- Two") == [("- one", ","), ("- Two", ".")]
    assert clauses("one 😀 two") == [("one 😀 two", ".")]
    assert clauses("😀 one") == [("😀 one", ".")]
    assert clauses("one 😀") == [("one 😀", ".")]
    assert clauses("one\n😀") == [("one 😀", ".")]
    assert split_sentences("one 😀 two")[0].clauses[0].words == ("one 😀", "two")
    assert split_sentences("- 😀 one two")[0].clauses[0].words == ("- 😀 one", "two")


@pytest.mark.parametrize("symbol", list("&%+=@#°€£$"))
def test_a_symbol_that_is_read_aloud_is_a_word(symbol):
    assert split_sentences(symbol)[0].clauses[0].words == (symbol,)


@pytest.mark.parametrize("text", ["", " \n", "\n\n", "—", "— – -", "...", "…!", "?!\n\n…", "😀", "😀 🎉", "* *\n*"])
def test_nothing_to_speak_gives_nothing(text):
    assert split_sentences(text) == []


# ---------------------------------------------------------------- spoken forms


@pytest.mark.parametrize(
    ("word", "last", "spoken"),
    [
        ("“Hello,”", True, "Hello"), ("Dr.", False, "Dr."), ("etc.", True, "etc."), ("vs.", False, "versus"),
        ("there 😀", True, "there"), ("— hi —", True, "hi"), ("*bold*", False, "bold"), ("-5", False, "-5"),
        ("soft\u00adhyphen", False, "softhyphen"), ("25°", True, "25°"), ("C++", True, "C++"),
        ("don’t", False, "don’t"),
    ],
)  # fmt: skip
def test_spoken_form(word, last, spoken):
    assert spoken_form(word, last=last) == spoken


@pytest.mark.parametrize("word", ABBREVIATIONS)
def test_an_abbreviation_is_spoken_in_full_or_as_written(word):
    said = ABBREVIATIONS[word] or word
    for last in (False, True):
        assert spoken_form(word, last=last) == said
        assert spoken_form(f"({word},", last=last) == said


@pytest.mark.parametrize(
    ("word", "inside", "last"),
    [("one,", "one,", "one"), ("one.", "one.", "one"), ("one…", "one…", "one"), ("one —", "one", "one"),
     ("“one”", "one", "one"), ("-one", "one", "one"), ("—one", "one", "one"), ("-1", "-1", "-1"), ("-1,", "-1,", "-1"),
     ("one-", "one-", "one"), ("3.14", "3.14", "3.14"), ("😀", "", ""), ("a😀b", "ab", "ab"), ("→", "", ""), ("a↕", "a", "a"),
     ("a↋", "a↋", "a↋"),
     ("&", "&", "&"), ("e\u0301", "é", "é"), ("one\ufe0f", "one", "one"), ("\ue000one", "one", "one"),
     ("one ❤ *", "one", "one"), ("°C", "°C", "°C"), ("(one.)", "one.", "one"), ("©one", "©one", "©one")],
)  # fmt: skip
def test_a_word_is_spoken_without_what_is_no_sound(word, inside, last):
    assert spoken_form(word, last=False) == inside
    assert spoken_form(word, last=True) == last


# ---------------------------------------------------------------- how long, and in which letters


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0.5), ("abcd", 0.5 + 4 * 0.057 + 0.45), ("ab, cd.", 0.5 + 4 * 0.057 + 0.38 + 0.45),
     ("ab. cd.", 0.5 + 4 * 0.057 + 2 * 0.45), ("12", 0.5 + 2 * 0.40 + 0.45), ("a1", 0.5 + 0.057 + 0.40 + 0.45),
     ("你好", 0.5 + 6 * 0.057 + 0.45), ("ab, cd, ef.", 0.5 + 6 * 0.057 + 2 * 0.38 + 0.45)],
)  # fmt: skip
def test_the_estimate_counts_letters_digits_and_pauses(text, seconds):
    assert estimate_seconds(text) == pytest.approx(seconds)


def test_a_text_is_foreign_where_most_of_its_letters_are():
    assert find_foreign_word("ab мир") == "мир"
    assert find_foreign_word("abc мир") is None  # as many as the others
    assert find_foreign_word("ab: мир, да") == "мир,"
    assert find_foreign_word("") is None and find_foreign_word("12 + 3") is None
    assert find_foreign_word("5 µm, 1º and 2ª") is None  # written with Latin words
    assert find_foreign_word("µ") is None and find_foreign_word("º") is None


def test_foreign_text_is_found_but_a_foreign_name_is_not():
    assert find_foreign_word("Привет, мир and all") == "Привет,"
    assert find_foreign_word("你好") == "你好"
    assert find_foreign_word("The word мир means peace, café and naïve do not.") is None


def test_the_text_module_needs_nothing_heavy():
    """The command line imports it to check a request."""
    code = "import sys, avatar.voice.text, avatar.voice.presets.catalog; print({'numpy', 'onnxruntime'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
