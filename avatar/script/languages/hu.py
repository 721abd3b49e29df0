"""Hungarian. Number words come from num2words; suffixes after a hyphen are joined to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import Forms, Language, with_joined
from avatar.script.languages.base import words as word_set
from avatar.script.scan import Place, Said, Shape
from avatar.script.shapes.amounts import number_pattern
from avatar.script.shapes.words import ROMAN, roman_value

MONTHS = (
    "január", "február", "március", "április", "május", "június", "július", "augusztus", "szeptember", "október",
    "november", "december",
)  # fmt: skip
SHORT_MONTHS = {"jan.": 1, "febr.": 2, "márc.": 3, "ápr.": 4, "máj.": 5, "jún.": 6, "júl.": 7, "aug.": 8,
                "szept.": 9, "okt.": 10, "nov.": 11, "dec.": 12}  # fmt: skip
TENTHS = ("", "tized", "század", "ezred")
PARTS = {3: "harmad", 4: "negyed", 5: "ötöd", 6: "hatod", 8: "nyolcad", 10: "tized"}
# That join a number's words without change; others (-os, -es, -as) alter them and are left as written.
SUFFIXES = (
    "kor|ig|ban|ben|ba|be|ból|ből|ra|re|ról|ről|tól|től|nak|nek|nál|nél|hoz|hez|höz|szor|szer|ször|ért|án|én|on|en|ön"
)
LETTERS = "a-záéíóöőúüű"


class Spoken(Language):
    code = "hu"
    group_marks = " .\u00a0\u202f"
    point = "egész"
    minus = "mínusz"
    plus = "plusz"
    percent = "százalék"
    number_sign = "szám"
    section = "paragrafus"
    month_first = False

    months = {name: number for number, name in enumerate(MONTHS, 1)} | SHORT_MONTHS
    month_names = MONTHS
    currencies = {
        "HUF": (("forint",), ()), "EUR": (("euró",), ("cent",)), "USD": (("dollár",), ("cent",)),
        "GBP": (("font",), ()), "CHF": (("svájci frank",), ()),
    }  # fmt: skip
    scales = {
        "ezer": ("ezer",), "millió": ("millió",), "milliárd": ("milliárd",), "mrd": ("milliárd",), "m": ("millió",),
        "Mrd": ("milliárd",), "e": ("ezer",),
    }  # fmt: skip
    units = {
        "mm": ("milliméter",), "cm": ("centiméter",), "m": ("méter",), "km": ("kilométer",), "m²": ("négyzetméter",),
        "m2": ("négyzetméter",), "km²": ("négyzetkilométer",), "m³": ("köbméter",), "m3": ("köbméter",),
        "ha": ("hektár",), "mg": ("milligramm",), "g": ("gramm",), "dkg": ("dekagramm",), "kg": ("kilogramm",),
        "t": ("tonna",), "l": ("liter",), "dl": ("deciliter",), "ml": ("milliliter",), "mp": ("másodperc",),
        "p": ("perc",), "km/h": ("kilométer per óra",), "km/ó": ("kilométer per óra",), "MB": ("megabájt",),
        "GB": ("gigabájt",), "W": ("watt",), "kW": ("kilowatt",), "kWh": ("kilowattóra",), "V": ("volt",),
        "Hz": ("hertz",), "°C": ("Celsius-fok",), "°": ("fok",), "%": ("százalék",), "db": ("darab",),
        "perc": ("perc",), "óra": ("óra",), "nap": ("nap",), "hét": ("hét",), "év": ("év",), "fő": ("fő",),
        "euró": ("euró",), "forint": ("forint",), "kilométer": ("kilométer",), "méter": ("méter",),
        "ember": ("ember",), "gyerek": ("gyerek",), "alkalommal": ("alkalommal",), "hónap": ("hónap",),
    }  # fmt: skip
    spaced_units = frozenset({"t"})
    symbols = {
        "&": "és", "+": "plusz", "=": "egyenlő", "@": "kukac", "%": "százalék", "°": "fok", "€": "euró", "$": "dollár",
        "×": "szorozva", "÷": "osztva", "±": "plusz-mínusz", "≈": "körülbelül", "~": "körülbelül",
        "<": "kisebb, mint", ">": "nagyobb, mint",
    }  # fmt: skip
    times, by, over = "szorozva", "szor", "per"
    dot, at, slash, dash, underscore, colon = "pont", "kukac", "perjel", "kötőjel", "aláhúzás", "kettőspont"
    squared, cubed, power = "négyzet", "köb", "ad"

    abbreviations = with_joined({
        "pl.": "például", "kb.": "körülbelül", "stb.": "satöbbi", "ill.": "illetve", "ún.": "úgynevezett",
        "dr.": "doktor", "prof.": "professzor", "id.": "idősebb", "ifj.": "ifjabb", "u.": "utca", "krt.": "körút",
        "tel.": "telefon", "old.": "oldal", "min.": "minimum", "max.": "maximum", "vö.": "vesd össze", "ld.": "lásd",
        "i. e.": "időszámításunk előtt", "i. sz.": "időszámításunk szerint", "Kr. e.": "Krisztus előtt",
        "Kr. u.": "Krisztus után", "kft.": "K F T", "bt.": "B T", "zrt.": "Z R T", "nyrt.": "N Y R T",
        "szt.": "szent", "özv.": "özvegy", "ui.": "ugyanis", "br.": "bruttó", "ker.": "kerület", "em.": "emelet",
        "mp.": "másodperc", "ti.": "tudniillik", "vm.": "vármegye",
        **{short: MONTHS[number - 1] for short, number in SHORT_MONTHS.items()},
    })  # fmt: skip
    may_end = word_set("stb. kft. bt. zrt. nyrt. u. krt. old. em. ker. mp.")
    starters = word_set(
        """A Az Egy Ez Ezt Ezek Ő Ők Én Mi Ti Te De És Vagy Mert Ha Hogy Amikor Majd Most Ma Holnap Tegnap Itt Ott Aztán
        Azután Ezért Nem Igen Is Ki Hol Miért Hogyan Mikor Kérem Minden Sok Még Már Csak Pedig Utána Később Így Úgy
        Továbbá Ilyen Olyan Van Volt"""
    )
    code_words = word_set("pin kód jelszó számlaszám")

    def form(self, text: str, forms: Forms) -> str:
        return forms[0]

    def counted(self, text: str, forms: Forms) -> str:
        return f"{_before_noun(self.number(text))} {forms[0]}"

    def number(self, text: str) -> str:
        """3,5: három egész öt tized."""
        decimals = self.value(text)[1]
        said = super().number(text)
        if not decimals or len(decimals) > 3 or not int(decimals):
            return said
        whole = said.rsplit(" egész ", 1)[0]
        return f"{_before_noun(whole)} egész {_before_noun(self.cardinal(int(decimals)))} {TENTHS[len(decimals)]}"

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [self.year(year) if year else "", MONTHS[month - 1], self.day(day, "") if day else ""]
        return " ".join(filter(None, parts))

    def day(self, number: int, suffix: str) -> str:
        """The day of a month, with what its suffix makes of it: tizenkettedike, -én, -éig, -étől, -ei."""
        stem = "elsej" if number == 1 else self.ordinal(number)
        front = number == 1 or stem.endswith(("edik", "ödik"))
        long, short = ("é", "e") if front else ("á", "a")
        ending = re.sub(r"^j?[áéae](?=\w)|^j?[ae]$", "", suffix)
        return stem + (short if ending in ("", "i") else long) + ending

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        return f"{_before_noun(self.cardinal(hour))} óra" + (f" {self.cardinal(minute)}" if minute else "")

    def span(self, first: str, last: str) -> str:
        return f"{first} {last}"

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            return "másfél" if whole == 1 else f"{self.cardinal(whole)} és fél" if whole else "fél"
        if bottom not in PARTS:
            return f"{self.cardinal(top)} per {self.cardinal(bottom)}"
        share = f"{_before_noun(self.cardinal(top))} {PARTS[bottom]}"
        return f"{self.cardinal(whole)} egész {share}" if whole else share

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        number_follows = re.match(r"\s*\d", place.after) is not None
        name_before = re.search(r"[A-ZÁÉÍÓÖŐÚÜŰ]\w+\s$", place.before) is not None
        number_before = re.search(r"\d\.?\s$", place.before) is not None
        if short in ("min.", "max.") and not number_follows or short == "u." and not name_before:
            return None
        if short in ("old.", "ker.", "em.", "mp.") and not number_before:
            return None
        return self.abbreviations[short]

    def own_shapes(self) -> Sequence[Shape]:
        def dated(match: re.Match, place: Place) -> Said | None:
            text, year = match["month"].lower(), match.groupdict().get("year")
            month = int(text) if text.isdecimal() else self.months[text]
            if not 1 <= month <= 12 or not 1 <= int(match["day"]) <= 31:
                return None
            parts = [
                self.year(int(year)) if year else "",
                MONTHS[month - 1],
                self.day(int(match["day"]), match["end"] or ""),
            ]
            return Said(" ".join(filter(None, parts)), "may" if match[0].endswith(".") else "")

        def clock(match: re.Match, place: Place) -> str:
            return self.time(int(match[1]), int(match["m"]), None, "") + (match["end"] or "")

        def ordinal(match: re.Match, place: Place) -> str:
            return self.ordinal(int(match[1]))

        def roman(match: re.Match, place: Place) -> Said | None:
            return Said(self.ordinal(roman_value(match[1])), "never") if len(match[1]) > 1 else None

        def suffixed(match: re.Match, place: Place) -> str:
            said = self.number(match[1])
            return (_before_noun(said) if match[2] in ("szor", "szer", "ször") else said) + match[2]

        def percent(match: re.Match, place: Place) -> str:
            return f"{self.number(match[1])} százalék{match[2]}"

        def phone(match: re.Match, place: Place) -> str:
            return ", ".join(self.digits(group) for group in re.findall(r"\d+", match[0]))

        month = "|".join(map(re.escape, sorted(self.months, key=len, reverse=True)))
        end = r"(?:-(?P<end>j?[áéa]?[a-záéíóöőúüű]+)|\.)?(?!\w)"
        return [
            Shape(rf"(?P<year>\d{{4}})\.?\s(?P<month>(?i:{month}))\s(?P<day>\d{{1,2}}){end}", dated),
            Shape(rf"(?P<year>\d{{4}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<day>\d{{1,2}}){end}", dated),
            Shape(rf"(?P<month>(?i:{month}))\s(?P<day>\d{{1,2}})(?![\d.,]\d){end}", dated),
            Shape(r"([01]?\d|2[0-4])[:.](?P<m>[0-5]\d)(?:-(?P<end>kor|ig|től|tól))(?!\w)", clock),
            Shape(r"([01]?\d|2[0-4]):(?P<m>[0-5]\d)(?P<end>)(?![\w:])", clock),
            Shape(rf"(\d{{1,3}})\.(?=\s[{LETTERS}])", ordinal),
            Shape(rf"({ROMAN})\.(?=\s[{LETTERS}A-ZÁÉÍÓÖŐÚÜŰ])", roman),
            Shape(rf"(\d+)-({SUFFIXES})(?!\w)", suffixed),
            Shape(r"(\d*[1-9]0)-([ae]s)(?!\w)", suffixed),
            Shape(rf"({number_pattern(self)})\s?%-([{LETTERS}]+)(?!\w)", percent),
            Shape(r"06[\s-]\d{1,2}[\s/-]\d{3}[\s-]\d{3,4}(?!\d)", phone),
        ]


def _before_noun(said: str) -> str:
    """ "kettő" is "két" before what it counts."""
    return re.sub(r"kettő$", "két", said)
