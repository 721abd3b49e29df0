"""A script, as it was sent in, as what a voice says and what captions show."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from avatar.script import languages, shapes
from avatar.script.guess import remark
from avatar.script.languages.base import Language
from avatar.script.letters import CLOSERS, OPENERS, is_ornament, script_of
from avatar.script.markup import plain
from avatar.script.scan import Word, scan
from avatar.script.sentences import MARKS, Sentence, split

LONGEST_QUOTE = 40  # characters of what a note names


@dataclass(frozen=True)
class Script:
    """notes: what is not said and why, for the user."""

    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...] = ()

    @property
    def written(self) -> list[str]:
        """Its words as captions show them."""
        return [word.written for sentence in self.sentences for word in sentence.words]

    @property
    def marks(self) -> list[str]:
        """After each word the pause that its clause ends with, one of `,.!?;:`; "" inside of a clause."""
        return [
            clause.mark if position == len(clause.words) else ""
            for sentence in self.sentences
            for clause in sentence.clauses
            for position in range(1, len(clause.words) + 1)
        ]


@lru_cache(maxsize=8)
def read(text: str, language: str = "en") -> Script:
    """The script in its language. Numbers stay digits where nothing turns them into words (`languages.readable`)."""
    spoken = languages.of(language)
    found = plain(text)
    lines = [(line, scan(line.text, shapes.of(language))) for line in found.lines]
    for line, words in lines:
        if line.numbered and words:
            words[0].spoken = words[0].spoken.strip("().")
    foreign = [
        word.written.strip(OPENERS + CLOSERS + MARKS)
        for _, words in lines
        for word in words
        if _drop_foreign(word, spoken)
    ]
    notes = remark(" ".join(line.text for line in found.lines), language)
    if found.left_out:
        notes.append(f"left out, for no voice can read a formula or code aloud: {_quoted(found.left_out)}.")
    if foreign:
        notes.append(f"left out, for the voice has no sound for such letters or signs: {_quoted(foreign)}.")
    return Script(tuple(split(lines, spoken)), tuple(notes))


def _drop_foreign(word: Word, language: Language) -> bool:
    """Take what the language has no letters for out of what is said; whether there was any."""
    kept = "".join(character for character in word.spoken if not _is_foreign(character, language))
    if kept == word.spoken:
        return False
    word.spoken = " ".join(kept.split())
    return True


def _is_foreign(character: str, language: Language) -> bool:
    if character.isascii():
        return False
    if character.isalpha():
        return script_of(character) not in language.scripts and script_of(character) != "LATIN"
    return unicodedata.category(character) == "Sm" and not is_ornament(character)


def _quoted(parts: list[str]) -> str:
    shown = [part if len(part) <= LONGEST_QUOTE else part[: LONGEST_QUOTE - 1] + "…" for part in dict.fromkeys(parts)]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(f"“{part}”" for part in shown[:5]) + more
