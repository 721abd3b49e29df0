"""Telephone numbers, codes, ranges, ordinals, years and every other number."""

from __future__ import annotations

import re

from avatar.script.languages.base import Language
from avatar.script.scan import Place, Reading, Said, Shape
from avatar.script.shapes.amounts import MANY, SUBSCRIPTS, SUPERSCRIPTS, number_pattern

DASH = r"(?:\s?[-‐‑–—−]\s?)"
HEIGHTS = "144|240|288|360|480|540|576|720|1080|1440|2160|4320"  # of a picture, in lines
RATES = "24|25|30|48|50|60|90|100|120|144|240"
PHONE_WORDS = (r"(?i)\b(?:tel|phone|telephone|call|fax|mobile|cell|text|dial|téléphone|teléfono|telefono|telefone|"
                         r"telefon|tél|móvil|handy|llam[ae]|ligue|chiam[ai]|whatsapp)\.?:?\s*(?:us|me|at|on|is|am|al|au|under|unter|il|o|para|para o)?:?\s*$")  # fmt: skip
GAP = r"[\s.\-‐‑–/]"


def shapes(language: Language) -> list[Shape]:
    found = [*_spaced(language), *_phones(language), *_codes(language), *_spans(language), *_others(language)]
    made = [Shape(pattern, read, of_number=True) for pattern, read in found]
    inside = [*_raised(language), (number_pattern(language), _last(language))]
    return made + [Shape(pattern, read, inside=True, of_number=True) for pattern, read in inside]


def _spaced(language: Language) -> list[tuple[str, Reading]]:
    """1 000 000, as the SI has it; in other languages `group_marks` says so."""
    if language.code != "en":
        return []

    def whole(match: re.Match, place: Place) -> str | None:
        if re.search(PHONE_WORDS, place.before):
            return None
        return language.cardinal(int(re.sub(r"\s", "", match[0])))

    return [(r"[1-9]\d{0,2}(?:(?:\s\d{3}){2,3}|\s000|[\u00a0\u202f]\d{3})(?![\d-]|[.,]\d|\s\d)", whole)]


def _phones(language: Language) -> list[tuple[str, Reading]]:
    def phone(match: re.Match, place: Place) -> str:
        """Group by group, digit by digit; a toll-free 800 as one number."""
        return said_groups(match[0])

    def said_groups(text: str) -> str:
        groups = re.findall(r"\+?\d+", text)
        said = []
        for number, group in enumerate(groups):
            free = re.fullmatch(r"[89]00", group) and number < 2 and language.code == "en"
            spoken = language.number(group) if free else language.digits(group)
            said.append(f"{language.plus} {spoken}" if group.startswith("+") else spoken)
        return ", ".join(said)

    def long_enough(match: re.Match, place: Place) -> str | None:
        return phone(match, place) if sum(map(str.isdecimal, match[0])) >= 7 else None

    def named(match: re.Match, place: Place) -> str:
        """1-800-FLOWERS."""
        digits = re.match(r"[\d-]+", match[0])
        assert digits
        return f"{said_groups(digits[0])}, {match[0][digits.end() :].lower().replace('-', ' ')}"

    def after_word(match: re.Match, place: Place) -> str | None:
        return phone(match, place) if re.search(PHONE_WORDS, place.before) else None

    us = rf"\(?\d{{3}}\)?{GAP}?\d{{3}}{GAP}\d{{4}}"
    return [
        (rf"\+\d{{1,3}}{GAP}?(?:\(\d{{1,4}}\){GAP}?)?\d{{1,9}}(?:{GAP}\d{{2,8}}){{0,5}}(?!\d)", long_enough),
        (r"\+\d{8,15}(?!\d)", phone),
        (rf"(?:1{GAP})?{us}(?!\d)", phone),
        (r"\d{3}-\d{4}(?![\d-])", phone),
        (r"(?:1-)?8\d\d-[A-Z][A-Z-]{3,}(?!\w)", named),
        (rf"\(?0\d{{1,4}}\)?{GAP}\d{{6,8}}(?!\d|[.,:]\d)", phone),
        (rf"\(?0\d{{1,4}}\)?{GAP}\d{{2,8}}(?:{GAP}\d{{2,5}}){{0,4}}(?![\d]|[.,:]\d|\s?[a-z%€])", phone),
        (rf"\d{{2,5}}(?:{GAP}?\d{{2,5}}){{1,5}}(?!\d)", after_word),
        (r"(?:911|999|11\d|10\d)(?![\w-]|[.,]\d)", after_word),
    ]


def _codes(language: Language) -> list[tuple[str, Reading]]:
    def mixed(match: re.Match, place: Place) -> str | None:
        """Letters and digits: Q3, MP3, COVID-19, A-20394, 4K, 221B, B2B."""
        parts = re.findall(r"[A-Z]+|\d+", match[0])
        said = []
        for part in parts:
            if part.isdecimal() and is_year(part, language) and parts[0] in ("FY", "CY"):
                said.append(language.year(int(part)))
            elif part.isdecimal():
                long = len(part) > 3 or part.startswith("0")
                said.append(language.digits(part) if long else language.in_pairs(part))
            else:
                said.append(part if part in language.acronym_words else language.spell(part))
        return " ".join(said)

    def house(match: re.Match, place: Place) -> str:
        return f"{language.in_pairs(match[1])} {language.spell(match[2])}"

    def numbered(match: re.Match, place: Place) -> str | None:
        """#5, №5, §3, #A-20394."""
        sign = language.section if match[1] == "§" else language.number_sign
        if not sign:
            return None
        rest = match[2]
        if re.fullmatch(r"\d+(?:\.\d+)+", rest):
            return f"{sign} " + f" {language.point} ".join(map(language.number, rest.split(".")))
        if rest.isdecimal():
            return f"{sign} {language.digits(rest) if len(rest) > 4 or rest[0] == '0' else language.number(rest)}"
        parts = re.findall(r"[A-Za-z]+|\d+", rest)
        if not any(part.isdecimal() for part in parts) or any(part.islower() and len(part) > 2 for part in parts):
            return None  # a hashtag
        said = " ".join(language.digits(p) if p.isdecimal() and len(p) > 2 else language.number(p) if p.isdecimal()
                        else language.spell(p) for p in parts)  # fmt: skip
        return f"{sign} {said}"

    def lines(match: re.Match, place: Place) -> str:
        """1080p, 720p60, 1080p@60fps."""
        lines, scan, rate, frames = match.groups()
        said = f"{language.in_pairs(lines)} {language.spell(scan)}"
        if rate:
            said += f" {language.at if rate[0] == '@' else ''} {language.number(rate.lstrip('@'))}"
        return f"{said} {language.units['fps'][-1] if 'fps' in language.units else 'fps'}" if frames else said

    def codes(match: re.Match, place: Place) -> str:
        """Q1-Q3."""
        first, last = (f"{language.spell(match[1])} {language.number(number)}" for number in (match[2], match[3]))
        return language.span(first, last)

    def letter(match: re.Match, place: Place) -> str | None:
        """100K, and 2.5M people."""
        scale = match[2].lower()
        few = scale == "k" and int(language.value(match[1])[0]) < 10  # 4K is a picture
        if re.match(r"\d{4}", match[1]) or re.search(r"\w-$", place.before):  # i7-12700K
            return None
        if place.word_before() in language.articles and not re.match(MANY, place.after):  # a 10K run
            return None
        if scale not in language.scales or few or (scale != "k" and not re.match(MANY, place.after)):
            return None
        return language.counted(match[1], language.scales[scale])

    return [
        (rf"({number_pattern(language)})([KMB])(?![\w-])", letter),
        (rf"({HEIGHTS})([pi])(@?(?:{RATES}))?(\s?fps)?(?![\w'’])", lines),
        (r"([A-Z])(\d{1,3})[-–]\1(\d{1,3})(?![\w-])", codes),
        (r"([#№§])\s?(?=[\w-]*\d)([A-Za-z0-9]+(?:-[A-Za-z0-9]+|\.\d+)*)(?![\w])", numbered),
        (r"(\d{2,4})([A-H])(?!\w)", house),
        (r"(?:[A-Z]{1,5}-?\d{1,6}[A-Z]{0,2}|\d{1,3}[A-Z]{1,2}|[A-Z]\d[A-Z])(?!\w|[-.]\d)", mixed),
    ]


def _spans(language: Language) -> list[tuple[str, Reading]]:
    def between(match: re.Match, place: Place) -> str | None:
        first, last = match["first"], match["last"]
        is_sum = match["gap"].strip() != match["gap"] and re.search(r"[=+×÷]", place.line)
        is_sum = is_sum or re.match(r"\s?=", place.after)
        if is_sum:  # 5 - 3 = 2
            return f"{language.number(first)} {language.minus} {language.number(last)}"
        if is_year(first, language) and (is_year(last, language) or len(last) == 2):
            until = int(last) if len(last) == 4 else int(last)
            said = language.year(until) if len(last) == 4 else language.number(last)
            return language.span(language.year(int(first)), said)
        return language.span(language.number_at(match["sign"] + first, place), language.number_at(last, place))

    def digit_groups(match: re.Match, place: Place) -> str:
        """978-3-16-148410-0."""
        return ", ".join(language.digits(group) for group in match[0].split("-"))

    def score(match: re.Match, place: Place) -> str | None:
        return None if len(match[1]) > 3 else f"{language.number(match[1])} {language.to} {language.number(match[2])}"

    number = number_pattern(language)
    return [
        (r"\d+(?:-\d+){3,}(?![\w-])", digit_groups),
        (rf"(?P<sign>[-−]?)(?P<first>{number})(?P<gap>{DASH})(?P<last>{number})(?![\w-]|\.\d)", between),
        (rf"(\d{{1,3}}):({number})(?![\w:])", score),
    ]


def is_year(text: str, language: Language) -> bool:
    return len(text) == 4 and text.isdecimal() and 1100 <= int(text) <= 2099


def _others(language: Language) -> list[tuple[str, Reading]]:
    number = number_pattern(language)

    def ordinal(match: re.Match, place: Place) -> str:
        return language.ordinal(int("".join(c for c in match[1] if c.isdecimal())))

    def signed(match: re.Match, place: Place) -> str:
        sign = language.symbols.get("±", "") + " " if match[1] == "±" else ""
        return sign + language.number(match[0].lstrip("±"))

    def counted(match: re.Match, place: Place) -> str | None:
        """1.2 million, 5bn."""
        if match[2] == "m" and not re.match(MANY, place.after):
            return None
        return language.counted(match[1], language.scales[match[2]])

    scales = "|".join(re.escape(name) for name in language.scales if len(name) > 1 or name == "m") or "(?!)"
    found: list[tuple[str, Reading]] = [
        (rf"([-−+±])(?={number})(?:{number})(?![\w])", signed),
        (rf"({number})\s?({scales})(?![\w])", counted),
    ]
    if language.ordinal_marks:
        found.insert(
            0,
            (rf"(\d{{1,3}}(?:[{re.escape(language.group_marks)}]\d{{3}})*)(?:{language.ordinal_marks})(?!\w)", ordinal),
        )
    return found


def _last(language: Language) -> Reading:
    """Any number, read as the words before it ask for."""
    code = "|".join(map(re.escape, sorted(language.code_words))) or "(?!)"
    asks_digits = rf"(?i:\b(?:{code})\b(?:\s+(?:is|was|number|no\.?|:|es|est|ist|è|é)|\s*[:#=])*\s*$)"

    def read(match: re.Match, place: Place) -> str:
        text = match[0]
        if not text.isdecimal():
            return language.number_at(text, place)
        if (
            len(text) > 1
            and text[0] == "0"
            or len(text) > 12
            or (len(text) > 2 and re.search(asks_digits, place.before))
        ):
            return language.digits(text)
        if len(text) == 5 and re.search(r"\b(?:[A-Z]{2}|D\.C\.),?\s$", place.before):  # a ZIP code
            return language.digits(text)
        if place.word_before() in language.room_words:
            return language.in_pairs(text)
        if is_year(text, language) and said_as_year(place, language):
            return language.year(int(text))
        return language.number_at(text, place)

    return read


def said_as_year(place: Place, language: Language) -> bool:
    """Four digits: a year after such words as "in", or where no noun that could be counted follows."""
    if place.word_before() in language.year_words:
        return True
    counts = re.match(language.counts, place.after)
    return bool(language.year_words) and not counts and place.word_before() not in {"number", "no.", "no", "№"}


def _raised(language: Language) -> list[tuple[str, Reading]]:
    """Superscripts after a letter, number or bracket, and subscripts, which are read as digits."""

    def raised(match: re.Match, place: Place) -> str:
        return " " + language.raised(match[0].translate(SUPERSCRIPTS)) + (" " if place.after[:1].isalnum() else "")

    def lowered(match: re.Match, place: Place) -> Said:
        return Said(" " + language.number(match[0].translate(SUBSCRIPTS)) + " ")

    return [(r"[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", raised), (r"[₀-₉]+", lowered)]
