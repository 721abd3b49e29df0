"""Spanish."""

from __future__ import annotations

import re

from avatar.script.languages.base import in_words
from avatar.script.languages.es_words import Words
from avatar.script.languages.romance import GAP
from avatar.script.scan import Place, Shape

ORDINALS = (
    "", "primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo",
    "undécimo", "duodécimo", "decimotercero", "decimocuarto", "decimoquinto", "decimosexto", "decimoséptimo",
    "decimoctavo", "decimonoveno",
)  # fmt: skip
TENS = (
    "", "", "vigésimo", "trigésimo", "cuadragésimo", "quincuagésimo", "sexagésimo", "septuagésimo", "octogésimo",
    "nonagésimo",
)  # fmt: skip


class Spoken(Words):
    code = "es"
    ordinal_marks = r"\.?[ºª°]"
    clock_tail = r"\s?(?:h|hs|hrs|horas)"
    phones = (
        r"\d\d \d{4} \d{4}",
        r"[6789]\d\d(?:[ \-]\d\d\d){2}", rf"[6789]\d\d(?:{GAP}\d\d){{3}}", rf"[89]\d{GAP}\d\d\d{GAP}\d\d{GAP}\d\d",
    )  # fmt: skip
    ordinal_endings = r"\.?[ºª°]|er\.(?=\s[a-z])|(?i:\.?er|ero|era|ro|ra|do|da|to|ta|mo|ma|vo|va)"
    centuries = r"\b(?:siglos?|s\.|ss\.)"

    def own_shapes(self) -> tuple[Shape, ...]:
        street = Shape(r"[cC]/\s?(?=[A-ZÁÉÍÓÚÑ])", lambda match, place: "calle ")
        joined = Shape(r"(\d{1,2})h([0-5]\d)(?!\w)", self._joined)
        return (street, joined, *super().own_shapes())

    def _joined(self, match: re.Match, place: Place) -> str:
        """17h30."""
        return self.time(int(match[1]), int(match[2]), None, "")

    def cardinal(self, number: int) -> str:
        said = in_words(number, self.code)
        said = re.sub(r"veintiuno (?=mil|bill)", "veintiún ", said)
        return re.sub(r"\buno (?=mil|bill)", "un ", said)

    def ordinal(self, number: int) -> str:
        if 0 < number < 20:
            return ORDINALS[number]
        if 20 <= number < 100:
            return f"{TENS[number // 10]} {ORDINALS[number % 10]}".strip()
        return (
            in_words(number, self.code, to="ordinal") if number % 100 == 0 and number == 100 else self.cardinal(number)
        )

    def ordinal_before(self, number: int, noun: str, *, feminine: bool) -> str:
        said = self.ordinal(number)
        if feminine:
            return " ".join(word[:-1] + "a" if word.endswith("o") else word for word in said.split())
        return said[:-1] if noun and said.endswith(("primero", "tercero")) else said

    def marked_ordinal(self, number: int, mark: str, noun: str) -> str:
        short = mark.rstrip(".").endswith("er")
        return self.ordinal_before(number, noun or ("x" if short else ""), feminine=mark[-1] in "ªa")

    def agreeing(self, words: str, noun: str, *, feminine: bool) -> str:
        """veintiún euros, veintiuna libras, doscientas libras."""
        millions, found, rest = words.rpartition("llones ")
        if feminine:
            rest = re.sub(r"cientos\b", "cientas", rest).replace("quinientos", "quinientas")
            rest = re.sub(r"uno$", "una", rest)
        else:
            rest = re.sub(r"\buno$", "un", re.sub(r"veintiuno$", "veintiún", rest))
        return millions + found + rest

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [self.cardinal(day) if day else "", self.month_names[month - 1], self.year(year) if year else ""]
        return " de ".join(filter(None, parts))

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        count = re.search(r"(?<![\d.,])(\d{1,2})\s$", place.before)
        if short == "hab." and count and int(count[1]) < 20:  # of a flat
            return "habitación" if count[1] == "1" else "habitaciones"
        return super().abbreviation(short, written, place)

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = self.agreeing(self.cardinal(hour), "hora", feminine=True)
        if minute:
            cardinal = self.cardinal(minute)
            zero = f"{self.cardinal(0)} " if minute < 10 else ""
            said += f" y {cardinal}" if hour < 13 else f" {zero}{cardinal}"
        if second:
            said += f" y {self.counted(str(second), ('segundo', 'segundos'))}"
        return f"{said} {part_of_day(hour, half)}".strip()


def part_of_day(hour: int, half: str) -> str:
    if half == "a":
        return "de la noche" if hour == 12 else "de la mañana"
    if half == "p":
        return "del mediodía" if hour == 12 else "de la tarde" if hour < 8 else "de la noche"
    return ""
