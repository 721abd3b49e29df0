"""Abbreviations, initials, acronyms, Roman numerals, capitals, signs, and what the voice has no letters for."""

from __future__ import annotations

import re
import unicodedata

from avatar.script.languages.base import Language
from avatar.script.letters import is_ornament
from avatar.script.scan import LETTER, Place, Reading, Said, Shape

ROMAN = r"(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
PRONOUNCEABLE = r"(?:[BCDFGHJKLMNPQRSTVWXZ]{0,3}[AEIOUYÀ-Ý]{1,2})+[BCDFGHJKLMNPQRSTVWXZ]{0,3}"
EMOTICON = r"(?:[:;=][-o'^]?[)(DPpOo/\\|*\]\[]|[8xX]-[)(DP]|[xX]D|<3|[)(]:|\^_?\^)(?![\w(])"
GREEK = "αβγδεζηθικλμνξπρστυφχψω"
QUIET = set(",.!?;:…-‐‑–—―'\"’‘“”«»‹›()[]{}*_`|\\~/¿¡„‚·•،؛؟।॥。、！？：；，（）「」『』《》〈〉・<>^@#")


def shortened(language: Language) -> list[Shape]:
    """Abbreviations and initials; some look like numbers ("24/7")."""
    made = [Shape(EMOTICON, lambda match, place: "" if _stands_alone(match, place) else None)]
    return made + [Shape(pattern, read) for pattern, read in _abbreviations(language)]


def shapes(language: Language) -> list[Shape]:
    made = [Shape(pattern, read) for pattern, read in _capitals(language)]
    greek = Shape(rf"(?<![Ͱ-Ͽ])[{GREEK.upper()}{GREEK}](?![Ͱ-Ͽ])", _greek(language), inside=True)
    return [greek, *made, Shape(r"[^\w\s]", _sign(language), inside=True)]


def _stands_alone(match: re.Match, place: Place) -> bool:
    return (not place.before or place.before[-1].isspace()) and (not place.after or not place.after[0].isalnum())


def _any_of(names) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"


def _abbreviations(language: Language) -> list[tuple[str, Reading]]:
    def abbreviation(match: re.Match, place: Place) -> Said | None:
        short = match[0].lower()
        spoken = language.abbreviation(short, match[0], place)
        if spoken is None:
            return None
        if match[0].isupper() and len(match[0]) > 2 and short + "." in language.abbreviations:
            return None
        if short in language.ends and re.match(r"\s+[\"“«(¿¡]*[A-ZÀ-Þ]", place.after):
            return Said(spoken + ".")
        return Said(spoken, ("may" if short in language.may_end else "never") if short.endswith(".") else "")

    def dotted(match: re.Match, place: Place) -> Said:
        """U.S., D.C., Ph.D.: letter by letter."""
        tail = "'s" if match[2] else ""
        return Said(language.spell(match[1]) + tail, "may" if match[0].endswith(".") else "")

    def initial(match: re.Match, place: Place) -> Said | None:
        """The J. of J. R. Tolkien; an "I." may be the last word of a sentence."""
        if not match[1].isupper():
            return None
        if match[1] == "I" and place.word_before()[:1].islower() and language.code == "en":
            return None
        following = re.match(r"\s+[\"“‘«(]*([^\W\d_]+)", place.after)
        if not following or not following[1][0].isupper() or following[1] in language.starters:
            return None
        return Said(language.spell(match[1]), "never")

    words = _any_of(language.abbreviations)
    return [
        (rf"(?i:{words})(?:(?<=\.)(?=\d)|(?!\w)(?!\.\w))", abbreviation),
        (r"((?:[^\W\d_][a-z]?\.){2,}|(?:[^\W\d_]\.)+[^\W\d_](?![\w.]))(['’]?s)?(?!\w)", dotted),
        (r"([^\W\d_])\.(?=\s|$)", initial),
    ]


def _capitals(language: Language) -> list[tuple[str, Reading]]:
    def roman(match: re.Match, place: Place) -> str | None:
        before = re.search(r"(\w+)(\.?)\s+$", place.before)
        if not match[0] or not before or not before[1][0].isupper():
            return None
        if before[2] and match[0] in "ICDLM":  # No. I do
            return None
        return language.roman(roman_value(match[0]), before[1].lower())

    def capitals(match: re.Match, place: Place) -> str | None:
        word, tail = match[1], match[2] or ""
        if word in language.acronym_words or not word.isupper():
            return None
        if place.before.endswith("&") or place.after.startswith("&"):
            return language.spell(word) + tail
        if word in language.spelled_after_the and place.word_before() == "the":
            return language.spell(word) + tail
        if is_shouted(word, place.line, language):
            return (word + tail).lower() if word != "I" else None
        if tail and not tail.startswith(("'", "’")):
            tail = "'" + tail
        return language.spell(word) + tail

    return [
        (rf"{ROMAN}(?!\w|['’](?!s\b))", roman),
        (rf"({LETTER}{{2,}}?)((?:['’]s|s)?)(?!{LETTER})", capitals),
    ]


def is_shouted(word: str, line: str, language: Language) -> bool:
    """A word in capitals that is no acronym: an ordinary short one, one of a line all in capitals, or a long one that can
    be pronounced."""
    if word in language.spelled:
        return False
    if word.lower() in language.shouted:
        return True
    words = [each for each in re.findall(r"[^\W\d_]+", line) if len(each) > 1 or each.islower()]
    capitals = [each for each in words if each.isupper()]
    if len(capitals) >= 3 and len(capitals) > 0.8 * len(words) and len(word) > 1:
        ordinary = [
            each
            for each in capitals
            if each.lower() in language.shouted or len(each) > 4 and each not in language.acronym_words
        ]
        if ordinary or not language.shouted:  # and no list of acronyms
            return True
    if not word.isascii() and len(word) > 4:
        return True
    return len(word) >= 4 and re.fullmatch(PRONOUNCEABLE, word) is not None


def roman_value(text: str) -> int:
    values = [VALUES[letter] for letter in text]
    return sum(-one if one < next_one else one for one, next_one in zip(values, [*values[1:], 0], strict=True))


def _greek(language: Language) -> Reading:
    """A letter of a formula: λ, ΔT."""

    def greek(match: re.Match, place: Place) -> str:
        name = unicodedata.name(match[0]).lower().rpartition("letter ")[2].replace("lamda", "lambda")
        return f" {language.symbols.get(match[0], name)} "

    return greek


def _sign(language: Language) -> Reading:
    """A sign by its name, where it has one; marks stay as they are."""

    def sign(match: re.Match, place: Place) -> str | None:
        character = match[0]
        before, after = place.before[-1:], place.after[:1]
        alone = (not before or before.isspace()) and (not after or after.isspace())
        if character in "-–−" and alone and re.search(r"\d\s$", place.before) and re.match(r"\s\d", place.after):
            return language.minus if character != "–" or "=" in place.line else None
        if character == "^" and before.isalnum() and (after.isalnum() or after in "-(" and after):
            return f" {language.power} "
        if character == "-" and re.search(r"\b[A-F]$", place.before) and re.match(r"$|[\s,.;)]", place.after):
            return f" {language.minus}"  # a mark at school
        if character in "x×*" and re.search(r"[\w)]\s?$", place.before) and re.match(r"\s?[\w(]", place.after):
            is_of_numbers = re.search(r"\d\s?$", place.before) and re.match(r"\s?\d", place.after)
            is_product = character == "×" or "=" in place.line or character == "*" and is_of_numbers
            return f" {language.times} " if is_product else None
        if (
            character == "/"
            and "=" in place.line
            and re.search(r"\d\s$", place.before)
            and re.match(r"\s\d", place.after)
        ):
            return f" {language.symbols.get('÷', '')} "
        if character == "/" and before.isalnum() and after.isalnum():
            return language.alternatives(place)
        if character == "#" and after.isalpha() or character == "@" and (after.isalpha() or alone):
            return f" {language.symbols.get(character, '')} "
        if character == "~" and re.match(r"[$£€¥₹\d]", after):
            return f"{language.symbols.get('~', '')} "
        if character in "<>" and (alone or re.match(r"\s?[$€£]?\d", place.after)):
            return f" {language.symbols.get(character, '')} "
        if character in "→←↑↓" and not (place.before.strip() and place.after.strip()):
            return None
        if character in QUIET or is_ornament(character):
            return None
        return f" {language.symbols[character]} " if character in language.symbols else None

    return sign
