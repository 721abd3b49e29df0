"""Captions of Chinese and Japanese, which have no spaces: how wide a text is, and where a line of it may end.

Parts of one word keep together: those behind the first begin with GLUE, which shows nothing and which `line_of` takes away
with the space before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

GLUE = "\u2060"  # the word joiner: no text that is sent in holds one
WRITTEN_SO = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
HIRAGANA = re.compile("[\u3040-\u309f]")
# What no line begins or ends with: JIS X 4051 and GB/T 15834, of what stands in a script.
NO_BEGIN = set(
    "、。，．・：；？！」』）］｝〉》】〕〗〙”’…‥―—ー～〜々ゝゞヽヾぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ%％‰℃°,.!?:;)]}"
)
NO_END = set("「『（［｛〈《【〔〖〘“‘([{$＄¥￥£€#＃№")
SENTENCE_ENDS, CLAUSE_ENDS, CLOSERS = "。！？．!?…", "、，；：,;:", "」』）］｝〉》】〕〗〙”’)]}"


def columns(text: str) -> int:
    """How wide a text is: two for a letter of the East, one for any other, none for what stands on another letter."""
    if text.isascii():
        return len(text)
    return sum(_columns(each) for each in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def line_of(texts: Iterable[str]) -> str:
    """Words, and parts of such, as a line."""
    return " ".join(texts).replace(" " + GLUE, "").replace(GLUE, "")


def is_unspaced(text: str) -> bool:
    return bool(WRITTEN_SO.search(text))


def parts(text: str, most: int) -> list[tuple[str, str]]:
    """(part, the mark after it: ".", "," or "") of a text without spaces: what a line may be broken between.

    Of Japanese, where a word seems to end: behind what is in hiragana, before what is not. What is wider than `most` columns, and
    Chinese, between any two letters that may be parted.
    """
    is_japanese = bool(HIRAGANA.search(text))
    found = [""]
    for before, each in zip(" " + text, text, strict=False):
        if found[-1] and _may_part(before, each) and (not is_japanese or _ends_word(before, each)):
            found.append("")
        found[-1] += each
    found = [shorter for part in found for shorter in _shorter(part, most)]
    return [(part, _mark(part)) for part in found]


def _may_part(before: str, after: str) -> bool:
    is_east = _columns(before) == 2 or _columns(after) == 2
    is_number = before.isdigit()  # with what it counts
    return is_east and after not in NO_BEGIN and before not in NO_END and not is_number and _columns(after) > 0


def _ends_word(before: str, after: str) -> bool:
    """As far as that can be told without a dictionary."""
    if after in NO_END or before in SENTENCE_ENDS + CLAUSE_ENDS:
        return True
    return not HIRAGANA.match(after) and bool(HIRAGANA.match(before) or before in CLOSERS)


def _shorter(part: str, most: int) -> list[str]:
    if columns(part) <= most:
        return [part]
    places = [n for n in range(1, len(part)) if columns(part[:n]) <= most]
    good = [n for n in places if _may_part(part[n - 1], part[n])] or places or [1]
    return [part[: good[-1]], *_shorter(part[good[-1] :], most)]


def _mark(part: str) -> str:
    bare = part.rstrip(CLOSERS)
    return "." if bare.endswith(tuple(SENTENCE_ENDS)) else "," if bare.endswith(tuple(CLAUSE_ENDS)) else ""
