"""A script as sentences and clauses, with every word kept as written. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Words whose full stop is part of the word; what espeak-ng reads wrongly carries its spoken form.
NEVER_END_A_SENTENCE = {
    "dr.": None, "mr.": None, "mrs.": None, "ms.": "miz", "st.": None, "prof.": "professor", "mt.": "mount",
    "e.g.": None, "i.e.": "that is", "cf.": "compare", "vs.": "versus", "approx.": "approximately",
    "fig.": "figure", "gen.": "general", "sen.": "senator", "rev.": "reverend", "ca.": "circa",
}  # fmt: skip
# These may end a sentence: they do when the next word begins with a capital letter, or when nothing follows.
MAY_END_A_SENTENCE = {
    "etc.": None, "a.m.": None, "p.m.": None, "u.s.": None, "u.k.": None, "inc.": None, "ltd.": None, "co.": None,
    "corp.": None, "jr.": "junior", "sr.": "senior", "ph.d.": None, "no.": None,
}  # fmt: skip
ABBREVIATIONS = NEVER_END_A_SENTENCE | MAY_END_A_SENTENCE

CLOSERS = "\"'”’»)]}*_"
OPENERS = "\"'“‘«([{*_"
DASHES = "-‐‑‒–—―"
# A bare symbol that espeak-ng reads aloud; every other word needs a letter or a digit to be spoken.
SPOKEN_SYMBOLS = set("&%+=@#°€£$")
MARKS = ",.!?;:"


@dataclass(frozen=True)
class Clause:
    """words: as written, with their punctuation; each has something to say. mark: the pause after them, one of `,.!?;:`."""

    words: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Sentence:
    clauses: tuple[Clause, ...]
    ends_paragraph: bool = False


def split_sentences(text: str) -> list[Sentence]:
    """Split text into sentences of clauses.

    Clauses end at `, . ! ? ; : …`, at a dash that stands alone and at the end of a line; sentences at `. ! ? …` and at a
    blank line. Abbreviations and decimal numbers stay whole. A line that goes on in lower case is taken for one wrapped
    by an editor and does not end a clause. A word without a letter or digit (a dash, an emoji) is joined to the word
    before it, so that `" ".join` of all words is the text with its white space collapsed. Text in which nothing can be
    spoken gives an empty list.
    """
    sentences: list[Sentence] = []
    for paragraph in re.split(r"\n\s*\n", text):
        clauses = _clauses(paragraph)
        first = len(sentences)
        start = 0
        for end, clause in enumerate(clauses, 1):
            if clause.mark in ".!?" or end == len(clauses):
                sentences.append(Sentence(tuple(clauses[start:end]), ends_paragraph=end == len(clauses)))
                start = end
        if first == len(sentences) and sentences and paragraph.strip():
            sentences[-1] = _with_tail(sentences[-1], paragraph.split())
    return _with_head(sentences, text)


def spoken_form(word: str, *, last: bool) -> str:
    """The word as espeak-ng should read it: no brackets, quotes or emoji, difficult abbreviations in full.

    last: the word ends its clause, so its closing punctuation is not part of it.
    """
    word = "".join(character for character in unicodedata.normalize("NFC", word) if not _is_ornament(character))
    bare = word.strip(OPENERS + CLOSERS)
    abbreviation = bare.rstrip(",;:!?").lower()
    if abbreviation in ABBREVIATIONS:
        return ABBREVIATIONS[abbreviation] or abbreviation
    if last:
        bare = bare.rstrip(MARKS + "…" + CLOSERS + DASHES)
    return bare.lstrip(DASHES) if not re.match(r"-\d", bare) else bare


def find_control_character(text: str) -> tuple[int, str] | None:
    """Position and code (`U+0007`) of the first character that is no text: a control character other than tab and line
    ends, or half of a surrogate pair. None when there is none."""
    for position, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r":
            return position, f"U+{ord(character):04X}"
    return None


def find_foreign_word(text: str) -> str | None:
    """The first word not in Latin letters, when most letters of the text are not; an English voice cannot read those."""
    letters = [character for character in text if character.isalpha()]
    foreign = [character for character in letters if not _is_latin(character)]
    if len(foreign) * 2 <= len(letters):
        return None
    return next(word for word in text.split() if any(character in foreign for character in word))


def _clauses(paragraph: str) -> list[Clause]:
    clauses: list[Clause] = []
    words: list[str] = []
    lines = [line.split() for line in paragraph.splitlines()]
    tokens = [(token, position == len(line) - 1) for line in lines for position, token in enumerate(line)]
    for index, (token, ends_line) in enumerate(tokens):
        following = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        if _is_speakable(token):
            words.append(token)
        elif words:
            words[-1] += " " + token
        elif clauses:
            last = clauses[-1]
            clauses[-1] = Clause((*last.words[:-1], f"{last.words[-1]} {token}"), last.mark)
            continue
        mark = _closing_mark(token, following)
        if not mark and ends_line and not following[:1].islower():
            mark = ","
        if words and (mark or not following):
            clauses.append(Clause(tuple(words), mark or "."))
            words = []
    if clauses and clauses[-1].mark == ",":
        clauses[-1] = Clause(clauses[-1].words, ".")
    return clauses


def _closing_mark(token: str, following: str) -> str:
    """The pause after this word, or an empty string where the clause goes on."""
    if not token.strip(DASHES):
        return ","
    bare = token.rstrip(CLOSERS)
    if not bare or bare[-1] not in MARKS + "…":
        return ""
    if bare[-1] != "." or not following:
        return "." if bare[-1] == "…" else bare[-1]
    word = bare.lstrip(OPENERS).lower()
    is_initial = len(word) == 2 and word[0].isalpha() and word != "i."
    if word in NEVER_END_A_SENTENCE or is_initial:
        return ""
    if word in MAY_END_A_SENTENCE:
        return "." if following.lstrip(OPENERS)[:1].isupper() else ""
    return "."


def _with_tail(sentence: Sentence, ornaments: list[str]) -> Sentence:
    """The sentence with words that cannot be spoken joined to its last word."""
    *clauses, last = sentence.clauses
    *words, word = last.words
    return Sentence((*clauses, Clause((*words, " ".join([word, *ornaments])), last.mark)), sentence.ends_paragraph)


def _with_head(sentences: list[Sentence], text: str) -> list[Sentence]:
    """The sentences with what stands before the first spoken word joined to that word (a list's dash, an emoji)."""
    if not sentences:
        return []
    first, *rest = sentences
    clause, *clauses = first.clauses
    head = text[: text.index(clause.words[0])].split()
    clause = Clause((" ".join([*head, clause.words[0]]), *clause.words[1:]), clause.mark)
    return [Sentence((clause, *clauses), first.ends_paragraph), *rest]


def _is_speakable(token: str) -> bool:
    return any(character.isalnum() for character in token) or bool(set(token) & SPOKEN_SYMBOLS)


def _is_ornament(character: str) -> bool:
    """Emoji, dingbats, arrows, and marks that only shape the characters around them."""
    category = unicodedata.category(character)
    return category in ("Cf", "Co", "Cn", "Me") or (
        ord(character) >= 0x2190 and (category in ("So", "Sk") or "VARIATION" in unicodedata.name(character, ""))
    )


def _is_latin(character: str) -> bool:
    name = unicodedata.name(character, "")
    return "LATIN" in name or "MICRO" in name or "ORDINAL" in name
