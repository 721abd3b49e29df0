"""Dutch."""

from __future__ import annotations

from avatar.script.languages.base import Language, in_order, words

NAMES = in_order("januari februari maart april mei juni juli augustus september oktober november december")
SHORT = {
    "jan.": 1,
    "feb.": 2,
    "mrt.": 3,
    "apr.": 4,
    "jun.": 6,
    "jul.": 7,
    "aug.": 8,
    "sept.": 9,
    "okt.": 10,
    "nov.": 11,
    "dec.": 12,
}


class Spoken(Language):
    code = "nl"
    point = "komma"
    minus, plus = "min", "plus"
    percent, permille = "procent", "promille"
    number_sign, section = "nummer", "paragraaf"
    ordinal_marks = "e|de|ste"
    months = {name: number for number, name in enumerate(NAMES, 1)} | SHORT
    month_names = NAMES
    clock_marks = ":."
    currencies = {
        "EUR": (("euro",), ("cent",)), "USD": (("dollar",), ("cent",)), "GBP": (("pond",), ("penny", "pence")), "JPY": (("yen",), ()),
    }  # fmt: skip
    and_cents = "en"
    scales = {"mln": ("miljoen",), "mln.": ("miljoen",), "miljoen": ("miljoen",), "mld": ("miljard",), "mld.": ("miljard",),
              "miljard": ("miljard",)}  # fmt: skip
    units = {
        "mm": ("millimeter",), "cm": ("centimeter",), "m": ("meter",), "km": ("kilometer",), "g": ("gram",), "kg": ("kilo",),
        "l": ("liter",), "L": ("liter",), "ml": ("milliliter",), "km/u": ("kilometer per uur",), "km/h": ("kilometer per uur",),
        "s": ("seconde", "seconden"), "min": ("minuut", "minuten"), "min.": ("minuut", "minuten"), "u": ("uur",), "uur": ("uur",),
        "°C": ("graad Celsius", "graden Celsius"), "°": ("graad", "graden"), "%": ("procent",), "m²": ("vierkante meter",), "GB": ("gigabyte",),
        "MB": ("megabyte",), "W": ("watt",), "kW": ("kilowatt",), "Hz": ("hertz",),
    }  # fmt: skip
    to = "tot"
    symbols = {
        "&": "en",
        "+": "plus",
        "=": "is",
        "@": "apenstaartje",
        "%": "procent",
        "×": "keer",
        "§": "paragraaf",
        "€": "euro",
    }
    times, over, dot, at, slash, dash = "keer", "gedeeld door", "punt", "apenstaartje", "slash", "streepje"
    underscore, colon, backslash, squared, cubed = "underscore", "dubbele punt", "backslash", "kwadraat", "tot de derde"
    abbreviations = {
        "bijv.": "bijvoorbeeld", "bv.": "bijvoorbeeld", "enz.": "enzovoort", "o.a.": "onder andere", "d.w.z.": "dat wil zeggen",
        "dr.": "dokter", "prof.": "professor", "dhr.": "de heer", "mevr.": "mevrouw", "nr.": "nummer", "blz.": "bladzijde", "ca.": "circa",
        "tel.": "telefoon", "m.b.t.": "met betrekking tot", "i.p.v.": "in plaats van", "e.d.": "en dergelijke", "incl.": "inclusief", "excl.": "exclusief",
    } | {short: NAMES[number - 1] for short, number in SHORT.items()}  # fmt: skip
    may_end = words("enz. e.d.")
    starters = words("De Het Een Dit Dat Die Deze Hij Zij Ze We Wij Jij Je U Ik Maar En Toen Daarna In Op Er Vandaag")

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        return f"{self.cardinal(hour)} uur" + (f" {self.cardinal(minute)}" if minute else "")

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        part = {2: "half" if followed else "de helft", 3: "derde", 4: "kwart"}.get(bottom) or f"{self.ordinal(bottom)}"
        said = part if top == 1 and bottom == 2 else f"{'een' if top == 1 else self.cardinal(top)} {part}"
        if whole:
            return f"{self.cardinal(whole)} en een {part}" if top == 1 else f"{self.cardinal(whole)} en {said}"
        return f"een {said}" if bottom == 2 and followed else said
