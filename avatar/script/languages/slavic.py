"""What Polish, Czech and Russian share: nouns in three forms after a number, ordinals by case, spans in the genitive.

A noun is (one, few, many, gender, after a decimal): kilometr, kilometry, kilometrów, m, kilometra.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from avatar.script.languages.base import Forms, Language
from avatar.script.scan import Place, Said, Shape


class Slavic(Language):
    group_marks = " .\u00a0\u202f"
    month_first = False
    percent_forms: ClassVar[Forms] = ()
    half: ClassVar[str] = ""  # of half a litre
    one_and_half: ClassVar[Mapping[str, str]] = {}  # by gender
    year_names: ClassVar[str] = "(?!)"  # a pattern for the word "year" and its short form, after a date

    def which(self, number: int) -> int:
        """0, 1 or 2: one, few or many."""
        raise NotImplementedError

    def agreed(self, said: str, text: str, gender: str) -> str:
        """The number in words before a noun of this gender."""
        raise NotImplementedError

    def form(self, text: str, forms: Forms) -> str:
        whole, decimals = self.value(text)
        return forms[4] if decimals else forms[self.which(int(whole))]

    def counted(self, text: str, forms: Forms) -> str:
        said = self.number(text)
        if not self.value(text)[1]:
            said = self.agreed(said, text, forms[3])
        return f"{said} {self.form(text, forms)}"

    def percentage(self, text: str) -> str:
        return self.counted(text, self.percent_forms)

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        if scale:
            return f"{self.counted(text, self.scales[scale])} {self.currencies[currency][0][2]}"
        return super().money(text, currency)

    def fraction_of(self, whole: int | None, top: int, bottom: int, forms: Forms) -> str:
        noun = forms[4]
        if (top, bottom) != (1, 2):
            return f"{self.fraction(whole, top, bottom, followed='')} {noun}"
        if whole == 1 and self.one_and_half:
            return f"{self.one_and_half[forms[3]]} {noun}"
        return f"{self.fraction(whole, top, bottom, followed=forms[0])} {noun}" if whole else f"{self.half} {noun}"

    def date_shapes(self) -> list[Shape]:
        """Dates with the word for year that may follow them, which is said in any case."""

        def read(match: re.Match, place: Place) -> Said | None:
            text, year = match["month"], match["year"]
            month = int(text) if text.isdecimal() else self.months[text.lower()]
            if not 1 <= month <= 12 or not 1 <= int(match["day"]) <= 31:
                return None
            said = self.date(int(match["day"]), month, int(year) if year else None, day_first=True, after_weekday=False)
            return Said(said, "may" if match[0].endswith(".") else "")

        def days(match: re.Match, place: Place) -> str:
            month, year = self.months[match["month"].lower()], match["year"]
            said = self.days(int(match["first"]), int(match["day"]), month, int(year) if year else None, day_first=True)
            first, rest = said.split(" ", 1)
            return rest if place.word_before() == first else said  # "od 12-14 marca"

        names = "|".join(map(re.escape, sorted(self.months, key=len, reverse=True)))
        year = rf"(?P<year>\d{{4}})(?!\d|[.,]\d)(?:\s?(?:{self.year_names})(?!\w))?"
        word = rf"(?P<month>(?i:{names}))(?!\w)(?:,?\s{year})?"
        return [
            Shape(rf"(?P<first>\d{{1,2}})\.?\s?[-–]\s?(?P<day>\d{{1,2}})\.?\s{word}", days),
            Shape(rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{year}", read),
            Shape(rf"(?P<day>\d{{1,2}})\.?\s{word}", read),
        ]


def noun(one: str, few: str, many: str, gender: str, part: str) -> Forms:
    return one, few, many, gender, part


def table(text: str) -> dict[str, Forms]:
    """One noun a line: its short names, a colon, its forms; blanks within a form are written "_"."""
    found: dict[str, Forms] = {}
    for line in text.strip().splitlines():
        names, _, forms = line.partition(":")
        one, few, many, gender, part = (form.replace("_", " ") for form in forms.split())
        found |= dict.fromkeys((name.replace("_", " ") for name in names.split()), noun(one, few, many, gender, part))
    return found


def turned(said: str, words: Mapping[str, str]) -> str:
    """Each word in the case that the table has for it."""
    return " ".join(words.get(word, word) for word in said.split())
