"""Every phone that the preview's voices say, in any of their languages, has a shape of the mouth."""

from __future__ import annotations

import pytest

from avatar.lips.warp.visemes import VISEME_OF
from avatar.voice.presets.catalog import DEFAULTS
from avatar.voice.presets.english import English
from avatar.voice.presets.onnx_voice import ESPEAK_VOICE, SHOWN_AS
from avatar.voice.presets.pronunciation import is_phone, pronounce
from tests.conftest import ROOT

GERMAN = (
    "Übung macht den Meister: Jörg fährt mit zwölf Pferden über die Brücke nach Köln, quer durch Pfützen. "
    "Das Mädchen kämpft mit dem Rätsel und sucht achtzehn Schlüssel; die Psychologin hört zu, wie es regnet. "
    "Im Restaurant gibt es Bonbons, Orangen, Jeans und ein Croissant, und der Ingenieur aus Zürich fängt an zu singen. "
    "Tschüss, sagt der Junge, euer Haus ist schön, und die Yacht gehört dem Chef."
)
# Of each language a word, and the shapes that are to be seen in it, in their order.
WORDS = {
    "es": ("El mapa sabe feo.", ["PP", "PP", "BB", "FF"]),
    "fr": ("Papa veut boire.", ["PP", "PP", "FF", "PP"]),
    "it": ("Il babbo va a piedi.", ["PP", "PP", "FF", "PP"]),
    "pt": ("O bom pavão fala.", ["PP", "PP", "FF", "FF"]),
    "de": ("Meine Frau badet.", ["PP", "FF", "PP"]),
    "en": ("My friend has paper.", ["PP", "FF", "PP", "PP"]),
}


def corpus(language: str) -> str:
    if language == "de":
        return GERMAN
    files = sorted((ROOT / "tests/data").glob(f"*.{language}.txt"))
    return "\n\n".join(path.read_text() for path in files)


def phones(text: str, language: str, english: English | None = None) -> list[str]:
    lines, _ = pronounce(text, longest=400, language=language, voice=ESPEAK_VOICE[language], english=english)
    names = SHOWN_AS.get(language, {})
    return [names.get(symbol, symbol) for line in lines for symbol in line.symbols if is_phone(symbol)]


@pytest.mark.parametrize("language", DEFAULTS)
def test_no_phone_of_a_language_is_unknown_to_the_mouth(language):
    said = phones(corpus(language), language)
    assert len(set(said)) > 25
    lengths = "ːʲʰ"  # marks on the sound before them
    assert {symbol for symbol in said if not set(symbol) & set(VISEME_OF)} <= set(lengths)


@pytest.mark.parametrize("accent", ["us", "gb"])
def test_no_phone_of_english_is_unknown_to_the_mouth(accent):
    said = phones(corpus("en"), "en", English(accent))
    assert len(set(said)) > 35
    assert {symbol for symbol in said if not set(symbol) <= set(VISEME_OF)} <= {"ː"}


@pytest.mark.parametrize("language", WORDS)
def test_lips_close_and_tuck_in_every_language(language):
    text, expected = WORDS[language]
    shapes = [VISEME_OF.get(symbol, "") for symbol in phones(text, language)]
    assert [shape for shape in shapes if shape in ("PP", "BB", "FF")] == expected


def test_letters_that_mean_another_sound_are_shown_as_it():
    """Portuguese "de" ends in a weak i, which espeak-ng writes y; German "Meister" in a weak a."""
    assert VISEME_OF[phones("Cidade de", "pt")[-1]] == "ih"
    assert VISEME_OF[phones("Meister", "de")[-1]] == "ah"
