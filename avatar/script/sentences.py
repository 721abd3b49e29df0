"""Words in clauses and sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass

from avatar.script.languages.base import Language
from avatar.script.letters import CLOSERS, DASHES, OPENERS, is_speakable
from avatar.script.markup import Line
from avatar.script.scan import Word

MARKS = ",.!?;:"
# Marks of other scripts, as the one of ours that they are.
OTHER_MARKS = {"؟": "?", "।": ".", "॥": ".", "。": ".", "！": "!", "？": "?", "،": ",", "、": ",", "，": ",", "؛": ";",
               "；": ";", "：": ":", "‼": "!", "⁉": "?", "⁈": "?"}  # fmt: skip
WORD_BEFORE_DIGIT = 4  # letters of a plain word, after which a full stop ends a sentence before a digit


@dataclass(frozen=True)
class Clause:
    """mark: the pause after its words, one of `,.!?;:`."""

    words: tuple[Word, ...]
    mark: str


@dataclass(frozen=True)
class Sentence:
    clauses: tuple[Clause, ...]
    ends_paragraph: bool

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for clause in self.clauses for word in clause.words)

    def marked_words(self) -> list[Word]:
        """Its words with each clause's mark spoken at its end, where none is written. Prose that ends without a full
        stop stays so."""
        words = list(self.words)
        end = -1
        for clause in self.clauses:
            end += len(clause.words)
            last = words[end]
            has_mark = last.spoken.rstrip(CLOSERS).endswith(tuple(MARKS + DASHES + "…" + "".join(OTHER_MARKS)))
            is_open_end = end == len(words) - 1 and last.spoken == last.written
            if not has_mark and not is_open_end:
                words[end] = Word(last.written, last.spoken + clause.mark, last.dot)
        return words

    @property
    def spoken(self) -> str:
        """As one line of text."""
        return " ".join(word.spoken for word in self.marked_words())


@dataclass
class _Token:
    """A word and what is joined to it; mark: what its line's end asks for."""

    word: Word
    core: str  # spoken, without ornaments
    ornament: str = ""
    line_ends: str = ""
    is_number_of_item: bool = False


def split(lines: list[tuple[Line, list[Word]]], language: Language) -> list[Sentence]:
    """The words of all lines as sentences.

    A clause ends at `, . ! ? ; : …`, at a dash that stands alone and at the end of a line; a sentence at `. ! ? …` and
    at the end of a paragraph. A full stop ends none before lower case (but in a text without capitals), before a digit
    after something short, and where it is an abbreviation's; "may" abbreviations end one before a word that begins
    sentences. A line that goes on in lower case was wrapped by an editor. What has nothing to say is joined to the word
    beside it. Where nothing can be spoken at all the list is empty.
    """
    tokens = _tokens(lines)
    has_capitals = any(any(map(str.isupper, token.word.written)) for token in tokens)
    sentences: list[Sentence] = []
    clauses: list[Clause] = []
    words: list[Word] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        words.append(token.word)
        mark, ends = _closing(token, following, language, has_capitals)
        if mark:
            clauses.append(Clause(tuple(words), mark))
            words = []
        if ends:
            sentences.append(Sentence(tuple(clauses), following is None or token.line_ends == "paragraph"))
            clauses = []
    return sentences


def _tokens(lines: list[tuple[Line, list[Word]]]) -> list[_Token]:
    tokens: list[_Token] = []
    head: list[str] = []  # ornaments that wait for the word after them
    for line, words in lines:
        begins = True
        for word in words:
            if is_speakable(word.spoken):
                written = " ".join([*head, word.written])
                tokens.append(_Token(Word(written, word.spoken, word.dot), word.spoken))
                tokens[-1].is_number_of_item = begins and line.numbered
                head = []
            elif begins or not tokens:
                head.append(word.written)
                continue
            else:
                last = tokens[-1]
                is_dash = bool(word.spoken) and not word.spoken.strip(DASHES)  # a pause, which XTTS hears as one
                spoken = f"{last.word.spoken} {word.spoken}" if is_dash else last.word.spoken
                last.word = Word(f"{last.word.written} {word.written}", spoken, last.word.dot)
                if not written_mark(last.ornament):  # the colon of « dit : « oui » »
                    last.ornament = word.written
            begins = False
        if tokens:
            tokens[-1].line_ends = line.ends or tokens[-1].line_ends or "line"
    if tokens and head:
        last = tokens[-1].word
        tokens[-1].word = Word(" ".join([last.written, *head]), last.spoken, last.dot)
    return tokens


def _closing(token: _Token, following: _Token | None, language: Language, has_capitals: bool) -> tuple[str, bool]:
    """The pause after a word, "" where its clause goes on, and whether its sentence ends there."""
    written = written_mark(token.ornament) if token.ornament and not is_speakable(token.ornament) else ""
    mark = written_mark(token.core) or written
    if token.line_ends == "paragraph" or following is None:
        return (mark if mark and mark in ".!?" else "."), True
    if token.is_number_of_item:
        return ",", False
    next_word = following.word.written.lstrip(OPENERS + DASHES + " ")
    if token.word.dot and mark not in tuple("!?"):
        starts = re.match(r"[^\W_]+", next_word)
        if token.word.dot == "may" and starts and starts[0] in language.starters:
            return ".", True
        if token.line_ends and not next_word[:1].islower():
            return (".", True) if token.word.dot == "may" else (",", False)
        return mark, False
    if mark and mark in ".!?":
        return _at_full_stop(token, mark, next_word, language, has_capitals)
    if not mark and token.line_ends and (token.line_ends == "item" or not next_word[:1].islower()):
        return ",", False
    return mark, False


def _at_full_stop(token: _Token, mark: str, next_word: str, language: Language, has_capitals: bool) -> tuple[str, bool]:
    trails_off = token.core.rstrip(CLOSERS).endswith(("…", ".."))
    is_name = next_word[1:2].isupper()  # iPhone
    goes_on = next_word[:1].islower() and not is_name and (has_capitals or trails_off) and token.line_ends != "item"
    if goes_on:
        return ("," if mark == "." else mark), False
    is_full_stop = token.core.rstrip(CLOSERS).endswith(".")  # and no mark of another script
    before_digit = is_full_stop and next_word[:1].isdigit() and not token.line_ends
    if before_digit and token.core == token.word.written and not _is_plain(token.core, language):
        return ",", False
    return mark, True


def _is_plain(word: str, language: Language) -> bool:
    """Whether a word is no abbreviation by its letters."""
    last = re.search(r"([^\W_]+)[^\w]*$", word)
    if not last or not last[1].isalpha():
        return False
    if last[1].lower() == last[1].upper():  # of a script without capitals
        return True
    return last[1][language.capital_nouns :].islower() and len(last[1]) >= WORD_BEFORE_DIGIT


def written_mark(word: str) -> str:
    """The mark that closes a word, inside or outside of quotes and brackets; a dash is a comma."""
    bare = word.rstrip(CLOSERS)
    if bare and not bare.strip(DASHES):
        return ","
    if bare.endswith(("…", "..")):
        return "."
    if not bare:
        return ""
    return bare[-1] if bare[-1] in MARKS else OTHER_MARKS.get(bare[-1], "")
