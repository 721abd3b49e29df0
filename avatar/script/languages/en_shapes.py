"""What English writes in a way of its own: 1920x1080, 6'x4', 0600 hours, '05, 401(k), John 3:16."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages.base import words
from avatar.script.scan import Place, Reading, Shape

if TYPE_CHECKING:
    from avatar.script.languages.en import Spoken

BOOKS = words(
    "genesis gen exodus leviticus numbers deuteronomy joshua judges ruth samuel kings chronicles ezra nehemiah job "
    "psalm psalms proverbs ecclesiastes isaiah jeremiah ezekiel daniel hosea amos matthew mark luke john acts romans "
    "corinthians galatians ephesians philippians colossians timothy titus hebrews james peter revelation surah quran"
)
OF_DECADES = "music|movies?|films?|fashion|style|hits?|pop|rock|songs?|kids?|shows?|era|tv|TV|hair|party|disco|vibes?"
OPERATORS = {
    "<=": "less than or equal to", ">=": "greater than or equal to", "!=": "is not equal to", "->": "to", "=>": "to",
    "==": "equals",
}  # fmt: skip
SIDE = r"\d+(?:\.\d+)?(?:\s?½)?\s?(?:['’′\"”″]|(?:ft|in|cm|mm|m)\b\.?)?"
ERA = r"(?=\s(?:BCE?|CE|AD|B\.C\.|C\.E\.|A\.D\.))"


def shapes(language: Spoken) -> list[Shape]:
    of_numbers = [*_pictures(language), *_dates(language), *_amounts(language)]
    made = [Shape(pattern, read, of_number=True) for pattern, read in of_numbers]
    made += [Shape(pattern, read) for pattern, read in _names(language)]
    operators = "|".join(map(re.escape, OPERATORS))
    return [
        *made,
        Shape(rf"(?:{operators})(?=\s|[\w(\"'-])", _operator, inside=True),
        Shape(r"(?<=[A-G])[♭♯]", lambda match, place: " flat" if match[0] == "♭" else " sharp", inside=True),
    ]


def _operator(match: re.Match, place: Place) -> str | None:
    return f" {OPERATORS[match[0]]} " if place.before.strip() else None


def _pictures(language: Spoken) -> list[tuple[str, Reading]]:
    def pixels(match: re.Match, place: Place) -> str | None:
        """1920x1080; a side of a thing has a unit."""
        if max(len(match[1]), len(match[2])) < 4 or re.match(r"\s?(?!px\b)[a-zA-Z]{1,2}\b|\s?[=€$£]", place.after):
            return None
        return f"{language.in_pairs(match[1])} {language.by} {language.in_pairs(match[2])}"

    def sides(match: re.Match, place: Place) -> str | None:
        """4'x8', 8½ x 11."""
        if not re.search("['’′\"”″½]|[a-z](?=\\s?[x×])", match[0]):
            return None
        return f" {language.by} ".join(side(each) for each in re.split(r"\s?[x×]\s?", match[0]))

    def side(text: str) -> str:
        number, half, unit = re.fullmatch(r"([\d.]+)\s?(½)?\s?(.*)", text).groups()  # pyright: ignore[reportOptionalMemberAccess]  # it has matched SIDE
        name = {"'": "ft", "’": "ft", "′": "ft", '"': "in.", "”": "in.", "″": "in.", "in": "in."}.get(unit, unit)
        forms = language.units.get(name, ("",))
        if half:
            return language.fraction_of(int(float(number)), 1, 2, forms)
        return language.counted(number, forms).strip()

    return [
        (r"(\d{3,4})\s?[x×]\s?(\d{3,4})(?![\w]|[.,]\d)", pixels),
        (rf"{SIDE}(?:\s?[x×]\s?{SIDE})+(?!\w)", sides),
    ]


def _dates(language: Spoken) -> list[tuple[str, Reading]]:
    def short_year(match: re.Match, place: Place) -> str:
        """'05, '68-'72."""
        said = [language.year_of_two(each) for each in match.groups() if each]
        return language.span(*said) if len(said) == 2 else said[0]

    def decades(match: re.Match, place: Place) -> str:
        """1920s-30s, 80s music."""
        return language.span(*(language.decade(int(each)) for each in match.groups()))

    def decade(match: re.Match, place: Place) -> str:
        return language.decade(int(match[1]))

    def hundreds(match: re.Match, place: Place) -> str:
        """0600 hours."""
        hour, minute = match[1], match[2]
        said = ("oh " if hour[0] == "0" else "") + language.cardinal(int(hour))
        rest = "hundred" if minute == "00" else ("oh " if minute[0] == "0" else "") + language.cardinal(int(minute))
        return f"{said} {rest} hours"

    def half_day(match: re.Match, place: Place) -> str | None:
        """7.30pm."""
        return language.time(int(match[1]), int(match[2]), None, match[3].lower()) if int(match[1]) < 13 else None

    def minutes(match: re.Match, place: Place) -> str:
        """48:15: no hour of the day."""
        return language.time(int(match[1]), int(match[2]), None, "")

    def old_year(match: re.Match, place: Place) -> str | None:
        is_era = match.re.pattern.endswith(ERA)
        return language.year(int(match[0])) if is_era or place.word_before() in ("in", "since", "until") else None

    def hours(match: re.Match, place: Place) -> str:
        """1h30."""
        return f"{language.counted(match[1], language.units['h'])} {language.cardinal(int(match[2]))}"

    def verse(match: re.Match, place: Place) -> str | None:
        """John 3:16-18."""
        if place.word_before().rstrip(".") not in BOOKS:
            return None
        last = language.number(match[2]) if not match[3] else language.span(*map(language.number, match.groups()[1:]))
        return f"{language.number(match[1])} {last}"

    return [
        (r"['’‘](\d\d)\s?[-–]\s?['’‘](\d\d)(?!\w)", short_year),
        (r"(\d{3}0)s\s?[-–]\s?['’]?(\d{0,2}\d0)s(?!\w)", decades),
        (rf"([2-9]0)s(?=\s(?:{OF_DECADES})\b)", decade),
        (r"['’‘](0[0-9])(?![\w'’]|[.,:]\d)", short_year),
        (r"([01]\d|2[0-4])([0-5]\d)\s?(?:hours|hrs?\.?|h)(?!\w)", hundreds),
        (r"(\d{1,2})\.([0-5]\d)\s?([aApP])\.?[mM]\b\.?(?!\w)", half_day),
        (r"(2[5-9]|[3-5]\d):([0-5]\d)(?![\w:]|[.,]\d)", minutes),
        (rf"1\d\d\d{ERA}", old_year),
        (r"10[1-9]\d(?!\w|[,.:/-]\d|\s[a-z]+s\b)", old_year),
        (r"(\d{1,2})h([0-5]\d)(?!\w)", hours),
        (r"(\d{1,3}):(\d{1,3})(?:\s?[-–]\s?(\d{1,3}))?(?![\w:])", verse),
    ]


def _amounts(language: Spoken) -> list[tuple[str, Reading]]:
    def countdown(match: re.Match, place: Place) -> str:
        return f"T {language.minus} {language.number(match[1])}"

    def formation(match: re.Match, place: Place) -> str:
        """4-4-2."""
        return ", ".join(language.number(each) for each in match[0].split("-"))

    def feet(match: re.Match, place: Place) -> str:
        """5' tall, 5ft10."""
        if len(match.groups()) == 2:
            return language.height(match[1], match[2]) or ""
        return language.counted(match[1], language.units["ft"])

    def less_one(match: re.Match, place: Place) -> str:
        return f"{match[1]} {language.minus} {language.number(match[2])}"

    def ordinal(match: re.Match, place: Place) -> str:
        """1ST."""
        return language.ordinal(int(match[1]))

    return [
        (r"(\d{1,3})(?:ST|ND|RD|TH)(?!\w)", ordinal),
        (r"([a-z])-(\d{1,3})(?![\w-])", less_one),
        (r"T[-−–](\d+)(?![\w-])", countdown),
        (r"\d{1,2}-\d-\d(?:-\d)?(?![\w/-]|[.,]\d)", formation),
        (r"(\d)ft(\d{1,2})(?!\w)", feet),
        (r"(\d{1,3})['’′](?=\s(?:tall|wide|long|high|deep|by)\b)", feet),
    ]


def _names(language: Spoken) -> list[tuple[str, Reading]]:
    def plan(match: re.Match, place: Place) -> str:
        """401(k), 501(c)(3)."""
        number = f"{language.cardinal(int(match[1][0]))} oh {language.cardinal(int(match[1][2]))}"
        return f"{number} {match[2].upper()}" + (f" {language.number(match[3])}" if match[3] else "")

    def standard(match: re.Match, place: Place) -> str:
        """H.264, 802.11ax."""
        if match[0][0].isalpha():
            return f"{match[1]} {language.dot} {language.in_pairs(match[2])}"
        return f"eight oh two {language.dot} eleven {language.spell(match[1])}".strip()

    def pair(match: re.Match, place: Place) -> str | None:
        """EUR/USD is no amount."""
        known = match[1] in language.currencies and match[2] in language.currencies
        return f"{language.spell(match[1])} {language.spell(match[2])}" if known else None

    def century(match: re.Match, place: Place) -> str:
        from avatar.script.shapes.words import roman_value

        return language.ordinal(roman_value(match[1]))

    def weekdays(match: re.Match, place: Place) -> str:
        return language.span("Monday", {"F": "Friday", "Th": "Thursday", "Sat": "Saturday"}[match[1]])

    def hashtag(match: re.Match, place: Place) -> str:
        """#2024goals."""
        number = int(match[1])
        said = language.year(number) if 1900 <= number < 2100 else language.cardinal(number)
        return f"{language.symbols['#']} {said} {match[2]}"

    return [
        (r"(401|403|457|501|509)\(?([a-z])\)?(?:\((\d)\))?(?!\w)", plan),
        (r"([A-Z])\.(\d{3,4})(?!\w|\.\d)", standard),
        (r"([IVX]+)(?=\s(?:century|centuries)\b)", century),
        (r"M\s?[-–]\s?(F|Th|Sat)(?![\w.])", weekdays),
        (r"802\.11([a-z]{0,2})(?!\w)", standard),
        (r"([A-Z]{3})/([A-Z]{3})(?!\w)", pair),
        (r"#(\d{1,4})([A-Za-z]{3,})(?!\w)", hashtag),
    ]
