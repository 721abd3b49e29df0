"""German hours, lengths of time and scores."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages.de_words import HOUR, MINUTE, SECOND
from avatar.script.scan import Place, Reading

if TYPE_CHECKING:
    from avatar.script.languages.de import Spoken

DASH = r"\s?[-‐‑–—]\s?"
HOURS, MINUTES = r"(?:[01]?\d|2[0-4])", r"[0-5]\d"
CONTEST = re.compile(
    r"\b(?:Verhältnis|Maßstab|Endstand|Spielstand|Stand|Ergebnis|Quote|gewann\w*|gewonnen|verlor\w*|siegte\w*|endete\w*|"
    r"besiegte\w*|Sieg|führte\w*)(?:\W+\w+){0,4}\W+$"
)


def times(language: Spoken) -> list[tuple[str, Reading]]:
    def said(hour: str, minute: str | None, second: str | None = None) -> str:
        return language.time(int(hour), int(minute) if minute else None, int(second) if second else None, "")

    def clock(match: re.Match, place: Place) -> str:
        given = match.groupdict()
        return said(given["h"], given.get("m"), given.get("s"))

    def after_um(match: re.Match, place: Place) -> str | None:
        return clock(match, place) if place.word_before() in ("um", "gegen") else None

    def between(match: re.Match, place: Place) -> str:
        """9–17 Uhr says "Uhr" once."""
        first = said(match["h"], match["m"]) if match["m"] else language.cardinal(int(match["h"]))
        return f"{first} bis {said(match['h2'], match['m2'])}"

    def length(match: re.Match, place: Place) -> str:
        if match[3][0] == "h" and place.word_before() in ("um", "gegen", "ab", "bis", "von", "seit"):
            return said(match[1], match[2])
        large, small = (HOUR, MINUTE) if match[3][0] in "hS" else (MINUTE, SECOND)
        parts = [language.counted(text, forms) for text, forms in ((match[1], large), (match[2], small)) if int(text)]
        return " und ".join(parts)

    def score(match: re.Match, place: Place) -> str | None:
        first, last = match[1], match[2]
        is_time = len(last) == 2 and int(first) <= 24 and int(last) < 60
        if is_time and not CONTEST.search(place.before):
            return None
        return f"{language.number(first)} zu {language.number(last)}"

    at, until = rf"(?P<h>{HOURS})(?:[:.](?P<m>{MINUTES}))?", rf"(?P<h2>{HOURS})(?:[:.](?P<m2>{MINUTES}))?"
    exact = rf"(?P<h>{HOURS})[:.](?P<m>{MINUTES})"
    return [
        (rf"{at}(?:\s?Uhr)?{DASH}{until}\s?Uhr(?!\w)", between),
        (rf"(?P<h>{HOURS}):(?P<m>{MINUTES}){DASH}(?P<h2>{HOURS}):(?P<m2>{MINUTES})(?!\w)", between),
        (rf"{exact}(?:[:.](?P<s>{MINUTES}))?\s?Uhr(?!\w)", clock),
        (rf"(?P<h>{HOURS})\sUhr(?!\w)(?:\s(?P<m>{MINUTES})(?![\d.,]|\s?[€%]))?", clock),
        (rf"{exact}(?=\s(?:bis|und|oder)\s{HOURS}(?:[:.]{MINUTES})?\sUhr)", clock),
        (r"(\d{1,2}):(\d\d)\s?(h|Std\.?|Stunden|min|Min\.?|Minuten)(?!\w)", length),
        (rf"{exact}(?![\d.,:]|\s?(?:€|%|Euro|Prozent|Meter|k?m\b))", after_um),
        (r"(\d{1,3}):(\d{1,3})(?![\w:])", score),
    ]
