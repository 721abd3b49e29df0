"""Quantities of several parts, and what is counted per another: 6ft 2in, 2h 45m, 3.5e-4, $20/mo."""

from __future__ import annotations

import re

from avatar.script.languages.base import Language
from avatar.script.scan import Place, Reading, Shape
from avatar.script.shapes.amounts import number_pattern


def shapes(language: Language) -> list[Shape]:
    number = number_pattern(language)

    def duration(match: re.Match, place: Place) -> str:
        parts = zip(match.groups(), ("h", "min", "s"), strict=True)
        return " ".join(language.counted(text, language.units[unit]) for text, unit in parts if text)

    def feet(match: re.Match, place: Place) -> str:
        whole, inches = match.groups()
        return f"{language.counted(whole, language.units['ft'])} {language.counted(inches, language.units['in.'])}"

    def scientific(match: re.Match, place: Place) -> str:
        ten = f"{language.times} {language.cardinal(10)} {language.raised(match[2].lstrip('+'))}"
        return f"{language.number(match[1])} {ten}"

    def per(match: re.Match, place: Place) -> str | None:
        """After an amount: $20/mo, 60 words/min."""
        counts = re.search(r"\d\S*(?:\s[^\W\d_]+)?$", place.before)
        return f" {language.per} {language.per_names[match[1].lower()]}" if counts else None

    found: list[tuple[str, Reading]] = []
    if {"h", "min", "s"} <= language.units.keys():
        found.append((r"(\d+)\s?h\s?(\d+)\s?m(?:in)?(?:\s?(\d+)\s?s(?:ec)?)?(?!\w)", duration))
    if {"ft", "in."} <= language.units.keys():
        found.append((r"(\d+)\s?ft\.?\s?(\d+)\s?in\b\.?(?!\w)", feet))
    found.append((rf"({number})[eE]([+-]?\d{{1,3}})(?!\w)", scientific))
    made = [Shape(pattern, read, of_number=True) for pattern, read in found]
    if language.per_names:
        names = "|".join(map(re.escape, sorted(language.per_names, key=len, reverse=True)))
        made.append(
            Shape(rf"/(?i:({names}))(?![\w/])(?:\.(?!\s*$|\s+[\"“(]?[A-Z]))?", per, inside=True, of_number=True)
        )
    return made
