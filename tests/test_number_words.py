"""Numbers of the preview's languages in words of our own: those of num2words, where it is at hand."""

from __future__ import annotations

import random

import pytest

from avatar.script.languages.base import in_words
from avatar.script.languages.number_words import CARDINALS, MOST, ORDINALS, own


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (1_000_000_021, "es", "mil millones veintiuno"), (580, "es", "quinientos ochenta"), (100, "es", "cien"),
        (80, "fr", "quatre-vingts"), (71, "fr", "soixante et onze"), (200_000, "fr", "deux cent mille"),
        (108, "it", "centotto"), (123, "it", "centoventitré"), (1_500_000, "it", "un milione e cinquecentomila"),
        (1_234, "pt_BR", "mil duzentos e trinta e quatro"), (1_100, "pt_BR", "mil e cem"), (0, "pt_BR", "zero"),
        (101, "de", "einhunderteins"), (1_001_021, "de", "eine Million eintausendeinundzwanzig"), (10**15, "de", str(10**15)),
    ],
)  # fmt: skip
def test_cardinals(number, code, words):
    assert in_words(number, code) == words


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (100, "es", "centésimo"), (1, "fr", "premier"), (19, "fr", "dix-neuvième"), (2000, "fr", "deux millième"),
        (3, "it", "terzo"), (33, "it", "trentatreesimo"), (22, "pt", "vigésimo segundo"), (2000, "pt", "segundo milésimo"),
        (7, "de", "siebte"), (103, "de", "einhundertdritte"), (31, "de", "einunddreißigste"), (0, "de", "0"),
    ],
)  # fmt: skip
def test_ordinals(number, code, words):
    assert in_words(number, code, to="ordinal") == words


@pytest.mark.parametrize("code", CARDINALS)
def test_cardinals_are_those_of_num2words(code):
    """But for the commas of its Portuguese, its "centodicotto", and its Italian three without an accent."""
    num2words = pytest.importorskip("num2words").num2words
    chance = random.Random(1)
    numbers = [
        *range(2200),
        *range(9_990, 10_010),
        *(chance.randrange(10 ** chance.randrange(3, 15)) for _ in range(1500)),
    ]
    for number in numbers:
        theirs = num2words(number, lang=code)
        if code == "pt_BR":
            theirs = theirs.replace(",", "")
        ours = own(number, code, "cardinal")
        if code == "it":
            theirs, ours = (said.replace("dicotto", "diciotto").replace("é", "e") for said in (theirs, ours))
        assert ours == theirs, number


@pytest.mark.parametrize("code", sorted(set(ORDINALS) - {"es"}))  # in Spanish the reader says cardinals above 100
def test_ordinals_are_those_of_num2words(code):
    num2words = pytest.importorskip("num2words").num2words
    for number in [*range(1, 1000), *range(1000, 100_000, 379), 2000, 10_000]:
        theirs = num2words(number, lang=code, to="ordinal").replace("dicott", "diciott")
        assert own(number, code, "ordinal") == theirs, number


def test_what_is_too_large_stays_digits_and_other_languages_are_left_alone():
    assert own(MOST["cardinal"], "fr", "cardinal") == str(10**15)
    assert own(5, "pl", "cardinal") is None
