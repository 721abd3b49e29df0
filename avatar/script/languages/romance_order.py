"""Ordinals and Roman numerals of Romance languages: kings, centuries, chapters, congresses."""

from __future__ import annotations

import re
from typing import ClassVar

from avatar.script.languages.romance_nouns import Agreeing, next_word
from avatar.script.scan import Place
from avatar.script.shapes.words import roman_value

BRANDS = r"[IVX]{2,}"  # after any name: Apolo XI


class Ordered(Agreeing):
    ordinal_endings: ClassVar[str] = "[ºª]"  # a pattern of what stands after the digits
    roman_endings: ClassVar[str] = "(?!)"
    centuries: ClassVar[str] = "(?!)"  # a pattern of the words before the number of one
    regnal: ClassVar[frozenset[str]] = frozenset()  # names of kings and popes
    numbered: ClassVar[frozenset[str]] = frozenset()  # nouns before a Roman numeral

    def ordinal_before(self, number: int, noun: str, *, feminine: bool) -> str:
        """As it stands before this noun, "" where there is none."""
        return self.ordinal(number)

    def _ordinal(self, match: re.Match, place: Place) -> str | None:
        mark, noun = match[2].lower(), next_word(place)
        noun = "" if noun.lower() in self.not_nouns or f"{noun.lower()}." in self.abbreviations else noun
        is_floor = "°" not in mark and int(match[1]) < 15 and re.search(r",\s$", place.before)  # Mayor 45, 2º C
        if re.match(r"\s?[CF]\b", place.after) and not is_floor:
            return None  # degrees
        if mark == "º" and int(match[1]) > 14 and not noun and place.word_before() not in self.the:
            return None  # degrees: hace 20º
        begins = re.search(r"(?:^|[(,])\s*$", place.before)
        if "°" in mark and not (noun and (begins or place.word_before() in self.the)):
            return None  # degrees
        return self.marked_ordinal(int(match[1]), mark, noun)

    def marked_ordinal(self, number: int, mark: str, noun: str) -> str | None:
        return self.ordinal_before(number, noun, feminine="ª" in mark or mark.endswith("a"))

    def _roman(self, match: re.Match, place: Place) -> str | None:
        numeral, mark = match[1], match[2]
        if not numeral or len(numeral) == 1 and numeral not in "IVX":
            return None
        number = roman_value(numeral)
        if mark:
            return self.marked_ordinal(number, mark, next_word(place)) if re.fullmatch("[IVX]+", numeral) else None
        if re.search(rf"(?i:{self.centuries})\s+(?:[IVX]+(?:\s?[,\-–]\s?|\s+[a-z]{{1,3}}\s+))*$", place.before):
            return self.century(number)
        before = re.search(r"([^\W\d_][\w.]*)\s+$", place.before)
        if before and before[1].lower() in self.regnal and before[1][0].isupper():
            return self.of_king(number, before[1])
        if before and before[1].lower() in self.numbered:
            return self.chapter(number, before[1])
        noun = next_word(place)
        is_name = before and before[1][0].isupper() and before[1].lower() not in self.the and "." not in before[1]
        counts = noun and noun.lower() not in self.not_nouns and not is_name and re.fullmatch("[IVX]+", numeral)
        if counts and (noun.istitle() or before and before[1].lower() in self.the):
            return self.ordinal_before(number, noun, feminine=self.is_feminine(noun))
        if before and is_name and re.fullmatch(BRANDS, numeral) and not before[1].isupper():
            return self.cardinal(number)
        return None

    def _romans(self, match: re.Match, place: Place) -> str | None:
        """Siglos XVII-XVIII."""
        first, mark, last, mark2 = match.groups()
        if not (first and last and re.fullmatch("[IVX]+-[IVX]+", f"{first}-{last}")):
            return None
        numbers = [roman_value(first), roman_value(last)]
        if re.search(rf"(?i:{self.centuries})\s+$", place.before):
            return self.span(*map(self.century, numbers))
        noun = next_word(place)
        if mark or mark2 or re.fullmatch(rf"(?i:{self.centuries})", noun):
            return self.span(*map(self.ordinal, numbers))
        return None

    def century(self, number: int) -> str:
        return self.ordinal(number) if number <= 10 else self.cardinal(number)

    def of_king(self, number: int, name: str) -> str:
        if number > 10:
            return self.cardinal(number)
        return self.ordinal_before(number, "", feminine=self.is_feminine(name))

    def chapter(self, number: int, noun: str) -> str:
        return self.cardinal(number)
