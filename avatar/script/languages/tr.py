"""Turkish. Number words are its own: they are written apart, as the language institute has it, and take suffixes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import Forms, Language, with_joined
from avatar.script.languages.base import words as word_set
from avatar.script.scan import Place, Said, Shape
from avatar.script.shapes.amounts import number_pattern
from avatar.script.shapes.words import ROMAN, roman_value

ONES = ("", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
TENS = ("", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan")
GROUPS = ("", "bin", "milyon", "milyar", "trilyon", "katrilyon")
ORDINALS = {
    "sıfır": "sıfırıncı", "bir": "birinci", "iki": "ikinci", "üç": "üçüncü", "dört": "dördüncü", "beş": "beşinci",
    "altı": "altıncı", "yedi": "yedinci", "sekiz": "sekizinci", "dokuz": "dokuzuncu", "on": "onuncu",
    "yirmi": "yirminci", "otuz": "otuzuncu", "kırk": "kırkıncı", "elli": "ellinci", "altmış": "altmışıncı",
    "yetmiş": "yetmişinci", "seksen": "sekseninci", "doksan": "doksanıncı", "yüz": "yüzüncü", "bin": "bininci",
    "milyon": "milyonuncu", "milyar": "milyarıncı",
}  # fmt: skip
MONTHS = ("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık")
LETTERS = "a-zçğıöşüâî"


class Spoken(Language):
    code = "tr"
    point = "virgül"
    minus = "eksi"
    plus = "artı"
    percent = "yüzde"
    number_sign = "numara"
    section = "paragraf"
    month_first = False

    months = {name.lower().replace("i̇", "i"): number for number, name in enumerate(MONTHS, 1)}
    month_names = MONTHS
    currencies = {
        "TRY": (("lira",), ("kuruş",)), "EUR": (("avro",), ("sent",)), "USD": (("dolar",), ("sent",)),
        "GBP": (("sterlin",), ()), "TL": (("lira",), ("kuruş",)),
    }  # fmt: skip
    scales = {"bin": ("bin",), "milyon": ("milyon",), "mn": ("milyon",), "milyar": ("milyar",), "mr": ("milyar",)}
    units = {
        "mm": ("milimetre",), "cm": ("santimetre",), "m": ("metre",), "km": ("kilometre",), "m²": ("metrekare",),
        "m2": ("metrekare",), "km²": ("kilometrekare",), "m³": ("metreküp",), "m3": ("metreküp",), "ha": ("hektar",),
        "mg": ("miligram",), "g": ("gram",), "gr": ("gram",), "kg": ("kilogram",), "t": ("ton",), "l": ("litre",),
        "lt": ("litre",), "L": ("litre",), "ml": ("mililitre",), "sn": ("saniye",), "sn.": ("saniye",), "dk": ("dakika",),
        "dk.": ("dakika",), "sa": ("saat",), "MB": ("megabayt",), "GB": ("gigabayt",), "TB": ("terabayt",),
        "W": ("vat",), "kW": ("kilovat",), "kWh": ("kilovatsaat",), "V": ("volt",), "Hz": ("hertz",),
        "°C": ("santigrat derece",), "°": ("derece",),
    }  # fmt: skip
    spaced_units = frozenset({"t"})
    to = "ila"
    symbols = {
        "&": "ve", "+": "artı", "=": "eşittir", "@": "et", "%": "yüzde", "°": "derece", "€": "avro", "$": "dolar",
        "₺": "lira", "×": "çarpı", "÷": "bölü", "±": "artı eksi", "≈": "yaklaşık", "~": "yaklaşık", "<": "küçüktür",
        ">": "büyüktür",
    }  # fmt: skip
    times, by, over = "çarpı", "çarpı", "bölü"
    dot, at, slash, dash, underscore, colon = "nokta", "et", "eğik çizgi", "tire", "alt çizgi", "iki nokta"
    squared, cubed, power = "kare", "küp", "üssü"

    abbreviations = with_joined({
        "vb.": "ve benzeri", "vs.": "vesaire", "vd.": "ve diğerleri", "örn.": "örneğin", "bkz.": "bakınız",
        "dr.": "doktor", "prof.": "profesör", "doç.": "doçent", "av.": "avukat", "sn.": "sayın", "no.": "numara",
        "tel.": "telefon", "cad.": "caddesi", "mah.": "mahallesi", "apt.": "apartmanı", "m. ö.": "milattan önce",
        "m. s.": "milattan sonra", "yy.": "yüzyıl", "s.": "sayfa", "yak.": "yaklaşık", "hz.": "hazreti", "ör.": "örneğin",
        "maks.": "maksimum", "min.": "minimum", "yrd.": "yardımcı", "alb.": "albay", "gen.": "general",
    })  # fmt: skip
    may_end = word_set("vb. vs. vd. yy. cad. mah. apt.")
    starters = word_set(
        """Bu Şu O Bir Biz Siz Onlar Ben Sen Ve Ama Fakat Ancak Çünkü Eğer Sonra Önce Şimdi Bugün Yarın Dün Burada Orada Ne
        Kim Nerede Neden Nasıl Her Hiç Çok Daha En Evet Hayır Lütfen Böylece Ayrıca Bunun Bunlar İlk Yeni Artık Hem Ya
        Onun Bizim"""
    )
    code_words = word_set("pin kod şifre parola hesap")

    def cardinal(self, number: int) -> str:
        if number == 0:
            return "sıfır"
        parts, power = [], 0
        while number:
            number, group = divmod(number, 1000)
            said = "" if group == 1 and power == 1 else _below_thousand(group)
            if group:
                parts.insert(0, f"{said} {GROUPS[power]}".strip())
            power += 1
        return " ".join(parts)

    def ordinal(self, number: int) -> str:
        before, _, last = self.cardinal(number).rpartition(" ")
        return f"{before} {ORDINALS.get(last, last)}".strip()

    def form(self, text: str, forms: Forms) -> str:
        return forms[0]

    def percentage(self, text: str) -> str:
        return f"yüzde {self.number(text)}"

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        zero = "sıfır " if minute and minute < 10 else ""
        return self.cardinal(hour) + (f" {zero}{self.cardinal(minute)}" if minute else "")

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            return f"{self.cardinal(whole)} buçuk" if whole else "yarım"
        if (top, bottom) == (1, 4) and not whole:
            return "çeyrek"
        share = f"{self.cardinal(bottom)}{'te' if self.cardinal(bottom)[-1] in 'çtşp' else 'de'} {self.cardinal(top)}"
        return f"{self.cardinal(whole)} tam {share}" if whole else share

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        number_follows = re.match(r"\s*\d", place.after) is not None
        name_follows = re.match(r"\s+[A-ZÇĞİÖŞÜ]", place.after) is not None
        if short in ("s.", "min.", "maks.", "no.") and not number_follows:
            return None
        if short in ("sn.", "av.", "gen.", "alb.", "hz.") and not name_follows:
            return None
        return self.abbreviations[short]

    def own_shapes(self) -> Sequence[Shape]:
        number = number_pattern(self)

        def with_suffix(said: str, suffix: str) -> str:
            """2024'te; "dört" softens before a vowel."""
            return re.sub(r"dört(?=[aeıioöuü])", "dörd", said + suffix)

        def percent(match: re.Match, place: Place) -> str:
            return with_suffix(self.percentage(match[1]), match[2] or "")

        def percents(match: re.Match, place: Place) -> str:
            return f"yüzde {self.span(self.number(match[1]), self.number(match[2]))}"

        def suffixed(match: re.Match, place: Place) -> str:
            return with_suffix(self.number(match[1]), match[2])

        def clock(match: re.Match, place: Place) -> str | None:
            known = match["mark"] == ":" or match["suffix"] or place.word_before() in ("saat", "saati")
            if not known:
                return None
            return with_suffix(self.time(int(match[1]), int(match["m"]), None, ""), match["suffix"] or "")

        def ordinal(match: re.Match, place: Place) -> str:
            return self.ordinal(int(match[1]))

        def roman(match: re.Match, place: Place) -> Said | None:
            """II. Dünya Savaşı; a single letter may be a name's."""
            if len(match[1]) < 2:
                return None
            return Said(self.ordinal(roman_value(match[1])), "never")

        def house(match: re.Match, place: Place) -> str | None:
            """No: 5/3."""
            known = place.word_before() in ("no", "numara", "no.")
            return f"{self.number(match[1])} bölü {self.number(match[2])}" if known else None

        suffix = rf"['’](?P<suffix>[{LETTERS}]+)(?!\w)"
        return [
            Shape(rf"%\s?({number})\s?[-–]\s?%?({number})(?!\w)", percents),
            Shape(rf"%\s?({number})(?:['’]([{LETTERS}]+))?(?!\w)", percent),
            Shape(rf"([01]?\d|2[0-4])(?P<mark>[:.])(?P<m>[0-5]\d)(?:{suffix}|(?![\w.:]))", clock),
            Shape(rf"({number})['’]([{LETTERS}]+)(?!\w)", suffixed),
            Shape(r"(\d{1,4})/(\d{1,4})(?![\w/])", house),
            Shape(rf"(\d{{1,3}})\.(?=\s[{LETTERS}])", ordinal),
            Shape(rf"({ROMAN})\.(?=\s[A-ZÇĞİÖŞÜ{LETTERS}])", roman),
        ]


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    hundred = "" if not hundreds else "yüz" if hundreds == 1 else f"{ONES[hundreds]} yüz"
    return " ".join(filter(None, [hundred, TENS[rest // 10], ONES[rest % 10]]))
