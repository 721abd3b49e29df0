"""What a voice is asked to say: a text as lines of IPA, each symbol tied to the word of the text that it belongs to."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass

from avatar.errors import RequestError
from avatar.voice.espeak import phonemize
from avatar.voice.text import MARKS, Clause, find_foreign_word, split_sentences, spoken_form

STRESS = "ˈˌ"
BREAKS = MARKS + " "
NO_WORD = -1

# Silence after a line. The voices' own silence at both ends of a line is cut away first: it is 0.8 s between two
# sentences with Kokoro and 0.2 s with joe.
SENTENCE_PAUSE_S = 0.35
PARAGRAPH_PAUSE_S = 0.65
CUT_PAUSE_S = 0.12  # within a sentence that is too long for one line


@dataclass(frozen=True)
class Line:
    """One call of a voice's model, a sentence as a rule.

    symbols: IPA characters as espeak-ng writes them (stress and length marks are symbols of their own), spaces between
    words, and marks. words: for each symbol the index of its word, or NO_WORD for spaces and marks.
    """

    symbols: list[str]
    words: list[int]
    pause_s: float = SENTENCE_PAUSE_S


def pronounce(text: str, *, longest: int, voice: str = "en-us") -> tuple[list[Line], list[str]]:
    """Lines of at most `longest` symbols, and the words of the text as written.

    Raises RequestError for a text in which nothing can be spoken, or that is mostly not in Latin letters.
    """
    sentences = split_sentences(text)
    if foreign := find_foreign_word(text):
        raise RequestError(f"the preview voices read English in Latin letters and cannot say {foreign[:40]!r}; "
                           "the full stack speaks 17 languages.")  # fmt: skip
    clauses = [clause for sentence in sentences for clause in sentence.clauses]
    words = [word for clause in clauses for word in clause.words]
    symbols_of = iter(_clause_symbols(clauses, voice))
    lines: list[Line] = []
    for sentence in sentences:
        parts = [next(symbols_of) for _ in sentence.clauses]
        pause_s = PARAGRAPH_PAUSE_S if sentence.ends_paragraph else SENTENCE_PAUSE_S
        lines += _lines([part for part in parts if len(part) > 1], longest, pause_s)
    if not lines:
        raise RequestError("the text has nothing that can be spoken, only punctuation or symbols; write at least one word.")
    return lines, words


def align(heard: list[str], words: list[list[str]]) -> list[int]:
    """For each phone of a clause the index of its word.

    heard: the phones of the clause as spoken. words: the phones of each word spoken alone. The two differ where words
    are run together or weakened (`the`, `to`), so the longest common runs are matched, and a phone between two matches
    goes with the phone before it.
    """
    alone = [phone for word in words for phone in word]
    word_of_alone = [index for index, word in enumerate(words) for _ in word]
    matched: list[int | None] = [None] * len(heard)
    for block in difflib.SequenceMatcher(None, alone, heard, autojunk=False).get_matching_blocks():
        matched[block.b : block.b + block.size] = word_of_alone[block.a : block.a + block.size]
    latest = next((index for index in matched if index is not None), 0)
    result = []
    for index in matched:
        latest = latest if index is None else index
        result.append(latest)
    return result


def _clause_symbols(clauses: list[Clause], voice: str) -> list[list[tuple[str, int]]]:
    """Per clause its (symbol, word index) pairs, closed by the mark. One call of espeak-ng reads everything."""
    spoken = [
        [spoken_form(word, last=position == len(clause.words)) for position, word in enumerate(clause.words, 1)]
        for clause in clauses
    ]
    answers = phonemize([" ".join(words) for words in spoken] + [word for words in spoken for word in words], voice)
    alone = iter(answers[len(clauses) :])
    result = []
    first_word = 0
    for clause, ipa in zip(clauses, answers, strict=False):
        words = [_phones(next(alone)) for _ in clause.words]
        indices = iter(align(_phones(ipa), words))
        pairs: list[tuple[str, int]] = []
        index = 0
        for symbol in reversed(ipa):
            pass
        pairs = _with_words(ipa, list(indices), first_word)
        result.append([*pairs, (clause.mark, NO_WORD)])
        first_word += len(clause.words)
    return result
