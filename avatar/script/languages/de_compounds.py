"""German words that a number is part of, streets, paragraphs, days of the week, and signs inside of words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from avatar.script.languages import de_words
from avatar.script.scan import Place, Reading, Said

if TYPE_CHECKING:
    from avatar.script.languages.de import Spoken

JOINED = (
    r"(?:jährig|jähriger|stündig|minütig|tägig|wöchig|monatig|fach|mal|malig|prozentig|köpfig|teilig|stellig|seitig|"
    r"stöckig|geschossig|sprachig|stimmig|bändig|spurig|türig|sitzig|gängig)(?:e[nrsm]?)?"
)


def of_words(language: Spoken) -> list[tuple[str, Reading]]:
    day = "(Mo|Di|Mi|Do|Fr|Sa|So)"

    def decade(match: re.Match, place: Place) -> str:
        number = int(match[1])
        return (language.year(number) if number > 100 else language.cardinal(number)) + "er"

    def joined(match: re.Match, place: Place) -> str:
        part = language.as_part(match[1])
        return (part.replace("einhundert", "hundert") if match[1] == "100" else part) + match[2].lower()

    def percent(match: re.Match, place: Place) -> str:
        part = language.as_part(match[1])
        return f"{part.replace('einhundert', 'hundert')}prozent{match[2]}"

    def times_x(match: re.Match, place: Place) -> str:
        return f"{language.as_part(match[1])}mal"

    def days(match: re.Match, place: Place) -> str:
        return " bis ".join(de_words.SHORT_DAYS[name.lower()] for name in match.groups())

    def listed_day(match: re.Match, place: Place) -> str | None:
        """Mo, Mi, Fr."""
        known = re.match(rf",\s{day}\b", place.after) or re.search(rf"\b{day},\s$", place.before)
        return de_words.SHORT_DAYS[match[1].lower()] if known else None

    def of_all(match: re.Match, place: Place) -> str | None:
        """Seite 3/10."""
        known = place.word_before() in ("seite", "teil", "folge", "blatt", "schritt")
        return f"{language.number(match[1])} von {language.number(match[2])}" if known else None

    def inches(match: re.Match, place: Place) -> str:
        return f"{language.number(match[1])} Zoll"

    def street(match: re.Match, place: Place) -> Said:
        return Said(f"{match[1]}{'S' if match[1].endswith('-') else 's'}traße", "never")

    def postcode(match: re.Match, place: Place) -> str | None:
        known = re.search(r"(?:\d\s?[a-z]?,|\bPLZ:?|\bD-|\bin)\s?$", place.before)
        return language.digits(match[0]) if known else None

    def phone(match: re.Match, place: Place) -> str:
        """+49 (0) 89 / 12 34 56 - 0."""
        return "plus " + ", ".join(language.digits(group) for group in re.findall(r"\d+", match[0]))

    def iban(match: re.Match, place: Place) -> str:
        return ", ".join(language.spell(group) for group in match[0].split())

    def sections(match: re.Match, place: Place) -> str:
        last = (
            f" {'und' if match[2].strip() in ('und', 'u.') else 'bis'} {language.number(match[3])}" if match[3] else ""
        )
        return f"Paragrafen {language.number(match[1])}{last}"

    def section(match: re.Match, place: Place) -> str:
        return f"{language.section} {language.number(match[1])} {language.spell(match[2])}"

    def season(match: re.Match, place: Place) -> str:
        return f"{language.year(int(match[1]))} {language.number(match[2])}"

    def season_of(match: re.Match, place: Place) -> str:
        return f"{language.number(match[1])} {language.year(int(match[2]))}"

    def versioned(match: re.Match, place: Place) -> str:
        return f"{language.number(match[1])} Punkt {language.number(match[2])}"

    return [
        (r"(\d{4}|\d0)er(?!\w)", decade),
        (rf"(\d{{1,4}}(?:,\d+)?)-?((?i:{JOINED}))(?!\w)", joined),
        (r"(\d+(?:,\d+)?)\s?%-?(ige?[nrsm]?)(?!\w)", percent),
        (r"(\d{1,3})(?:x(?!\w)|\sx(?=\s(?:täglich|wöchentlich|monatlich|jährlich|am|pro|in|im)\b))(?!\s?\d)", times_x),
        (rf"{day}\.?\s?[-–]\s?{day}(?:\.(?=[\s,:]*\d)|(?!\w))", days),
        (rf"{day}(?![\w.])", listed_day),
        (r"(\d{1,3})/(\d{1,3})(?![\w/])", of_all),
        (r"(\d{1,2}(?:,\d)?)[\"″](?=[\s,.;)])(?<=\d,\d.)", inches),
        (r"((?:[A-ZÄÖÜ][\wäöüß-]*-)|[A-ZÄÖÜ][\wäöüß-]*)[sS]tr\.", street),
        (r"\d{5}(?=\s[A-ZÄÖÜ])", postcode),
        (r"\+4[139](?:\s?[ ()/–-]\s?[(]?\d+[)]?){2,8}(?!\d)", phone),
        (r"[A-Z]{2}\d{2}(?: [\dA-Z]{4}){3,7}(?: [\dA-Z]{1,3})?(?!\w)", iban),
        (r"§§\s?(\d+)(?:(\s?[-–]\s?|\sund\s|\sbis\s)(\d+))?", sections),
        (r"§\s?(\d+)\s?([a-z])(?!\w)", section),
        (r"((?:19|20)\d\d)/(\d\d)(?![\w/])", season),
        (r"(\d{1,2})/((?:19|20)\d\d)(?![\w/])", season_of),
        (r"(\d{1,2})\.(\d{1,2})(?!\d|\.\d|\s?(?:Uhr|[%€°$]))", versioned),
    ]


def inside_words(language: Spoken) -> list[tuple[str, Reading]]:
    """In the middle of words: Schüler:innen, 9,99 €/Monat."""
    names = {short: forms[0] for short, forms in language.units.items() if short.isalpha() or "²" in short}
    unit = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))

    def each(match: re.Match, place: Place) -> str:
        return f" pro {names.get(match[1], match[1])}"

    return [
        (r"(?<=[a-zäöüß])[:*_](?=in(?:nen)?(?!\w))", lambda match, place: " "),
        (rf"(?<=[\d€%²a-z.])/({unit}|Monat|Jahr|Tag|Stunde|Woche|Person|Kopf|Minute|Nacht)(?!\w)", each),
        (r"\*\s?(?=\d{1,2}\.)", lambda match, place: "geboren am " if place.before.endswith("(") else None),
        (r"\*\s?(?=\d{4})", lambda match, place: "geboren " if place.before.endswith("(") else None),
        (r"~\s?(?=\d)", lambda match, place: "circa "),
        (r"†\s?(?=\d{1,2}\.)", lambda match, place: "gestorben am "),
    ]
