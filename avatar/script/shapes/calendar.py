"""Dates and times of day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from avatar.script.languages.base import Language, words
from avatar.script.scan import Place, Reading, Said, Shape

HALF = r"(?:\s?(?P<half>[AaPp])(?:\.\s?[Mm]\.|[Mm]\.?(?!\w)))"
DASH = r"\s?[-‐‑–—]\s?"
BEFORE_A_TIME = words(
    "about after around at before between by from on since till until a al desde hacia hasta as às até das à de vers dès "
    "alle dalle verso um ab bis gegen seit"
)
SHUT = "(?:cerrado|fermé|chiuso|fechado|encerrado)"  # after the day of a timetable
ZONE = r"\s+(?:[A-Z]{2,4}\b|[A-Z][a-z]+\s(?:[A-Z][a-z]+\s)?[Tt]ime\b)"
BEFORE_A_DAY = words("on by until since from am le el il em no dia dal")  # of 12/25, which has no year


def shapes(language: Language) -> list[Shape]:
    ranges, weekday = _names(language)
    dated = [Shape(pattern, read, of_number=True) for pattern, read in [*_dates(language), *_times(language)]]
    return [*ranges, *dated, weekday]


def _any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"


def _dates(language: Language) -> list[tuple[str, Reading]]:
    def spoken(day: str, month: int, year: str | None, place: Place, *, day_first: bool) -> str | None:
        if not 1 <= month <= 12 or not 1 <= int(day) <= 31:
            return None
        after_weekday = place.word_before() in language.weekdays
        return language.date(int(day), month, _year(year), day_first=day_first, after_weekday=after_weekday)

    def in_words(match: re.Match, place: Place, *, day_first: bool) -> str | Said | None:
        given = match.groupdict()
        name, day, last = given["month"], given.get("day"), given.get("last")
        if language.code == "en" and name.islower():  # "they may 5 times", "march 3 miles"
            return None
        month = language.months[name.lower()]
        if last and day:
            said = language.days(int(day), int(last), month, _year(given.get("year")), day_first=day_first)
        elif day:
            said = spoken(day, month, given.get("year"), place, day_first=day_first)
        else:
            said = language.date(None, month, _year(given["year"]), day_first=day_first, after_weekday=False)
        if said and place.word_before() == "the":
            said = said.removeprefix("the ")
        return said and Said(said, "may" if match[0].endswith(".") else "")

    def numeric(match: re.Match, place: Place) -> str | None:
        """The month first or second as the language has it, unless there is no such month; with full stops the day."""
        if match["mark"] != "/" and language.code == "en" and len(match["year"]) == 2:  # a version, a sum
            return None
        day_first = language.day_first or match["mark"] == "."
        day, month = (match["a"], match["b"]) if day_first else (match["b"], match["a"])
        if int(month) > 12:
            day, month = month, day
        return spoken(day, int(month), match["year"], place, day_first=language.day_first)

    def iso(match: re.Match, place: Place) -> str | None:
        return spoken(match["day"], int(match["month"]), match["year"], place, day_first=language.day_first)

    def without_year(match: re.Match, place: Place) -> str | None:
        before = place.word_before()
        if before not in BEFORE_A_DAY and before not in language.weekdays:
            return None
        day, month = (match[1], match[2]) if language.day_first else (match[2], match[1])
        return spoken(day, int(month), None, place, day_first=language.day_first)

    def decade(match: re.Match, place: Place) -> str | None:
        """1990s, the '90s; "in 30s" are seconds."""
        if (
            len(match[2]) != 4
            and not match[1]
            and place.word_before() not in {"the", "mid", "early", "late", "his", "her"}
            and not place.before.lower().endswith(("mid-", "early-", "late-"))
        ):
            return None
        return language.decade(int(match[2]))

    month = rf"(?P<month>(?i:{_any_of(language.months)}))"
    ordinal = rf"(?:{language.ordinal_marks})?" if language.ordinal_marks else ""
    day = rf"(?P<day>\d{{1,2}}){ordinal}"
    last = rf"(?:{DASH}(?P<last>\d{{1,2}}){ordinal})"
    year = r"(?P<year>\d{4})(?!\d|[.,]\d)"
    of = r"(?:(?:of|de|del|di|do)\s|d['’])?"
    end = r"(?![\w:%°/]|[.,]\d)"
    first, second = partial(in_words, day_first=True), partial(in_words, day_first=False)
    return [
        (r"(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?!\w)", iso),
        (r"(?P<a>\d{1,2})(?P<mark>[/.-])(?P<b>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?!\w|\.\d)", numeric),
        (rf"{day}{last}?\.?\s{of}{month},?\s{of}{year}", first),
        (rf"{day}{last}?\.?\s{of}{month}(?!\w)", first),
        (rf"{day}-{month}-{year}", first),
        (rf"{month}\s{day}{last}?,?\s{year}", second),
        *([(rf"{month}\s{day}{last}?{end}", second)] if language.month_first else []),
        (rf"{month},?\s{of}{year}", second),
        (r"(\d{1,2})/(\d{1,2})(?![\w/])", without_year),
        (r"(['’])?(\d{1,3}0)['’]?s(?!\w)", decade),
    ]


def _names(language: Language) -> tuple[list[Shape], Shape]:
    """Ranges of weekdays and months, and a short weekday, which comes after the dates."""

    def short_weekday(match: re.Match, place: Place) -> Said | None:
        if match[0].isupper():  # SAT. is a test
            return None
        following = re.match(rf",?\s*(\d|\w+\.?\s*\d|{SHUT}\b)", place.after)
        return Said(language.weekdays[match[0].lower()], "may") if following or match[0][:1].isupper() else None

    def weekdays(match: re.Match, place: Place) -> Said:
        """Mon–Fri."""
        first, last = (language.weekdays[day.lower() + "."] for day in match.groups())
        return Said(language.span(first, last), "may" if match[0].endswith(".") else "")

    def months(match: re.Match, place: Place) -> str | None:
        """Jan–Mar 2024."""
        first, last, year = match.groups()
        if language.code == "en" and (first.islower() or last.islower()):
            return None
        named = [language.date(None, language.months[each.lower()], None, day_first=False, after_weekday=False)
                 for each in (first, last)]  # fmt: skip
        return language.span(*named) + (f" {language.year(int(year))}" if year else "")

    name = f"(?i:{_any_of(language.months)})"
    weekday = _any_of(name[:-1].capitalize() for name in language.weekdays if name.endswith("."))
    ranges = [
        Shape(rf"({weekday})\.?{DASH}({weekday})\.?(?!\w)", weekdays),
        Shape(rf"({name}){DASH}({name})(?:\s(\d{{4}}))?(?!\w)", months),
    ]
    short = _any_of(name for name in language.weekdays if name.endswith("."))
    return ranges, Shape(f"(?i:{short})", short_weekday)


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if len(text) > 2 else int(text) + (2000 if int(text) < 50 else 1900)


def _times(language: Language) -> list[tuple[str, Reading]]:
    def said(hour: str, minute: str | None, second: str | None, half: str | None) -> str | None:
        if int(hour) > 24 or int(minute or 0) > 59 or int(second or 0) > 59:
            return None
        return language.time(int(hour), _int(minute), _int(second), (half or "").lower())

    def at(match: re.Match, place: Place) -> Said | None:
        given = match.groupdict()
        time = said(given["h"], given.get("m"), given.get("s"), given.get("half"))
        return None if time is None else ended(time, match, place)

    def between(match: re.Match, place: Place) -> Said | None:
        """10:30-11:45, 9-5pm."""
        first = said(match["h1"], match["m1"], None, match["half1"])
        last = said(match["h"], match["m"], None, match["half"])
        if first is None or last is None:
            return None
        return ended(language.span(first, last), match, place)

    def ended(time: str, match: re.Match, place: Place) -> Said:
        """With its full stop, which ends a sentence before a name: "It shuts at 5 p.m. Jan left." but "At 5 p.m. Jan
        left." and "at 5 p.m. Pacific Time"."""
        if not match[0].endswith("."):
            return Said(time)
        name = re.match(r"\s+[\"“«(¿¡]*([^\W\d_]+\.?)", place.after)
        if not name or not name[1][0].isupper() or re.match(ZONE, place.after):
            return Said(time, "may")
        named = name[1].lower()
        is_day = (
            named.rstrip(".") in language.weekdays
            or named in language.weekdays
            or (named in language.months and re.match(r"\s+\S+\s\d", place.after))
        )
        begun = re.split(r"[.!?:]\s", place.before)[-1].split()
        is_first = len(begun) < 4 and bool(begun) and begun[0].lower() in BEFORE_A_TIME
        return Said(time, "may") if is_day or is_first else Said(f"{time}.")

    marks = f"[{re.escape(language.clock_marks)}]"
    until = rf"(?P<h>\d{{1,2}}){marks}(?P<m>\d\d)"
    begin = rf"(?P<h1>\d{{1,2}}){marks}(?P<m1>\d\d)"
    half1 = HALF.replace("<half>", "<half1>")
    return [
        (rf"{begin}{half1}?{DASH}{until}{HALF}?(?!\w)", between),
        (
            rf"(?P<h1>\d{{1,2}})(?:{marks}(?P<m1>\d\d))?{half1}?{DASH}(?P<h>\d{{1,2}})(?:{marks}(?P<m>\d\d))?{HALF}",
            between,
        ),
        (rf"{until}(?:{marks}(?P<s>\d\d))?{HALF}?(?!\w)(?!{marks}\d|[,.]\d{{3}})", at),
        (rf"(?P<h>\d{{1,2}}){HALF}", at),
    ]


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
