"""Hindi. Number words are its own: num2words has none."""

from __future__ import annotations

from avatar.script.languages.base import Language, in_order

SMALL = in_order(
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस "
    "बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस "
    "तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस "
    "चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास "
    "पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ "
    "साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर "
    "सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी "
    "अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी "
    "नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे"
)
GROUPS = ((10_000_000, "करोड़"), (100_000, "लाख"), (1000, "हज़ार"), (100, "सौ"))
NAMES = in_order("जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर")


class Spoken(Language):
    code = "hi"
    scripts = ("DEVANAGARI",)
    decimal_mark = "."
    group_marks = ","
    group_digits = "2,3"
    point = "दशमलव"
    decimals_digit_by_digit = True
    minus, plus = "माइनस", "प्लस"
    percent = "प्रतिशत"
    number_sign = "नंबर"
    months = {name: number for number, name in enumerate(NAMES, 1)}
    month_names = NAMES
    currencies = {
        "INR": (("रुपया", "रुपये"), ("पैसा", "पैसे")), "USD": (("डॉलर",), ("सेंट",)), "EUR": (("यूरो",), ("सेंट",)), "GBP": (("पाउंड",), ("पेंस",)),
    }  # fmt: skip
    scales = {"हज़ार": ("हज़ार",), "लाख": ("लाख",), "करोड़": ("करोड़",)}
    units = {
        "मी": ("मीटर",), "किमी": ("किलोमीटर",), "km": ("किलोमीटर",), "सेमी": ("सेंटीमीटर",), "cm": ("सेंटीमीटर",), "m": ("मीटर",), "किग्रा": ("किलोग्राम",),
        "kg": ("किलोग्राम",), "g": ("ग्राम",), "km/h": ("किलोमीटर प्रति घंटा",), "°C": ("डिग्री सेल्सियस",), "°": ("डिग्री",), "%": ("प्रतिशत",),
    }  # fmt: skip
    to = "से"
    symbols = {"&": "और", "+": "जमा", "=": "बराबर", "@": "ऐट", "%": "प्रतिशत", "×": "गुणा"}
    times, over, dot, at, slash, dash = "गुणा", "बटा", "डॉट", "ऐट", "स्लैश", "डैश"
    squared, cubed = "वर्ग", "घन"
    abbreviations = {"डॉ.": "डॉक्टर", "श्री.": "श्री", "प्रो.": "प्रोफ़ेसर"}

    def cardinal(self, number: int) -> str:
        if number < 100:
            return SMALL[number]
        for size, name in GROUPS:
            if number >= size:
                count, rest = divmod(number, size)
                return f"{self.cardinal(count)} {name}" + (f" {self.cardinal(rest)}" if rest else "")
        raise AssertionError(number)

    def ordinal(self, number: int) -> str:
        return f"{self.cardinal(number)}वाँ"

    def decimals(self, digits: str) -> str:
        return self.digits(digits)
