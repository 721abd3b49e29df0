"""Hungarian."""

from __future__ import annotations

from avatar.script.languages.base import Language, in_order, words

NAMES = in_order("január február március április május június július augusztus szeptember október november december")
DAYS = in_order(
    "elseje másodika harmadika negyedike ötödike hatodika hetedike nyolcadika kilencedike tizedike tizenegyedike "
    "tizenkettedike tizenharmadika tizennegyedike tizenötödike tizenhatodika tizenhetedike tizennyolcadika "
    "tizenkilencedike huszadika huszonegyedike huszonkettedike huszonharmadika huszonnegyedike huszonötödike "
    "huszonhatodika huszonhetedike huszonnyolcadika huszonkilencedike harmincadika harmincegyedike"
)


class Spoken(Language):
    code = "hu"
    group_marks = ".\u00a0\u202f "
    point = "egész"
    minus, plus = "mínusz", "plusz"
    percent = "százalék"
    number_sign = "szám"
    section = "paragrafus"
    ordinal_marks = r"\.(?=\s[a-záéíóöőúüű])"
    months = {name: number for number, name in enumerate(NAMES, 1)}
    month_names = NAMES
    clock_marks = ":."
    currencies = {
        "HUF": (("forint",), ()),
        "EUR": (("euró",), ("cent",)),
        "USD": (("dollár",), ("cent",)),
        "GBP": (("font",), ("penny",)),
    }
    scales = {"ezer": ("ezer",), "millió": ("millió",), "milliárd": ("milliárd",), "mrd": ("milliárd",)}
    units = {
        "mm": ("milliméter",), "cm": ("centiméter",), "m": ("méter",), "km": ("kilométer",), "g": ("gramm",), "dkg": ("deka",), "kg": ("kiló",),
        "l": ("liter",), "dl": ("deci",), "ml": ("milliliter",), "km/h": ("kilométer per óra",), "mp": ("másodperc",), "perc": ("perc",), "óra": ("óra",),
        "°C": ("Celsius-fok",), "°": ("fok",), "%": ("százalék",), "m²": ("négyzetméter",), "GB": ("gigabájt",),
    }  # fmt: skip
    to = "és"
    symbols = {
        "&": "és",
        "+": "plusz",
        "=": "egyenlő",
        "@": "kukac",
        "%": "százalék",
        "×": "szorozva",
        "§": "paragrafus",
    }
    times, over, dot, at, slash, dash = "szorozva", "per", "pont", "kukac", "per", "kötőjel"
    underscore, colon, backslash, squared, cubed = "aláhúzás", "kettőspont", "fordított per", "négyzet", "köb"
    abbreviations = {
        "pl.": "például", "stb.": "satöbbi", "kb.": "körülbelül", "dr.": "doktor", "prof.": "professzor", "ill.": "illetve", "ún.": "úgynevezett",
        "u.": "utca", "tel.": "telefon", "old.": "oldal", "kft.": "kft", "ft.": "forint",
    }  # fmt: skip
    may_end = words("stb. kft. u.")
    starters = words("A Az Ez Ezt Egy Ő Ők Mi Én De És Akkor Majd Ma Nem Igen")

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [self.year(year) if year else "", self.month_names[month - 1], DAYS[day - 1] if day else ""]
        return " ".join(filter(None, parts))

    def span(self, first: str, last: str) -> str:
        return f"{first} {last}"
