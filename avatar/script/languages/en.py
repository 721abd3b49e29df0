"""English, as spoken in the United States. Number words are its own: the base environment has no num2words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages import en_abbreviations
from avatar.script.languages.base import Forms, in_order, words
from avatar.script.languages.en_shapes import shapes
from avatar.script.languages.en_words import Words

if TYPE_CHECKING:
    from avatar.script.scan import Place, Shape

SMALL = in_order(
    "zero one two three four five six seven eight nine "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
GROUPS = ("", "thousand", "million", "billion", "trillion", "quadrillion")
IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

POSSESSIVES = words("the his her my our your their its")
NO_NOUNS = words(
    "and are away but for from had has have high into long mark off over per tall than that was were wide with"
)


class Spoken(Words):
    code = "en"
    decimal_mark = "."
    group_marks = ","
    decimals_digit_by_digit = True
    ordinal_marks = "st|nd|rd|th"
    day_first = False
    counts = r"[\s-]+(?:[^\W\d_]+\s+)?[a-z]+s\b|\s+(?:people|men|women|children|more|other|new)\b"

    def own_shapes(self) -> list[Shape]:
        return shapes(self)

    # ------------------------------------------------------------ numbers

    def cardinal(self, number: int) -> str:
        if number < 0:
            return f"minus {self.cardinal(-number)}"
        if number < 20:
            return SMALL[number]
        if number < 100:
            tens, ones = divmod(number, 10)
            return TENS[tens] + (f" {SMALL[ones]}" if ones else "")
        if number < 1000:
            hundreds, rest = divmod(number, 100)
            return f"{SMALL[hundreds]} hundred" + (f" {self.cardinal(rest)}" if rest else "")
        parts, power = [], 0
        while number:
            number, group = divmod(number, 1000)
            if group:
                parts.insert(0, f"{self.cardinal(group)} {GROUPS[power]}".strip())
            power += 1
        return " ".join(parts)

    def ordinal(self, number: int) -> str:
        before, _, last = self.cardinal(number).rpartition(" ")
        last = IRREGULAR.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
        return f"{before} {last}".strip()

    def year(self, number: int) -> str:
        century, rest = divmod(number, 100)
        if number < 1000 or number >= 10_000 or century % 10 == 0 and rest < 10:
            return self.cardinal(number)
        if not rest:
            return f"{self.cardinal(century)} hundred"
        return f"{self.cardinal(century)} {'oh ' if rest < 10 else ''}{self.cardinal(rest)}"

    def decade(self, number: int) -> str:
        """1990s, and the '90s as 90."""
        if not number:
            return "two thousands"
        before, _, last = (self.year(number) if number >= 100 else self.cardinal(number)).rpartition(" ")
        return f"{before} {last[:-1] + 'ies' if last.endswith('y') else last + 's'}".strip()

    def year_of_two(self, digits: str) -> str:
        """'05."""
        return f"oh {self.cardinal(int(digits))}" if digits[0] == "0" else self.cardinal(int(digits))

    def in_pairs(self, digits: str) -> str:
        """As of rooms, houses and flights: 221 is two twenty one, 305 three zero five."""
        if len(digits) == 3 and digits[1] != "0":
            return f"{SMALL[int(digits[0])]} {self.cardinal(int(digits[1:]))}"
        if len(digits) == 4 and digits[2] != "0" and digits[0] != "0":
            return f"{self.cardinal(int(digits[:2]))} {self.cardinal(int(digits[2:]))}"
        if len(digits) > 2 and int(digits) % 100:
            return self.digits(digits)
        return self.cardinal(int(digits))

    # ------------------------------------------------------------ phrases

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        said = super().money(text, currency, scale)
        one, many = self.currencies[currency][0][0], self.currencies[currency][0][-1]
        return said.removesuffix(many) + one if before_noun and said.endswith(many) else said

    def describes(self, place: Place, *, joined: bool) -> bool:
        if place.word_before() in ("a", "an"):
            return True
        noun = re.match(r"\s([a-z]{3,})", place.after)
        return joined and place.word_before() in POSSESSIVES and bool(noun) and noun[1] not in NO_NOUNS

    def as_adjective(self, text: str, forms: Forms) -> str:
        return f"{self.number(text)} {forms[0]}"

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        name = self.month_names[month - 1]
        of_year = f" {self.year(year)}" if year is not None else ""
        if day is None:
            return name + of_year
        if day_first and not after_weekday:
            return f"the {self.ordinal(day)} of {name}{of_year}"
        return f"{name} {self.ordinal(day)}{of_year}"

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        both = f"{self.ordinal(first)} to {self.ordinal(last)}"
        name = self.month_names[month - 1]
        said = f"the {self.ordinal(first)} to the {self.ordinal(last)} of {name}" if day_first else f"{name} {both}"
        return said + (f" {self.year(year)}" if year else "")

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        parts = [self.cardinal(hour)]
        if minute:
            parts.append(f"oh {self.cardinal(minute)}" if minute < 10 else self.cardinal(minute))
        elif minute == 0 and not half and second is None:
            parts.append("o'clock" if 1 <= hour <= 12 else "hundred")
        if second is not None:
            parts += [f"and {self.counted(str(second), ('second', 'seconds'))}"] if second or not minute else []
        return " ".join([*parts, *([f"{half.upper()} M"] if half else [])])

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        parts = {2: ("half", "halves"), 4: ("quarter", "quarters")}.get(bottom)
        one, many = parts or (self.ordinal(bottom), self.ordinal(bottom) + "s")
        if whole:
            share = f"{'an' if one[0] in 'aeiou' else 'a'} {one}" if top == 1 else f"{self.cardinal(top)} {many}"
            return f"{self.cardinal(whole)} and {share}"
        if top == 1:
            return (
                ("half a" if followed else "one half") if bottom == 2 else f"{'an' if one[0] in 'aeiou' else 'a'} {one}"
            )
        return f"{self.cardinal(top)} {many}"

    def fraction_of(self, whole: int | None, top: int, bottom: int, forms: Forms) -> str:
        if whole:
            return f"{self.fraction(whole, top, bottom, followed=forms[0])} {forms[-1]}"
        article = "an" if forms[0][0] in "aeio" or forms[0] == "hour" else "a"
        share = self.fraction(None, top, bottom, followed=forms[0])
        return f"half {article} {forms[0]}" if (top, bottom) == (1, 2) else f"{share} {forms[0]}" if top == 1 else (
            f"{share} of {article} {forms[0]}")  # fmt: skip

    def height(self, feet: str, inches: str) -> str | None:
        return f"{self.number(feet)} foot {self.number(inches)}"

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        return en_abbreviations.reading(self, short, written, place)

    def alternatives(self, place: Place) -> str:
        """5 g/100 ml."""
        unit = re.search(r"\d\s?([a-zA-Zµ]{1,4})$", place.before)
        return f" {self.per} " if unit and unit[1] in self.units and place.after[:1].isdigit() else " "

    def roman(self, number: int, before: str) -> str | None:
        if before in self.regnal:
            return f"the {self.ordinal(number)}"
        return self.cardinal(number) if before in self.numbered else None
