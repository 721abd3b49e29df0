"""Captions that are given as a script: what they say, without the numbers, times and tags of SubRip and WebVTT."""

from __future__ import annotations

import re

TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
TIMES = re.compile(rf"[ \t]*{TIME}[ \t]+-->[ \t]+{TIME}(?:[ \t].*)?")
BEGINNING = re.compile(rf"\s*(?:WEBVTT(?=\s|$)|(?:\d+[ \t]*\n)?{TIMES.pattern}(?:\n|$))")
TAG = re.compile(r"</?[A-Za-z\d][^<>\n]*>|\{\\[^{}\n]*\}")  # <i>, <v Speaker>, <00:01.000>; {\an8}

NO_TAG = "\u2060"  # the word joiner, by which captions that avatar wrote part what would be taken for a tag


def words_of(text: str) -> str:
    """What captions say, each after the other; any other text as it is."""
    lines_of_text = re.sub(r"\r\n?", "\n", text).removeprefix("\ufeff")
    if not BEGINNING.match(lines_of_text):
        return text
    said = []
    for block in re.split(r"\n[ \t]*\n", lines_of_text):
        lines = block.split("\n")
        # A block without times is a header, a style or a note.
        begins = next((number for number, line in enumerate(lines) if TIMES.fullmatch(line)), len(lines))
        said += [line.strip() for line in lines[begins + 1 :]]
    return TAG.sub("", " ".join(filter(None, said))).replace(NO_TAG, "")
