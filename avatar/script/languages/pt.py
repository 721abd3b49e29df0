"""Portuguese, as spoken in Brazil where it differs; what Portugal writes is read as well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages.base import Forms, in_words
from avatar.script.languages.base import words as words_of
from avatar.script.languages.pt_words import Words

if TYPE_CHECKING:
    from avatar.script.scan import Place

STREETS = words_of("na da à a pela e endereço")  # words before a street


class Spoken(Words):
    code = "pt"
    ordinal_marks = r"\.?[ºª°]"
    clock_marks = ":h"
    clock_tail = r"\s?(?:h|hs|hrs|horas|min)"
    phones = (
        r"\(?\d\d\)? ?9 ?\d{4}[ \-]\d{4}", r"\(\d\d\) ?\d{4}[ \-]\d{4}", r"9\d{4}-\d{4}", r"0[38]00(?:[ \-]\d{3,4}){1,2}",
        r"[29]\d\d \d{3} \d{3}", r"[29]\d \d{3} \d\d \d\d",
    )  # fmt: skip
    ordinal_endings = r"\.?[ºª°]|o(?=\s[a-zç]{4})|a(?=\s(?:feira|vez|edição|parte|série))"
    centuries = r"\b(?:séculos?|sécs?\.)"

    def cardinal(self, number: int) -> str:
        return in_words(number, "pt_BR").replace(",", "")

    def ordinal_before(self, number: int, noun: str, *, feminine: bool) -> str:
        said = self.ordinal(number)
        return " ".join(word[:-1] + "a" for word in said.split()) if feminine else said

    def agreeing(self, words: str, noun: str, *, feminine: bool) -> str:
        """uma libra, vinte e duas mil pessoas, duzentas páginas."""
        if not feminine:
            return words
        millions, found, rest = words.rpartition("lhões ")
        rest = re.sub(r"\bum\b(?! milhão| bilhão)", "uma", re.sub(r"\bdois\b", "duas", rest))
        return millions + found + re.sub(r"entos\b", "entas", rest)

    def form(self, text: str, forms: Forms) -> str:
        """Below two it is one: 1,5 litro, 1,2 milhão, 0 grau."""
        return forms[0] if int(self.value(text)[0]) < 2 else forms[-1]

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        first = "primeiro" if day == 1 else self.cardinal(day) if day else ""
        return " de ".join(filter(None, [first, self.month_names[month - 1], self.year(year) if year else ""]))

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = self.agreeing(self.cardinal(hour), "hora", feminine=True)
        if minute:
            said += f" e {self.cardinal(minute)}"
        elif not half:
            said += " hora" if hour < 2 else " horas"
        if second:
            said += f" e {self.counted(str(second), ('segundo', 'segundos'))}"
        return f"{said} {part_of_day(hour, half)}".strip()

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        said = super().abbreviation(short, written, place)
        if short == "r." and place.before and place.word_before() not in STREETS:  # an initial
            return None
        if said and short == "d." and not self.is_feminine(place.after.strip()):
            return "dom"
        if said and short == "s." and re.match(r"\s+[AEIOUÁÉÍÓÚH]", place.after):
            return "santo"
        if short == "cel." and re.match(r"\s+[A-ZÁÉÍÓÚ]", place.after):
            return "coronel"
        return said


def part_of_day(hour: int, half: str) -> str:
    if half == "a":
        return "da noite" if hour == 12 else "da manhã"
    if half == "p":
        return "da tarde" if hour < 7 or hour == 12 else "da noite"
    return ""
