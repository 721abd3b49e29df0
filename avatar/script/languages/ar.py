"""Arabic."""

from __future__ import annotations

from avatar.script.languages.base import Language, in_order

NAMES = in_order("يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر")


class Spoken(Language):
    code = "ar"
    scripts = ("ARABIC", "ARABIC-INDIC")
    decimal_mark = "."
    group_marks = ",٬"
    point = "فاصلة"
    minus, plus = "ناقص", "زائد"
    percent = "بالمئة"
    number_sign = "رقم"
    months = {name: number for number, name in enumerate(NAMES, 1)}
    month_names = NAMES
    currencies = {"USD": (("دولار",), ("سنت",)), "EUR": (("يورو",), ("سنت",)), "GBP": (("جنيه إسترليني",), ())}
    and_cents = "و"
    scales = {"ألف": ("ألف",), "مليون": ("مليون",), "مليار": ("مليار",)}
    units = {
        "كم": ("كيلومتر",), "km": ("كيلومتر",), "م": ("متر",), "m": ("متر",), "سم": ("سنتيمتر",), "cm": ("سنتيمتر",), "كغ": ("كيلوغرام",),
        "kg": ("كيلوغرام",), "كم/س": ("كيلومتر في الساعة",), "km/h": ("كيلومتر في الساعة",), "°C": ("درجة مئوية",), "°": ("درجة",),
        "%": ("بالمئة",), "٪": ("بالمئة",),
    }  # fmt: skip
    to = "إلى"
    symbols = {"&": "و", "+": "زائد", "=": "يساوي", "@": "آت", "%": "بالمئة", "٪": "بالمئة", "×": "ضرب"}
    times, over, dot, at, slash, dash = "ضرب", "على", "نقطة", "آت", "شرطة مائلة", "شرطة"
    squared, cubed = "تربيع", "تكعيب"
    abbreviations = {"د.": "دكتور", "أ.د.": "أستاذ دكتور", "إلخ.": "إلى آخره", "ص.ب.": "صندوق بريد"}
    may_end = frozenset({"إلخ."})
