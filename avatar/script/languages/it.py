"""Italian."""

from __future__ import annotations

import re

from avatar.script.languages import it_words as words
from avatar.script.languages.base import Forms, in_words
from avatar.script.languages.base import words as words_of
from avatar.script.languages.romance import Romance
from avatar.script.scan import LETTER, Place, Shape

SIBILANT = re.compile(r"s[bcdfghklmnpqrtvz]|z|gn|ps|pn|x|y|i[aeou]", re.IGNORECASE)  # "uno" and "Santo" before them


class Spoken(Romance):
    code = "it"
    point = "virgola"
    minus = "meno"
    plus = "più"
    percent = "per cento"
    permille = "per mille"
    number_sign = "numero"
    section = "paragrafo"
    ordinal_marks = "[°º]"

    months = words.MONTHS
    month_names = words.MONTH_NAMES
    weekdays = words.WEEKDAYS
    clock_tail = r"\s?(?:h|ore)"
    of_year = "del"
    clock_words = words_of("alle all' ore h. h dalle le entro verso dall'")

    currencies = words.CURRENCIES
    and_cents = "e"
    scales = words.SCALES
    of_scale = "di"
    units = words.UNITS
    to = "a"

    symbols = words.SYMBOLS
    times = "per"
    by = "per"
    over = "su"
    dot = "punto"
    at = "chiocciola"
    slash = "barra"
    dash = "trattino"
    underscore = "trattino basso"
    colon = "due punti"
    backslash = "barra rovesciata"
    address_words = {"www": "vu vu vu", "it": "it"}
    squared = "al quadrato"
    cubed = "al cubo"
    power = "elevato a"
    letter_names = words.LETTER_NAMES

    abbreviations = words.ABBREVIATIONS
    before_number = words.BEFORE_NUMBER
    before_name = words.BEFORE_NAME
    capital_only = words.CAPITAL_ONLY
    may_end = words.MAY_END
    acronym_words = words.ACRONYM_WORDS
    code_words = words_of("pin codice password isbn conto iban passaporto cap")
    starters = words.STARTERS
    shouted = words.SHOUTED
    spelled = words.SPELLED

    feminine = words.FEMININE
    masculine = words.MASCULINE
    feminine_endings = words.FEMININE_ENDINGS
    masculine_endings = words.MASCULINE_ENDINGS
    not_nouns = words.NOT_NOUNS
    labels = words.LABELS
    the = words.THE
    feminine_plurals = ("e",)
    plural = "aeiouàìùé"  # any vowel: only one agrees

    halves = ("mezzo", "mezza")
    and_half = ("e mezzo", "e mezza")
    parts = {
        2: ("mezzo", "mezzi"), 3: ("terzo", "terzi"), 4: ("quarto", "quarti"), 5: ("quinto", "quinti"),
        6: ("sesto", "sesti"), 7: ("settimo", "settimi"), 8: ("ottavo", "ottavi"), 9: ("nono", "noni"),
        10: ("decimo", "decimi"), 100: ("centesimo", "centesimi"),
    }  # fmt: skip
    of_part = "di"

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
    regnal = words.REGNAL
    numbered = words.NUMBERED

    def own_shapes(self) -> tuple[Shape, ...]:
        return (
            Shape(re.compile(rf"1\s([aeiou]{LETTER}{{2,}})(?!\w)"), self._one),
            Shape(re.compile(rf"S\.\s([AEIOU]{LETTER}+)"), lambda match, place: f"Sant'{match[1]}"),
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
