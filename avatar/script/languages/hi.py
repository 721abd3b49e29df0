"""Hindi. Number words are its own: each number below a hundred has a name, then hundred, thousand, lakh, crore."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import Forms, Language
from avatar.script.scan import Place, Shape

SMALL = """शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस इक्कीस बाईस तेईस
चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस
तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ
बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी अस्सी
इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे
निन्यानवे"""
NAMES = tuple(SMALL.split())
LARGE = ((10_000_000, "करोड़"), (100_000, "लाख"), (1000, "हज़ार"), (100, "सौ"))
MONTHS = ("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर")
END = r"(?![\w\u0900-\u0963\u0966-\u097f])"  # vowel signs are no letters for `\w`


class Spoken(Language):
    code = "hi"
    scripts = ("DEVANAGARI",)
    decimal_mark = "."
    group_marks = ","
    point = "दशमलव"
    minus = "माइनस"
    plus = "प्लस"
    percent = "प्रतिशत"
    decimals_digit_by_digit = True
    month_first = False

    month_names = MONTHS
    currencies = {
        "INR": (("रुपया", "रुपये"), ("पैसा", "पैसे")), "USD": (("डॉलर",), ("सेंट",)), "EUR": (("यूरो",), ("सेंट",)),
        "GBP": (("पाउंड",), ()),
    }  # fmt: skip
    scales = {"लाख": ("लाख",), "करोड़": ("करोड़",), "हज़ार": ("हज़ार",), "हजार": ("हज़ार",), "अरब": ("अरब",)}
    units = {
        "mm": ("मिलीमीटर",), "cm": ("सेंटीमीटर",), "m": ("मीटर",), "km": ("किलोमीटर",), "kg": ("किलोग्राम",), "g": ("ग्राम",),
        "l": ("लीटर",), "ml": ("मिलीलीटर",), "किमी": ("किलोमीटर",), "किग्रा": ("किलोग्राम",), "मिमी": ("मिलीमीटर",),
        "सेमी": ("सेंटीमीटर",), "km/h": ("किलोमीटर प्रति घंटा",), "MB": ("मेगाबाइट",), "GB": ("गीगाबाइट",),
        "°C": ("डिग्री सेल्सियस",), "°": ("डिग्री",), "%": ("प्रतिशत",),
    }  # fmt: skip
    to = "से"
    symbols = {"&": "और", "+": "प्लस", "=": "बराबर", "%": "प्रतिशत", "₹": "रुपये", "$": "डॉलर", "€": "यूरो", "@": "ऐट"}
    times, by, over = "गुणा", "गुणा", "बटा"
    dot, at = "डॉट", "ऐट"

    abbreviations = {"डॉ.": "डॉक्टर", "प्रो.": "प्रोफ़ेसर", "श्री.": "श्री", "डॉ॰": "डॉक्टर", "प्रो॰": "प्रोफ़ेसर"}

    def cardinal(self, number: int) -> str:
        if number < 100:
            return NAMES[number]
        for size, name in LARGE:
            if number >= size:
                count, rest = divmod(number, size)
                return f"{self.cardinal(count)} {name}" + (f" {self.cardinal(rest)}" if rest else "")
        return str(number)

    def ordinal(self, number: int) -> str:
        return str(number)

    def year(self, number: int) -> str:
        """1998 is nineteen hundred ninety eight."""
        century, rest = divmod(number, 100)
        if not 11 <= century <= 19:
            return self.cardinal(number)
        return f"{NAMES[century]} सौ" + (f" {NAMES[rest]}" if rest else "")

    def form(self, text: str, forms: Forms) -> str:
        return forms[0] if self.value(text) == ("1", "") else forms[-1]

    def clock(self, hour: int, minute: int) -> str:
        """With quarters and halves of their own: सवा, साढ़े, पौने, डेढ़, ढाई."""
        following = NAMES[hour % 12 + 1]
        if minute == 30:
            return {1: "डेढ़", 2: "ढाई"}.get(hour, f"साढ़े {NAMES[hour]}")
        return {0: NAMES[hour], 15: f"सवा {NAMES[hour]}", 45: f"पौने {following}"}[minute]

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        """Without the word for o'clock after it."""
        return f"{NAMES[hour]} बजकर {NAMES[minute]} मिनट" if minute else f"{NAMES[hour]} बजे"

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        known = {(1, 2): "आधा", (1, 4): "एक चौथाई", (3, 4): "तीन चौथाई", (1, 3): "एक तिहाई", (2, 3): "दो तिहाई"}
        if whole and (top, bottom) == (1, 2):
            return {1: "डेढ़", 2: "ढाई"}.get(whole, f"साढ़े {self.cardinal(whole)}")
        if not whole and (top, bottom) in known:
            return known[(top, bottom)]
        return super().fraction(whole, top, bottom, followed=followed)

    def abbreviation(self, short: str, written: str, place: Place) -> str | None:
        at_start = not place.before or not place.before[-1].strip(" \"'“‘(")
        return self.abbreviations[short] if at_start else None

    def own_shapes(self) -> Sequence[Shape]:
        names = {name: number for number, name in enumerate(MONTHS, 1)} | {"फरवरी": 2, "सितम्बर": 9, "नवम्बर": 11,
                                                                          "दिसम्बर": 12, "अक्तूबर": 10}  # fmt: skip

        def indian(match: re.Match, place: Place) -> str:
            """12,34,567."""
            return self.number(match[0])

        def rupees(match: re.Match, place: Place) -> str:
            return self.money(match[1], "INR")

        def oclock(match: re.Match, place: Place) -> str:
            hour, minute = int(match[1]), int(match[2])
            if minute in (0, 15, 30, 45) and 1 <= hour <= 12:
                return f"{self.clock(hour, minute)} बजे"
            return self.time(hour, minute, None, "")

        def dated(match: re.Match, place: Place) -> str | None:
            month, year = names[match[2]], match[3]
            return self.date(int(match[1]), month, int(year) if year else None, day_first=True, after_weekday=False)

        def in_year(match: re.Match, place: Place) -> str | None:
            known = re.search(r"(?:सन्?|वर्ष|साल)\s$", place.before) or re.match(
                r"\s(?:में|से|तक|के|की|का|ई)" + END, place.after
            )
            return self.year(int(match[0])) if known else None

        month = "|".join(sorted(names, key=len, reverse=True))
        number = r"\d{1,2}(?:,\d{2})*,\d{3}(?:\.\d+)?"
        return [
            Shape(rf"₹\s?({number})(?![\d,])", rupees),
            Shape(rf"({number})\s?(?:रु\.|रुपये|रुपए){END}", rupees),
            Shape(rf"{number}(?![\d,])", indian),
            Shape(rf"(\d{{1,2}})[:.]([0-5]\d)\sबजे{END}", oclock),
            Shape(rf"(\d{{1,2}})\s({month}){END}(?:,?\s(\d{{4}})(?!\d))?", dated),
            Shape(r"(?:1[1-9]|20)\d\d(?![\d.,]\d|\d)", in_year),
        ]
