"""German. Number words come from num2words; endings follow the words around (`de_grammar`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages import de_words
from avatar.script.languages.base import Forms, Language
from avatar.script.languages.base import words as word_set
from avatar.script.languages.de_grammar import DATIVE
from avatar.script.scan import Place, Shape

BOTTOMS = {2: "halb", 100: "Hundertstel", 1000: "Tausendstel"}
NUMBERED = word_set("""kap bd abb teil kapitel band akt buch stufe typ phase weltkrieg hartz artikel abschnitt anhang tabelle version mark klasse
    gruppe szene staffel folge rocky variante lektion block zone stadium grad ebene modul""")
HIGHEST_PART = 39  # of a Roman numeral after "Teil": C, D, L and M are letters there


class Spoken(Language):
    code = "de"
    group_marks = " .\u00a0\u202f'’"
    point = "Komma"
    percent = "Prozent"
    permille = "Promille"
    number_sign = "Nummer"
    section = "Paragraf"
    decimals_digit_by_digit = True

    weekdays = de_words.WEEKDAYS
    currencies = de_words.CURRENCIES
    scales = de_words.SCALES
    units = de_words.UNITS
    spaced_units = frozenset({"t", "A", "N", "J"})
    to = "bis"

    symbols = {
        "&": "und", "+": "plus", "=": "gleich", "@": "at", "%": "Prozent", "‰": "Promille", "°": "Grad", "€": "Euro",
        "$": "Dollar", "£": "Pfund", "¥": "Yen", "×": "mal", "÷": "geteilt durch", "±": "plus minus", "≈": "ungefähr",
        "~": "circa", "≤": "höchstens", "≥": "mindestens", "≠": "ungleich", "<": "kleiner als", ">": "größer als",
        "√": "Wurzel", "∞": "unendlich", "π": "Pi", "#": "Hashtag", "©": "Copyright", "§": "Paragraf", "№": "Nummer",
        "†": "gestorben", "^": "hoch",
    }  # fmt: skip
    times = "mal"
    by = "mal"
    over = "durch"
    out_of = "von"
    rated = word_set("bewertung note punkte bewertet wertung")
    dot = "Punkt"
    at = "at"
    slash = "Schrägstrich"
    dash = "Bindestrich"
    underscore = "Unterstrich"
    colon = "Doppelpunkt"
    backslash = "Backslash"
    squared = "Quadrat"
    cubed = "hoch drei"
    power = "hoch"

    abbreviations = de_words.ABBREVIATIONS
    may_end = de_words.MAY_END
    acronym_words = de_words.ACRONYM_WORDS
    spelled = de_words.SPELLED
    shouted = de_words.SHOUTED
    starters = de_words.STARTERS
    code_words = de_words.CODE_WORDS
    year_words = frozenset({"jahr", "seit", "von", "bis", "um", "ab", "vor", "nach", "anno", "im", "©"})
    word_endings = ("str", "straße")
    capital_nouns = True

    def own_shapes(self) -> Sequence[Shape]:
        from avatar.script.languages.de_shapes import shapes

        return shapes(self)

    # ------------------------------------------------------------ numbers

    def year(self, number: int) -> str:
        """1998 is nineteen hundred ninety eight; 2024 an ordinary number."""
        century, rest = divmod(number, 100)
        if not 11 <= century <= 19:
            return self.cardinal(number)
        return f"{self.cardinal(century)}hundert" + (self.cardinal(rest) if rest else "")

    def as_part(self, text: str) -> str:
        """A number as written, before a noun or as the first part of a word: ein-, einundzwanzig-."""
        said = self.number(text)
        return said[:-1] if said.endswith("eins") and not self.value(text)[1] else said

    def form(self, text: str, forms: Forms) -> str:
        return forms[0] if self.value(text) == ("1", "") else forms[1]

    def counted(self, text: str, forms: Forms) -> str:
        """One of a gender has its article; "1" is "ein" before others."""
        ending = "e" if forms[2] == "f" and self.value(text) == ("1", "") else ""
        return f"{self.as_part(text)}{ending} {self.form(text, forms)}"

    def percentage(self, text: str) -> str:
        return f"{self.as_part(text)} {self.percent}"

    # ------------------------------------------------------------ phrases

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        """Twelve euros ninety: the cents have no name but where they are alone."""
        whole, cents = self.currencies[currency]
        if scale:
            return f"{self.counted(text, self.scales[scale])} {whole[1]}"
        units, decimals = self.value(text)
        if len(decimals) != 2 or not cents:
            return self.counted(text, whole)
        if not int(decimals):
            return self.counted(units, whole)
        if not int(units):
            return self.counted(str(int(decimals)), cents)
        return f"{self.counted(units, whole)} {self.cardinal(int(decimals))}"

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [self.ordinal(day) + "r" if day else "", de_words.MONTH_NAMES[month - 1]]
        return " ".join(filter(None, [*parts, self.year(year) if year else ""]))

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = f"{self.as_part(str(hour))} Uhr" + (f" {self.cardinal(minute)}" if minute else "")
        return f"{said} und {self.counted(str(second), de_words.SECOND)}" if second else said

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            return f"{self.as_part(str(whole))}einhalb" if whole else "ein halb"
        if (top, bottom) == (3, 4) and whole:
            return f"{self.as_part(str(whole))}dreiviertel"
        name = BOTTOMS.get(bottom) or (self.ordinal(bottom) + "l").capitalize()
        share = f"{self.as_part(str(top))} {name}"
        return f"{self.cardinal(whole)} {share}" if whole else share

    def fraction_of(self, whole: int | None, top: int, bottom: int, forms: Forms) -> str:
        said = self.fraction(whole, top, bottom, followed=forms[0])
        return f"{said} {forms[1] if whole else forms[0]}"

    # ------------------------------------------------------------ words

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        number_follows = re.match(r"\s*\d|\s+[IVX]+\b", place.after) is not None
        name_follows = re.match(r"\s+[A-ZÄÖÜ]", place.after) is not None
        number_before = re.search(r"\d[.\s]*$", place.before) is not None
        if short.rstrip(".") in de_words.SHORT_DAYS and short != "fr.":
            return self.abbreviations[short] if _is_day(written, place) else None
        if short == "fr.":
            return "Freitag" if _is_day(written, place) else "Frau" if written[0] == "F" and name_follows else None
        if short in ("jan.", "jun.") and not (number_before or number_follows or place.word_before() in ("im", "seit")):
            return "junior" if short == "jun." else None
        if short in de_words.CAPITALS and written != (de_words.CAPITALS[short] or short):
            return "okay" if short == "ok" else None
        if (
            short in de_words.BEFORE_NUMBERS and not number_follows
            or short in de_words.BEFORE_NAMES and not (name_follows or re.match(r"\s+(?:u\.|und)\s", place.after))
            or short in de_words.AFTER_NUMBERS and not number_before
        ):  # fmt: skip
            return None
        if short == "geb." and name_follows:
            return "geborene"
        if short == "sog.":
            return "sogenannten" if place.word_before() in DATIVE | {"den", "dem", "des", "im", "am"} else "sogenannte"
        return self.abbreviations[short]

    def roman(self, number: int, before: str) -> str | None:
        return self.cardinal(number) if before in NUMBERED and number <= HIGHEST_PART else None


def _is_day(written: str, place: Place) -> bool:
    """ "Mo." and "So." are days before a date or another day, in lists of hours."""
    follows = re.match(r"\s?[,:–/-]?\s*(?:\d|den\b|der\b|ab\b|bis\b|(?:Mo|Di|Mi|Do|Fr|Sa|So)\b|und (?:Mo|Di|Mi|Do|Fr|Sa|So)\b)",
                       place.after)  # fmt: skip
    return written[0].isupper() and (follows is not None or place.word_before() in ("am", "jeden"))
