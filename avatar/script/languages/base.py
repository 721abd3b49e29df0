"""What the scanner asks of a language: its words for numbers, dates, money, units and signs.

How a language is added: a file `languages/CODE.py` with one class `Spoken(Language)`, its code "-" written "_"
(`zh_cn.py`); where it has many words, they are a class `Words(Language)` in `CODE_words.py`, which `Spoken` inherits
from and adds its rules to. The class sets what differs of the attributes below and overrides a method where the language builds a
phrase in its own order (`date`, `time`, `money`, `fraction`) or lets words agree (`counted`). Words are lower case but
for what is written with a capital; letters to be spelled are capitals with spaces between ("C E O"). `number` takes a
number as written in that language ("1.234,5"). A class that sets nothing but `code`, `decimal_mark`, `point` and
`percent` reads numbers, percent and common currencies already: cardinals come from num2words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from avatar.script.languages.number_words import own

if TYPE_CHECKING:
    from avatar.script.scan import Place, Shape

Forms = tuple[str, ...]  # of a noun: one, many; or one, few, many, chosen by `form`


def words(text: str) -> frozenset[str]:
    """A set of words, written as one text."""
    return frozenset(text.split())


def in_order(text: str) -> tuple[str, ...]:
    return tuple(text.split())


class Language:
    code: ClassVar[str] = ""
    scripts: ClassVar[tuple[str, ...]] = ("LATIN",)  # the first words of its letters' Unicode names

    # numbers
    decimal_mark: ClassVar[str] = ","
    group_marks: ClassVar[str] = ".\u00a0\u202f'’"  # between groups of three digits
    group_digits: ClassVar[str] = "3"  # how many stand in a group
    point: ClassVar[str] = ","  # the decimal mark as a word
    point_too: ClassVar[bool] = False  # 3.5 and 1,234.50 are read as well, where 1.234,50 is written
    minus: ClassVar[str] = "minus"
    plus: ClassVar[str] = "plus"
    percent: ClassVar[str] = "%"
    permille: ClassVar[str] = "‰"
    number_sign: ClassVar[str] = ""  # the word for "№" and "#" before a number
    section: ClassVar[str] = ""  # the word for "§"
    decimals_digit_by_digit: ClassVar[bool] = False  # "3,75": two numbers in most languages, digits in English
    ordinal_marks: ClassVar[str] = ""  # a pattern for what follows the digits of an ordinal: "º|ª", "e|er", r"\."

    # dates and times
    months: ClassVar[Mapping[str, int]] = {}  # every written name, lower case, with short ones ("nov.", "november")
    month_names: ClassVar[tuple[str, ...]] = ()  # as spoken, January first
    weekdays: ClassVar[Mapping[str, str]] = {}  # written, lower case -> spoken
    day_first: ClassVar[bool] = True  # of 03/04/2024
    month_first: ClassVar[bool] = True  # "March 12" is a date
    clock_marks: ClassVar[str] = ":"  # between hours and minutes; "h" in French, "." as well in others

    # money and units
    currencies: ClassVar[Mapping[str, tuple[Forms, Forms]]] = {}  # code -> names of the whole and of its hundredth
    and_cents: ClassVar[str] = ""  # between them
    scales: ClassVar[Mapping[str, Forms]] = {}  # "bn", "m" after an amount of money, and "million" in words
    of_scale: ClassVar[str] = ""  # between a million and the currency: "de", "di"
    units: ClassVar[Mapping[str, Forms]] = {}  # as written after a number: "km", "km/h", "°C"
    spaced_units: ClassVar[frozenset[str]] = frozenset()  # of one letter that may stand apart from their number: "5 t"
    to: ClassVar[str] = "-"  # of a range
    per: ClassVar[str] = ""
    per_names: ClassVar[Mapping[str, str]] = {}  # what stands after the slash of "$20/mo" -> spoken

    # signs and letters
    symbols: ClassVar[Mapping[str, str]] = {"&": "&", "+": "+", "=": "="}
    times: ClassVar[str] = "×"
    by: ClassVar[str] = "×"  # of 10 x 20
    over: ClassVar[str] = "/"  # of a division or ratio
    out_of: ClassVar[str] = ""  # of a rating: 9/10
    rated: ClassVar[frozenset[str]] = frozenset()  # words before one
    dot: ClassVar[str] = "."  # of addresses and file names, as the next four
    at: ClassVar[str] = "@"
    slash: ClassVar[str] = "/"
    dash: ClassVar[str] = "-"
    underscore: ClassVar[str] = "_"
    colon: ClassVar[str] = ":"
    backslash: ClassVar[str] = "\\"
    squared: ClassVar[str] = "²"
    cubed: ClassVar[str] = "³"
    address_words: ClassVar[Mapping[str, str]] = {}  # parts of addresses, lower case, that are said otherwise: "www"
    power: ClassVar[str] = "^"  # "to the power of"
    letter_names: ClassVar[Mapping[str, str]] = {}  # where a capital by itself is read wrongly

    # words
    abbreviations: ClassVar[Mapping[str, str]] = {}  # lower case with its dots -> spoken; they do not end a sentence
    may_end: ClassVar[frozenset[str]] = frozenset()  # those that end one before a capital letter
    ends: ClassVar[frozenset[str]] = frozenset()  # those that end one before any capital letter: no name follows them
    acronym_words: ClassVar[frozenset[str]] = frozenset()  # capitals read as a word: NATO
    code_words: ClassVar[frozenset[str]] = frozenset()  # before a number that is read digit by digit: PIN
    room_words: ClassVar[frozenset[str]] = frozenset()  # before a number that is read as of a room or house
    articles: ClassVar[frozenset[str]] = frozenset()  # before an amount that describes a noun
    starters: ClassVar[frozenset[str]] = (
        frozenset()
    )  # words that begin a sentence after "U.S." or "etc.", capital first
    year_words: ClassVar[frozenset[str]] = frozenset()  # before a number of four digits that is a year

    counts: ClassVar[str] = r"(?!)"  # a pattern for what follows four digits that are a quantity and no year
    word_endings: ClassVar[tuple[str, ...]] = ()  # of words of small letters that a shape of its own reads
    capital_nouns: ClassVar[bool] = False  # a word with a capital may be any noun

    shouted: ClassVar[frozenset[str]] = frozenset()  # short words that are words in capitals too: "not", "all"
    spelled: ClassVar[frozenset[str]] = frozenset()  # capitals that look like a word and are spelled: UCLA

    spelled_after_the: ClassVar[frozenset[str]] = frozenset()  # names that look like shouted words elsewhere: the WHO

    own_words: ClassVar[frozenset[str]] = frozenset()  # in lower case, that a shape of `own_shapes` may begin with

    def own_shapes(self) -> Sequence[Shape]:
        """What only this language writes; tried after addresses and before all others."""
        return ()

    # ------------------------------------------------------------ numbers

    def cardinal(self, number: int) -> str:
        return in_words(number, self.code)

    def ordinal(self, number: int) -> str:
        return in_words(number, self.code, to="ordinal")

    def year(self, number: int) -> str:
        return self.cardinal(number)

    def digits(self, text: str) -> str:
        """Each digit by itself; what is no digit is left out."""
        return " ".join(self.cardinal(int(digit)) for digit in text if digit.isdecimal())

    def value(self, text: str) -> tuple[str, str]:
        """Whole part and decimals of a number as written, as bare digits."""
        text = text.lstrip("+-−")
        if self.point_too and re.fullmatch(r"\d+\.\d{1,2}|\d{1,3}(?:,\d{3})+\.\d{1,2}|\d{1,3}(?:,\d{3}){2,}", text):
            text = text.replace(",", "").replace(".", self.decimal_mark)
        whole, _, decimals = text.partition(self.decimal_mark)
        return "".join(c for c in whole if c.isdecimal()) or "0", decimals

    def number(self, text: str) -> str:
        """A number as written, its sign included."""
        whole, decimals = self.value(text)
        sign = self.minus + " " if text[0] in "-−" else self.plus + " " if text[0] == "+" else ""
        spoken = sign + (self.digits(whole) if len(whole) > 15 else self.cardinal(int(whole)))
        if not decimals:
            return spoken
        return f"{spoken} {self.point} {self.decimals(decimals)}"

    def number_at(self, text: str, place: Place) -> str:
        """A number by itself in its line: it may agree with the noun after it."""
        return self.number(text)

    def decimals(self, digits: str) -> str:
        if self.decimals_digit_by_digit or len(digits) > 2:
            return self.digits(digits)
        zeros = len(digits) - len(digits.lstrip("0"))
        rest = digits.lstrip("0")
        return " ".join([self.cardinal(0)] * zeros + ([self.cardinal(int(rest))] if rest else []))

    def form(self, text: str, forms: Forms) -> str:
        """The noun as it stands after this number, as written."""
        return forms[0] if self.value(text) == ("1", "") else forms[-1]

    def counted(self, text: str, forms: Forms) -> str:
        """A number as written, with its noun."""
        return f"{self.number(text)} {self.form(text, forms)}"

    def describes(self, place: Place, *, joined: bool) -> bool:
        """Whether a quantity stands before what it describes, as in "a 3 km walk". joined: there is no space in it."""
        return False

    def as_adjective(self, text: str, forms: Forms) -> str:
        """A quantity before what it describes: a 5-km run."""
        return self.counted(text, forms)

    def percentage(self, text: str) -> str:
        return f"{self.number(text)} {self.percent}"

    # ------------------------------------------------------------ phrases

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        """An amount: 1,499.50 of EUR; scale: what `scales` knows. before_noun: it describes one, "a $349 mixer"."""
        whole, cents = self.currencies[currency]
        if scale:
            forms = self.scales[scale]
            between = f" {self.of_scale}" if self.of_scale else ""
            return f"{self.counted(text, forms)}{between} {whole[-1]}"
        units, decimals = self.value(text)
        if len(decimals) != 2 or not cents:
            return self.counted(text, whole)
        small = self.counted(str(int(decimals)), cents) if int(decimals) else ""
        large = self.counted(units, whole) if int(units) or not small else ""
        return f" {self.and_cents} ".join(filter(None, [large, small])).replace("  ", " ")

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        """A date of these parts. day_first: as it is written; after_weekday: a day of the week stands before it."""
        parts = [self.cardinal(day) if day else "", self.month_names[month - 1], self.year(year) if year else ""]
        return " ".join(filter(None, parts))

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        """Two days of one month: 12-14 March 2024."""
        parts = [self.span(self.cardinal(first), self.cardinal(last)), self.month_names[month - 1]]
        return " ".join([*parts, *([self.year(year)] if year else [])])

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        """A time of day; half: "a" or "p" where am or pm is written."""
        parts = [self.cardinal(each) for each in (hour, minute, second) if each is not None]
        return " ".join([*parts, *([f"{half.upper()} M"] if half else [])])

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        """followed: the noun that stands after it ("half a cup"), or ""."""
        parts = [self.cardinal(whole) if whole else "", self.cardinal(top), self.over, self.cardinal(bottom)]
        return " ".join(filter(None, parts))

    def fraction_of(self, whole: int | None, top: int, bottom: int, forms: Forms) -> str:
        """A fraction of a unit: half a teaspoon, one and a half centimeters."""
        return f"{self.fraction(whole, top, bottom, followed=forms[0])} {forms[-1] if whole else forms[0]}"

    def height(self, feet: str, inches: str) -> str | None:
        """5'10"; None where the language has no feet."""
        return None

    def span(self, first: str, last: str) -> str:
        """A range of two things that are spoken already."""
        return f"{first} {self.to} {last}"

    def spell(self, letters: str) -> str:
        """Letter by letter, digits among them as digits."""
        names = []
        for character in letters:
            if character.isdecimal():
                names.append(self.digits(character))
            elif character.isalpha():
                names.append(self.letter_names.get(character.lower(), character.upper()))
        return " ".join(names)

    def roman(self, number: int, before: str) -> str | None:
        """A Roman numeral after this word; None where it is none."""
        return None

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        """What an abbreviation stands for here; None where it is none. short: in lower case."""
        return self.abbreviations[short]

    def in_pairs(self, digits: str) -> str:
        """The number of a room, house or flight."""
        return self.number(digits)

    def decade(self, number: int) -> str | None:
        """1990s; None where the language does not write so."""
        return None

    def alternatives(self, place: Place) -> str:
        """What is said for the slash between two words."""
        return " "

    def raised(self, digits: str) -> str:
        """A superscript after a letter or number."""
        return {"2": self.squared, "3": self.cubed}.get(digits) or f"{self.power} {self.number(digits)}"


def with_joined(phrases: Mapping[str, str]) -> dict[str, str]:
    """Abbreviations of several parts, "z. B.", with and without the spaces between them; in lower case."""
    return {name: said for short, said in phrases.items() for name in (short.lower(), short.lower().replace(" ", ""))}


def in_words(number: int, code: str, to: str = "cardinal") -> str:
    """Our own words, or those of num2words, which the full stack's environment holds; the digits, where it is not there or
    knows no such words."""
    if (said := own(number, code, to)) is not None:
        return said
    try:
        from num2words import num2words
    except ImportError:
        return str(number)
    try:
        return num2words(number, lang=code, to=to)
    except (NotImplementedError, OverflowError):
        return str(number)
