"""Dutch. Number words come from num2words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import Language, with_joined
from avatar.script.languages.base import words as word_set
from avatar.script.scan import Place, Shape

MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
    "december",
)  # fmt: skip
SHORT_MONTHS = {"jan.": 1, "feb.": 2, "mrt.": 3, "apr.": 4, "jun.": 6, "jul.": 7, "aug.": 8, "sept.": 9, "okt.": 10,
                "nov.": 11, "dec.": 12}  # fmt: skip
CENT = ("cent",)
MINUTE, SECOND = ("minuut", "minuten"), ("seconde", "seconden")
PARTS = {3: "derde", 4: "kwart", 5: "vijfde", 6: "zesde", 7: "zevende", 8: "achtste", 10: "tiende"}
NUMBERED = word_set("hoofdstuk deel boek akte klasse type fase groep artikel bijlage")
NAMES_OF_KINGS = word_set(
    "willem lodewijk karel filips hendrik leopold albert boudewijn johannes paulus pius benedictus"
)
NAMES_OF_QUEENS = word_set("elizabeth elisabeth catharina margaretha")


class Spoken(Language):
    code = "nl"
    group_marks = " .\u00a0\u202f"
    point = "komma"
    minus = "min"
    percent = "procent"
    permille = "promille"
    number_sign = "nummer"
    section = "paragraaf"
    ordinal_marks = "e|de|ste"
    month_first = False

    months = {name: number for number, name in enumerate(MONTHS, 1)} | SHORT_MONTHS
    month_names = MONTHS
    weekdays = {day: day for day in ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")}

    currencies = {
        "EUR": (("euro",), CENT), "USD": (("dollar",), CENT), "GBP": (("pond",), ("pence",)),
        "CHF": (("Zwitserse frank",), CENT), "JPY": (("yen",), ()),
    }  # fmt: skip
    scales = {
        "mln": ("miljoen",), "mln.": ("miljoen",), "mld": ("miljard",), "mld.": ("miljard",), "miljoen": ("miljoen",),
        "miljard": ("miljard",), "duizend": ("duizend",),
    }  # fmt: skip
    units = {
        "mm": ("millimeter",), "cm": ("centimeter",), "m": ("meter",), "km": ("kilometer",), "m²": ("vierkante meter",),
        "m2": ("vierkante meter",), "km²": ("vierkante kilometer",), "m³": ("kubieke meter",), "m3": ("kubieke meter",),
        "ha": ("hectare",), "mg": ("milligram",), "g": ("gram",), "gr": ("gram",), "kg": ("kilogram",), "t": ("ton",),
        "l": ("liter",), "ml": ("milliliter",), "el": ("eetlepel", "eetlepels"), "tl": ("theelepel", "theelepels"), "cl": ("centiliter",), "dl": ("deciliter",), "s": SECOND,
        "sec.": SECOND, "sec": SECOND, "min": MINUTE, "min.": MINUTE, "u": ("uur",), "km/u": ("kilometer per uur",),
        "km/h": ("kilometer per uur",), "m/s": ("meter per seconde",), "MB": ("megabyte",), "GB": ("gigabyte",),
        "TB": ("terabyte",), "W": ("watt",), "kW": ("kilowatt",), "kWh": ("kilowattuur",), "V": ("volt",),
        "Hz": ("hertz",), "kHz": ("kilohertz",), "MHz": ("megahertz",), "GHz": ("gigahertz",), "dB": ("decibel",),
        "°C": ("graad Celsius", "graden Celsius"), "°": ("graad", "graden"), "%": ("procent",), "‰": ("promille",),
    }  # fmt: skip
    spaced_units = frozenset({"t"})
    to = "tot"
    symbols = {
        "&": "en", "+": "plus", "=": "is", "@": "at", "%": "procent", "°": "graden", "€": "euro", "$": "dollar",
        "£": "pond", "×": "keer", "÷": "gedeeld door", "±": "plus of min", "≈": "ongeveer", "~": "ongeveer",
        "<": "kleiner dan", ">": "groter dan", "#": "hashtag",
    }  # fmt: skip
    times, by, over = "keer", "bij", "gedeeld door"
    dot, at, slash, dash, underscore, colon = "punt", "apenstaartje", "schuine streep", "streepje", "liggend streepje", "dubbele punt"  # fmt: skip
    squared, cubed, power = "kwadraat", "tot de derde", "tot de macht"

    abbreviations = with_joined({
        "bijv.": "bijvoorbeeld", "bv.": "bijvoorbeeld", "d. w. z.": "dat wil zeggen", "enz.": "enzovoort",
        "etc.": "et cetera", "o. a.": "onder andere", "m. a. w.": "met andere woorden", "i. p. v.": "in plaats van",
        "i. v. m.": "in verband met", "t/m": "tot en met", "ca.": "circa", "nr.": "nummer", "blz.": "bladzijde",
        "p.": "pagina", "dr.": "doctor", "prof.": "professor", "dhr.": "de heer", "mevr.": "mevrouw", "mw.": "mevrouw",
        "ir.": "ingenieur", "ing.": "ingenieur", "drs.": "doctorandus", "mr.": "meester", "jl.": "jongstleden",
        "evt.": "eventueel", "incl.": "inclusief", "excl.": "exclusief", "max.": "maximaal", "min.": "minimaal",
        "tel.": "telefoon", "e. d.": "en dergelijke", "e. a.": "en anderen", "z. s. m.": "zo spoedig mogelijk",
        "n. a. v.": "naar aanleiding van", "t. o. v.": "ten opzichte van", "o. b. v.": "op basis van",
        "m. b. t.": "met betrekking tot", "m. i. v.": "met ingang van", "resp.": "respectievelijk",
        "v. Chr.": "voor Christus", "n. Chr.": "na Christus", "St.": "Sint", "bijz.": "bijzonder", "vgl.": "vergelijk",
        "zgn.": "zogenaamd", "art.": "artikel", "24/7": "vierentwintig zeven", "b. v.": "B V", "n. v.": "N V", "t. z. t.": "te zijner tijd",
        **{short: MONTHS[number - 1] for short, number in SHORT_MONTHS.items()},
    })  # fmt: skip
    may_end = word_set("enz. etc. e.d. e.a. o.a. jl. v.chr. n.chr. b.v. n.v.") | {
        "e. d.",
        "e. a.",
        "v. chr.",
        "n. chr.",
    }
    starters = word_set(
        """De Het Een Er Hij Zij Ze Wij We Jij Je Ik U Dit Dat Deze Die Dan Daarna Daar Hier Nu Maar En Of Want Als Toen
        Omdat In Op Aan Bij Met Voor Na Van Uit Om Door Over Onder Te Tot Naar Wat Wie Waar Waarom Hoe Is Zijn Was Waren
        Heeft Hebben Kan Kunnen Niet Geen Ook Nog Vandaag Morgen Gisteren Alle Elke Mijn Onze Hun Haar Zijn Dus Toch
        Volgens Ja Nee Veel"""
    )
    acronym_words = word_set("NAVO NASA UNESCO UNICEF PIN FIFA UEFA IKEA HEMA AIDS RAM LAN")
    spelled = word_set("ANWB BTW NOS AOW EHBO KLM")
    shouted = word_set(
        "de het een en of maar niet geen is zijn in op aan met voor na van dit dat die let op nu wij jij u ik er"
    )
    code_words = word_set("pin pincode code wachtwoord rekeningnummer klantnummer bestelnummer postcode")
    year_words = word_set("in sinds van tot voor na uit jaar vanaf rond begin eind")

    def year(self, number: int) -> str:
        """1998: nineteen hundred ninety eight."""
        century, rest = divmod(number, 100)
        if not 11 <= century <= 19:
            return self.cardinal(number)
        return f"{self.cardinal(century)}honderd" + (f" {self.cardinal(rest)}" if rest else "")

    def money(self, text: str, currency: str, scale: str = "", *, before_noun: bool = False) -> str:
        """Twelve euro ninety: the cents have no name but where they are alone."""
        whole, cents = self.currencies[currency]
        units, decimals = self.value(text)
        if scale or len(decimals) != 2 or not cents or not int(decimals) or not int(units):
            return super().money(text, currency, scale)
        return f"{self.counted(units, whole)} {self.cardinal(int(decimals))}"

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        return f"{self.cardinal(hour)} uur" + (f" {self.cardinal(minute)}" if minute else "")

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            if whole:
                return "anderhalf" if whole == 1 else f"{self.cardinal(whole)} en een half"
            return "een halve" if followed else "een half"
        count = "een" if top == 1 else self.cardinal(top)
        share = "driekwart" if (top, bottom) == (3, 4) else f"{count} {PARTS.get(bottom) or self.ordinal(bottom)}"
        return f"{self.cardinal(whole)} {share}" if whole else share

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        number_follows = re.match(r"\s*\d", place.after) is not None
        name_follows = re.match(r"\s+[A-Z]", place.after) is not None
        if (
            short in ("p.", "min.", "max.", "art.")
            and not number_follows
            or short in ("st.", "mr.")
            and not name_follows
        ):
            return None
        return self.abbreviations[short]

    def roman(self, number: int, before: str) -> str | None:
        if before in NAMES_OF_KINGS | NAMES_OF_QUEENS:
            return f"de {self.ordinal(number).capitalize()}"
        return self.cardinal(number) if before in NUMBERED and number < 40 else None

    def own_shapes(self) -> Sequence[Shape]:
        def at(match: re.Match, place: Place) -> str:
            return self.time(int(match[1]), int(match[2]) if match[2] else None, None, "")

        def between(match: re.Match, place: Place) -> str:
            first = at(match, place) if match[2] else self.cardinal(int(match[1]))
            return f"{first} tot {self.time(int(match[3]), int(match[4]) if match[4] else None, None, '')}"

        def dashed(match: re.Match, place: Place) -> str:
            return self.money(match[1], "EUR")

        hour = r"([01]?\d|2[0-4])(?:[:.]([0-5]\d))?"
        return [
            Shape(r"€\s?(\d{1,3}(?:\.\d{3})*|\d+),[-–—]{1,2}(?!\w)", dashed),
            Shape(rf"{hour}\s?[-–]\s?{hour}\s?(?:uur|u)(?!\w)", between),
            Shape(rf"{hour}\s?(?:uur|u)(?!\w)", at),
        ]
