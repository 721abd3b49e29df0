"""The shapes that a line is searched for, in order: what is more special comes first."""

from __future__ import annotations

import re
from functools import cache

from avatar.script import languages
from avatar.script.scan import Shapes
from avatar.script.shapes import addresses, amounts, calendar, measures, numbers, words


@cache
def of(code: str) -> Shapes:
    """The shapes of a language."""
    language = languages.of(code)
    of_web, of_versions = addresses.shapes(language)
    found = [
        *of_web, *language.own_shapes(), *calendar.shapes(language), *of_versions, *words.shortened(language), *measures.shapes(language), *amounts.shapes(language),
        *numbers.shapes(language), *words.shapes(language),
    ]  # fmt: skip
    names = [*language.months, *language.weekdays, *language.abbreviations, *language.currencies, *language.own_words]
    known = {name.lower() for name in names} | {re.split(r"[\s.]", name)[0].lower() for name in names}
    return Shapes(tuple(found), frozenset(known | set(words.GREEK)), language.word_endings)
