"""What a voice is given for every class of token: written -> spoken, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avatar.script.reader import read

DATA = Path(__file__).parent / "data"


def pairs(language: str) -> list[tuple[str, str, str]]:
    """(class, written, spoken) of a language's file."""
    found, kind = [], ""
    for line in (DATA / f"spoken.{language}.txt").read_text().splitlines():
        if line.startswith("## ") and "=>" not in line:
            kind = line[3:]
        elif "=>" in line and kind:
            written, _, spoken = line.partition("=>")
            found.append((kind, written.strip(), spoken.strip()))
    return found


def words(text: str) -> list[str]:
    """Lower case without punctuation; an apostrophe inside of a word stays."""
    text = re.sub(r"[-–—_]", " ", text.lower().replace("’", "'"))
    return re.sub(r"[^\w' ]|(?<!\w)'(?!n')|(?<=[a-z] )'(?=s\b)|(?<!\w\w)'(?=s\b)", " ", text).split()


def spoken(text: str, language: str = "en") -> str:
    return " ".join(sentence.spoken for sentence in read(text, language).sentences)


@pytest.mark.parametrize(("kind", "written", "said"), pairs("en"))
def test_english(kind, written, said):
    assert words(spoken(written)) == words(said)


def test_each_class_has_fifteen():
    kinds = [kind for kind, *_ in pairs("en")]
    assert {kind: kinds.count(kind) for kind in set(kinds) if kinds.count(kind) < 15} == {"joined": 12}
