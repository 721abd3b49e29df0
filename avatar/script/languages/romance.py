"""What Spanish, French, Italian and Portuguese share: nouns have a gender that numbers follow, and numbers, times,
telephone numbers, ordinals and Roman numerals are written alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar

from avatar.script.languages.base import Forms, words
from avatar.script.languages.romance_order import Ordered
from avatar.script.scan import LETTER, Place, Shape
from avatar.script.shapes.amounts import number_pattern
from avatar.script.shapes.words import ROMAN

DASH = r"\s?[-‐‑–—]\s?"
PARTICLE = r"(?:(?:de|du|des|del|della|da|do)\s(?:l[ao]s?\s)?|(?:de\sl|d)['’])?"  # of a name: M. de Gaulle
GAP = r"[ .\-‐‑]"
ABROAD = rf"(?:\+|00)\d{{1,3}}{GAP}?(?:\(\d{{1,4}}\){GAP}?)?\d{{1,4}}(?:{GAP}?\d{{2,5}}){{1,5}}(?!\d)"


class Romance(Ordered):
    group_marks = ". \u00a0\u202f'’"
    point_too = True
    month_first = False  # "en mayo 5 personas"
    spaced_units = frozenset({"t"})
    own_words = frozenset({"x"})  # 6 m x 3 m

    # abbreviations, by what stands after them
    before_number: ClassVar[frozenset[str]] = frozenset()
    before_name: ClassVar[frozenset[str]] = frozenset()
    capital_only: ClassVar[frozenset[str]] = frozenset()  # which begin with a capital

    goes_on: ClassVar[frozenset[str]] = frozenset({"ex.", "ej.", "es."})  # which a sentence never ends with

    ends = words("etc. ecc. q.b. s.l.m.") | {"a. c.", "a.c.", "d. c.", "d.c.", "av. j.-c.", "apr. j.-c.", "ap. j.-c."}

    halves: ClassVar[Forms] = ()  # half before a noun: masculine, feminine
    and_half: ClassVar[Forms] = ()  # after one: "y medio", "y media"
    parts: ClassVar[Mapping[int, Forms]] = {}  # a third, thirds
    of_part: ClassVar[str] = "de"

    clock_tail: ClassVar[str] = r"\s?(?:h|hs|hrs)"  # what may follow a time and says nothing
    clock_words: ClassVar[frozenset[str]] = frozenset()  # before a time with a full stop: "alle 14.30"
    phones: ClassVar[tuple[str, ...]] = ()  # patterns of a telephone number at home

    of_year: ClassVar[str] = "de"  # of a law: 39/2015
    elided: ClassVar[str] = "(?!)"  # a pattern of what stands before an apostrophe: l', dell'

    def own_shapes(self) -> tuple[Shape, ...]:
        mark = r"(?:\s?[hH]\s?|:)" if "h" in self.clock_marks else "[:.]" if self.clock_words else ":"
        time = rf"(\d{{1,2}})({mark})(\d\d)(?:{mark}(\d\d))?"
        tail = rf"((?i:{self.clock_tail})(?!\w))?(?![\w%€$£]|[.,:h]\d|\s[€$£])"
        days = f"(?i:{any_of(name for name in self.weekdays if name.endswith('.'))})"
        found = [
            *[(pattern + r"(?!\w)", self._phone) for pattern in (ABROAD, *self.phones)],
            (rf"{time}{DASH}{time}{tail}", self._times),
            (rf"(\d{{1,2}})()()(){DASH}{time}{tail}", self._times),  # 17-20:30
            (rf"{time}{tail}(?!{DASH}\d{{1,2}}{mark}\d\d)(?!\s?[aApP]\.?\s?[mM]\b)", self._time),
            (r"(\d{1,3}):([0-5]\d)\s?min\b\.?", self._minutes),
            (rf"({number_pattern(self)})\s?([kM])(?=\s(?:d['’]|de\s|di\s)?[a-zß-ÿ]{{3,}})", self._many),
            (rf"(\d{{1,3}})({self.ordinal_endings})(?!\w)", self._ordinal),
            (r"(\d+)\s?€\s?(\d\d)(?![\d.,]\d|\d)", lambda match, place: self.money(f"{match[1]},{match[2]}", "EUR")),
            (r"(\d{1,2})/(\d{1,2})(?![\w/])", self._day_of_month),
            (r"(\d{1,3}(?:\.\d{3})+|\d{1,5})/((?:19|20)\d\d)(?![\w/])", self._of_a_year),
            (rf"({days})(?:\s?[-–]\s?|\s(au?|à|al|y|et?)\s)({days})", self._weekdays),
            (rf"({self._amount})\s({any_of(self._money_words)})(?!\w)", self._money_in_words),
            (rf"(\d{{1,3}})\s?(?:½|\s1[/⁄]2)\s({LETTER}{{3,}})(?![\w/])", self._and_a_half),
            (rf"(?i:{self.elided})['’](?=[A-ZÀ-Þ]|{any_of(self.abbreviations)})", lambda match, place: match[0]),
            (r"x(?=\s\d)", lambda match, place: self.by if re.search(r"\d\s?[ckm]?m\s$", place.before) else None),
            (r"[nN]\.?\s?[ºª°]\.?\s?(?=\d)", lambda match, place: f"{self.number_sign} "),
            (r"([A-ZÑ]{2,5})['’]?s(?!\w)", lambda match, place: self.spell(match[1])),  # DVDs
            (rf"({ROMAN})({self.roman_endings})?\s?[-–]\s?({ROMAN})({self.roman_endings})?(?![\w'’])", self._romans),
            (rf"({ROMAN})({self.roman_endings})?(?![\w'’])", self._roman),
        ]
        per = Shape(r"/\s?([^\W\d_]+[²³23]?)(?!\w)", self._per, inside=True)
        return (per, *(Shape(pattern, read) for pattern, read in found))

    # ------------------------------------------------------------ money

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        whole, cents = self.currencies[currency]
        if re.fullmatch(r"\d{1,3},\d{3}", text):  # $1,500
            text = text.replace(",", "")
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

    def _per(self, match: re.Match, place: Place) -> str | None:
        """12 €/kg."""
        if not re.search(r"(?:[€$£]|euros?|reais|dólares|[€$£]\s?[\d.,]+)\s?$", place.before):
            return None
        return f" {self.priced(self.units.get(match[1], (match[1],))[0])}"

    def priced(self, noun: str) -> str:
        """What a price is for: "por kilo"."""
        return f"por {noun}"

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
        if int(hour) > 24 or int(minute or 0) > 59 or int(second or 0) > 59:
            return None
        asked = place.word_before() in self.clock_words or re.search(r"(?i)\b(?:d?all?|l)['’]$", place.before)
        if mark == "." and not (tail or asked):
            return None
        return self.time(int(hour), int(minute) if minute else None, int(second) if second else None, "")

    def _minutes(self, match: re.Match, place: Place) -> str:
        """48:15 min."""
        minutes, seconds = (self.counted(str(int(match[n])), self.units[unit]) for n, unit in ((1, "min"), (2, "s")))
        return f"{minutes} {self.and_half[0].split()[0]} {seconds}"

    def _many(self, match: re.Match, place: Place) -> str | None:
        """1,5 M de personas, 20 k abonnés."""
        forms = self.scales.get(match[2].lower())
        if not forms or match[2] == "k" and int(self.value(match[1])[0]) < 10:  # 4k is a picture
            return None
        return self.cardinal_thousands(match[1]) if match[2] == "k" else self.counted(match[1], forms)

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

    def _day_of_month(self, match: re.Match, place: Place) -> str | None:
        """25/12; what might be a fraction is none."""
        day, month = int(match[1]), int(match[2])
        is_date = 12 < day <= 31 and 1 <= month <= 12 and match[0] != "24/7"
        return self.date(day, month, None, day_first=True, after_weekday=False) if is_date else None

    def _of_a_year(self, match: re.Match, place: Place) -> str:
        """Ley 39/2015, and the month 12/2024."""
        number, year = int(self.value(match[1])[0]), int(match[2])
        if (
            len(match[1]) == 2
            and 1 <= number <= 12
            and not re.search(r"\bl[eo][yigs]\w*\s+(?:n\S*\s)?$", place.before.lower())
        ):
            return self.date(None, number, year, day_first=True, after_weekday=False)
        return f"{self.number(match[1])} {self.of_year} {self.year(year)}"

    def _weekdays(self, match: re.Match, place: Place) -> str:
        """lun.-vie., du lun. au ven."""
        first, last = (self.weekdays[name.lower()] for name in (match[1], match[3]))
        return f"{first} {match[2]} {last}" if match[2] else self.span(first, last)

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
        if match[1] == "1" and not (noun := self.singular(noun)):
            return None
        feminine = self.is_feminine(noun)
        count = self.agreeing(self.cardinal(int(match[1])), noun, feminine=feminine)
        return f"{count} {noun} {self.and_half[feminine]}".replace("' ", "'")

    def singular(self, noun: str) -> str:
        """ "" where it is not sure."""
        return "" if noun.endswith("es") else noun.removesuffix("s")

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

    # ------------------------------------------------------------ abbreviations

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        if len(short) == 2 and short[1] == "." and re.search(r"\b[A-ZÀ-Þ]\.\s?$", place.before):
            return None  # an initial: J. S. Bach
        if short in self.before_number and not re.match(r"\s*:?\s*[(+]?\d|\s+[IVX]+\b", place.after):
            return None
        if short in self.before_name and not re.match(rf"[\s-]+{PARTICLE}[\"“«(]?[A-ZÀ-Þ]", place.after):
            return None
        if short in self.capital_only and not written[0].isupper():
            return None
        if short in self.goes_on and not re.match(r"\s*:|\s+[^A-ZÀ-Þ\s]", place.after):
            return None
        return self.abbreviations[short]


def any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"
