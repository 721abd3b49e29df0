"""French, as spoken in France."""

from __future__ import annotations

import re

from avatar.script.languages.base import Forms, in_words
from avatar.script.languages.base import words as words_of
from avatar.script.languages.fr_words import Words
from avatar.script.scan import Place, Shape


class Spoken(Words):
    code = "fr"
    ordinal_marks = "er"
    clock_marks = ":h"
    clock_tail = r"\s?(?:h|heures|mn|min)"
    plural = "sx"
    phones = (r"0 8\d\d(?: \d\d){3}", r"0 8\d\d \d{3} \d{3}", r"0[1-9](?:[ .\-]\d\d){4}", r"0[1-9]\d{8}")
    elided = "l|d|j|m|t|s|n|c|qu|jusqu|lorsqu|puisqu|quoiqu"
    ordinal_endings = "ER|RE|ÈRE|ÈME|EME|ers?|res?|ères?|èmes?|emes?|ièmes?|iemes?|es?|è|nde?s?|de"
    own_words = words_of("x ier ire ve xe ie")
    roman_endings = "er|re|ère|e|ème|ième"
    centuries = r"\b(?:siècles?)"

    def ordinal(self, number: int) -> str:
        if number == 1:
            return "premier"
        return (
            in_words(number, self.code, to="ordinal")
            .replace("vingtsième", "vingtième")
            .replace("centsième", "centième")
        )

    def marked_ordinal(self, number: int, mark: str, noun: str) -> str | None:
        if mark in ("e", "es") and number < 2:
            return None
        if mark.startswith("d") or mark.startswith("nd"):
            return None if number != 2 else "seconde" if "de" in mark else "second"
        if number == 1:
            said = "première" if mark.startswith(("r", "è", "e")) and not mark.startswith("er") else "premier"
            return said + ("s" if mark.endswith("s") else "")
        if mark.startswith("r"):
            return None
        return self.ordinal(number)

    def ordinal_before(self, number: int, noun: str, *, feminine: bool) -> str:
        return "première" if number == 1 and feminine else self.ordinal(number)

    def of_king(self, number: int, name: str) -> str:
        return self.cardinal(number) if number > 1 else self.ordinal(number)

    def agreeing(self, words: str, noun: str, *, feminine: bool) -> str:
        """une page, vingt et une pages."""
        return re.sub(r"(?<![\w-])un$|-un$", lambda one: one[0] + "e", words) if feminine else words

    def form(self, text: str, forms: Forms) -> str:
        """Below two it is one: 1,5 litre, 0 degré."""
        return forms[0] if int(self.value(text)[0]) < 2 else forms[-1]

    def of_noun(self, noun: str) -> str:
        return f"d'{noun}" if noun[0] in "aeiouéh" else f"de {noun}"

    def own_shapes(self) -> tuple[Shape, ...]:
        return (Shape(r"(\d)m(\d\d)(?!\w)", self._height), *super().own_shapes())

    def _height(self, match: re.Match, place: Place) -> str:
        """1m80."""
        return f"{self.counted(match[1], self.units['m'])} {self.cardinal(int(match[2]))}"

    def singular(self, noun: str) -> str:
        return noun.removesuffix("s")

    def priced(self, noun: str) -> str:
        return f"par {noun}"

    def with_cents(self, large: str, small: str, cents: int) -> str:
        """douze euros cinquante."""
        return f"{large} {self.cardinal(cents)}"

    def phone_group(self, digits: str) -> str:
        """Two by two, as numbers."""
        if len(digits) == 10:
            return ", ".join(map(self.phone_group, re.findall("..", digits)))
        if len(digits) in (2, 3) and digits[0] != "0":
            return self.cardinal(int(digits))
        return self.digits(digits)

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        if short == "s." and not re.search(r"[IVX]e\s$", place.before):
            return None
        if short == "éd." and re.search(r"\d\s?(?:re|e|ème)\s$", place.before):
            return self.abbreviations[short]
        if short == "m." and re.match(r"\s+et\s+Mm?[mel]", place.after):
            return self.abbreviations[short]
        return super().abbreviation(short, written, place)

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = ["premier" if day == 1 else self.cardinal(day) if day else "", self.month_names[month - 1]]
        return " ".join(filter(None, [*parts, self.year(year) if year else ""]))

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        until = self.date(last, month, year, day_first=True, after_weekday=False)
        return f"{'premier' if first == 1 else self.cardinal(first)} au {until}"

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = self.counted(str(hour), ("heure", "heures"))
        if minute:
            said += f" {self.agreeing(self.cardinal(minute), 'minute', feminine=True)}"
        if second:
            said += f" et {self.counted(str(second), ('seconde', 'secondes'))}"
        return f"{said} {part_of_day(hour, half)}".strip()


def part_of_day(hour: int, half: str) -> str:
    if half == "a":
        return "du matin"
    if half == "p":
        return "de l'après-midi" if hour < 6 or hour == 12 else "du soir"
    return ""
