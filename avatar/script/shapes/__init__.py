"""The shapes that a line is searched for, in order: what is more special comes first."""

from __future__ import annotations

from functools import cache

from avatar.script import languages
from avatar.script.scan import Shape
from avatar.script.shapes import addresses, amounts, calendar, numbers, words


@cache
def of(code: str) -> tuple[Shape, ...]:
    """The shapes of a language."""
    language = languages.of(code)
    of_web, of_versions = addresses.shapes(language)
    found = [
        *of_web, *language.own_shapes(), *calendar.shapes(language), *of_versions, *words.shortened(language), *amounts.shapes(language),
        *numbers.shapes(language), *words.shapes(language),
    ]  # fmt: skip
    return tuple(found)
