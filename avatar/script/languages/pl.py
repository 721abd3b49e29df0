"""Polish."""

from __future__ import annotations

from avatar.script.languages.base import in_order, words
from avatar.script.languages.slavic import Slavic

NAMES = in_order("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia")
UNITS = {
    "mm": ("milimetr", "milimetry", "milimetrów"), "cm": ("centymetr", "centymetry", "centymetrów"),
    "m": ("metr", "metry", "metrów"), "km": ("kilometr", "kilometry", "kilometrów"), "g": ("gram", "gramy", "gramów"),
    "kg": ("kilogram", "kilogramy", "kilogramów"), "l": ("litr", "litry", "litrów"), "ml": ("mililitr", "mililitry", "mililitrów"),
    "km/h": ("kilometr na godzinę", "kilometry na godzinę", "kilometrów na godzinę"),
    "s": ("sekunda", "sekundy", "sekund"), "min": ("minuta", "minuty", "minut"), "h": ("godzina", "godziny", "godzin"),
    "°C": ("stopień Celsjusza", "stopnie Celsjusza", "stopni Celsjusza"), "°": ("stopień", "stopnie", "stopni"),
    "%": ("procent",), "GB": ("gigabajt", "gigabajty", "gigabajtów"),
}  # fmt: skip


class Spoken(Slavic):
    code = "pl"
    point = "przecinek"
    percent_forms = ("procent", "procent", "procent")
    number_sign = "numer"
    section = "paragraf"
    ordinal_marks = r"\.(?=\s[a-ząćęłńóśźż])"
    months = {name: number for number, name in enumerate(NAMES, 1)}
    month_names = NAMES
    clock_marks = ":"
    currencies = {
        "PLN": (("złoty", "złote", "złotych"), ("grosz", "grosze", "groszy")),
        "EUR": (("euro",), ("cent", "centy", "centów")), "USD": (("dolar", "dolary", "dolarów"), ("cent", "centy", "centów")),
        "GBP": (("funt", "funty", "funtów"), ("pens", "pensy", "pensów")),
    }  # fmt: skip
    and_cents = "i"
    scales = {"tys.": ("tysiąc", "tysiące", "tysięcy"), "mln": ("milion", "miliony", "milionów"),
              "mld": ("miliard", "miliardy", "miliardów")}  # fmt: skip
    units = UNITS
    to = "do"
    symbols = {"&": "i", "+": "plus", "=": "równa się", "@": "małpa", "%": "procent", "×": "razy", "§": "paragraf"}
    times, over, dot, at, slash, dash = "razy", "przez", "kropka", "małpa", "ukośnik", "myślnik"
    underscore, colon, backslash, squared, cubed = (
        "podkreślenie",
        "dwukropek",
        "ukośnik wsteczny",
        "kwadrat",
        "sześcian",
    )
    abbreviations = {
        "np.": "na przykład", "itd.": "i tak dalej", "itp.": "i tym podobne", "dr": "doktor", "prof.": "profesor",
        "ul.": "ulica", "tzn.": "to znaczy", "m.in.": "między innymi", "ok.": "około", "tel.": "telefon", "nr": "numer",
        "św.": "święty", "godz.": "godzina", "r.": "roku", "w.": "wieku", "str.": "strona", "al.": "aleja", "inż.": "inżynier",
    }  # fmt: skip
    may_end = words("itd. itp. r. w. ok.")
    starters = words("To Ten Ta Te W Na Po I A Ale On Ona Ono Oni My Jest Nie Tak Potem Wtedy Dziś")
