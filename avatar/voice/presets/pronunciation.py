"""What a voice is asked to say: a text as lines of IPA, each symbol tied to the word of the text that it belongs to."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from avatar.errors import RequestError
from avatar.script.letters import CLOSERS, DASHES, OPENERS, find_foreign_word, is_ornament, is_speakable
from avatar.script.reader import Script, read
from avatar.script.scan import Word
from avatar.script.sentences import MARKS, Clause
from avatar.voice.presets.english import English
from avatar.voice.presets.espeak import phonemize

STRESS = "ˈˌ"
NO_WORD = -1
NOTHING_TO_SAY = "the text has nothing to say, only punctuation or symbols; write at least one word."
Symbols = list[tuple[str, int]]  # symbols with the index of their word

# Silence after a line. The voices' own silence at both ends of a line is cut away first: it is 0.8 s between two
# sentences with Kokoro and 0.2 s with joe.
SENTENCE_PAUSE_S = 0.35
PARAGRAPH_PAUSE_S = 0.65
CUT_PAUSE_S = 0.12  # within a sentence that is too long for one line


@dataclass(frozen=True)
class Line:
    """One call of a voice's model, a sentence as a rule.

    symbols: IPA characters as espeak-ng writes them, or phones by their IPA names (stress and length marks are symbols
    of their own), spaces between words, and marks. words: for each symbol the index of its word, or NO_WORD for spaces
    and marks.
    """

    symbols: list[str]
    words: list[int]
    pause_s: float = SENTENCE_PAUSE_S


def pronounce(
    text: str, *, longest: int, language: str = "en", voice: str = "en-us", english: English | None = None
) -> tuple[list[Line], Script]:
    """Lines of at most `longest` symbols, and the script, whose words they are tied to.

    voice: of espeak-ng, which reads where `english` is not given.
    Raises RequestError for a text in which nothing can be spoken, or that is mostly not in Latin letters.
    """
    script = readable(text, language)
    clauses = [clause for sentence in script.sentences for clause in sentence.clauses]
    symbols_of = iter(_english_symbols(script, english) if english else _clause_symbols(clauses, language, voice))
    lines: list[Line] = []
    for sentence in script.sentences:
        parts = [breath for _ in sentence.clauses for breath in next(symbols_of)]
        pause_s = PARAGRAPH_PAUSE_S if sentence.ends_paragraph else SENTENCE_PAUSE_S
        lines += _lines(parts, longest, pause_s)
    if not lines:
        raise RequestError(NOTHING_TO_SAY, ("text",))
    return lines, script


def readable(text: str, language: str) -> Script:
    """The script of a text. Raises RequestError where it is mostly not in Latin letters, or has no word; no voice is
    needed to see that."""
    if foreign := find_foreign_word(text):
        raise RequestError(
            f"the preview voices read Latin letters and cannot say {foreign[:40]!r}; "
            "the full stack speaks 15 languages.",
            ("text",),
        )
    script = read(text, language)
    if not script.sentences:
        raise RequestError(NOTHING_TO_SAY, ("text",))
    return script


def as_heard(word: Word, *, last: bool, letter_a: str = "ay") -> str:
    """The word as it should be read: no brackets, quotes or emoji.

    last: the word ends its clause, so its closing punctuation is not part of it. letter_a: instead of a spelled A,
    which would be taken for the article.
    """
    text = "".join(character for character in unicodedata.normalize("NFC", word.spoken) if not is_ornament(character))
    bare = " ".join(part for part in text.split() if is_speakable(part)).strip(OPENERS + CLOSERS)
    if word.spoken != word.written:
        bare = re.sub(r"\bA\b", letter_a, bare)
    if last:
        bare = bare.rstrip(MARKS + "…" + CLOSERS + DASHES)
    return bare.lstrip(DASHES) if not re.match(r"-\d", bare) else bare


def align(heard: list[str], words: list[list[str]]) -> list[int]:
    """For each phone of a clause the index of its word.

    heard: the phones of the clause as spoken. words: the phones of each word spoken alone. The two differ where words
    are weakened or run together (`a`, `the`, `to`), so equal runs are matched, and an unequal run between them is
    shared out in proportion.
    """
    alone = [phone for word in words for phone in word]
    word_of = [index for index, word in enumerate(words) for _ in word] or [0]
    result = []
    matcher = difflib.SequenceMatcher(None, alone, heard, autojunk=False)
    for _, alone_start, alone_stop, heard_start, heard_stop in matcher.get_opcodes():
        for position in range(heard_stop - heard_start):
            share = position * (alone_stop - alone_start) // (heard_stop - heard_start)
            # A phone that only the clause has goes with the phone before it.
            result.append(word_of[max(0, min(alone_start + share, alone_stop - 1))])
    return result


def is_phone(symbol: str) -> bool:
    """A sound of its own: no stress, length or other mark on a sound, no break."""
    return unicodedata.category(symbol[0]) in ("Ll", "Lo", "Lu") or symbol == "ᵊ"


@dataclass(frozen=True)
class _Breath:
    """What is said without a pause: a clause, or a group of a telephone number. words: the index of each text's word."""

    texts: list[str]
    words: list[int]
    mark: str


def _breaths(clause: Clause, first_word: int, letter_a: str = "ay") -> list[_Breath]:
    breaths, texts, words = [], [], []
    for position, word in enumerate(clause.words):
        is_last = position + 1 == len(clause.words)
        *groups, rest = as_heard(word, last=is_last, letter_a=letter_a).split(", ")
        for group in groups:
            breaths.append(_Breath([*texts, group], [*words, first_word + position], ","))
            texts, words = [], []
        texts.append(rest)
        words.append(first_word + position)
    return [*breaths, _Breath(texts, words, clause.mark)]


def _english_symbols(script: Script, english: English) -> list[list[Symbols]]:
    """As `_clause_symbols`; a sentence is read in one piece, for its words depend on each other."""
    result = []
    first_word = 0
    for sentence in script.sentences:
        by_clause = []
        for clause in sentence.clauses:
            by_clause.append(_breaths(clause, first_word, english.letter_a))
            first_word += len(clause.words)
        breaths = [breath for each in by_clause for breath in each]
        said = iter(
            english.symbols(
                [text for breath in breaths for text in (*breath.texts[:-1], breath.texts[-1] + breath.mark)]
            )
        )
        result += [[_joined(breath, said) for breath in each] for each in by_clause]
    return result


def _joined(breath: _Breath, said: Iterator[list[str]]) -> Symbols:
    symbols: Symbols = []
    for word in breath.words:
        if phones := next(said):
            symbols += [(" ", NO_WORD)] if symbols else []
            symbols += [(phone, word if is_phone(phone) else NO_WORD) for phone in phones]
    return [*symbols, (breath.mark, NO_WORD)]


def _clause_symbols(clauses: list[Clause], language: str, voice: str) -> list[list[Symbols]]:
    """Per clause the symbols of each breath with their words, closed by its mark. One call of espeak-ng reads everything."""
    starts = accumulate((len(clause.words) for clause in clauses), initial=0)
    letter_a = "ay" if language == "en" else "A"
    by_clause = [_breaths(clause, start, letter_a) for clause, start in zip(clauses, starts, strict=False)]
    breaths = [breath for each in by_clause for breath in each]
    answers = phonemize(
        [" ".join(breath.texts) for breath in breaths] + [text for breath in breaths for text in breath.texts], voice
    )
    heard, alone = iter(answers[: len(breaths)]), iter(answers[len(breaths) :])
    return [[_breath_symbols(breath, next(heard), alone) for breath in each] for each in by_clause]


def _breath_symbols(breath: _Breath, ipa: str, alone: Iterator[str]) -> Symbols:
    """ipa: of the whole; alone: of each of its texts."""
    words = [[symbol for symbol in next(alone) if is_phone(symbol)] for _ in breath.texts]
    word_of = iter(align([symbol for symbol in ipa if is_phone(symbol)], words))
    symbols = [(symbol, breath.words[next(word_of)] if is_phone(symbol) else NO_WORD) for symbol in ipa]
    return [*symbols, (breath.mark, NO_WORD)]


def _lines(clauses: list[Symbols], longest: int, pause_s: float) -> list[Line]:
    """The clauses of a sentence as one line, or as several where it is too long: cut between clauses where possible."""
    lines: list[Symbols] = []
    for clause in clauses:
        for piece in _pieces(clause, longest):
            if lines and len(lines[-1]) + 1 + len(piece) <= longest:
                lines[-1] += [(" ", NO_WORD), *piece]
            else:
                lines.append(piece)
    pauses = [CUT_PAUSE_S] * (len(lines) - 1) + [pause_s]
    return [
        Line([symbol for symbol, _ in line], [word for _, word in line], pause)
        for line, pause in zip(lines, pauses, strict=False)
    ]


def _pieces(clause: Symbols, longest: int) -> list[Symbols]:
    """The clause whole, or cut at its last space before the limit, or at the limit where it has no space. A clause in
    which espeak-ng found nothing to say has no piece."""
    pieces = []
    while len(clause) > longest:
        spaces = [position for position, (symbol, _) in enumerate(clause[:longest]) if symbol == " "]
        cut = spaces[-1] + 1 if spaces else longest
        pieces.append(clause[:cut])
        clause = clause[cut:]
    pieces.append(clause)
    return [piece for piece in pieces if any(word != NO_WORD for _, word in piece)]
