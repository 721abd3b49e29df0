"""Czech. Cardinals come from num2words, with the spaces that it leaves out; day ordinals are a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import with_joined
from avatar.script.languages.base import words as word_set
from avatar.script.languages.slavic import Slavic, table
from avatar.script.scan import Place, Said, Shape
from avatar.script.shapes.words import ROMAN, roman_value

MONTHS = (
    "ledna", "února", "března", "dubna", "května", "června", "července", "srpna", "září", "října", "listopadu",
    "prosince",
)  # fmt: skip
UNITS = table("""
mm: milimetr milimetry milimetrů m milimetru
cm: centimetr centimetry centimetrů m centimetru
m: metr metry metrů m metru
km: kilometr kilometry kilometrů m kilometru
m² m2: metr_čtvereční metry_čtvereční metrů_čtverečních m metru_čtverečního
km²: kilometr_čtvereční kilometry_čtvereční kilometrů_čtverečních m kilometru_čtverečního
m³ m3: metr_krychlový metry_krychlové metrů_krychlových m metru_krychlového
km/h: kilometr_za_hodinu kilometry_za_hodinu kilometrů_za_hodinu m kilometru_za_hodinu
m/s: metr_za_sekundu metry_za_sekundu metrů_za_sekundu m metru_za_sekundu
ha: hektar hektary hektarů m hektaru
mg: miligram miligramy miligramů m miligramu
g: gram gramy gramů m gramu
kg: kilogram kilogramy kilogramů m kilogramu
t: tuna tuny tun f tuny
l: litr litry litrů m litru
ml: mililitr mililitry mililitrů m mililitru
dl: decilitr decilitry decilitrů m decilitru
s: sekunda sekundy sekund f sekundy
min min.: minuta minuty minut f minuty
h hod. hod: hodina hodiny hodin f hodiny
MB: megabajt megabajty megabajtů m megabajtu
GB: gigabajt gigabajty gigabajtů m gigabajtu
W: watt watty wattů m wattu
kW: kilowatt kilowatty kilowattů m kilowattu
kWh: kilowatthodina kilowatthodiny kilowatthodin f kilowatthodiny
V: volt volty voltů m voltu
°C: stupeň_Celsia stupně_Celsia stupňů_Celsia m stupně_Celsia
°: stupeň stupně stupňů m stupně
%: procento procenta procent n procenta
""")
SCALES = table("""
tis. tisíc tisíce: tisíc tisíce tisíc m tisíce
mil. milion miliony milionů: milion miliony milionů m milionu
mld. miliarda miliardy miliard: miliarda miliardy miliard f miliardy
""")
MONEY = table("""
CZK: koruna koruny korun f koruny
haléř: haléř haléře haléřů m haléře
EUR: euro eura eur n eura
USD: dolar dolary dolarů m dolaru
GBP: libra libry liber f libry
PLN: zlotý zloté zlotých m zlotého
cent: cent centy centů m centu
""")
DAYS = [
    "prvního",
    "druhého",
    "třetího",
    "čtvrtého",
    "pátého",
    "šestého",
    "sedmého",
    "osmého",
    "devátého",
    "desátého",
    "jedenáctého",
    "dvanáctého",
    "třináctého",
    "čtrnáctého",
    "patnáctého",
    "šestnáctého",
    "sedmnáctého",
    "osmnáctého",
    "devatenáctého",
    "dvacátého",
]
PARTS = {3: ("třetina", "třetiny", "třetin"), 4: ("čtvrtina", "čtvrtiny", "čtvrtin"), 5: ("pětina", "pětiny", "pětin"),
         8: ("osmina", "osminy", "osmin"), 10: ("desetina", "desetiny", "desetin"), 2: ("polovina", "poloviny", "polovin")}  # fmt: skip


OF_CENTURY = word_set("z ze do od konce konci začátku počátku poloviny během")
# Of rulers: in the nominative and in the genitive.
KINGS = word_set("karel václav rudolf ludvík jan pavel benedikt jindřich vilém ferdinand josef leopold otakar")
OF_KINGS = word_set(
    "karla václava rudolfa ludvíka jana pavla benedikta jindřicha viléma ferdinanda josefa leopolda otakara"
)


class Spoken(Slavic):
    code = "cs"
    point = "celá"
    percent_forms = UNITS["%"]
    number_sign = "číslo"
    section = "paragraf"
    half = "půl"
    year_names = r"r\."

    months = {name: number for number, name in enumerate(MONTHS, 1)}
    month_names = MONTHS
    currencies = {
        "CZK": (MONEY["CZK"], MONEY["haléř"]), "EUR": (MONEY["EUR"], MONEY["cent"]),
        "USD": (MONEY["USD"], MONEY["cent"]), "GBP": (MONEY["GBP"], ()), "PLN": (MONEY["PLN"], ()),
    }  # fmt: skip
    scales = SCALES
    units = UNITS
    spaced_units = frozenset({"t"})
    to = "až"
    symbols = {
        "&": "a", "+": "plus", "=": "rovná se", "@": "zavináč", "%": "procent", "°": "stupňů", "€": "eur",
        "$": "dolarů", "×": "krát", "÷": "děleno", "±": "plus minus", "≈": "přibližně", "~": "přibližně",
        "<": "menší než", ">": "větší než",
    }  # fmt: skip
    times, by, over = "krát", "krát", "lomeno"
    dot, at, slash, dash, underscore, colon = "tečka", "zavináč", "lomítko", "pomlčka", "podtržítko", "dvojtečka"
    squared, cubed, power = "na druhou", "na třetí", "na"

    abbreviations = with_joined({
        "např.": "například", "tj.": "to jest", "atd.": "a tak dále", "apod.": "a podobně", "aj.": "a jiné",
        "mj.": "mimo jiné", "tzn.": "to znamená", "srov.": "srovnej", "popř.": "popřípadě", "příp.": "případně",
        "resp.": "respektive", "vč.": "včetně", "cca": "cirka", "č.": "číslo", "str.": "strana", "ul.": "ulice",
        "nám.": "náměstí", "tel.": "telefon", "dr.": "doktor", "mudr.": "doktor", "judr.": "doktor", "phdr.": "doktor",
        "rndr.": "doktor", "ing.": "inženýr", "mgr.": "magistr", "bc.": "bakalář", "prof.": "profesor",
        "doc.": "docent", "p.": "pan", "s. r. o.": "S R O", "a. s.": "A S", "př. n. l.": "před naším letopočtem",
        "n. l.": "našeho letopočtu", "max.": "maximálně", "tis.": "tisíc", "tzv.": "tzv",
        "sv.": "sv", "hod.": "hodin",
    })  # fmt: skip
    may_end = word_set("atd. apod. aj. a.s. s.r.o. n.l. př.n.l. hod. tis.") | {
        "a. s.",
        "s. r. o.",
        "n. l.",
        "př. n. l.",
    }
    starters = word_set(
        """V Ve Na Do Od Po Pro Za O U S Se Z Ze K Ke To Ten Ta Ti Ty On Ona Ono Oni My Vy Já A Ale Však Když Pokud Protože
        Co Kdo Kde Jak Proč Je Jsou Byl Byla Bylo Dnes Zítra Včera Pak Potom Teď Nyní Také Tam Tady Prosím Není Ne Ano
        Každý Náš Naše Proto Tento Tato Toto Tel"""
    )
    code_words = word_set("pin kód heslo účet ičo dič")

    def which(self, number: int) -> int:
        return 0 if number == 1 else 1 if number in (2, 3, 4) else 2

    def cardinal(self, number: int) -> str:
        """dvě stě, tři sta, pět set: written apart."""
        said = super().cardinal(number)
        return re.sub(r"(dvě)(stě)|(tři|čtyři)(sta)|(pět|šest|sedm|osm|devět)(set)\b", _apart, said)

    def agreed(self, said: str, text: str, gender: str) -> str:
        if said == "jedna":
            return {"m": "jeden", "f": "jedna", "n": "jedno"}[gender]
        return "dvě" if said == "dva" and gender in "fn" else said

    def number(self, text: str) -> str:
        """3,5: tři celé pět."""
        whole, decimals = self.value(text)
        said = super().number(text)
        if not decimals:
            return said
        mark = "celá" if int(whole) < 2 else "celé" if int(whole) < 5 else "celých"
        return said.replace(" celá ", f" {mark} ", 1).replace("dva celé", "dvě celé")

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        return " ".join(filter(None, [_day(day), MONTHS[month - 1], self.year(year) if year else ""]))

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        end = self.date(last, month, year, day_first=True, after_weekday=False)
        return f"{_day(first)} až {end}"

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        if not minute:
            return self.counted(str(hour), UNITS["h"])
        return f"{self.cardinal(hour)} {'nula ' if minute < 10 else ''}{self.cardinal(minute)}"

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            return (
                f"{self.agreed(self.cardinal(whole), '', 'm')} a půl"
                if whole
                else "půl"
                if followed
                else "jedna polovina"
            )
        if bottom not in PARTS:
            return f"{self.cardinal(top)} lomeno {self.cardinal(bottom)}"
        share = f"{self.agreed(self.cardinal(top), '', 'f')} {PARTS[bottom][self.which(top)]}"
        return f"{self.cardinal(whole)} a {share}" if whole else share

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        number_follows = re.match(r"\s*\d", place.after) is not None
        name_follows = re.match(r"\s+[A-ZÁČĎÉÍŇÓŘŠŤÚŽ]", place.after) is not None
        if short in ("č.", "str.", "max.") and not number_follows or short in ("p.", "sv.") and not name_follows:
            return None
        return self.abbreviations[short]

    def own_shapes(self) -> Sequence[Shape]:
        def at(match: re.Match, place: Place) -> Said:
            """10.30 hod."""
            hour = self.counted(match[1], UNITS["h"])
            minutes = self.counted(str(int(match[2])), UNITS["min"]) if int(match[2]) else ""
            return Said(f"{hour} {minutes}".strip(), "may" if match[0].endswith(".") else "")

        def day(match: re.Match, place: Place) -> str | None:
            """od 12. do 14. března: the first of two days."""
            return _day(int(match[1])) if 1 <= int(match[1]) <= 31 else None

        def king(match: re.Match, place: Place) -> Said | None:
            """Karel IV., Karla IV."""
            name, number = place.word_before(), roman_value(match[1])
            if name not in KINGS | OF_KINGS or not 0 < number < 30:
                return None
            return Said(_day(number) if name in OF_KINGS else _nominative(_day(number), "ý"), "may")

        def century(match: re.Match, place: Place) -> str:
            before, genitive = place.word_before(), _day(int(match[1]))
            if before in ("v", "ve", "na", "o", "po"):
                return genitive.replace("ého", "ém").replace("ího", "ím")
            return genitive if before in OF_CENTURY else _nominative(genitive, "é")

        names = "|".join(MONTHS)
        return [
            *self.date_shapes(),
            Shape(r"([01]?\d|2[0-4])[:.]([0-5]\d)\s?(?:hod\.|hodin|h)(?!\w)", at),
            Shape(rf"({ROMAN})\.(?!\w)", king),
            Shape(r"([1-9]|1\d|2[01])\.(?=\sstoletí\b)", century),
            Shape(rf"(\d{{1,2}})\.(?=\s?(?:až|do|a|[-–])\s?\d{{1,2}}\.\s(?:{names})\b)", day),
        ]


def _apart(match: re.Match) -> str:
    return " ".join(part for part in match.groups() if part)


def _nominative(genitive: str, ending: str) -> str:
    return genitive.replace("ého", ending).replace("ího", "í")


def _day(number: int | None) -> str:
    if not number:
        return ""
    if number <= 20:
        return DAYS[number - 1]
    tens = "dvacátého" if number < 30 else "třicátého"
    return f"{tens} {DAYS[number % 10 - 1]}" if number % 10 else tens
