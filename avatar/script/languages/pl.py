"""Polish. Cardinals and ordinals come from num2words; cases follow the words around."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import with_joined
from avatar.script.languages.base import words as word_set
from avatar.script.languages.slavic import Slavic, table, turned
from avatar.script.scan import Place, Said, Shape
from avatar.script.shapes.words import ROMAN, roman_value

MONTHS = (
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października",
    "listopada", "grudnia",
)  # fmt: skip
UNITS = table("""
mm: milimetr milimetry milimetrów m milimetra
cm: centymetr centymetry centymetrów m centymetra
m: metr metry metrów m metra
km: kilometr kilometry kilometrów m kilometra
m² m2: metr_kwadratowy metry_kwadratowe metrów_kwadratowych m metra_kwadratowego
km²: kilometr_kwadratowy kilometry_kwadratowe kilometrów_kwadratowych m kilometra_kwadratowego
m³ m3: metr_sześcienny metry_sześcienne metrów_sześciennych m metra_sześciennego
km/h: kilometr_na_godzinę kilometry_na_godzinę kilometrów_na_godzinę m kilometra_na_godzinę
m/s: metr_na_sekundę metry_na_sekundę metrów_na_sekundę m metra_na_sekundę
ha: hektar hektary hektarów m hektara
mg: miligram miligramy miligramów m miligrama
g: gram gramy gramów m grama
dag: dekagram dekagramy dekagramów m dekagrama
kg: kilogram kilogramy kilogramów m kilograma
t: tona tony ton f tony
l: litr litry litrów m litra
ml: mililitr mililitry mililitrów m mililitra
s sek. sek: sekunda sekundy sekund f sekundy
min min.: minuta minuty minut f minuty
h godz.: godzina godziny godzin f godziny
MB: megabajt megabajty megabajtów m megabajta
GB: gigabajt gigabajty gigabajtów m gigabajta
W: wat waty watów m wata
kW: kilowat kilowaty kilowatów m kilowata
kWh: kilowatogodzina kilowatogodziny kilowatogodzin f kilowatogodziny
V: wolt wolty woltów m wolta
°C: stopień_Celsjusza stopnie_Celsjusza stopni_Celsjusza m stopnia_Celsjusza
°: stopień stopnie stopni m stopnia
gr: grosz grosze groszy m grosza
%: procent procent procent m procent
""")
SCALES = table("""
tys. tysiąc tysiące tysięcy: tysiąc tysiące tysięcy m tysiąca
mln mln. milion miliony milionów: milion miliony milionów m miliona
mld mld. miliard miliardy miliardów: miliard miliardy miliardów m miliarda
""")
MONEY = table("""
PLN: złoty złote złotych m złotego
grosz: grosz grosze groszy m grosza
EUR: euro euro euro n euro
USD: dolar dolary dolarów m dolara
GBP: funt funty funtów m funta
CHF: frank franki franków m franka
CZK: korona korony koron f korony
cent: cent centy centów m centa
""")
GENITIVE = {
    "zero": "zera", "jeden": "jednego", "jedna": "jednej", "jedno": "jednego", "dwa": "dwóch", "dwie": "dwóch",
    "trzy": "trzech", "cztery": "czterech", "pięć": "pięciu", "sześć": "sześciu", "siedem": "siedmiu", "osiem": "ośmiu",
    "dziewięć": "dziewięciu", "dziesięć": "dziesięciu", "jedenaście": "jedenastu", "dwanaście": "dwunastu",
    "trzynaście": "trzynastu", "czternaście": "czternastu", "piętnaście": "piętnastu", "szesnaście": "szesnastu",
    "siedemnaście": "siedemnastu", "osiemnaście": "osiemnastu", "dziewiętnaście": "dziewiętnastu",
    "dwadzieścia": "dwudziestu", "trzydzieści": "trzydziestu", "czterdzieści": "czterdziestu",
    "pięćdziesiąt": "pięćdziesięciu", "sześćdziesiąt": "sześćdziesięciu", "siedemdziesiąt": "siedemdziesięciu",
    "osiemdziesiąt": "osiemdziesięciu", "dziewięćdziesiąt": "dziewięćdziesięciu", "sto": "stu", "dwieście": "dwustu",
    "trzysta": "trzystu", "czterysta": "czterystu", "pięćset": "pięciuset", "sześćset": "sześciuset",
    "siedemset": "siedmiuset", "osiemset": "ośmiuset", "dziewięćset": "dziewięciuset", "tysiąc": "tysiąca",
    "tysiące": "tysięcy", **{forms[1]: forms[2] for forms in (*UNITS.values(), *MONEY.values(), *SCALES.values())},
}  # fmt: skip
AFTER_O = word_set("o od do po około ok koło godzinie godziny przed")
NUMBERED = word_set("rozdział część tom akt klasa typ grupa etap")


# Of rulers: in the nominative and in the genitive.
KINGS = word_set(
    "jan paweł zygmunt kazimierz władysław bolesław stanisław august karol ludwik henryk fryderyk wilhelm pius"
)
OF_KINGS = word_set(
    """jana pawła zygmunta kazimierza władysława bolesława stanisława augusta karola ludwika henryka fryderyka wilhelma
    piusa"""
)
QUEENS, OF_QUEENS = word_set("katarzyna elżbieta"), word_set("katarzyny elżbiety")


class Spoken(Slavic):
    code = "pl"
    point = "przecinek"
    percent_forms = UNITS["%"]
    number_sign = "numer"
    section = "paragraf"
    half = "pół"
    year_names = r"r\.|roku"
    one_and_half = {"m": "półtora", "n": "półtora", "f": "półtorej"}

    months = {name: number for number, name in enumerate(MONTHS, 1)}
    month_names = MONTHS
    currencies = {
        "PLN": (MONEY["PLN"], MONEY["grosz"]), "EUR": (MONEY["EUR"], MONEY["cent"]),
        "USD": (MONEY["USD"], MONEY["cent"]), "GBP": (MONEY["GBP"], ()), "CHF": (MONEY["CHF"], ()),
        "CZK": (MONEY["CZK"], ()),
    }  # fmt: skip
    scales = SCALES
    units = UNITS
    spaced_units = frozenset({"t"})
    symbols = {
        "&": "i", "+": "plus", "=": "równa się", "@": "małpa", "%": "procent", "°": "stopni", "€": "euro", "$": "dolarów",
        "×": "razy", "÷": "podzielić przez", "±": "plus minus", "≈": "około", "~": "około", "<": "mniejsze niż",
        ">": "większe niż",
    }  # fmt: skip
    times, by, over = "razy", "na", "przez"
    dot, at, slash, dash, underscore, colon = "kropka", "małpa", "ukośnik", "myślnik", "podkreślenie", "dwukropek"
    squared, cubed, power = "do kwadratu", "do sześcianu", "do potęgi"

    abbreviations = with_joined({
        "np.": "na przykład", "tj.": "to jest", "itd.": "i tak dalej", "itp.": "i tym podobne", "m. in.": "między innymi",
        "dr": "doktor", "dr.": "doktor", "prof.": "profesor", "mgr": "magister", "inż.": "inżynier", "hab.": "habilitowany",
        "ul.": "ulica", "al.": "aleja", "nr": "numer", "godz.": "godzina", "tel.": "telefon", "ok.": "około",
        "s.": "strona", "str.": "strona", "wg": "według", "zob.": "zobacz", "por.": "porównaj", "im.": "imienia",
        "p. n. e.": "przed naszą erą", "n. e.": "naszej ery", "ds.": "do spraw", "tzn.": "to znaczy", "tys.": "tysięcy",
        "sp. z o.o.": "spółka z ograniczoną odpowiedzialnością", "sp. z o. o.": "spółka z ograniczoną odpowiedzialnością", "r.": "roku", "maks.": "maksymalnie", "min.": "minimum",
        "jw.": "jak wyżej", "cd.": "ciąg dalszy", "ww.": "wyżej wymienione", "inż": "inżynier",
    })  # fmt: skip
    may_end = word_set("itd. itp. r. godz. tys. cd. jw. n.e. p.n.e. min.") | {"n. e.", "p. n. e.", "m. in."}
    starters = word_set(
        """W We Z Ze Na Do Od Po Za O Przy Nie Tak To Ta Ten Te Ci On Ona Ono Oni One My Wy Ja Ty I A Ale Jednak Więc
        Potem Teraz Dziś Jutro Wczoraj Gdy Kiedy Jeśli Czy Co Kto Gdzie Jak Dlaczego Jest Są Był Była Było Proszę Dlatego
        Wszystko Każdy Nasz Nasza Pan Pani Może Również Tam Tu Tel"""
    )
    code_words = word_set("pin kod hasło konto nip pesel regon")

    def which(self, number: int) -> int:
        return 0 if number == 1 else 1 if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 2

    def agreed(self, said: str, text: str, gender: str) -> str:
        if said == "jeden":
            return {"m": "jeden", "f": "jedna", "n": "jedno"}[gender]
        return said[:-1] + "ie" if gender == "f" and said.endswith("dwa") else said

    def ordinal_in(self, number: int, ending: str) -> str:
        """The ordinal with this ending for -y; what comes before its tens does not change."""
        *before, tens, ones = ["", "", *self.ordinal(number).split()]
        return " ".join(filter(None, [*before, _ended(tens, ending), _ended(ones, ending)]))

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        of_year = f"{self.ordinal_in(year, 'ego')} roku" if year else ""
        return " ".join(filter(None, [self.ordinal_in(day, "ego") if day else "", MONTHS[month - 1], of_year]))

    def days(self, first: int, last: int, month: int, year: int | None, *, day_first: bool) -> str:
        end = self.date(last, month, year, day_first=True, after_weekday=False)
        return f"od {self.ordinal_in(first, 'ego')} do {end}"

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        return self.hour(hour, minute, "a")

    def hour(self, hour: int, minute: int | None, ending: str) -> str:
        """ "a": as a subject; "ej": after "o", "od", "do"."""
        said = self.ordinal_in(hour, ending) if hour else "zero"
        zero = "zero " if minute and minute < 10 else ""
        return said + (f" {zero}{self.cardinal(minute)}" if minute else "")

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            return f"{self.cardinal(whole)} i pół" if whole else "pół" if followed else "jedna druga"
        name = self.ordinal_in(bottom, "a" if top == 1 else "e" if top < 5 else "ych")
        share = f"{self.agreed(self.cardinal(top), str(top), 'f')} {name}"
        return f"{self.cardinal(whole)} i {share}" if whole else share

    def span(self, first: str, last: str) -> str:
        return f"od {turned(first, GENITIVE)} do {turned(last, GENITIVE)}"

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        before = place.word_before()
        number_follows = re.match(r"\s*\d", place.after) is not None
        if short in ("s.", "str.", "min.", "maks.") and not number_follows:
            return None
        if short == "r." and not re.search(r"\d\s?$", place.before):
            return None
        if short == "im." and not re.match(r"\s+[A-ZŁŚŻ]", place.after):
            return None
        if short == "ul." and before in ("przy", "na", "z", "do", "od", "w"):
            return "ulicy"
        if short == "al." and before in ("przy", "na", "z", "do", "od", "w"):
            return "alei"
        if short == "godz." and before in ("o", "od", "do"):
            return "godzinie" if before == "o" else "godziny"
        return self.abbreviations[short]

    def roman(self, number: int, before: str) -> str | None:
        for names, ending in ((KINGS, "y"), (OF_KINGS, "ego"), (QUEENS, "a"), (OF_QUEENS, "ej")):
            if before in names and number < 30:
                return self.ordinal_in(number, ending).capitalize()
        return self.cardinal(number) if before in NUMBERED and number < 40 else None

    def own_shapes(self) -> Sequence[Shape]:
        def at(match: re.Match, place: Place) -> str | None:
            before = place.word_before().rstrip(".")
            of_clock = before in ("godz", "godzina", "godzinie", "godziny")
            if match[2] is None and not of_clock or match["mark"] == "." and not (of_clock or before in AFTER_O):
                return None
            oblique = place.word_before(2) in ("o", "od", "do") if before in ("godz", "godzina") else before in AFTER_O
            return self.hour(int(match[1]), int(match["m"] or 0), "ej" if oblique else "a")

        def between(match: re.Match, place: Place) -> str:
            first, last = self.hour(int(match[1]), int(match[2]), "ej"), self.hour(int(match[3]), int(match[4]), "ej")
            return f"od {first} do {last}"

        def dated(match: re.Match, place: Place) -> Said | None:
            """2024 r., XXI wiek: in the locative after "w"."""
            number, name = int(match[1]) if match[1].isdecimal() else roman_value(match[1]), match[2]
            full = {"r.": "roku", "w.": "wieku"}.get(name, name)
            if not number:
                return None
            within = place.word_before() in ("w", "we", "po", "o")
            ending = "y" if name in ("rok", "wiek") else "ym" if within else "ego"
            return Said(f"{self.ordinal_in(number, ending)} {full}", "may" if name.endswith(".") else "")

        hours = r"([01]?\d|2[0-4])"
        return [
            *self.date_shapes(),
            Shape(rf"{hours}[:.]([0-5]\d)\s?[-–]\s?{hours}[:.]([0-5]\d)(?![\w:.])", between),
            Shape(rf"{hours}((?P<mark>[:.])(?P<m>[0-5]\d))?(?![\d:\w]|[.,]\d|\s?(?:zł|%|km|m\b))", at),
            Shape(r"(1\d{3}|20\d\d)\s(rok|roku|r\.)(?!\w)", dated),
            Shape(rf"({ROMAN})\s(wiek|wieku|w\.)(?!\w)", dated),
        ]


SOFT = {"a": "a", "ego": "iego", "ym": "im", "ej": "iej", "e": "ie", "ych": "ich", "y": "i"}


def _ended(word: str, ending: str) -> str:
    """An ordinal's ending -y or -i turned; other words stay."""
    if word.endswith("i"):
        return "trzecia" if (word, ending) == ("trzeci", "a") else word[:-1] + SOFT[ending]
    return word[:-1] + ending if word.endswith("y") else word
