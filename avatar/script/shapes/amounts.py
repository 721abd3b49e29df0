"""Money, percent, units, ranges, fractions and numbers."""

from __future__ import annotations

import re

from avatar.script.languages.base import Language
from avatar.script.scan import Place, Reading, Said, Shape

SIGNS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY",
    "₿": "BTC", "zł": "PLN", "Kč": "CZK", "R$": "BRL", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD",
    "NZ$": "NZD", "₪": "ILS", "₴": "UAH", "₫": "VND", "¢": "cent", "TL": "TRY", "元": "CNY", "Ft": "HUF", "Fr.": "CHF",
}  # fmt: skip
AFTER_ALONE = frozenset({"TL", "Ft", "zł", "Kč", "Fr."})
FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
COMMON_BOTTOMS = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 32, 64, 100, 1000})
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
JOINED_ONLY = frozenset(
    {"B", "K", "k", "x", "X", "A", "N", "J", "bn", "t", "in"}
)  # units that need no space, or are words with one
# After "5m" it is million.
STARS = "stars?|estrellas?|étoiles?|stelle|estrelas?|Sterne"
MANY = r"\s+(?:people|views|users|followers|subscribers|viewers|jobs|downloads|copies|homes|customers)\b"
DASH = r"(?:\s?[-‐‑–—−]\s?)"


def number_pattern(language: Language) -> str:
    point, group = re.escape(language.decimal_mark), f"[{re.escape(language.group_marks)}]"
    groups = rf"\d{{1,3}}(?:{group}\d{{{language.group_digits}}})+(?!\d)"
    if language.decimal_mark == ".":
        groups += r"|\d{1,2}(?:,\d\d)+,\d{3}(?!\d)"  # as India writes: 1,00,000
    whole = rf"(?:{groups}|\d+)"
    written = rf"{whole}(?:{point}\d+)?|{point}\d+"
    american = r"\d{1,3}(?:,\d{3})+\.\d{1,2}(?![\d.,]\d|\d)|\d{1,3}(?:,\d{3}){2,}(?!,?\d)|\d+\.\d{1,2}(?![\d.,]\d|\d)"
    return f"(?:{american}|{written})" if language.point_too else f"(?:{written})"


def shapes(language: Language) -> list[Shape]:
    found = [*_money(language), *_fractions(language), *_units(language)]
    return [Shape(pattern, read, of_number=True) for pattern, read in found]


def _any_of(names) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"


def _money(language: Language) -> list[tuple[str, Reading]]:
    known = {sign: code for sign, code in SIGNS.items() if code in language.currencies}
    codes = {code: code for code in language.currencies if code.isupper()}
    number = number_pattern(language)
    scale = rf"(?:\s?(?P<scale>(?i:{_any_of(language.scales)}))(?![\w'’]))"
    more_scale = scale.replace("<scale>", "<scale2>")
    before, after = (
        _any_of({**{s: c for s, c in known.items() if s not in AFTER_ALONE}, **codes}),
        _any_of({**known, **codes}),
    )

    def amount(match: re.Match, place: Place) -> Said | None:
        given = match.groupdict()
        sign = given["sign"]
        currency = known.get(sign) or codes[sign]
        text, scale_name = given["number"], (given.get("scale") or "").lower()
        before_noun = bool(re.match(r"[\s-]+[a-z]", place.after)) and place.word_before() in language.articles
        said = language.money(text, currency, scale_name, before_noun=before_noun)
        if last := given.get("last"):
            first = language.number(text)
            if scale_name and (given.get("scale2") or "").lower() != scale_name:
                first = language.money(text, currency, scale_name)
            elif language.value(text)[1] and not scale_name and not given.get("scale2"):
                first = language.money(text, currency)
            second = language.money(last, currency, (given.get("scale2") or "").lower(), before_noun=before_noun)
            said = language.span(first, second)
        if given.get("minus"):
            said = f"{language.minus} {said}"
        return Said(said, "may" if match[0].endswith(".") else "")

    minus = r"(?P<minus>[-−](?=\D))?"
    return [
        (
            rf"{minus}(?P<sign>{before})\s?(?P<number>{number}){scale}?{DASH}(?P<sign2>{before})?(?P<last>{number}){more_scale}?(?!\w)",
            amount,
        ),
        (rf"{minus}(?P<sign>{before})\s?(?P<number>{number}){scale}?(?!\w)", amount),
        (rf"(?P<sign>{before})(?P<minus>[-−])(?P<number>{number}){scale}?(?!\w)", amount),
        (rf"(?P<number>{number}){DASH}(?P<last>{number}){more_scale}?\s?(?P<sign>{after})(?!\w)", amount),
        (rf"(?P<number>{number}){scale}?\s?(?P<sign>{after})(?!\w)", amount),
    ]


def _fractions(language: Language) -> list[tuple[str, Reading]]:
    def followed(place: Place) -> str:
        """The noun after it; "of" and the like are none."""
        noun = re.match(r"\s+([^\W\d_]+)", place.after)
        return noun[1] if noun and not re.match(r"\s+(?:of|de|di|von|d')\b", place.after) else ""

    def after_article(said: str, place: Place) -> str:
        """a quarter-inch bolt, a half cup: with the one that stands there already."""
        if place.word_before() not in language.articles | {"the"}:
            return said
        return re.sub(r"^an? |^one (?=half)|(?<=^half) an?\b| of an?\b", "", said)

    def unicode(match: re.Match, place: Place) -> str:
        top, bottom = FRACTIONS[match[2]]
        return said(match[1], top, bottom, place)

    def said(whole: str | None, top: int, bottom: int, place: Place) -> str:
        fraction = language.fraction(int(whole) if whole else None, top, bottom, followed=followed(place))
        return after_article(fraction, place)

    def written(match: re.Match, place: Place) -> str | None:
        top, bottom = int(match[2]), int(match[3])
        is_fraction = top < bottom and bottom in COMMON_BOTTOMS
        if not is_fraction:
            return None if match[1] else f"{language.number(match[2])} {language.over} {language.number(match[3])}"
        return said(match[1], top, bottom, place)

    def rating(match: re.Match, place: Place) -> str | None:
        """4.5/5, rated 8/10, 4/5 stars."""
        decimal = language.value(match[1])[1] or match[1] == match[2] in ("5", "10")
        asked = {place.word_before(), place.word_before(2)} & language.rated
        if not language.out_of or not (decimal or asked or re.match(rf"[\s-](?:{STARS})\b", place.after)):
            return None
        return f"{language.number(match[1])} {language.out_of} {language.number(match[2])}"

    unit = _any_of(language.units)

    def of_unit(match: re.Match, place: Place) -> Said | None:
        """½ tsp.: half a teaspoon; 1 1/2 cm."""
        if match["vulgar"]:
            top, bottom = FRACTIONS[match["vulgar"]]
        else:
            top, bottom = int(match["top"]), int(match["bottom"])
            if top >= bottom or bottom not in COMMON_BOTTOMS:
                return None
        whole = int(match["whole"]) if match["whole"] else None
        forms = language.units[match["unit"]]
        said = after_article(language.fraction_of(whole, top, bottom, forms), place)
        return Said(said, "may" if match[0].endswith(".") else "")

    vulgar = "[" + "".join(FRACTIONS) + "]"
    return [
        (
            rf"(?:(?P<whole>\d{{1,3}})\s?)??(?:(?P<vulgar>{vulgar})|(?P<top>\d{{1,2}})[/⁄](?P<bottom>\d{{1,3}}))\s?(?P<unit>{unit})(?!\w)",
            of_unit,
        ),
        (r"(\d{1,2}(?:[.,]\d)?)/(5|10|20|100)(?![\w/]|[.,]\d)", rating),
        (rf"(?:(\d{{1,3}})\s?)?({vulgar})(?!\w)", unicode),
        (r"(?:(\d{1,3})[\s-])?(\d{1,3})[/⁄](\d{1,4})(?![\w/])", written),
    ]


def _units(language: Language) -> list[tuple[str, Reading]]:
    number, unit = number_pattern(language), _any_of(language.units)

    def is_unit(match: re.Match, place: Place) -> bool:
        name = match["unit"]
        joined = not match["space"]
        if name in JOINED_ONLY - language.spaced_units and not joined:
            return False
        if joined and len(name) == 1 and name.isupper() and place.word_before() in language.room_words:  # exit 12A
            return False
        if name == "m" and joined and re.match(MANY, place.after):
            return False
        if name == '"' and place.before.rfind("„") > place.before.rfind('"'):
            return False
        if name == '"' and len(re.findall(r'(?<!\d)"', place.before)) % 2:
            return False
        return not (name == "in." and re.match(r"\s+[A-Z\"“]", place.after))  # "there were 5 in. Then"

    def quantity(match: re.Match, place: Place) -> Said | None:
        if not is_unit(match, place):
            return None
        text, name = (match["minus"] or "") + match["number"], match["unit"]
        if name == "%":
            said = language.percentage(text)
        elif match["space"] == "-" or language.describes(place, joined=not match["space"]):
            said = language.as_adjective(text, language.units[name])
        else:
            said = language.counted(text, language.units[name])
        return ended(said, name, place)

    def ended(said: str, name: str, place: Place) -> Said:
        """With the full stop of its unit, which may be a sentence's: "Cook 15 min. Serve hot."."""
        if name in language.ends and re.match(r"\s+[\"“«(¿¡]*[A-ZÀ-Þ][a-zß-ÿ'’]", place.after):
            return Said(f"{said}.")
        return Said(said, "may" if name.endswith(".") else "")

    def between(match: re.Match, place: Place) -> Said | None:
        if not is_unit(match, place):
            return None
        first, last, name = (match["minus"] or "") + match["first"], match["number"], match["unit"]
        is_adjective = match["space"] == "-" or language.describes(place, joined=not match["space"])
        counted = language.as_adjective if is_adjective else language.counted
        second = language.percentage(last) if name == "%" else counted(last, language.units[name])
        return ended(language.span(language.number(first), second), name, place)

    def percent_first(match: re.Match, place: Place) -> str:
        """%20, as Turkish has it."""
        return language.percentage(match[1])

    def by(match: re.Match, place: Place) -> str:
        """10 x 20 cm; with an equals sign it is a product."""
        *first, last = re.split(r"\s?[x×]\s?", match["sides"])
        is_product = re.match(r"\s?[=€$£]", place.after) or "×" in match["sides"] and not match["unit"]
        word = language.times if is_product else language.by
        counted = language.as_adjective if language.describes(place, joined=False) else language.counted
        last = counted(last, language.units[match["unit"]]) if match["unit"] else language.number(last)
        return f" {word} ".join([*map(language.number, first), last])

    def height(match: re.Match, place: Place) -> str | None:
        return language.height(match[1], match[2])

    minus = r"(?P<minus>[-−+](?=[\d.,]))?"
    gap = r"(?P<space>[\s-]?)"
    end = r"(?![\w²³])(?!['’]\w)"
    return [
        (r"(\d)['’′]\s?(\d{1,2})(?:[\"”″]|''|’’)?(?!\w)", height),
        (rf"(?P<sides>{number}(?:\s?[x×]\s?{number})+)(?:\s?(?P<unit>{unit}){end}|(?!\w))", by),
        (rf"{minus}(?P<first>{number})(?:\s?(?:{unit}))?{DASH}(?P<number>{number}){gap}(?P<unit>{unit}){end}", between),
        (rf"{minus}(?P<number>{number}){gap}(?P<unit>{unit}){end}", quantity),
        (rf"%\s?({number})(?!\w)", percent_first),
    ]
