"""Subtitles: SubRip to the letter, and how long a cue stays."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from avatar.media.ffmpeg import encode_frames, mux
from avatar.media.sound_file import write_wav
from avatar.media.subtitles import break_lines, clock, cues, srt, tokens_of
from avatar.media.unspaced import columns
from avatar.script.reader import read
from avatar.script.subtitles import words_of
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


def test_what_looks_like_a_tag_is_shown_in_the_track_too(tmp_path):
    """FFmpeg, and players, read HTML's tags and ASS's commands in SubRip, and swallow what is between < and >."""
    said = ["If a < b and c > d", r"then {\an8} is <i>not</i> {x}."]
    (tmp_path / "s.srt").write_text(srt(spoken(*said)), encoding="utf-8")
    encode_frames([np.zeros((16, 16, 3), np.uint8)] * 25, 16, 16, Fraction(25), tmp_path / "p.mp4")
    write_wav(tmp_path / "s.wav", np.zeros(16_000, np.float32), 16_000)
    mux(tmp_path / "p.mp4", tmp_path / "s.wav", Fraction(1), tmp_path / "v.mp4", {}, tmp_path / "s.srt")
    shown = (tmp_path / "v.mp4").read_bytes().decode("utf-8", "ignore").replace("\u2060", "")
    assert all(part in shown.replace("\n", " ") for part in said)
    assert words_of((tmp_path / "s.srt").read_text()).split() == " ".join(said).split()


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
    assert cues([Word("Yes.", 1.0, 1.25), Word("No.", 2.0, 3.0)])[0] == (1.0, 1.8, "Yes.")
    long = [Word("Yes.", 1.0, 1.25), Word("a" * 42, 1.85, 5.0), Word("b" * 42, 5.0, 7.5)]  # no room beside the next
    assert cues(long)[0] == (1.0, 1.8, "Yes.")


def test_a_cue_that_would_be_too_short_is_shown_with_the_next_or_the_one_before():
    assert cues([Word("Yes.", 1.0, 1.25), Word("No.", 1.5, 2.5)]) == [(1.0, 2.5, "Yes. No.")]
    words = [Word("So.", 0.0, 1.0), Word("Yes.", 1.1, 1.4), Word("c" * 42, 1.5, 4.0), Word("d" * 42, 4.0, 7.0)]
    assert [text for _, _, text in cues(words)] == ["So. Yes.", "c" * 42 + "\n" + "d" * 42]


def test_a_cue_stays_for_twenty_characters_a_second_where_there_is_time():
    words = [Word("x" * 40 + ".", 0.0, 0.5), Word("y" * 40 + ".", 3.0, 6.0)]
    assert [round(end_s - start_s, 3) for start_s, end_s, _ in cues(words)] == [2.05, 3.0]


def test_no_cue_is_longer_than_seven_seconds():
    slow = spoken(*["word"] * 12, word_s=1.0)
    assert [round(end_s - start_s, 3) for start_s, end_s, _ in cues(slow)] == [6.0, 6.0]
    assert cues([Word("Well.", 0.0, 9.0)]) == [(0.0, 7.0, "Well.")]


@pytest.mark.parametrize("mark", [".", "!", "?", "…"])
def test_the_end_of_a_sentence_ends_a_cue(mark):
    assert [text for _, _, text in cues(spoken(f"One{mark}", "two", word_s=1.0))] == [f"One{mark}", "two"]


def test_a_comma_does_not_end_a_cue():
    assert [text for _, _, text in cues(spoken("One,", "two;", "three"))] == ["One, two; three"]


def test_a_pause_ends_a_cue_where_it_is_longer_than_six_tenths():
    assert len(cues([Word("one", 0.0, 0.25), Word("two", 0.85, 1.0)])) == 1
    assert len(cues([Word("one", 0.0, 0.25), Word("two", 0.86, 1.0)])) == 2


def test_a_cue_holds_two_full_lines_and_no_more():
    full = spoken("a" * 42, "b" * 42, word_s=3)
    assert [text for _, _, text in cues(full)] == ["a" * 42 + "\n" + "b" * 42]
    assert len(cues(spoken("a" * 42, "b" * 42, "c", word_s=3))) == 2
    assert len(cues(spoken(*["abcdef"] * 12))) == 1  # 83 characters
    assert [len(text.split()) for _, _, text in cues(spoken(*["abcdef"] * 13))] == [6, 7]


def test_a_sentence_too_long_for_a_cue_is_cut_after_a_comma():
    words = spoken(
        *[
            "aaaaaa",
            "bbbbbb",
            "cccccc",
            "dddddd,",
            "eeeeee",
            "ffffff",
            "gggggg",
            "hhhhhh",
            "iiiiii",
            "jjjjjj",
            "kkkkkk",
            "llllll",
            "mmmmmm",
        ]
    )
    assert [text.split()[-1] for _, _, text in cues(words)] == ["dddddd,", "mmmmmm"]


def test_a_text_is_broken_into_lines_as_even_as_its_words_allow():
    def broken(text: str) -> str:
        return break_lines([(part, True) for part in text.split()])

    assert broken("a" * 20 + " " + "b" * 21) == "a" * 20 + " " + "b" * 21  # 42 fit a line
    assert broken("a" * 20 + " " + "b" * 22) == "a" * 20 + "\n" + "b" * 22
    assert broken("one two three four five six seven eight nine ten") == (
        "one two three four five\nsix seven eight nine ten"
    )
    assert broken("c" * 40 + " dd ee") == "c" * 40 + "\ndd ee"
    assert broken("dd ee " + "c" * 40) == "dd ee\n" + "c" * 40


def captions(text: str, s_per_character: float = 0.065) -> list[tuple[float, float, str]]:
    """Cues of a text that is spoken at this pace."""
    words, start_s = [], 0.25
    script = read(text)
    spoken_words = [word for sentence in script.sentences for word in sentence.words]
    for word, mark in zip(spoken_words, script.marks, strict=True):
        end_s = start_s + s_per_character * len(word.spoken)
        words.append(Word(word.written, start_s, end_s, mark))
        start_s = end_s + (0.3 if mark else 0)
    return cues(words)


TALK = """# My talk, *in short*

At 3:15 a.m. I met Dr. Adams and Prof. Lee of Baker St. near the old town hall, i.e. on Friday, Nov. 28th, and we spoke
of $1,250,000 and 3.75 % until 5 p.m. Then we left. Really? Yes. No. It is so.

1. First we seal the **roof**.
2. Then we read https://www.example.com/a/very/long/address/that-fits-no-line/of-a-caption/at-all.html aloud.
3. J. R. R. Tolkien vs. Mr. Jones, approx. 5 km from Mt. Everest, w/ Lt. Gray, Gen. Lee, Capt. Kim and Sgt. Poe et al.
"""


@pytest.mark.parametrize("s_per_character", [0.055, 0.065, 0.09])
def test_captions_keep_their_limits_and_never_break_after_an_abbreviation(s_per_character):
    found = captions(TALK, s_per_character)
    for (start_s, end_s, text), following in zip(found, [*found[1:], None], strict=False):
        lines = text.split("\n")
        assert len(lines) <= 2 and max(map(len, lines)) <= 42, text
        assert 0.8 <= round(end_s - start_s, 4) <= 7, text
        assert following is None or end_s <= following[0]
        for line in lines[:-1] if following else lines[:-1]:
            assert not line.endswith((".", ":")) or line.endswith(("Yes.", "No.", "p.m.")), text
        assert not text.endswith(
            ("Dr.", "Prof.", "Nov.", "a.m.", "1.", "2.", "3.", "vs.", "Mr.", "Mt.", "approx.", "Lt.")
        )
    shown = " ".join(text for _, _, text in found)
    assert "#" not in shown and "*" not in shown and "$1,250,000" in shown.replace("\n", " ")


@pytest.mark.parametrize(
    "text",
    [
        "Don't say “um” — say nothing!",
        "Comment ça va ? Très bien",
        "Il dit « oui » et elle dit « non » !",
        "It is 100 % sure - or not",
    ],
)
@pytest.mark.parametrize("characters", range(8, 30))
def test_no_line_begins_with_a_dash_or_a_mark(text, characters):
    words = [Word(word.written, at, at + 1.0) for at, word in enumerate(read(text).sentences[0].words)]
    for line in break_lines(tokens_of(words), characters).split("\n"):
        assert not re.match(r"[—–?!»%-](\s|$)", line), line


def test_no_word_is_lost_and_none_comes_twice():
    words = spoken(*(f"word{number}{'.' if number % 7 == 6 else ''}" for number in range(50)))
    assert " ".join(text for _, _, text in cues(words)).split() == [word.text for word in words]
    times = [time for start_s, end_s, _ in cues(words) for time in (start_s, end_s)]
    assert times == sorted(times)


def test_an_address_longer_than_a_line_is_shown_whole_in_parts_cut_after_a_sign():
    address = "https://www.example.org/a-rather-long-path/and-another-part-of-it/page.html"
    shown = cues([Word(address, 0.0, 8.0)])
    parts = " ".join(text.replace("\n", " ") for _, _, text in shown).split(" ")
    assert "".join(parts) == address and len(parts) > 1
    assert max(map(len, parts)) <= 42 and all(part[-1] in "/-._?&=" for part in parts[:-1])
    letters = "a1" * 50  # without a sign: cut anywhere
    assert "".join("".join(text.split()) for _, _, text in cues([Word(letters, 0.0, 8.0)])) == letters


def test_a_word_longer_than_a_line_is_cut_with_a_hyphen():
    word = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
    ((_, _, text),) = cues([Word(f"„{word}“,", 0.0, 5.0)])
    first, second = text.split("\n")
    assert first[-1] == "-" and len(first) == 42 and first[:-1] + second == f"„{word}“,"


JAPANESE = (
    "今日は皆さん、元気ですか？私たちは今日、十二の小さなことについて話します。それから、東京の2024年の天気とAI技術についても"
    "少し説明します。「引用」ははっきりと、3.5%のコンピューターで。"
)
CHINESE = (
    "大家好，我的朋友们，今天过得怎么样？我们有十二件小事要说。在2024年（大约）的北京，有很多人喜欢说：“人工智能AI会改变一切我们所知道的"
    "东西并且永远不会停下来的那一天终将来到”，是吗？"
)


@pytest.mark.parametrize("text", [JAPANESE, CHINESE, JAPANESE.replace("。", "").replace("、", "")])
def test_what_is_written_without_spaces_has_lines_of_half_as_many_letters_cut_where_they_may_end(text):
    found = cues([Word(text, 0.0, 30.0, ".")])
    assert "".join(shown.replace("\n", "") for _, _, shown in found) == text
    lines = [line for _, _, shown in found for line in shown.split("\n")]
    for line, following in zip(lines, [*lines[1:], " "], strict=True):
        assert columns(line) <= 42
        assert line[0] not in "、。，？！：”」）ーっゃゅょ%" and line[-1] not in "「“（", line
        assert not (line[-1].isdigit() or line[-1].isascii() and following[0].isascii()), line
    for _, _, shown in found:
        assert not set("。？") & set(shown.replace("\n", "")[:-1].rstrip("」”")), "a sentence ends its cue"
    assert all(start_s < end_s for start_s, end_s, _ in found) and len(found) >= 4


def test_spaces_that_somebody_wrote_stay_and_korean_is_cut_at_them():
    assert [text for _, _, text in cues([Word("今日は", 0, 1), Word("いい天気", 1, 2, ".")])] == ["今日は いい天気"]
    words = spoken(*["안녕하세요"] * 8)
    for _, _, text in cues(words):
        assert all(columns(line) <= 42 and set(line.split()) == {"안녕하세요"} for line in text.split("\n"))
