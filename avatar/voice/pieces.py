"""A script in pieces that a cloned voice can speak in one go, with every word kept as written. Imports no model library."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from avatar.script.letters import CLOSERS, OPENERS
from avatar.script.reader import read
from avatar.script.scan import Word
from avatar.script.sentences import MARKS, written_mark
from avatar.voice.speech import Word as Timed

SENTENCE_PAUSE_S = 0.20  # the voices end a sentence with some silence of their own
PARAGRAPH_PAUSE_S = 0.50
CUT_PAUSE_S = 0.05  # inside a sentence that was too long for one go

CLAUSE_ENDS = ",;:،؛–—"
LEAST_CHARACTERS = 3  # of a piece, its marks aside
LEAST_CLAUSE_SHARE = 0.25  # of a piece: a comma nearer to its end is no good place to cut


@dataclass(frozen=True)
class Piece:
    """words: as written and as spoken, with their punctuation; pause_s: the silence after them."""

    words: tuple[Word, ...]
    pause_s: float

    @property
    def written(self) -> str:
        return " ".join(word.written for word in self.words)

    @property
    def spoken(self) -> str:
        return " ".join(word.spoken for word in self.words)


def sentences(text: str, language: str) -> list[Piece]:
    """The sentences of a text, however long; none where nothing in it can be spoken."""
    return [
        Piece(tuple(sentence.marked_words()), PARAGRAPH_PAUSE_S if sentence.ends_paragraph else SENTENCE_PAUSE_S)
        for sentence in read(text, language).sentences
    ]


def joined(pieces: list[Piece], fits: Callable[[Piece], bool]) -> list[Piece]:
    """The pieces, those of hardly a letter with the one after them, or before at a paragraph's end: spoken by
    themselves, the voices go on with sounds of their own."""
    result: list[Piece] = []
    for piece in pieces:
        if result and result[-1].pause_s != PARAGRAPH_PAUSE_S:
            both = Piece(result[-1].words + piece.words, piece.pause_s)
            lengths = [len(each.spoken.strip(OPENERS + CLOSERS + MARKS + " …")) for each in (result[-1], piece)]
            if min(lengths) < LEAST_CHARACTERS and fits(both):
                result[-1] = both
                continue
        result.append(piece)
    return result


def shortened(piece: Piece, fits: Callable[[Piece], bool]) -> list[Piece]:
    """The piece, cut in two until each part fits, or is a single word."""
    halves = None if fits(piece) else in_two(piece)
    if halves is None:
        return [piece]
    return [shorter for half in halves for shorter in shortened(half, fits)]


def in_two(piece: Piece) -> tuple[Piece, Piece] | None:
    """The piece cut where its halves are most alike in length, after a comma or the like if one is far enough from
    both ends. A single word is cut where it is spoken as several; None for one that is spoken as one."""
    words = piece.words
    if len(words) == 1 and " " in words[0].spoken:
        return _word_in_two(piece)
    lengths = [len(word.spoken) + 1 for word in words]
    total = sum(lengths)
    cuts = [(sum(lengths[:count]) / total, count) for count in range(1, len(words))]
    good = [
        (share, count) for share, count in cuts
        if LEAST_CLAUSE_SHARE <= share <= 1 - LEAST_CLAUSE_SHARE and _mark(words[count - 1].spoken) in CLAUSE_ENDS
    ]  # fmt: skip
    if not cuts:
        return None
    _, count = min(good or cuts, key=lambda cut: abs(cut[0] - 0.5))
    return Piece(words[:count], CUT_PAUSE_S), Piece(words[count:], piece.pause_s)


def _word_in_two(piece: Piece) -> tuple[Piece, Piece]:
    """A word that is spoken as several, as a key or an address is: it is shown with its first half."""
    (word,) = piece.words
    spoken = word.spoken.split()
    middle = len(spoken) // 2
    first = Word(word.written, " ".join(spoken[:middle]), word.dot)
    second = Word("", " ".join(spoken[middle:]), word.dot)
    return Piece((first,), CUT_PAUSE_S), Piece((second,), piece.pause_s)


# Letters that a PDF or an East Asian keyboard has written as one sign, or wide, and no vocabulary holds: ﬁ, Ｆ.
PLAIN = {
    code: unicodedata.normalize("NFKC", chr(code))
    for first, last in ((0xFB00, 0xFB06), (0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(first, last + 1)
}


def without_ornaments(text: str, markup: dict[int, str]) -> str:
    """The text in plain letters, without emoji and marks that only shape the characters around them. markup: as of
    `str.maketrans`, what means something to a model."""
    text = unicodedata.normalize("NFC", text).translate(PLAIN).translate(markup)
    return " ".join("".join(character for character in text if not is_ornament(character)).split())


def letter_count(text: str) -> int:
    """How many letters and digits there are to speak."""
    return sum(character.isalnum() for character in text)


def timed_words(piece: Piece, start_s: float, end_s: float) -> list[Timed]:
    """The words of a piece in the time that it was spoken in, each as long as it has letters: the model tells no times.

    Good enough for subtitles, which show some seconds of speech at a time; no good for lips.
    """
    s_per_character = (end_s - start_s) / sum(len(word.spoken) + 1 for word in piece.words)
    words: list[Timed] = []
    for word in piece.words:
        until_s = start_s + s_per_character * (len(word.spoken) + 1)
        words.append(Timed(word.written, start_s, until_s, _pause(word)))
        start_s = until_s
    return words


def _pause(word: Word) -> str:
    """The mark after a word, as captions know it."""
    return written_mark(word.spoken)


def _mark(word: str) -> str:
    """The punctuation mark that ends a word; a space where it ends in none."""
    bare = word.rstrip(CLOSERS)
    return bare[-1] if bare and not bare[-1].isalnum() else " "


def is_ornament(character: str) -> bool:
    """Emoji, dingbats and arrows; zero-width and variation marks. Joiners of Arabic and Hindi letters stay."""
    if character in "\u200c\u200d":
        return False
    category = unicodedata.category(character)
    is_picture = ord(character) >= 0x2190 and category in ("So", "Sk")
    return category in ("Cf", "Co", "Cn", "Me") or is_picture or 0xFE00 <= ord(character) <= 0xFE0F
