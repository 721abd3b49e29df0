"""What Spanish, French, Italian and Portuguese share: nouns have a gender that numbers follow, and numbers, times,
telephone numbers, ordinals and Roman numerals are written alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar

from avatar.script.languages.base import Forms, Language
from avatar.script.scan import LETTER, Place, Shape
from avatar.script.shapes.words import ROMAN, roman_value

DASH = r"\s?[-‐‑–—]\s?"
GAP = r"[ .\-‐‑]"
ABROAD = rf"(?:\+|00)\d{{1,3}}{GAP}?(?:\(\d{{1,4}}\){GAP}?)?\d{{1,4}}(?:{GAP}?\d{{2,5}}){{1,5}}(?!\d)"
BRANDS = r"[IVX]{2,}"  # after any name: Apolo XI


class Romance(Language):
    group_marks = ". \u00a0\u202f'’"
    point_too = True
    spaced_units = frozenset({"t"})

    # of nouns, for numbers that agree with them
    feminine: ClassVar[frozenset[str]] = frozenset()  # whose ending does not tell
    masculine: ClassVar[frozenset[str]] = frozenset()
    feminine_endings: ClassVar[tuple[str, ...]] = ()
    masculine_endings: ClassVar[tuple[str, ...]] = ()  # longer ones, which come before those
    not_nouns: ClassVar[frozenset[str]] = frozenset()  # what may stand after a number and is not counted by it
    plural: ClassVar[str] = "s"  # letters that plurals end with
    labels: ClassVar[frozenset[str]] = frozenset()  # nouns that a number names and does not count: page 1
    the: ClassVar[frozenset[str]] = frozenset()  # articles: after them 1 and an ordinal are no count

    # abbreviations, by what stands after them
    before_number: ClassVar[frozenset[str]] = frozenset()
    before_name: ClassVar[frozenset[str]] = frozenset()
    capital_only: ClassVar[frozenset[str]] = frozenset()  # which begin with a capital

    halves: ClassVar[Forms] = ()  # half before a noun: masculine, feminine
    and_half: ClassVar[Forms] = ()  # after one: "y medio", "y media"
    parts: ClassVar[Mapping[int, Forms]] = {}  # a third, thirds
    of_part: ClassVar[str] = "de"

    clock_tail: ClassVar[str] = r"\s?(?:h|hs|hrs)\.?"  # what may follow a time and says nothing
    clock_words: ClassVar[frozenset[str]] = frozenset()  # before a time with a full stop: "alle 14.30"
    phones: ClassVar[tuple[str, ...]] = ()  # patterns of a telephone number at home

    elided: ClassVar[str] = "(?!)"  # a pattern of what stands before an apostrophe: l', dell'
    ordinal_endings: ClassVar[str] = "[ºª]"  # a pattern of what stands after the digits
    roman_endings: ClassVar[str] = "(?!)"
    centuries: ClassVar[str] = "(?!)"  # a pattern of the words before the number of one
    regnal: ClassVar[frozenset[str]] = frozenset()  # names of kings and popes
    numbered: ClassVar[frozenset[str]] = frozenset()  # nouns before a Roman numeral

    def own_shapes(self) -> tuple[Shape, ...]:
        mark = r"(?:\s?[hH]\s?|:)" if "h" in self.clock_marks else "[:.]" if self.clock_words else ":"
        time = rf"(\d{{1,2}})({mark})(\d\d)(?:{mark}(\d\d))?"
        tail = rf"({self.clock_tail}(?!\w))?(?![\w%€$£]|[.,:h]\d|\s[€$£])"
        found = [
            *[(pattern + r"(?!\w)", self._phone) for pattern in (ABROAD, *self.phones)],
            (rf"{time}{DASH}{time}{tail}", self._times),
            (rf"{time}{tail}(?!{DASH}\d{{1,2}}{mark}\d\d)(?!\s?[aApP]\.?\s?[mM]\b)", self._time),
            (rf"(\d{{1,3}})({self.ordinal_endings})(?!\w)", self._ordinal),
            (rf"({self._amount})\s({any_of(self._money_words)})(?!\w)", self._money_in_words),
            (rf"(\d{{1,3}})\s?(?:½|\s1[/⁄]2)\s({LETTER}{{3,}})(?![\w/])", self._and_a_half),
            (rf"(?i:{self.elided})['’](?={LETTER})", lambda match, place: match[0]),
            (rf"({ROMAN})({self.roman_endings})?(?![\w'’])", self._roman),
        ]
        return tuple(Shape(re.compile(pattern), read) for pattern, read in found)

    # ------------------------------------------------------------ agreement

    def is_feminine(self, noun: str) -> bool:
        noun = re.split(r"[^\w'’-]", noun.lower().strip())[0]
        for form in (noun, noun.removesuffix("es"), noun.removesuffix("s")):
            if form in self.feminine:
                return True
            if form in self.masculine:
                return False
        if self.masculine_endings and noun.endswith(self.masculine_endings):
            return False
        return noun.endswith(self.feminine_endings)

    def agreeing(self, words: str, noun: str, *, feminine: bool) -> str:
        """A number in words as it stands before a noun."""
        return words

    def counted(self, text: str, forms: Forms) -> str:
        said = self.number(text)
        if not self.value(text)[1]:
            said = self.agreeing(said, forms[0], feminine=self.is_feminine(forms[0]))
        return f"{said} {self.form(text, forms)}".replace("' ", "'")

    def number_at(self, text: str, place: Place) -> str:
        said = self.number(text)
        whole, decimals = self.value(text)
        noun = next_word(place)
        if decimals or not noun or noun.lower() in self.not_nouns or place.word_before() in self.labels:
            return said
        is_plural = noun.lower().endswith(tuple(self.plural))
        if int(whole) == 1 and (place.word_before() in self.the or is_plural and self.plural == "s"):
            return said
        if int(whole) > 1 and not is_plural:
            return said
        return self.agreeing(said, noun, feminine=self.is_feminine(noun))

    # ------------------------------------------------------------ money

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        whole, cents = self.currencies[currency]
        if scale:
            forms = self.scales[scale]
            if forms[0] == self.cardinal(1000):
                return f"{self.cardinal_thousands(text)} {whole[-1]}"
            return f"{self.counted(text, forms)} {self.of_noun(whole[-1])}"
        units, decimals = self.value(text)
        if len(decimals) == 1 and cents:  # 12,5 euros
            decimals += "0" if self.decimal_mark in text or "." in text else ""
        if len(decimals) != 2 or not cents:
            return self.counted(text, whole)
        small = self.counted(str(int(decimals)), cents) if int(decimals) else ""
        large = self.counted(units, whole) if int(units) or not small else ""
        return self.with_cents(large, small, int(decimals)) if large and small else large or small

    _amount: ClassVar[str] = r"(?:\d{1,3}(?:[ .\u00a0\u202f]\d{3})+|\d+)[.,]\d\d(?!\d)"

    @property
    def _money_words(self) -> dict[str, str]:
        """euros -> EUR, of what has cents."""
        found = {}
        for code, (whole, cents) in self.currencies.items():
            if cents:
                found.update(dict.fromkeys(whole, code))
        return found

    def _money_in_words(self, match: re.Match, place: Place) -> str:
        """12,50 euros."""
        return self.money(match[1], self._money_words[match[2]])

    def with_cents(self, large: str, small: str, cents: int) -> str:
        return f"{large} {self.and_cents} {small}"

    def of_noun(self, noun: str) -> str:
        return f"{self.of_scale} {noun}"

    def cardinal_thousands(self, text: str) -> str:
        """5 mil, 5 k."""
        whole, decimals = self.value(text)
        return self.cardinal(round(float(f"{whole}.{decimals or 0}") * 1000))

    # ------------------------------------------------------------ dates, times, telephone numbers

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        until = self.date(last, month, year, day_first=True, after_weekday=False)
        return self.span(self.cardinal(first), until)

    def _time(self, match: re.Match, place: Place) -> str | None:
        return self._moment(match.groups()[:4], place, tail=match[5])

    def _times(self, match: re.Match, place: Place) -> str | None:
        given = match.groups()
        first, last = (self._moment(part, place, tail=given[8]) for part in (given[:4], given[4:8]))
        return self.span(first, last) if first and last else None

    def _moment(self, parts: tuple, place: Place, *, tail: str | None) -> str | None:
        hour, mark, minute, second = parts
        if int(hour) > 24 or int(minute) > 59 or int(second or 0) > 59:
            return None
        asked = place.word_before() in self.clock_words or re.search(r"(?i)\b(?:d?all?|l)['’]$", place.before)
        if mark == "." and not (tail or asked):
            return None
        return self.time(int(hour), int(minute), int(second) if second else None, "")

    def _phone(self, match: re.Match, place: Place) -> str:
        """Group by group, the country's code as a number."""
        groups = re.findall(r"\+?\d+", match[0])
        said = []
        for number, group in enumerate(groups):
            if number == 0 and group.startswith("+"):
                country = group[1:] if len(group) < 5 else ""
                said.append(f"{self.plus} {self.number(country) if country else self.digits(group)}")
            else:
                said.append(self.phone_group(group))
        return ", ".join(said)

    def phone_group(self, digits: str) -> str:
        return self.digits(digits)

    # ------------------------------------------------------------ fractions

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        noun = followed if followed and followed.lower() not in self.not_nouns else ""
        feminine = bool(noun) and self.is_feminine(noun)
        if bottom == 2 and top == 1:
            if whole:
                said = (
                    self.agreeing(self.cardinal(whole), noun, feminine=feminine)
                    if noun and whole > 1
                    else self.cardinal(whole)
                )
                return f"{said} {self.and_half[feminine]}"
            return self.halves[feminine] if noun else self.share(top, bottom)
        share = self.share(top, bottom)
        if whole:
            return f"{self.cardinal(whole)} {self.and_half[0].split()[0]} {share}"
        return f"{share} {self.of_part}" if noun else share

    def _and_a_half(self, match: re.Match, place: Place) -> str | None:
        """1 ½ tazas: una taza y media."""
        noun = match[2]
        if noun.lower() in self.not_nouns or noun.lower() in self.units:
            return None
        if match[1] == "1" and noun.endswith(tuple(self.plural)):
            if self.plural != "s" and self.code != "fr" or noun.endswith("es") and self.code != "fr":
                return None
            noun = noun[:-1]
        feminine = self.is_feminine(noun)
        count = self.agreeing(self.cardinal(int(match[1])), noun, feminine=feminine)
        return f"{count} {noun} {self.and_half[feminine]}".replace("' ", "'")

    def share(self, top: int, bottom: int) -> str:
        """Two thirds."""
        if bottom not in self.parts:
            return f"{self.cardinal(top)} {self.over} {self.cardinal(bottom)}"
        one, many = self.parts[bottom]
        return f"{self.agreeing(self.cardinal(top), one, feminine=False)} {one if top == 1 else many}"

    def fraction_of(self, whole: int | None, top: int, bottom: int, forms: Forms) -> str:
        feminine = self.is_feminine(forms[0])
        if not whole:
            said = self.fraction(None, top, bottom, followed=forms[0])
            return (
                f"{said} {forms[0]}"
                if top == 1 and bottom == 2
                else f"{self.share(top, bottom)} {self.of_noun(forms[0])}"
            )
        count = self.agreeing(self.cardinal(whole), forms[0], feminine=feminine)
        noun = forms[0] if whole == 1 else forms[-1]
        if (top, bottom) == (1, 2):
            return f"{count} {noun} {self.and_half[feminine]}"
        return f"{count} {noun} {self.and_half[0].split()[0]} {self.share(top, bottom)}"

    # ------------------------------------------------------------ ordinals and Roman numerals

    def ordinal_before(self, number: int, noun: str, *, feminine: bool) -> str:
        """As it stands before this noun, "" where there is none."""
        return self.ordinal(number)

    def _ordinal(self, match: re.Match, place: Place) -> str | None:
        mark, noun = match[2], next_word(place)
        noun = noun if noun.lower() not in self.not_nouns else ""
        if re.match(r"\s?[CF]\b", place.after):
            return None  # degrees
        if "°" in mark and not (noun and int(match[1]) < 100 and place.word_before() in self.the):
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

    def century(self, number: int) -> str:
        return self.ordinal(number) if number <= 10 else self.cardinal(number)

    def of_king(self, number: int, name: str) -> str:
        if number > 10:
            return self.cardinal(number)
        return self.ordinal_before(number, "", feminine=self.is_feminine(name))

    def chapter(self, number: int, noun: str) -> str:
        return self.cardinal(number)

    # ------------------------------------------------------------ abbreviations

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        if short in self.before_number and not re.match(r"\s*\d|\s+[IVX]+\b", place.after):
            return None
        if short in self.before_name and not re.match(r"\s+[\"“«(]?[A-ZÀ-Þ]", place.after):
            return None
        if short in self.capital_only and not written[0].isupper():
            return None
        return self.abbreviations[short]


def any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"


def next_word(place: Place) -> str:
    """The word right after it, "" where a mark or nothing stands there."""
    found = re.match(rf"\s({LETTER}{{2,}})", place.after)
    return found[1] if found else ""
