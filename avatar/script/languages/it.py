"""Italian."""

from __future__ import annotations

import re

from avatar.script.languages.base import Forms, in_words
from avatar.script.languages.it_words import Words
from avatar.script.scan import LETTER, Place, Shape

SIBILANT = re.compile(r"s[bcdfghklmnpqrtvz]|z|gn|ps|pn|x|y|i[aeou]", re.IGNORECASE)  # "uno" and "Santo" before them


class Spoken(Words):
    code = "it"
    ordinal_marks = "[°º]"
    clock_tail = r"\s?(?:h|ore)"
    feminine_plurals = ("e",)
    plural = "aeiouàìùé"  # any vowel: only one agrees
    phones = (
        r"800[ .\-]\d{3}[ .\-]\d{3}",
        r"800(?:[ .\-]\d\d){3}",
        r"0\d{1,3}[ .\-/]\d{5,8}",
        r"3\d\d[ .\-]\d{3}[ .\-]?\d{3,4}",
        r"3\d\d[ .\-]\d{2}[ .\-]\d{2}[ .\-]\d{2,3}",
        r"3\d\d[ .\-]\d{6,7}",
    )
    elided = "l|d|dell|all|dall|nell|sull|coll|un|quest|quell|c|s|m|t|v|n|bell|sant|com|dov|cos|anch|tutt|mezz|quand"
    ordinal_endings = r"[°ºª]|[ao](?=\s[a-z]{4})"
    centuries = r"\b(?:secol[oi]|secc?\.)"

    def own_shapes(self) -> tuple[Shape, ...]:
        return (
            Shape(rf"1\s([aeiou]{LETTER}{{2,}})(?!\w)", self._one),
            Shape(rf"S\.\s([AEIOU]{LETTER}+)", lambda match, place: f"Sant'{match[1]}"),
            *super().own_shapes(),
        )

    def _one(self, match: re.Match, place: Place) -> str | None:
        """un'ora: one word."""
        before = place.word_before()
        if match[1] in self.not_nouns or before in self.the or before in self.labels or not self.is_feminine(match[1]):
            return None
        return f"un'{match[1]}"

    def is_hour(self, place: Place) -> bool:
        return re.search(r"(?i)\b(?:d?all|l)['’]$", place.before) is not None

    def counted(self, text: str, forms: Forms) -> str:
        """cinquemila: one word."""
        return self.cardinal_thousands(text) if forms[-1] == "mila" else super().counted(text, forms)

    def cardinal(self, number: int) -> str:
        said = in_words(number, self.code)
        return re.sub(r"(?<=.)tre$", "tré", said)

    def ordinal_before(self, number: int, noun: str, *, feminine: bool) -> str:
        said = self.ordinal(number)
        return said[:-1] + "a" if feminine else said

    def century(self, number: int) -> str:
        return self.ordinal(number)

    def of_king(self, number: int, name: str) -> str:
        return self.ordinal_before(number, "", feminine=self.is_feminine(name))

    def chapter(self, number: int, noun: str) -> str:
        return self.ordinal_before(number, "", feminine=self.is_feminine(noun))

    def agreeing(self, words: str, noun: str, *, feminine: bool) -> str:
        """un euro, uno studente, una lira, un'ora."""
        if words != self.cardinal(1):
            return words
        if feminine:
            return "un'" if noun.lower().startswith(tuple("aeiou")) else "una"
        return "uno" if SIBILANT.match(noun) else "un"

    def span(self, first: str, last: str) -> str:
        """dieci quindici minuti."""
        return f"{first} {last}"

    def share(self, top: int, bottom: int) -> str:
        return "un mezzo" if (top, bottom) == (1, 2) else super().share(top, bottom)

    def singular(self, noun: str) -> str:
        return noun if noun[-1] in "oa" else ""

    def priced(self, noun: str) -> str:
        if noun == "persona":
            return "a persona"
        article = "all'" if noun[0] in "aeiou" else "alla " if self.is_feminine(noun) else "al "
        return article + noun

    def with_cents(self, large: str, small: str, cents: int) -> str:
        return f"{large} {self.and_cents} {self.cardinal(cents)}"

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = ["primo" if day == 1 else self.cardinal(day) if day else "", self.month_names[month - 1]]
        return " ".join(filter(None, [*parts, self.year(year) if year else ""]))

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = "una" if hour == 1 else self.cardinal(hour)
        if minute:
            said += f" e {self.cardinal(minute)}"
        if second:
            said += f" e {self.counted(str(second), ('secondo', 'secondi'))}"
        return f"{said} {part_of_day(hour, half)}".strip()

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        said = super().abbreviation(short, written, place)
        if said and short == "s.":
            name = place.after.strip()
            first = re.match(r"\w+", name)
            if not first:
                return None
            if first[0].endswith("a") and first[0].lower() not in self.masculine:
                return "Santa"
            return "Santo" if re.match(r"S[bcdfgptv]", name) else "San"
        return said


def part_of_day(hour: int, half: str) -> str:
    if half == "a":
        return "di mattina"
    if half == "p":
        return "di pomeriggio" if hour < 6 or hour == 12 else "di sera"
    return ""
