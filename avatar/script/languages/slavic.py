"""What Polish, Czech and Russian share: a noun has three forms after a number."""

from __future__ import annotations

from typing import ClassVar

from avatar.script.languages.base import Forms, Language


class Slavic(Language):
    group_marks = ".\u00a0\u202f "
    percent_forms: ClassVar[Forms] = ("%",)

    def form(self, text: str, forms: Forms) -> str:
        """One, two to four, and five or more; after decimals as after two."""
        whole, decimals = self.value(text)
        if self.is_one(whole) and not decimals:
            return forms[0]
        if decimals or len(forms) < 3:
            return forms[min(1, len(forms) - 1)]
        few = whole[-1] in "234" and whole[-2:-1] != "1"
        return forms[1] if few else forms[2]

    def is_one(self, whole: str) -> bool:
        return whole == "1"

    def percentage(self, text: str) -> str:
        return self.counted(text, self.percent_forms)

    def date(self, day: int | None, month: int, year: int | None, *, day_first: bool, after_weekday: bool) -> str:
        parts = [self.ordinal(day) if day else "", self.month_names[month - 1], self.year(year) if year else ""]
        return " ".join(filter(None, parts))
