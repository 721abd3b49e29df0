"""Arabic. Cardinals come from num2words, with what it gets wrong mended; nouns agree with the number's last two digits.

A noun is (one, two, three to ten, eleven to ninety-nine, hundreds), all masculine: their numbers are num2words' own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import Forms, Language
from avatar.script.scan import Place, Shape

MONTHS = ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر")
DAYS = ("الأول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع", "العاشر")
HOURS = ("الواحدة", "الثانية", "الثالثة", "الرابعة", "الخامسة", "السادسة", "السابعة", "الثامنة", "التاسعة", "العاشرة",
         "الحادية عشرة", "الثانية عشرة")  # fmt: skip
MINUTES = {5: "وخمس دقائق", 10: "وعشر دقائق", 15: "والربع", 20: "والثلث", 25: "وخمس وعشرين دقيقة", 30: "والنصف",
           35: "وخمس وثلاثين دقيقة", 40: "وأربعين دقيقة", 45: "وخمس وأربعين دقيقة", 50: "وخمسين دقيقة",
           55: "وخمس وخمسين دقيقة"}  # fmt: skip
WHOLE = {"مئتا": "مئتان", "ألفا": "ألفان", "مليونا": "مليونان", "مليارا": "ملياران"}
BEFORE_NOUN = {whole: short for short, whole in WHOLE.items()}
OBLIQUE = {"ألفان": "ألفين", "مئتان": "مئتين", "عشرون": "عشرين", "ثلاثون": "ثلاثين", "أربعون": "أربعين", "خمسون": "خمسين",
           "ستون": "ستين", "سبعون": "سبعين", "ثمانون": "ثمانين", "تسعون": "تسعين", "اثنان": "اثنين", "اثنا": "اثني"}  # fmt: skip


def _noun(one: str, many: str) -> Forms:
    """Of a noun with regular endings."""
    return one, one + "ان", many, one + "ًا", one


METRE, GRAM = "متر", "غرام"


class Spoken(Language):
    code = "ar"
    scripts = ("ARABIC",)
    decimal_mark = "."
    group_marks = ",٬"
    point = "فاصلة"
    minus = "سالب"
    plus = "زائد"
    percent = "بالمئة"
    month_first = False

    months = {name: number for number, name in enumerate(MONTHS, 1)} | {
        "ابريل": 4,
        "إبريل": 4,
        "اغسطس": 8,
        "اكتوبر": 10,
    }
    month_names = MONTHS
    currencies = {
        "USD": (_noun("دولار", "دولارات"), ()), "EUR": (("يورو",) * 5, ()),
        "GBP": (("جنيه إسترليني", "جنيهان إسترلينيان", "جنيهات إسترلينية", "جنيهًا إسترلينيًا", "جنيه إسترليني"), ()),
    }  # fmt: skip
    units = {
        **dict.fromkeys(("كم", "km"), _noun("كيلومتر", "كيلومترات")), **dict.fromkeys(("م", "m"), _noun(METRE, "أمتار")),
        **dict.fromkeys(("سم", "cm"), _noun("سنتيمتر", "سنتيمترات")), **dict.fromkeys(("مم", "mm"), _noun("مليمتر", "مليمترات")),
        **dict.fromkeys(("كغ", "كجم", "kg"), _noun("كيلوغرام", "كيلوغرامات")), **dict.fromkeys(("غ", "g"), _noun(GRAM, "غرامات")),
        **dict.fromkeys(("ل", "l"), _noun("لتر", "لترات")), "°": ("درجة",) * 5, "°C": ("درجة مئوية",) * 5, "%": ("بالمئة",) * 5,
        "٪": ("بالمئة",) * 5,
    }  # fmt: skip
    to = "إلى"
    symbols = {"&": "و", "+": "زائد", "=": "يساوي", "%": "بالمئة", "٪": "بالمئة", "$": "دولار", "€": "يورو", "×": "في"}
    times, by, over = "في", "في", "على"
    dot, at, slash = "نقطة", "آت", "شرطة مائلة"

    abbreviations = {"د.": "الدكتور", "أ.": "الأستاذ"}

    def cardinal(self, number: int) -> str:
        said = super().cardinal(number).replace(" و ", " و")
        words = said.split()
        if words and words[-1] in WHOLE:
            words[-1] = WHOLE[words[-1]]
        return " ".join(words)

    def year(self, number: int) -> str:
        """As it is said after the word for year or month."""
        words = self.cardinal(number).split()
        return " ".join(_oblique(word) for word in words)

    def decimals(self, digits: str) -> str:
        return self.digits(digits) if digits.startswith("0") else self.cardinal(int(digits))

    def form(self, text: str, forms: Forms) -> str:
        whole, decimals = self.value(text)
        last = int(whole) % 100
        if decimals or last in (0, 1, 2):
            return forms[4]
        return forms[2] if last <= 10 else forms[3]

    def counted(self, text: str, forms: Forms) -> str:
        if self.value(text) in (("1", ""), ("2", "")) and forms[0] != forms[1]:
            return f"{forms[0]} واحد" if self.value(text)[0] == "1" else forms[1]
        said = self.number(text)
        last = said.rpartition(" ")[2]
        if last in BEFORE_NOUN and not self.value(text)[1]:
            said = said.removesuffix(last) + BEFORE_NOUN[last]
        return f"{said} {self.form(text, forms)}"

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [f"{_day(day)} من" if day else "", MONTHS[month - 1], self.year(year) if year else ""]
        return " ".join(filter(None, parts))

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = HOURS[(hour - 1) % 12]
        if not minute:
            return said
        return f"{said} {MINUTES[minute]}" if minute in MINUTES else f"{said} و{self.year(minute)} دقيقة"

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        at_start = not place.before or place.before[-1] in ' "«(“'
        return self.abbreviations[short] if at_start and re.match(r"\s*\w", place.after) else None

    def own_shapes(self) -> Sequence[Shape]:
        def in_year(match: re.Match, place: Place) -> str | None:
            known = place.word_before() in ("عام", "سنة", "العام", "منذ") or place.word_before() in MONTHS
            return self.year(int(match[0])) if known else None

        return [Shape(r"(?:1[1-9]|20)\d\d(?![\d.,]\d|\d)", in_year)]


def _oblique(word: str) -> str:
    prefix = "و" if word.startswith("و") and word != "واحد" else ""
    return prefix + OBLIQUE.get(word.removeprefix(prefix), word.removeprefix(prefix))


def _day(number: int) -> str:
    """The ordinal of a day after "in the"."""
    if number <= 10:
        return DAYS[number - 1]
    if number < 20:
        return ("الحادي" if number == 11 else DAYS[number - 11]) + " عشر"
    tens = "العشرين" if number < 30 else "الثلاثين"
    ones = number % 10
    return f"{'الحادي' if ones == 1 else DAYS[ones - 1]} و{tens}" if ones else tens
