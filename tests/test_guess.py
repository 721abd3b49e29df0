"""Which language a text seems to be in: told where it is clearly another one than asked for, and never of one that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avatar.script.guess import seems
from avatar.script.reader import read

DATA = Path(__file__).parent / "data"
LANGUAGE_IS = {
    "es": "Hola, me llamo Ana. Hoy aprendemos 3 cosas.", "de": "Hallo, mein Name ist Anna. Heute lernen wir 3 Dinge.",
    "fr": "Bonjour, je m'appelle Anne. Aujourd'hui, nous apprenons trois choses.", "nl": "Welkom op mijn kanaal. Vandaag leren we drie dingen.",
    "it": "Ciao, mi chiamo Anna. Oggi impariamo tre cose.", "pt": "Olá, meu nome é Ana. Hoje aprendemos três coisas.",
    "en": "Hello, and welcome to the course. Today we learn three things.",
}  # fmt: skip


@pytest.mark.parametrize("asked", ["en", "es", "de"])
@pytest.mark.parametrize("code", LANGUAGE_IS)
def test_a_text_in_another_language_than_asked_for_is_told(code, asked):
    """An English voice reads Spanish without a complaint, and nobody can listen to it."""
    notes = read(LANGUAGE_IS[code], asked).notes
    assert [note.endswith(f"choose the language {code}.") for note in notes] == ([] if code == asked else [True])


def test_of_no_text_it_is_said_wrongly():
    """A sentence at a time, which has the least to go by."""
    for code in ("es", "fr", "it", "pt"):
        for page in ("page", "prose"):
            lines = (DATA / f"{page}.{code}.txt").read_text(encoding="utf-8").splitlines()
            assert not [line for line in lines if seems(line, code)]
            assert {seems(line, "en") for line in lines} <= {code, None}
        assert seems((DATA / f"page.{code}.txt").read_text(encoding="utf-8"), "en") == code
    prose = re.split(r"(?<=[.:]) |\n\n", (Path(__file__).parents[1] / "docs/make.md").read_text())
    assert len(prose) > 20 and not [line for line in prose if seems(line, "en")]
    for text in (
        "",
        "We are here.",
        "Die Hard is on.",
        "3 4 5",
        "Hallo Peter!",
        "I go to La Paz, El Paso and Los Angeles by car.",
    ):
        assert seems(text, "en") is None
