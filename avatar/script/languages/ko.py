"""Korean. Sino-Korean numbers come from num2words; native ones stand before hours, things, people and age."""

from __future__ import annotations

import re
from collections.abc import Sequence

from avatar.script.languages.base import Forms, Language
from avatar.script.scan import Place, Reading, Shape
from avatar.script.shapes.amounts import number_pattern

ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
# Counters that take native numbers below a hundred; the longer ones first.
NATIVE = "시간|번째|가지|군데|사람|마리|송이|그루|켤레|개월|개(?!국)|명|살|권|잔|병(?!원)|달(?!러)|채|벌"
SINO_ALL_THE_SAME = frozenset({"개월"})
PHONE = r"0\d{1,2}[-\s.]\d{3,4}[-\s.]\d{4}"


class Spoken(Language):
    code = "ko"
    scripts = ("HANGUL", "CJK")
    decimal_mark = "."
    group_marks = ","
    point = "점"
    minus = "마이너스"
    plus = "플러스"
    percent = "퍼센트"
    decimals_digit_by_digit = True
    month_first = False

    month_names = ("일월", "이월", "삼월", "사월", "오월", "유월", "칠월", "팔월", "구월", "시월", "십일월", "십이월")
    currencies = {
        "KRW": (("원",), ()), "USD": (("달러",), ("센트",)), "EUR": (("유로",), ("센트",)), "JPY": (("엔",), ()),
        "CNY": (("위안",), ()), "GBP": (("파운드",), ()),
    }  # fmt: skip
    units = {
        "mm": ("밀리미터",), "cm": ("센티미터",), "m": ("미터",), "km": ("킬로미터",), "m²": ("제곱미터",), "㎡": ("제곱미터",),
        "mg": ("밀리그램",), "g": ("그램",), "kg": ("킬로그램",), "t": ("톤",), "l": ("리터",), "L": ("리터",),
        "ml": ("밀리리터",), "mL": ("밀리리터",), "km/h": ("킬로미터 퍼 아워",), "MB": ("메가바이트",), "GB": ("기가바이트",),
        "TB": ("테라바이트",), "W": ("와트",), "kW": ("킬로와트",), "V": ("볼트",), "Hz": ("헤르츠",), "%": ("퍼센트",),
        "°": ("도",),
    }  # fmt: skip
    to = "에서"
    symbols = {
        "&": "앤드",
        "+": "더하기",
        "=": "는",
        "%": "퍼센트",
        "@": "골뱅이",
        "₩": "원",
        "$": "달러",
        "€": "유로",
        "×": "곱하기",
    }
    times, by, over = "곱하기", "곱하기", "분의"
    dot, at, slash, dash, underscore, colon = "점", "골뱅이", "슬래시", "하이픈", "언더바", "콜론"

    def form(self, text: str, forms: Forms) -> str:
        return forms[0]

    def native(self, number: int) -> str:
        tens, ones = divmod(number, 10)
        return "스무" if number == 20 else TENS[tens] + ONES[ones]

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [
            f"{self.cardinal(year)}년" if year else "",
            self.month_names[month - 1],
            f"{self.cardinal(day)}일" if day else "",
        ]
        return " ".join(filter(None, parts))

    def time(self, hour: int, minute: int | None, second: int | None, half: str) -> str:
        said = f"{self.native(hour) if 1 <= hour <= 12 else self.cardinal(hour)} 시"
        return f"{said} {self.cardinal(minute)} 분" if minute else said

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        if (top, bottom) == (1, 2) and not whole:
            return "이분의 일"
        share = f"{self.cardinal(bottom)}분의 {self.cardinal(top)}"
        return f"{self.cardinal(whole)}와 {share}" if whole else share

    def own_shapes(self) -> Sequence[Shape]:
        """Each with the particle that is written to its end."""
        number = number_pattern(self)
        unit = "|".join(map(re.escape, sorted(self.units, key=len, reverse=True)))

        def counted(match: re.Match, place: Place) -> str:
            text, counter = match[1], match[2]
            is_native = text.isdecimal() and 1 <= int(text) <= 99 and counter not in SINO_ALL_THE_SAME
            return f"{self.native(int(text)) if is_native else self.number(text)} {counter}"

        def quantity(match: re.Match, place: Place) -> str:
            return self.counted(match[1], self.units[match[2]])

        def won(match: re.Match, place: Place) -> str:
            return self.money(match[1], "KRW")

        def hour(match: re.Match, place: Place) -> str:
            return self.time(int(match[1]), None, None, "")

        def month(match: re.Match, place: Place) -> str:
            return self.month_names[int(match[1]) - 1]

        def phone(match: re.Match, place: Place) -> str:
            """Zero is "gong" in telephone numbers."""
            groups = re.findall(r"\d+", match[0])
            return ", ".join(self.digits(group).replace("영", "공") for group in groups)

        def dated(match: re.Match, place: Place) -> str | None:
            if not 1 <= int(match[2]) <= 12 or not 1 <= int(match[3]) <= 31:
                return None
            return self.date(int(match[3]), int(match[2]), int(match[1]), day_first=False, after_weekday=False)

        def joined(match: re.Match, place: Place) -> str:
            return self.number(match[1])

        def between(match: re.Match, place: Place) -> str:
            return f"{self.number(match[1])}에서 {self.number(match[2])}"

        readings: list[tuple[str, Reading]] = [
            (rf"{PHONE}(?!\d)", phone),
            (r"(\d{4})[-./]\s?(\d{1,2})[-./]\s?(\d{1,2})(?![\d-])", dated),
            (rf"({number})\s?[~∼–]\s?({number})(?=\s?[가-힣%a-zA-Z])", between),
            (rf"₩\s?({number})", won),
            (rf"({number})\s?({unit})(?![a-zA-Z²³])", quantity),
            (rf"({number})\s?({NATIVE})", counted),
            (r"([1-9]|1\d|2[0-4])\s?시(?![가-힣]*(?:즌|간|리즈))", hour),
            (r"([1-9]|1[0-2])월", month),
            (rf"({number})(?=[가-힣])", joined),
        ]
        return [Shape(rf"{pattern}(?P<tail>[가-힣]*)", _with_tail(read)) for pattern, read in readings]


def _with_tail(read: Reading) -> Reading:
    def whole(match: re.Match, place: Place) -> str | None:
        said = read(match, place)
        return f"{said}{match['tail']}" if isinstance(said, str) else None

    return whole
