"""Which characters are words, which are ornaments, and in which script letters stand."""

from __future__ import annotations

import unicodedata
from functools import cache

CLOSERS = "\"'”’»)]}*_“‘«›‹"  # with those that open in other languages
OPENERS = "\"'“‘«([{*_¿¡„»›‹‚"
DASHES = "-‐‑‒–—―"
SPOKEN_SYMBOLS = set("&%+=@#°€£$½¼¾×÷±≈≤≥≠√∞¥₹¢")  # bare symbols that are read aloud


def is_speakable(text: str) -> bool:
    """Whether there is a letter, a digit or a sign that is read aloud."""
    return any(character.isalnum() for character in text) or bool(set(text) & SPOKEN_SYMBOLS)


@cache
def is_ornament(character: str) -> bool:
    """Emoji, dingbats, arrows, and marks that only shape the characters around them."""
    category = unicodedata.category(character)
    return category in ("Cf", "Co", "Cn", "Me") or (
        ord(character) >= 0x2190 and (category in ("So", "Sk") or "VARIATION" in unicodedata.name(character, ""))
    )


@cache
def script_of(character: str) -> str:
    """The script of a letter by its Unicode name; LATIN for signs that are written with Latin words."""
    name = unicodedata.name(character, "")
    if "LATIN" in name or "MICRO" in name or "ORDINAL" in name or "FULLWIDTH" in name:
        return "LATIN"
    return name.partition(" ")[0]


def is_latin(character: str) -> bool:
    return script_of(character) == "LATIN"


def find_foreign_word(text: str) -> str | None:
    """The first word not in Latin letters, when most letters of the text are not: no English voice can read it."""
    letters = [character for character in text if character.isalpha()]
    foreign = [character for character in letters if not is_latin(character)]
    if len(foreign) * 2 <= len(letters):
        return None
    return next(word for word in text.split() if any(character in foreign for character in word))
