"""Cardinals and ordinals of the languages that the preview speaks: its environment has no num2words.

Below 10 to the 15th, ordinals below a million, so that a script is read alike in every environment; larger ones stay
digits. They are what num2words says, but for the commas of its Portuguese and some slips of its Italian; what is wrong
with both, as in "veintiuno mil", the languages mend.
"""

from __future__ import annotations

from collections.abc import Callable


def listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MOST = {"cardinal": 10**15, "ordinal": 10**6}


def own(number: int, code: str, to: str) -> str | None:
    """The number in words, or in digits where it is too large; None for a language that is not here. code: as num2words
    knows it; to: cardinal or ordinal."""
    said = {"cardinal": CARDINALS, "ordinal": ORDINALS}[to].get(code)
    if said is None:
        return None
    return said(number) if (to == "ordinal") <= number < MOST[to] else str(number)


# ------------------------------------------------------------ Spanish

ES = listed(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
)
ES_TENS = listed("_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa")
ES_HUNDREDS = listed(
    "_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
)
ES_ORDINALS = listed("_ primero segundo tercero cuarto quinto sexto séptimo octavo noveno")
ES_TENTHS = "_ décimo vigésimo trigésimo quadragésimo quincuagésimo sexagésimo septuagésimo octogésimo nonagésimo"
ES_HUNDREDTHS = listed(
    "_ centésimo ducentésimo tricentésimo cuadringentésimo quingentésimo sexcentésimo septingentésimo octingentésimo "
    "noningentésimo"
)


def _spanish(number: int) -> str:
    for size, one, many in ((10**12, "un billón", "billones"), (10**6, "un millón", "millones")):
        if number >= size:
            count, rest = divmod(number, size)
            said = one if count == 1 else f"{_spanish(count)} {many}"
            return said + (f" {_spanish(rest)}" if rest else "")
    if number >= 1000:
        count, rest = divmod(number, 1000)
        return ("mil" if count == 1 else f"{_spanish(count)} mil") + (f" {_spanish(rest)}" if rest else "")
    if number == 100:
        return "cien"
    if number > 100:
        return ES_HUNDREDS[number // 100] + (f" {_spanish(number % 100)}" if number % 100 else "")
    if number < 30:
        return ES[number]
    return ES_TENS[number // 10] + (f" y {ES[number % 10]}" if number % 10 else "")


def _spanish_ordinal(number: int) -> str:
    if number >= 1000:
        return _spanish(number)
    tail = {11: "décimoprimero", 12: "décimosegundo"}.get(number % 100)
    parts = [
        ES_HUNDREDTHS[number // 100],
        *([tail] if tail else [ES_TENTHS[number // 10 % 10], ES_ORDINALS[number % 10]]),
    ]
    return " ".join(part for part in parts if part != "_")


# ------------------------------------------------------------ French

FR = listed(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
)
FR_TENS = listed("_ _ vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")


def _french(number: int, *, counts: bool = True) -> str:
    """counts: "cents" and "quatre-vingts" have their s, as nothing but a million follows."""
    for size, name in ((10**12, "billion"), (10**9, "milliard"), (10**6, "million")):
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_french(count)} {name}{'s' if count > 1 else ''}" + (f" {_french(rest)}" if rest else "")
    if number >= 1000:
        count, rest = divmod(number, 1000)
        said = "mille" if count == 1 else f"{_french(count, counts=False)} mille"
        return said + (f" {_french(rest)}" if rest else "")
    if number >= 100:
        count, rest = divmod(number, 100)
        said = "cent" if count == 1 else f"{FR[count]} cent"
        if rest:
            return f"{said} {_french(rest, counts=counts)}"
        return said + ("s" if counts and count > 1 else "")
    if number < 20:
        return FR[number]
    ten, rest = divmod(number, 10)
    rest += 10 * (ten in (7, 9))
    if not rest:
        return FR_TENS[ten] + ("s" if counts and ten == 8 else "")
    return FR_TENS[ten] + (" et " if rest in (1, 11) and ten < 8 else "-") + FR[rest]


def _french_ordinal(number: int) -> str:
    if number == 1:
        return "premier"
    said = _french(number)
    if said.endswith("cinq"):
        return said + "uième"
    if said.endswith("neuf"):
        return said[:-1] + "vième"
    return said.removesuffix("e") + "ième"


# ------------------------------------------------------------ Italian

IT = listed(
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove"
)
IT_TENS = listed("_ _ venti trenta quaranta cinquanta sessanta settanta ottanta novanta")
IT_ORDINALS = listed("_ primo secondo terzo quarto quinto sesto settimo ottavo nono decimo")


def _italian(number: int) -> str:
    parts = []
    for size, one, many in (
        (10**12, "bilione", "bilioni"),
        (10**9, "miliardo", "miliardi"),
        (10**6, "milione", "milioni"),
    ):
        count, number = divmod(number, size)
        if count:
            parts.append(f"un {one}" if count == 1 else f"{_italian_joined(count)} {many}")
    if number or not parts:
        parts.append(_italian_joined(number))
    *before, last = parts
    return f"{', '.join(before)} e {last}" if before else last


def _italian_joined(number: int) -> str:
    """Below a million: one word, its last "tre" with an accent."""
    said = _italian_word(number)
    return said[:-1] + "é" if number > 20 and said.endswith("tre") else said


def _italian_word(number: int) -> str:
    if number >= 1000:
        count, rest = divmod(number, 1000)
        return ("mille" if count == 1 else f"{_italian_word(count)}mila") + (_italian_word(rest) if rest else "")
    if number >= 100:
        count, rest = divmod(number, 100)
        said = ("" if count == 1 else IT[count]) + "cento"
        return (said.removesuffix("o") if rest == 8 or 80 <= rest < 90 else said) + (
            _italian_word(rest) if rest else ""
        )
    if number < 20:
        return IT[number]
    ten, rest = IT_TENS[number // 10], number % 10
    return (ten[:-1] if rest in (1, 8) else ten) + (IT[rest] if rest else "")


def _italian_ordinal(number: int) -> str:
    if number <= 10:
        return IT_ORDINALS[number]
    said = _italian_word(number)
    if number % 1000 == 0:
        return ("" if number == 1000 else said.removesuffix("mila")) + "millesimo"
    if number % 10 in (3, 6) and number % 100 not in (13, 16):
        return said + "esimo"
    return said[:-1] + "esimo"


# ------------------------------------------------------------ Portuguese

PT = listed(
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito "
    "dezenove"
)
PT_TENS = listed("_ _ vinte trinta quarenta cinquenta sessenta setenta oitenta noventa")
PT_HUNDREDS = listed("_ cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos")
PT_ORDINALS = listed("_ primeiro segundo terceiro quarto quinto sexto sétimo oitavo nono")
PT_TENTHS = listed(
    "_ décimo vigésimo trigésimo quadragésimo quinquagésimo sexagésimo septuagésimo octogésimo nonagésimo"
)
PT_HUNDREDTHS = listed(
    "_ centésimo ducentésimo tricentésimo quadrigentésimo quingentésimo seiscentésimo septigentésimo octigentésimo "
    "nongentésimo"
)


def _brazilian(number: int) -> str:
    for size, one, many in (
        (10**12, "trilhão", "trilhões"),
        (10**9, "bilhão", "bilhões"),
        (10**6, "milhão", "milhões"),
    ):
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_brazilian(count)} {one if count == 1 else many}" + _brazilian_rest(rest)
    if number >= 1000:
        count, rest = divmod(number, 1000)
        return ("mil" if count == 1 else f"{_brazilian(count)} mil") + _brazilian_rest(rest)
    if number == 100:
        return "cem"
    if number > 100:
        return PT_HUNDREDS[number // 100] + (f" e {_brazilian(number % 100)}" if number % 100 else "")
    if number < 20:
        return PT[number]
    return PT_TENS[number // 10] + (f" e {PT[number % 10]}" if number % 10 else "")


def _brazilian_rest(rest: int) -> str:
    if not rest:
        return ""
    """With "e" before what is less than a hundred of its thousands, and before a last round hundred."""
    leading, size = rest, 1
    while leading >= 1000:
        leading, size = leading // 1000, size * 1000
    is_round = leading % 100 == 0 and rest == leading * size
    return (" e " if leading <= 100 or is_round else " ") + _brazilian(rest)


def _portuguese_ordinal(number: int) -> str:
    if number >= 1000:
        count, rest = divmod(number, 1000)
        said = "milésimo" if count == 1 else f"{_portuguese_ordinal(count)} milésimo"
        return said + (f" {_portuguese_ordinal(rest)}" if rest else "")
    parts = (PT_HUNDREDTHS[number // 100], PT_TENTHS[number // 10 % 10], PT_ORDINALS[number % 10])
    return " ".join(part for part in parts if part != "_")


# ------------------------------------------------------------ German

DE = listed("null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf")
DE_TEENS = {16: "sechzehn", 17: "siebzehn"}
DE_TENS = listed("_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
DE_ORDINALS = {1: "erste", 3: "dritte", 7: "siebte", 8: "achte"}


def _german(number: int) -> str:
    for size, one, many in (
        (10**12, "Billion", "Billionen"), (10**9, "Milliarde", "Milliarden"), (10**6, "Million", "Millionen"),
    ):  # fmt: skip
        if number >= size:
            count, rest = divmod(number, size)
            said = f"eine {one}" if count == 1 else f"{_german(count)} {many}"
            return said + (f" {_german(rest)}" if rest else "")
    said = _german_part(number)
    return said + "s" if number % 100 == 1 else said


def _german_part(number: int) -> str:
    """Below a million, as it stands before a noun: its last one is "ein"."""
    if number >= 1000:
        count, rest = divmod(number, 1000)
        said = _german_part(count) + ("s" if count > 100 and count % 100 == 1 else "")
        return f"{said}tausend" + (_german_part(rest) if rest else "")
    if number >= 100:
        count, rest = divmod(number, 100)
        return f"{DE[count]}hundert" + (_german_part(rest) if rest else "")
    if number < 20:
        return DE[number] if number < 13 else DE_TEENS.get(number) or DE[number - 10] + "zehn"
    return (f"{DE[number % 10]}und" if number % 10 else "") + DE_TENS[number // 10]


def _german_ordinal(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    before = _german_part(hundreds * 100) if hundreds else ""
    if number in (100, 1000):
        before = before.removeprefix("ein")
    if rest == 0:
        return f"{before}ste"
    if rest < 20:
        return before + (DE_ORDINALS.get(rest) or _german_part(rest) + "te")
    return f"{before}{_german_part(rest)}ste"


CARDINALS: dict[str, Callable[[int], str]] = {
    "es": _spanish, "fr": _french, "it": _italian, "pt_BR": _brazilian, "de": _german,
}  # fmt: skip
ORDINALS: dict[str, Callable[[int], str]] = {
    "es": _spanish_ordinal, "fr": _french_ordinal, "it": _italian_ordinal, "pt": _portuguese_ordinal, "de": _german_ordinal,
}  # fmt: skip
