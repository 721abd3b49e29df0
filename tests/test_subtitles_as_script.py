"""Captions that are given as a script: what they say is spoken, and nothing of their times."""

from __future__ import annotations

import pytest

from avatar import asking
from avatar.script.subtitles import words_of

SRT = "1\n00:00:00,000 --> 00:00:01,500\nThe first sentence\nis <i>this</i> one.\n\n2\n00:00:02,000 --> 00:00:03,000\n{\\an8}Then comes 2.\n"
VTT = (
    "WEBVTT - A title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE by hand\n\nfirst\n00:00.000 --> 00:01.500 align:start\n"
    "<v Ada>The first sentence\nis <00:00.700>this one.\n\n00:02.000 --> 00:03.000\nThen comes 2.\n"
)
SAID = "The first sentence is this one. Then comes 2."


@pytest.mark.parametrize(
    "text", [SRT, SRT.replace("\n", "\r\n"), "\n\n" + SRT, SRT.replace(",", "."), SRT[2:], VTT, "\ufeff" + VTT]
)
def test_what_captions_say_is_left(text):
    assert words_of(text) == SAID


@pytest.mark.parametrize(
    "text",
    ["", "Hello.", "1\nOne is a number.", "At 00:00:01 --> 00:00:02 nothing.", "WEBVTTS are many.", "a <b> c --> d\r\n",
     "1\n\n00:00:00,000 is when it began."],
)  # fmt: skip
def test_another_text_stays_as_it_is(text):
    assert words_of(text) == text


def test_a_file_of_captions_is_a_script_and_a_transcript(avatar, tmp_path):
    (tmp_path / "talk.srt").write_text(SRT)
    shown = avatar("speak", "--show", tmp_path / "talk.srt")
    assert shown.stdout.splitlines() == ["The first sentence is this one.", "Then comes two."], shown.stderr
    planned = avatar("make", tmp_path / "talk.srt", "--dry-run", "--json", "-o", tmp_path / "v.mp4")
    assert planned.code == 0 and "-->" not in planned.stdout, planned.stderr


@pytest.mark.parametrize("text", [SRT, VTT])
def test_captions_that_are_sent_as_text_are_read_as_a_file_of_them_is(text):
    """By the API, from Python, in a cell of a table: all ask by this."""
    assert asking.request_of(text=text) == asking.request_of(text=SAID)
    assert asking.request_of(audio="a.wav", transcript=text) == asking.request_of(audio="a.wav", transcript=SAID)
