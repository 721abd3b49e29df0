"""Korean."""

from __future__ import annotations

from avatar.script.languages.base import Language

MONTHS = ("일월", "이월", "삼월", "사월", "오월", "유월", "칠월", "팔월", "구월", "시월", "십일월", "십이월")


class Spoken(Language):
    code = "ko"
    scripts = ("HANGUL", "CJK")
    decimal_mark = "."
    group_marks = ","
    point = "점"
    decimals_digit_by_digit = True
    minus, plus = "마이너스", "플러스"
    percent = "퍼센트"
    number_sign = "번호"
    month_names = MONTHS
    currencies = {
        "KRW": (("원",), ()),
        "USD": (("달러",), ("센트",)),
        "EUR": (("유로",), ("센트",)),
        "GBP": (("파운드",), ()),
    }
    scales = {"만": ("만",), "억": ("억",)}
    units = {
        "mm": ("밀리미터",), "cm": ("센티미터",), "m": ("미터",), "km": ("킬로미터",), "g": ("그램",), "kg": ("킬로그램",), "L": ("리터",), "l": ("리터",),
        "ml": ("밀리리터",), "km/h": ("킬로미터 퍼 아워",), "°C": ("도",), "°": ("도",), "%": ("퍼센트",), "GB": ("기가바이트",), "MB": ("메가바이트",),
    }  # fmt: skip
    to = "에서"
    symbols = {"&": "앤드", "+": "더하기", "=": "는", "@": "골뱅이", "%": "퍼센트", "×": "곱하기"}
    times, over, dot, at, slash, dash = "곱하기", "분의", "점", "골뱅이", "슬래시", "대시"
    squared, cubed = "제곱", "세제곱"

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [
            f"{self.cardinal(year)}년" if year else "",
            MONTHS[month - 1],
            f"{self.cardinal(day)}일" if day else "",
        ]
        return " ".join(filter(None, parts))

    def fraction(self, whole: int | None, top: int, bottom: int, *, followed: str) -> str:
        said = f"{self.cardinal(bottom)}분의 {self.cardinal(top)}"
        return f"{self.cardinal(whole)}와 {said}" if whole else said
