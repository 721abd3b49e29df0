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
    """words: as written, with their punctuation. mark: the pause after them, one of `,.!?;:`."""

    words: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Sentence:
    clauses: tuple[Clause, ...]
    ends_paragraph: bool


def split_sentences(text: str) -> list[Sentence]:
    """Split text into sentences of clauses.

    Clauses end at `, . ! ? ; : …`, at a dash that stands alone and at the end of a line; sentences at `. ! ? …` and at
    a blank line. Abbreviations and decimal numbers stay whole. A line that goes on in lower case is taken for one
    wrapped by an editor and does not end a clause. What has no letter or digit (a dash, a bullet, an emoji) is joined
    to the word beside it, so that all words joined by spaces are the text with its white space collapsed. Text in
    which nothing can be spoken gives an empty list.
    """
    sentences: list[Sentence] = []
    clauses: list[Clause] = []
    words: list[str] = []
    tokens = _tokens(text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        words.append(token.text)
        mark = _closing_mark(token, following)
        if mark:
            clauses.append(Clause(tuple(words), mark))
            words = []
        if mark and mark in ".!?":
            sentences.append(Sentence(tuple(clauses), token.paragraph_ends))
            clauses = []
    return sentences


def spoken_form(word: str, *, last: bool) -> str:
    """The word as espeak-ng should read it: no brackets, quotes or emoji, difficult abbreviations in full.

    last: the word ends its clause, so its closing punctuation is not part of it.
    """
    word = "".join(character for character in unicodedata.normalize("NFC", word) if not _is_ornament(character))
    bare = " ".join(part for part in word.split() if _is_speakable(part)).strip(OPENERS + CLOSERS)
    abbreviation = bare.rstrip(",;:!?").lower()
    if abbreviation in ABBREVIATIONS:
        return ABBREVIATIONS[abbreviation] or bare.rstrip(",;:!?")
    if last:
        bare = bare.rstrip(MARKS + "…" + CLOSERS + DASHES)
    return bare.lstrip(DASHES) if not re.match(r"-\d", bare) else bare


def estimate_seconds(text: str) -> float:
    """About how long the text takes to speak, without speaking it.

    Fitted to both preview voices over 20 texts of 1 to 18 s (2.6 minutes each): single texts come out 20 % under to
    18 % over, all of them together 3 % under (jf_alpha) and 4 % over (joe). Good for refusing what is far too long.
    """
    sentences = split_sentences(text)
    characters = [character for character in text if character.isalnum()]
    digits = sum(character.isdigit() for character in characters)
    wide = sum(unicodedata.east_asian_width(character) == "W" for character in characters)  # about a syllable each
    inner_pauses = sum(len(sentence.clauses) - 1 for sentence in sentences)
    letters = len(characters) - digits + 2 * wide
    return 0.5 + 0.057 * letters + 0.40 * digits + 0.38 * inner_pauses + 0.45 * len(sentences)


def find_foreign_word(text: str) -> str | None:
    """The first word not in Latin letters, when most letters of the text are not: no English voice can read it."""
    letters = [character for character in text if character.isalpha()]
    foreign = [character for character in letters if not _is_latin(character)]
    if len(foreign) * 2 <= len(letters):
        return None
    return next(word for word in text.split() if any(character in foreign for character in word))


@dataclass
class _Token:
    """A word and what is joined to it. core: the spoken part. ornament: what follows the core, such as a dash."""

    text: str
    core: str
    ornament: str = ""
    line_ends: bool = False
    paragraph_ends: bool = False


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    head: list[str] = []  # ornaments that wait for the word after them
    for paragraph in re.split(r"\n\s*\n", text):
        for line in paragraph.splitlines():
            line_begins = True
            for word in line.split():
                if _is_speakable(word):
                    tokens.append(_Token(" ".join([*head, word]), core=word))
                    head = []
                elif line_begins or not tokens:
                    head.append(word)
                    continue
                else:
                    tokens[-1].text += " " + word
                    tokens[-1].ornament = word
                line_begins = False
            if tokens:
                tokens[-1].line_ends = True
        if tokens:
            tokens[-1].paragraph_ends = True
    if tokens:
        tokens[-1].text = " ".join([tokens[-1].text, *head])
    return tokens


def _closing_mark(token: _Token, following: _Token | None) -> str:
    """The pause after this word, or an empty string where the clause goes on."""
    mark = _written_mark(token.core) or _written_mark(token.ornament)
    if token.paragraph_ends or following is None:
        return mark if mark and mark in ".!?" else "."
    if mark == "." and not token.ornament:
        word = token.core.strip(OPENERS + CLOSERS).lower()
        is_initial = len(word) == 2 and word[0].isalpha() and word != "i."
        never_ends = word in NEVER_END_A_SENTENCE or is_initial
        if never_ends or (word in MAY_END_A_SENTENCE and not following.core.lstrip(OPENERS)[:1].isupper()):
            return ""
    if not mark and token.line_ends and not following.text[:1].islower():
        return ","
    return mark


def _written_mark(word: str) -> str:
    """The mark that closes a word as written, inside or outside of quotes and brackets; a dash is a comma."""
    bare = word.rstrip(CLOSERS)
    if bare and not bare.strip(DASHES):
        return ","
    if bare.endswith(("…", "..")):
        return "."
    return bare[-1] if bare and bare[-1] in MARKS else ""


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
