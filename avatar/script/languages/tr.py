"""Turkish."""

from __future__ import annotations

from avatar.script.languages.base import Language, in_order, words

NAMES = in_order("Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık")


class Spoken(Language):
    code = "tr"
    point = "virgül"
    minus, plus = "eksi", "artı"
    percent = "yüzde"
    number_sign = "numara"
    ordinal_marks = r"\.(?=\s[a-zçğıöşü])|['’]?(?:inci|ıncı|uncu|üncü|nci|ncı|ncu|ncü)"
    months = {name.lower(): number for number, name in enumerate(NAMES, 1)}
    month_names = NAMES
    clock_marks = ":."
    currencies = {
        "TRY": (("lira",), ("kuruş",)),
        "EUR": (("avro",), ("sent",)),
        "USD": (("dolar",), ("sent",)),
        "GBP": (("sterlin",), ()),
    }
    scales = {"bin": ("bin",), "milyon": ("milyon",), "mn": ("milyon",), "milyar": ("milyar",), "mr": ("milyar",)}
    units = {
        "mm": ("milimetre",), "cm": ("santimetre",), "m": ("metre",), "km": ("kilometre",), "g": ("gram",), "gr": ("gram",), "kg": ("kilogram",),
        "l": ("litre",), "L": ("litre",), "ml": ("mililitre",), "km/s": ("kilometre saatte",), "km/sa": ("kilometre saatte",), "sn": ("saniye",),
        "dk": ("dakika",), "sa": ("saat",), "°C": ("santigrat derece",), "°": ("derece",), "%": ("yüzde",), "m²": ("metrekare",), "GB": ("gigabayt",),
    }  # fmt: skip
    to = "ile"
    symbols = {"&": "ve", "+": "artı", "=": "eşittir", "@": "et", "×": "çarpı"}
    times, over, dot, at, slash, dash = "çarpı", "bölü", "nokta", "et", "eğik çizgi", "tire"
    underscore, colon, backslash, squared, cubed = "alt çizgi", "iki nokta", "ters eğik çizgi", "kare", "küp"
    abbreviations = {
        "vb.": "ve benzeri", "vs.": "vesaire", "dr.": "doktor", "prof.": "profesör", "örn.": "örneğin", "yak.": "yaklaşık", "tel.": "telefon",
        "sn.": "sayın", "cad.": "cadde", "sok.": "sokak", "mah.": "mahalle", "no.": "numara", "a.ş.": "anonim şirketi", "ltd.": "limited", "şti.": "şirketi",
    }  # fmt: skip
    may_end = words("vb. vs. a.ş. ltd. şti.")
    starters = words("Bu Şu O Bir Biz Siz Ben Sen Onlar Ve Ama Sonra Bugün Daha Çok")

    def percentage(self, text: str) -> str:
        return f"{self.percent} {self.number(text)}"

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2):
            return f"{self.cardinal(whole)} buçuk" if whole else "yarım"
        parts = [self.cardinal(whole) if whole else "", self.cardinal(top), self.over, self.cardinal(bottom)]
        return " ".join(filter(None, parts))
