"""Czech."""

from __future__ import annotations

from avatar.script.languages.base import in_order, words
from avatar.script.languages.slavic import Slavic

NAMES = in_order("ledna února března dubna května června července srpna září října listopadu prosince")
UNITS = {
    "mm": ("milimetr", "milimetry", "milimetrů"), "cm": ("centimetr", "centimetry", "centimetrů"),
    "m": ("metr", "metry", "metrů"), "km": ("kilometr", "kilometry", "kilometrů"), "g": ("gram", "gramy", "gramů"),
    "kg": ("kilogram", "kilogramy", "kilogramů"), "l": ("litr", "litry", "litrů"), "ml": ("mililitr", "mililitry", "mililitrů"),
    "km/h": ("kilometr za hodinu", "kilometry za hodinu", "kilometrů za hodinu"),
    "s": ("sekunda", "sekundy", "sekund"), "min": ("minuta", "minuty", "minut"), "h": ("hodina", "hodiny", "hodin"),
    "°C": ("stupeň Celsia", "stupně Celsia", "stupňů Celsia"), "°": ("stupeň", "stupně", "stupňů"), "%": ("procento",),
    "GB": ("gigabajt", "gigabajty", "gigabajtů"),
}  # fmt: skip


class Spoken(Slavic):
    code = "cs"
    point = "celá"
    percent_forms = ("procento", "procenta", "procent")
    number_sign = "číslo"
    section = "paragraf"
    ordinal_marks = r"\.(?=\s[a-záčďéěíňóřšťúůýž])"
    months = {name: number for number, name in enumerate(NAMES, 1)}
    month_names = NAMES
    currencies = {
        "CZK": (("koruna", "koruny", "korun"), ("haléř", "haléře", "haléřů")),
        "EUR": (("euro", "eura", "eur"), ("cent", "centy", "centů")), "USD": (("dolar", "dolary", "dolarů"), ("cent", "centy", "centů")),
        "GBP": (("libra", "libry", "liber"), ("pence",)),
    }  # fmt: skip
    and_cents = "a"
    scales = {"tis.": ("tisíc", "tisíce", "tisíc"), "mil.": ("milion", "miliony", "milionů"),
              "mld.": ("miliarda", "miliardy", "miliard")}  # fmt: skip
    units = UNITS
    to = "až"
    symbols = {"&": "a", "+": "plus", "=": "rovná se", "@": "zavináč", "%": "procent", "×": "krát", "§": "paragraf"}
    times, over, dot, at, slash, dash = "krát", "lomeno", "tečka", "zavináč", "lomítko", "pomlčka"
    underscore, colon, backslash, squared, cubed = "podtržítko", "dvojtečka", "zpětné lomítko", "na druhou", "na třetí"
    abbreviations = {
        "např.": "například", "atd.": "a tak dále", "apod.": "a podobně", "tzn.": "to znamená", "tj.": "to jest",
        "dr.": "doktor", "prof.": "profesor", "ul.": "ulice", "č.": "číslo", "str.": "strana", "tel.": "telefon",
        "ing.": "inženýr", "sv.": "svatý", "cca": "přibližně", "hod.": "hodin", "nám.": "náměstí",
    }  # fmt: skip
    may_end = words("atd. apod. hod.")
    starters = words("To Ten Ta Ty V Na Po A Ale On Ona Oni My Je Ne Ano Pak Potom Dnes")
