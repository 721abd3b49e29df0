"""What an English abbreviation stands for where it is written: St. is Street or Saint, no. is number or no."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages.base import words

if TYPE_CHECKING:
    from avatar.script.languages.en_words import Words
    from avatar.script.scan import Place

BARE_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st"})  # as the British write them
BARE_STREETS = words("ave blvd rd hwy pkwy ln")  # after a name: 5th Ave
ONE_LETTER = frozenset({"p.", "v.", "m."})  # an abbreviation only before a number or name
CARDINAL_POINTS = frozenset({"n.", "e.", "s.", "w."})  # 12 N. Main
SHORT_DAYS = frozenset({"mon.", "wed.", "sat.", "sun.", "mar."})
BEFORE_NUMERAL = words("no. vol. ch. pt. sec. fig. art. op.")  # Vol. IV
BEFORE_LETTER = words("app. fig. figs. sec. pt. vol. ch. ex.")  # Fig. A
BEFORE_NAME = words("fr. ft. mt. hon. rep. col. det. pk. m.")
STREETS = {"st.": "Street", "dr.": "Drive", "sq.": "Square", "pl.": "Place"}
STREET = re.compile(
    r"(?:\d\s+|\b(?i:at|on|off|down|along|near|from|to)\s+)(?:[NSEW]\.?\s)?([A-Z][a-z]+|\d+(?:st|nd|rd|th))\s$"
)
NO_STREETS = words("mount port fort lake bury saint bay cape")  # before a saint: Mount St. Helens


def reading(language: Words, short: str, written: str, place: Place) -> str | None:
    """None where it is none; short: in lower case."""
    number_follows = _number_follows(short, place)
    name_follows = re.match(r"\s+[\"“(]?[A-ZÀ-Þ]", place.after) is not None
    before = re.search(r"([A-Z][\w'’]*|\d(?:st|nd|rd|th))\s$", place.before)
    name_before = before is not None and before[1] not in language.starters
    if short.rstrip(".") in ("st", "dr", "sq", "pl") or short in BARE_STREETS:
        return _street(language, short, written, place, name_follows, name_before, number_follows)
    is_day = short in SHORT_DAYS and written[0].isupper()
    if short in language.only_before_numbers and not number_follows and not is_day:
        return None
    if short in ONE_LETTER and not (name_follows or number_follows):
        return None
    if short in CARDINAL_POINTS and not (name_follows and re.search(r"\d\s$", place.before)):
        return None
    is_test = written.isupper() and len(short) > 3 and short.count(".") == 1 and short.endswith(".")
    if is_test:  # SAT. at a sentence's end is no Saturday
        return None
    if short in BARE_TITLES and not (name_follows and written[0].isupper() and not written.isupper()):
        return None
    if number_follows and short in ("rev.", "gen."):
        return "revision" if short == "rev." else "Genesis"
    if short == "c." and not number_follows:
        return "century" if re.search(r"\d(?:st|nd|rd|th)\s$", place.before) else None
    if short == "min." and not re.match(r"\s+[a-z]", place.after):
        return None
    if short in BEFORE_NAME and not name_follows:
        return None
    return language.abbreviations[short]


def _number_follows(short: str, place: Place) -> bool:
    if re.match(r"\s*[#(]?\d", place.after):
        return True
    if short in BEFORE_NUMERAL and re.match(r"\s+(?:[IVX]{2,}|[VX])(?!\w)", place.after):
        return True
    return short in BEFORE_LETTER and re.match(r"\s+[A-Z](?![\w'’])", place.after) is not None


def _street(language: Words, short: str, written: str, place: Place, name_follows: bool, name_before: bool,
            number_follows: bool) -> str | None:  # fmt: skip
    """5th Ave, Main St., but St. John and Dr. Lee."""
    if not short.endswith("."):
        if short in BARE_STREETS:
            is_road = written[0].isupper() and (name_before or short == "hwy" and number_follows)
            return language.abbreviations[short] if is_road else None
        if written.istitle() and name_before and not name_follows and short in ("st", "dr"):
            return STREETS[f"{short}."]
        return language.abbreviations[short] if name_follows and written.istitle() and short in BARE_TITLES else None
    begins = re.match(r"\s+([A-Za-z]+)", place.after)
    name_follows = name_follows and not (name_before and begins and begins[1] in language.starters)
    on_it = STREET.search(place.before)
    if on_it and on_it[1].lower() not in NO_STREETS:
        name_follows = False
    if short == "dr." and not name_before:  # the Dr. said; Dr. & Mrs. Lee
        return language.abbreviations[short]
    has_saint = short in ("st.", "dr.")
    if name_before and not (name_follows and has_saint) or not name_follows:
        return STREETS[short]
    return language.abbreviations[short] if has_saint else None
