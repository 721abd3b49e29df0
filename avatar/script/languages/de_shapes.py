"""What German writes in its own way: ordinals with a full stop, dates, sums with a dash, nouns after one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages import de_words
from avatar.script.languages.base import words as word_set
from avatar.script.languages.de_compounds import inside_words, of_words
from avatar.script.languages.de_grammar import (
    DETERMINERS,
    ORDINAL_NOUNS,
    article,
    dative_plural,
    gender,
    ordinal_ending,
    words_before,
)
from avatar.script.languages.de_times import times
from avatar.script.scan import Place, Reading, Said, Shape
from avatar.script.shapes.amounts import number_pattern
from avatar.script.shapes.words import ROMAN, roman_value

if TYPE_CHECKING:
    from avatar.script.languages.de import Spoken

DASH = r"\s?[-‐‑–—]\s?"
MONTH = "(?i:" + "|".join(map(re.escape, sorted(de_words.MONTHS, key=len, reverse=True))) + r")(?!\w)"
DATE_WORDS = word_set("am vom bis zum ab seit den dem der und oder zwischen dienstag")
LABELS = word_set(
    "kapitel teil nummer nr. platz seite klasse level abs. art. s. bd. kap. abb. satz absatz artikel band gruppe tor"
)
NO_ADJECTIVES = word_set(
    "oder aber über unter wieder immer hinter eher bisher eine keine alle ohne gegen neben wegen sowie zwischen"
)
NAMES_OF_KINGS = word_set("""ludwig heinrich friedrich wilhelm karl otto franz georg eduard jakob johann johannes paul pius benedikt leo gregor
    innozenz klemens urban alexander nikolaus peter iwan napoleon philipp maximilian leopold ferdinand christian gustav
    adolf harald olaf albert rudolf konrad lothar sigismund joseph josef ernst august ramses ptolemäus papst könig
    kaiser zar sixtus julius bonifaz harald haakon carl charles richard edward""")
NAMES_OF_QUEENS = word_set("elisabeth maria margarethe margrethe katharina anna beatrix christina isabella mary")


def shapes(language: Spoken) -> list[Shape]:
    found = [*_dates(language), *times(language), *_money(language), *_quantities(language), *_ordinals(language),
             *of_words(language)]  # fmt: skip
    made = [Shape(pattern, read) for pattern, read in found]
    return made + [Shape(pattern, read, inside=True) for pattern, read in inside_words(language)]


def _dates(language: Spoken) -> list[tuple[str, Reading]]:
    def day(text: str, place: Place) -> str:
        return language.ordinal(int(text)).removesuffix("e") + ordinal_ending(place, "Mai")

    def rest(month: int, year: str | None) -> str:
        in_full = {2: "20", 4: ""}[len(year)] + year if year else ""
        if year and len(year) == 2 and int(year) >= 50:
            in_full = "19" + year
        return de_words.MONTH_NAMES[month - 1] + (f" {language.year(int(in_full))}" if in_full else "")

    def number_of(match: re.Match) -> int | None:
        """The month, where day and month are right."""
        text = match["month"]
        month = int(text) if text.isdecimal() else de_words.MONTHS[text.lower()]
        return month if 1 <= month <= 12 and 1 <= int(match["day"]) <= 31 else None

    def one(match: re.Match, place: Place) -> Said | None:
        month, year = number_of(match), match.groupdict().get("year")
        if not month:
            return None
        return Said(f"{day(match['day'], place)} {rest(month, year)}", "may" if match[0].endswith(".") else "")

    def bare(match: re.Match, place: Place) -> Said | None:
        """12.3., which is a number of a chapter as well."""
        known = place.word_before().rstrip(".") in DATE_WORDS | set(de_words.WEEKDAYS) | {
            "mo",
            "di",
            "mi",
            "do",
            "fr",
            "sa",
            "so",
        }
        return one(match, place) if known or re.match(DASH + r"\d{1,2}\.", place.after) else None

    def span(match: re.Match, place: Place) -> Said | None:
        month, first = number_of(match), match["month1"]
        if not month or not 1 <= int(match["day1"]) <= 31 or first and not 1 <= int(first) <= 12:
            return None
        begin = day(match["day1"], place) + (f" {rest(int(first), match['year1'])}" if first else "")
        last = language.ordinal(int(match["day"])).removesuffix("e") + ordinal_ending(place, "Mai")
        return Said(f"{begin} bis {last} {rest(month, match['year'])}", "may" if match[0].endswith(".") else "")

    def months(match: re.Match, place: Place) -> str:
        return " bis ".join(de_words.MONTH_NAMES[de_words.MONTHS[name.lower()] - 1] for name in match.groups())

    def of_year(match: re.Match, place: Place) -> str | None:
        return f"{rest(int(match[1]), match[2])}" if 1 <= int(match[1]) <= 12 else None

    first = r"(?P<day1>\d{1,2})\.(?:\s?(?P<month1>\d{1,2})\.(?:\s?(?P<year1>\d{4}))?)?"
    year = r"(?P<year>\d{4})(?!\d|[.,]\d)"
    short = r"(?P<year>\d{4}|\d\d)(?!\w|[.,:]\d|\s?(?:Uhr|€|%))"
    digits = r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\."
    words = rf"(?P<day>\d{{1,2}})\.\s?(?P<month>{MONTH})"
    return [
        (rf"{first}{DASH}{digits}(?:\s?{short})?", span),
        (rf"{first}{DASH}{words}(?:\s{year})?", span),
        (r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\w)", one),
        (rf"{digits}\s?{short}", one),
        (rf"{words}\s{year}", one),
        (words, one),
        (rf"{digits}(?!\d)", bare),
        (rf"({MONTH}){DASH}({MONTH})", months),
        (r"(0[1-9]|1[0-2])/(\d{4})(?![\w/])", of_year),
    ]


def _money(language: Spoken) -> list[tuple[str, Reading]]:
    number = number_pattern(language)
    sign = r"(?:€|EUR|CHF|Fr\.|\$|USD|£)"
    codes = {"€": "EUR", "Fr.": "CHF", "$": "USD", "£": "GBP"}

    def dashed(match: re.Match, place: Place) -> str:
        """12,- €: no cents."""
        name: str = match["before"] or match["after"] or "€"
        return language.money(match["number"], {**codes, **de_words.MONEY_WORDS}.get(name, name))

    def with_point(match: re.Match, place: Place) -> str:
        """CHF 12.50, $19.99."""
        name: str = match["before"] or match["after"]
        return language.money(match["number"].replace(".", ","), codes.get(name, name))

    def in_words(match: re.Match, place: Place) -> str:
        return language.money(match["number"], de_words.MONEY_WORDS[match["name"]])

    words = "|".join(de_words.MONEY_WORDS)
    whole = r"(?P<number>\d{1,3}(?:[. ]\d{3})+|\d+)"
    return [
        (rf"(?P<before>{sign})?\s?{whole},[-–—]{{1,2}}(?:\s?(?P<after>{sign}|{words}))?(?!\w)", dashed),
        (rf"(?P<before>{sign})\s?(?P<number>\d+\.\d\d)(?P<after>)(?![.,]?\d)", with_point),
        (rf"(?P<before>)(?P<number>\d+\.\d\d)\s?(?P<after>{sign})(?!\w)", with_point),
        (rf"(?P<number>{number})\s(?P<name>{words})(?!\w)", in_words),
    ]


def _quantities(language: Spoken) -> list[tuple[str, Reading]]:
    nouns = {**language.units, **language.scales}
    unit = "|".join(map(re.escape, sorted(nouns, key=len, reverse=True)))
    currency = {"€": de_words.EURO, "Euro": de_words.EURO, "Dollar": language.currencies["USD"][0]}
    number, end = number_pattern(language), r"(?![\w²³])(?!\.?\s?€)"
    noun = r"(?P<noun>[A-ZÄÖÜ][a-zäöüß]+)(?!\w)"

    def quantity(match: re.Match, place: Place) -> Said | None:
        """An abbreviated noun after its number."""
        one, many, kind = nouns[match["unit"]]
        dot = "may" if match[0].endswith(".") else ""
        if match["number"] == "1" and not match["sign"]:
            return Said(f"{article(place, kind)} {one}", dot)
        if many in de_words.METRES:
            many = dative_plural(place, many)
        return Said(language.counted(match["sign"] + match["number"], (one, many, kind)), dot)

    def one_of(match: re.Match, place: Place) -> str:
        """1 €."""
        return f"{article(place, 'm')} {currency[match[1]][0]}"

    def is_label(place: Place) -> bool:
        """Whether the 1 numbers the noun before it: Kapitel 1."""
        before = re.search(r"(\S+)\s+$", place.before)
        if not before:
            return False
        if before[1].lower() in LABELS:
            return True
        begins = " " not in place.before.strip()
        return before[1][0].isupper() and not re.search(r"[.!?:,;]$", before[1]) and not begins

    def one_thing(match: re.Match, place: Place) -> str | None:
        """1 Stunde."""
        return None if is_label(place) else article(place, gender(match["noun"]))

    def one_such_thing(match: re.Match, place: Place) -> str | None:
        """1 kleine Lampe: the adjective's ending tells."""
        adjective = match["adjective"]
        if is_label(place) or adjective in NO_ADJECTIVES:
            return None
        kind = {"en": "m", "er": None, "es": "n"}.get(adjective[-2:], "f")
        return "ein" if kind is None else article(place, kind)

    def half(match: re.Match, place: Place) -> str:
        """½ l, 1/2 Stunde."""
        name = match["unit"] or match["noun"]
        one, _, kind = nouns.get(name) or (name, name, gender(name))
        if match["top"]:
            return f"{'dreiviertel' if name in ('Stunde', 'Jahr') else 'drei viertel'} {one}"
        if kind is None:
            return f"ein halb {one}"
        return f"{article(place, kind, half=True)} {one}"

    named = rf"(?:(?P<unit>{unit})(?![\w²³])|{noun})"
    return [
        (rf"(?P<top>)(?:1[/⁄]2|½)\s?{named}", half),
        (rf"(?P<top>3)[/⁄]4\s?(?:(?P<unit>{unit})(?![\w²³])|(?P<noun>Stunde|Jahr)\b)", half),
        (rf"(?P<sign>[-−+]?)(?P<number>{number})\s?(?P<unit>{unit}){end}(?!{DASH}\d)", quantity),
        (r"1\s?(€|Euro|Dollar)(?!\w)", one_of),
        (rf"1(?=\s{noun})", one_thing),
        (r"1(?=\s(?P<adjective>[a-zäöüß]{3,}e[nrs]?)\s[A-ZÄÖÜ])", one_such_thing),
    ]


def _ordinals(language: Spoken) -> list[tuple[str, Reading]]:
    def ordinal(match: re.Match, place: Place) -> Said | None:
        """2. Stock, am 3., der 1. und 2. Preis: after an article, or before a noun that is numbered."""
        text = match[1]
        number = int(text) if text.isdecimal() else roman_value(text)
        following = re.match(r"\s+([\"„»(]*)([^\W\d_]+)", place.after)
        noun = following[2] if following else ""
        linked = re.match(r"\s(?:und|oder|bis|sowie)\s(?:\w+\s)?\d{1,3}\.|\s?[-–]\s?\d{1,3}\.\s", place.after)
        before = words_before(place)[1]
        numbered = noun.lower() in ORDINAL_NOUNS and bool(place.before.strip())
        ends = not noun or noun in language.starters
        if not number or before not in DETERMINERS and not numbered and not linked:
            return None
        if ends and before not in {"am", "im", "zum", "vom", "zur", "beim"} or linked and not place.before.strip():
            return None
        if linked and not numbered:
            later = re.search(r"\d\.\s+([A-ZÄÖÜ]\w+)", place.after)
            noun = later[1] if later else noun
        elif noun.islower():
            later = re.match(r"\s+(?:[a-zäöüß]+\s+){1,3}([A-ZÄÖÜ]\w+)", place.after)
            noun = later[1] if later else noun
        return Said(language.ordinal(number).removesuffix("e") + ordinal_ending(place, noun), "may")

    def king(match: re.Match, place: Place) -> Said | None:
        """Ludwig XIV., von Elisabeth II."""
        names = re.search(r"((?:[A-ZÄÖÜ][\w.-]+\s+)*)([A-ZÄÖÜ][\w-]+)\s+$", place.before)
        if not names or roman_value(match[1]) > 30:
            return None
        name = names[2].lower()
        known = name if name in NAMES_OF_KINGS | NAMES_OF_QUEENS else name.removesuffix("s")
        if known not in NAMES_OF_KINGS | NAMES_OF_QUEENS:
            return None
        case = _case(place.before[: names.start(2)], genitive=known != name)
        word = ("der " if case in "dg" else "die ") if known in NAMES_OF_QUEENS else {
            "n": "der ", "a": "den ", "d": "dem ", "g": "des "}[case]  # fmt: skip
        weak = case == "n" or known in NAMES_OF_QUEENS and case == "a"
        said = word + language.ordinal(roman_value(match[1])).capitalize() + ("" if weak else "n")
        return Said(said, "may" if match[2] else "")

    return [
        (rf"({ROMAN})(\.?)(?![\w'’])", king),
        (rf"(\d{{1,3}}|(?:{ROMAN}))\.(?=\s|$|[-–])", ordinal),
    ]


CASES = {
    "g": word_set("des wegen trotz während"),
    "d": word_set("von mit unter bei nach seit zu vor aus dem zwischen gegenüber"),
    "a": word_set("für gegen durch ohne um den über"),
}


def _case(before: str, genitive: bool) -> str:
    """Of a name, by the first word before it that is no title or name: "unter Kaiser Wilhelm"."""
    if genitive:
        return "g"
    for word in reversed(re.findall(r"[^\W\d]+", before)):
        for case, words in CASES.items():
            if word.lower() in words:
                return case
        if word[0].islower():
            return "n"
    return "n"
