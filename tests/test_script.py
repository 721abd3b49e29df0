"""The script as sentences and clauses of words, each as written and as spoken. No voice, no library but the standard one."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avatar.request import LONGEST_TEXT
from avatar.script import languages, reader, shapes
from avatar.script.length import estimate_seconds
from avatar.script.letters import find_foreign_word
from avatar.script.markup import plain
from avatar.script.reader import read
from avatar.script.scan import Place, Word
from avatar.voice.presets.pronunciation import as_heard
from tests.conftest import SCRIPT

ENGLISH = languages.of("en")
DATA = Path(__file__).parent / "data"
NASTY = [
    "— hi — there 😀\n\n- item one\n- Item two\nwrapped line\ngoes on\n\n***\n\nEnd \"quote.\" 'Yes!' (ok?) wait… what",
    "One two -\nthree", "A & B", "-5 degrees", "\n\n😀\n\na\n\n😀", "first. — second", "* one\n* two", "a\r\n\r\nb",
]  # fmt: skip


def clauses(text: str) -> list[tuple[str, str]]:
    """As written."""
    return [
        (" ".join(word.written for word in clause.words), clause.mark)
        for sentence in read(text).sentences
        for clause in sentence.clauses
    ]


def sentences(text: str, language: str = "en") -> list[str]:
    """As written."""
    return [" ".join(word.written for word in each.words) for each in read(text, language).sentences]


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One, two. Three!", [("One,", ","), ("two.", "."), ("Three!", "!")]),
        ("Dr. Smith met Mr. Jones, e.g. today.", [("Dr. Smith met Mr. Jones,", ","), ("e.g. today.", ".")]),
        ("It costs 3.14 or 1,000; fine.", [("It costs 3.14 or 1,000;", ";"), ("fine.", ".")]),
        ("Cats, etc. They sleep.", [("Cats,", ","), ("etc.", "."), ("They sleep.", ".")]),
        ("At 6 a.m. we go.", [("At 6 a.m. we go.", ".")]),
        ("J. R. Tolkien wrote. So did I. Then?", [("J. R. Tolkien wrote.", "."), ("So did I.", "."), ("Then?", "?")]),
        ("He said “Go!” (Now).", [("He said “Go!”", "!"), ("(Now).", ".")]),
        ("A title\nThen text", [("A title", ","), ("Then text", ".")]),
        ("a line that an\neditor wrapped", [("a line that an editor wrapped", ".")]),
        ("this — that", [("this —", ","), ("that", ".")]),
        ("One", [("One", ".")]),
        ("One,", [("One,", ".")]),  # the last pause is a full stop's, whatever is written
        ("One;\n\nTwo?", [("One;", "."), ("Two?", "?")]),
        ("At 3.14 or 10:30 it", [("At 3.14 or 10:30 it", ".")]),
    ],
)
def test_sentences_and_clauses(text, expected):
    assert clauses(text) == expected


@pytest.mark.parametrize("mark", [".", "!", "?"])
def test_a_mark_ends_its_sentence_and_is_kept(mark):
    assert clauses(f"One{mark} Two{mark}") == [(f"One{mark}", mark), (f"Two{mark}", mark)]
    assert len(read(f"One{mark} Two{mark}").sentences) == 2


@pytest.mark.parametrize("mark", [",", ";", ":"])
def test_a_mark_within_a_sentence_ends_its_clause_alone(mark):
    assert clauses(f"One{mark} two") == [(f"One{mark}", mark), ("two", ".")]
    assert len(read(f"One{mark} two").sentences) == 1


@pytest.mark.parametrize(
    "text",
    ["Lt. Jones left.", "We met on Jan. 5 at noon.", "Nov. 28th was cold.", "P.O. Box 12 is ours.", "Washington, D.C. 20001",
     "The U.S. Army came.", "See no. 5 there.", "It was approx. 5 in. long.", "Ask Dr. Who Jr. about it.", "J. R. R. Tolkien",
     "At 3:15 a.m. I woke.", "Fri. 7 June it was.", "He came on the 2. March of it", "“Really?” she asked.", "wait… What is this",
     "Fig. 3 shows it.", "St. Paul wrote.", "Gov. Lee and Capt. Kim", "Harry S. Truman won.", "At 5 p.m. Jan left.",
     "On Monday at 5 p.m. Jan left.", "It shuts at 5 p.m. Jan. 6 this year.", "We met at 3 p.m. Tuesday at noon.",
     "Call at 3 p.m. EST or later.", "Call at 3 p.m. Pacific Time or later.", "Read Vol. IV of it.", "See App. B there.",
     "A 6 ft. USB cable came."],
)  # fmt: skip
def test_no_cut_where_the_sentence_goes_on(text):
    assert sentences(text.replace("… What", "… what")) == [text.replace("… What", "… what")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("He lives in the U.S. The house is old.", 2), ("Plan B. Then C.", 2), ("It was etc. Then it rained.", 2),
     ("It was 7. Then we left.", 2), ("He left early. 12 people stayed.", 2), ("On the 28th. Bye!", 2),
     ("At 5 p.m. We left.", 2), ("She has a Ph.D. It took years.", 2), ("On Baker St. The door is red.", 2),
     ("hello there. this is me. i like it.", 3), ("Yes. No. Maybe.", 3), ("Wait… What?", 2), ("It is good. iOS too.", 2), ("Is it? Yes!", 2),
     ("We left at 5pm. Jan stayed.", 2), ("They came at 5 p.m. Jan left.", 2), ("Open 9-5 p.m. Bob knows.", 2),
     ("We sell pens, etc. Bob buys them.", 2), ("Cook it 15 min. Serve it hot.", 2), ("It has a Ph.D. Nobody cares.", 2)],
)  # fmt: skip
def test_a_cut_where_one_ends(text, expected):
    assert len(read(text).sentences) == expected


@pytest.mark.parametrize(
    "word", sorted({"mr.", "mrs.", "dr.", "prof.", "lt.", "gov.", "sen.", "rev.", "gen.", "e.g.", "vs."})
)
def test_titles_and_the_like_never_end_a_sentence(word):
    assert len(read(f"So {word.capitalize()} Smith went. He slept.").sentences) == 2
    assert clauses(f"Ask {word.capitalize()}")[-1][1] == "."


@pytest.mark.parametrize("word", ["etc.", "inc.", "a.m.", "p.m.", "U.S.", "jr.", "ave.", "ltd."])
def test_these_abbreviations_end_a_sentence_before_a_word_that_begins_one(word):
    assert sentences(f"It was {word} then it rained.") == [f"It was {word} then it rained."]
    assert sentences(f"It was {word} Then it rained.") == [f"It was {word}", "Then it rained."]
    assert sentences(f"It was {word} “Then” it rained.") == [f"It was {word}", "“Then” it rained."]


@pytest.mark.parametrize("dash", list("-‐‑‒–—―"))
def test_a_dash_that_stands_alone_is_a_comma_and_one_in_a_word_is_none(dash):
    assert clauses(f"this {dash} that") == [(f"this {dash}", ","), ("that", ".")]
    assert clauses(f"well{dash}known") == [(f"well{dash}known", ".")]


def test_a_dash_that_stands_alone_is_given_to_the_voice():
    sentence = read("They went home — slowly — and slept.").sentences[0]
    assert sentence.spoken == "They went home — slowly — and slept."
    heard = [as_heard(clause.words[-1], last=True) for clause in sentence.clauses]
    assert heard == ["home", "slowly", "slept"]


@pytest.mark.parametrize("closer", list("\"'”’»)]}"))
def test_a_mark_is_seen_within_what_closes(closer):
    assert clauses(f"One.{closer} Two") == [(f"One.{closer}", "."), ("Two", ".")]
    assert clauses(f"One,{closer} two") == [(f"One,{closer}", ","), ("two", ".")]


# ---------------------------------------------------------------- lines and paragraphs


def test_a_sentence_holds_its_clauses_and_a_blank_line_ends_a_paragraph():
    found = read("One, two. Three\n\nfour").sentences
    assert [len(sentence.clauses) for sentence in found] == [2, 1, 1]
    assert [sentence.ends_paragraph for sentence in found] == [False, True, True]
    assert [each.ends_paragraph for each in read("One. Two.\n \nThree.").sentences] == [False, True, True]


def test_a_line_that_goes_on_in_lower_case_was_wrapped():
    assert clauses("one two\nthree") == [("one two three", ".")]
    assert clauses("one two\nThree") == [("one two", ","), ("Three", ".")]
    assert clauses("one two.\nThree") == [("one two.", "."), ("Three", ".")]


def test_an_item_ends_what_stands_before_it_whatever_it_begins_with():
    assert clauses("You need\n- two cups\n- 3 spoons\nDone") == [
        ("You need,", ","), ("two cups,", ","), ("3 spoons,", ","), ("Done", "."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("- A lamp ($19.99)\n- 2.5 kg of sand\n- glue!\n- 50 %\n- tape", "en", "A lamp ($19.99), 2.5 kg of sand, glue! 50 %, tape"),
        ("1. Cut.\n2. Glue:\n3. Wait…\n4. Done", "en", "1. Cut. 2. Glue: 3. Wait… 4. Done"),
        ("- كتاب\n- قلم", "ar", "كتاب، قلم"),
    ],
)  # fmt: skip
def test_captions_show_where_an_item_ends(text, language, shown):
    assert " ".join(read(text, language).written) == shown


def test_sums_are_read_as_sums():
    for text, spoken in (
        ("5 * 3 is 15.", "five times three is fifteen."), ("It is 5*3.", "It is five times three."),
        ("6 / 2 = 3.", "six divided by two equals three."), ("We ask 3 * more.", "We ask three more."),
    ):  # fmt: skip
        assert [each.spoken for each in read(text).sentences] == [spoken]


def test_what_cannot_be_spoken_goes_with_the_word_beside_it():
    assert clauses("one 😀 two") == [("one 😀 two", ".")]
    assert clauses("😀 one") == [("😀 one", ".")]
    assert clauses("one\n😀") == [("one 😀", ".")]
    assert [word.written for word in read("one 😀 two").sentences[0].words] == ["one 😀", "two"]


@pytest.mark.parametrize(
    "text", ["", " \n", "\n\n", "—", "— – -", "...", "…!", "?!\n\n…", "😀", "😀 🎉", "* *\n*", "===", "# "]
)
def test_nothing_to_speak_gives_nothing(text):
    assert read(text).sentences == ()


@pytest.mark.parametrize("text", [*NASTY, SCRIPT])
def test_every_word_is_kept_once_and_in_order(text):
    lines = [line.text for line in plain(text).lines]
    assert " ".join(read(text).written) == " ".join(" ".join(lines).split())


# ---------------------------------------------------------------- what cannot be said


def test_what_cannot_be_said_is_named():
    script = read("He said 你好 to me, $E = mc^2$ and ∑.\n```\nx = 1\n```\nMore.")
    assert [each.spoken for each in script.sentences] == ["He said to me, and.", "More."]
    assert len(script.notes) == 2
    assert "formula or code" in script.notes[0] and "“$E = mc^2$”, “x = 1”" not in script.notes[0]
    assert "“x = 1”" in script.notes[0] and "“$E = mc^2$”" in script.notes[0]
    assert "“你好”, “∑”" in script.notes[1]
    assert read("Plain words, café and naïve.").notes == ()


# ---------------------------------------------------------------- what espeak-ng is given


@pytest.mark.parametrize(
    ("text", "inside", "last"),
    [("one,", "one,", "one"), ("one…", "one…", "one"), ("one —", "one", "one"), ("“one”", "one", "one"), ("-one", "one", "one"),
     ("one-", "one-", "one"), ("😀", "", ""), ("a😀b", "ab", "ab"), ("→", "", ""), ("e\u0301", "é", "é"),
     ("one\ufe0f", "one", "one"), ("(one.)", "one.", "one"), ("soft\u00adhyphen", "softhyphen", "softhyphen"), ("don’t", "don’t", "don’t"), ("C++", "C++", "C++")],
)  # fmt: skip
def test_a_word_is_heard_without_what_is_no_sound(text, inside, last):
    assert as_heard(Word(text, text), last=False) == inside
    assert as_heard(Word(text, text), last=True) == last


def test_a_spelled_a_is_no_article():
    assert as_heard(Word("a.m.", "A M"), last=False) == "ay M"
    assert as_heard(Word("A", "A"), last=False) == "A"


# ---------------------------------------------------------------- how long, and in which letters


def test_the_estimate_counts_what_is_spoken():
    assert estimate_seconds("") == pytest.approx(0.5)
    assert estimate_seconds("abcd") == pytest.approx(0.5 + 4 * 0.057 + 0.45)
    assert estimate_seconds("ab, cd.") == pytest.approx(0.5 + 4 * 0.057 + 0.38 + 0.45)
    assert estimate_seconds("ab. Cd.") == pytest.approx(0.5 + 4 * 0.057 + 2 * 0.45)
    assert estimate_seconds("12") == pytest.approx(estimate_seconds("twelve"))
    assert estimate_seconds("$1,250,000") == pytest.approx(
        estimate_seconds("one million two hundred fifty thousand dollars")
    )
    assert estimate_seconds("FBI") == pytest.approx(0.5 + (3 + 3 + 1) * 0.057 + 0.45)  # I counts as the word


def test_a_text_is_foreign_where_most_of_its_letters_are():
    assert find_foreign_word("ab мир") == "мир"
    assert find_foreign_word("abc мир") is None  # as many as the others
    assert find_foreign_word("") is None and find_foreign_word("12 + 3") is None
    assert find_foreign_word("5 µm, 1º and 2ª") is None  # written with Latin words
    assert find_foreign_word("Привет, мир and all") == "Привет,"
    assert find_foreign_word("The word мир means peace, café and naïve do not.") is None


def test_the_script_reader_needs_nothing_heavy():
    """The command line imports it to check a request."""
    code = "import sys, avatar.script.length, avatar.voice.presets.catalog; print({'numpy', 'onnxruntime'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


# ---------------------------------------------------------------- whatever is sent

ODD = "aZé5 07.,:;!?-–—/\\#*_`~|[](){}<>@&%$€£'\"’“”…\n\t°²½₂№§+=^😀你मر\u200b\u00ad"
REPEATED = ["1,", "1 ", "a.", "A.", "-", "*", "_", "`", "<", "<a ", "[", "](", "$", "$1", "1/", "1-", "@", "a@", "a.b.", "/a", "|", "~", "\\", "&a", "(", "www.", "12:", "1.1.", "I", "#", "'", "\"", "> ", "+1 ", "5 m "]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_no_text_is_too_odd(seed):
    draw = random.Random(seed)
    for _ in range(20):
        text = "".join(draw.choice(ODD) for _ in range(draw.randrange(1, 200)))
        script = read(text)
        assert len(script.written) == len(script.marks)
        assert all(word.spoken for sentence in script.sentences for word in sentence.words)


@pytest.mark.parametrize("part", REPEATED)
def test_no_text_takes_long(part):
    started = time.process_time()
    read((part * LONGEST_TEXT)[:LONGEST_TEXT])
    assert time.process_time() - started < 2


def test_prose_compiles_no_shape_of_numbers_and_a_line_with_one_does():
    shapes.of.cache_clear()
    reader.read.cache_clear()
    of_numbers = [shape for shape in shapes.of("en").shapes if shape.of_number]
    read("Hello there. I'm Anna, your guide, and this is the well-known tour of NASA.")
    assert len(of_numbers) > 50
    assert not any("compiled" in vars(shape) for shape in of_numbers)
    assert read("It costs $5.").sentences[0].spoken == "It costs five dollars."
    assert any("compiled" in vars(shape) for shape in of_numbers)


@pytest.mark.parametrize("code", ["en", "de", "es", "fr", "it", "pt", "pl", "cs", "ru", "nl", "tr", "hu"])
def test_no_shape_of_numbers_reads_a_line_without_one(code):
    lines = {re.sub(r"\d+", "", line) for file in DATA.glob("*.txt") for line in file.read_text().splitlines()}
    for shape in shapes.of(code).shapes:
        if shape.of_number:
            found = [
                line
                for line in lines
                for match in shape.compiled.finditer(line)
                if match[0] and not re.search(r"[½¼¾⅓-⅞⁰-₉²³¹]", line)
                if shape.read(match, Place(line, match.start(), match.end())) is not None
            ]
            assert not found, shape.pattern
