"""A line as words, each as it is written and as it is spoken.

A shape is a pattern and what is said of it (`Shape`); it may span words ("12 March 2024") and then makes one of them.
What no shape knows is said as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from avatar.script.letters import is_speakable

LETTER = r"[^\W\d_²³¹⁰-₉¼-¾⅐-⅞]"
PLAIN = re.compile(rf"{LETTER}+(?:['’]{LETTER}+)*|\d+")  # letters or digits, said as they are written

ORDINARY = re.compile(r"[^\W\d_]?[^\W\d_A-ZÀ-Þ²³¹⁰-₉¼-¾⅐-⅞]+(?=[\s,;!?]|\.\s|$)")  # a word of small letters


@dataclass
class Word:
    """written: for captions, its punctuation with it. spoken: for the voice, "" where nothing is said.

    dot: how its last full stop belongs to it: "never" ends a sentence, "may" end one, or "" where it is a full stop.
    """

    written: str
    spoken: str
    dot: str = ""


@dataclass(frozen=True)
class Said:
    """What is said of a match, and of which kind its own full stop is."""

    spoken: str
    dot: str = ""


@dataclass(frozen=True)
class Place:
    """Where in its line a shape has matched, for what depends on the words around it."""

    line: str
    start: int
    end: int

    @property
    def before(self) -> str:
        return self.line[: self.start]

    @property
    def after(self) -> str:
        return self.line[self.end :]

    def word_before(self, count: int = 1) -> str:
        """The word before this one, lower case, without its marks; count: 2 is the one before that."""
        words = re.findall(r"[^\s\"“”‘()\[\]]+", self.before)
        return words[-count].strip(",;:!?…'’").lower() if len(words) >= count else ""


Reading = Callable[[re.Match, Place], "str | Said | None"]


@dataclass(frozen=True)
class Shape:
    """pattern: compiled when it is first tried. read: what is said of a match; None where it is none after all.
    of_number: it holds a digit and is not tried in a line without one."""

    pattern: str
    read: Reading
    inside: bool = False  # also in the middle of a word
    of_number: bool = False

    @cached_property
    def compiled(self) -> re.Pattern:
        return re.compile(self.pattern)


@dataclass(frozen=True)
class Shapes:
    """shapes: in the order of trying. known: words, lower case, that one of them may begin with; all other words of
    letters alone are said as they are, without a look at the shapes, but for those with one of the endings."""

    shapes: tuple[Shape, ...]
    known: frozenset[str]
    endings: tuple[str, ...] = ()

    @cached_property
    def of_words(self) -> Shapes:
        """For a line without a number."""
        return Shapes(tuple(shape for shape in self.shapes if not shape.of_number), self.known, self.endings)


def scan(line: str, shapes: Shapes) -> list[Word]:
    """The words of a line; those that a shape spans are one."""
    if not any(map(str.isnumeric, line)):
        shapes = shapes.of_words
    words: list[Word] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        word, position = _word(line, position, shapes)
        words.append(word)
    return words


def _word(line: str, start: int, shapes: Shapes) -> tuple[Word, int]:
    """The word that begins here, and where it ends."""
    position, spoken, dot, was_read = start, "", "", False
    was_changed = False
    while position < len(line) and not line[position].isspace():
        end, said = _next(line, position, start, shapes)
        text = line[position:end] if said is None else said.spoken
        # what was written in one goes apart where a reading meets a letter or digit: "3mm", "Q3"
        if (was_read or said) and spoken[-1:].isalnum() and text[:1].isalnum():
            spoken += " "
        spoken += text
        was_read = said is not None
        was_changed |= was_read
        dot = said.dot if said else "" if any(mark in text for mark in ".!?…") else dot
        position = end
    written, spoken = line[start:position], " ".join(spoken.split())
    if was_changed:
        spoken = re.sub(r" +(?=[,.;:!?…)\]])|(?<=[(\[]) +", "", spoken)
    if is_speakable(written) and not is_speakable(spoken):
        spoken = ""
    return Word(written, spoken, dot), position


def _next(line: str, position: int, start: int, shapes: Shapes) -> tuple[int, Said | None]:
    """Where the next part of a word ends, and what is said of it; None: as it is written."""
    match = ORDINARY.match(line, position) if position == start else None
    if match and match[0].lower() not in shapes.known and not match[0].endswith(shapes.endings):
        return match.end(), None
    at_edge = position == start or not line[position - 1].isalnum()
    for shape in shapes.shapes:
        if not at_edge and not shape.inside:
            continue
        match = shape.compiled.match(line, position)
        if not match or match.end() == position:
            continue
        said = shape.read(match, Place(line, position, match.end()))
        if said is not None:
            return match.end(), said if isinstance(said, Said) else Said(said)
    match = PLAIN.match(line, position)
    return (match.end() if match else position + 1), None
