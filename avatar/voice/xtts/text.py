"""A script in pieces that XTTS can speak in one go, with every word kept as written. Imports no model library."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from avatar.errors import RequestError
from avatar.script.letters import CLOSERS, OPENERS
from avatar.script.reader import read
from avatar.script.scan import Word
from avatar.script.sentences import MARKS, written_mark
from avatar.voice.speech import Word as Timed

# Characters of one piece, by language: VoiceBpeTokenizer.char_limits of coqui-tts 0.28.0. Beyond them the speech gets
# near the 602 audio codes (28 s) at which XTTS stops in the middle of a word.
MOST_CHARACTERS = {
    "en": 250, "es": 239, "fr": 273, "de": 253, "it": 213, "pt": 203, "pl": 224, "tr": 226, "ru": 182, "nl": 251,
    "cs": 186, "ar": 166, "zh-cn": 82, "hu": 224, "ko": 95, "ja": 71, "hi": 150,
}  # fmt: skip
# XTTS's text cleaner turns these languages into Latin letters with a package that is not in the locks.
NEEDS_PACKAGE = {"ja": "cutlet", "zh-cn": "pypinyin"}

SENTENCE_PAUSE_S = 0.20  # XTTS ends a sentence with some silence of its own
PARAGRAPH_PAUSE_S = 0.50
CUT_PAUSE_S = 0.05  # inside a sentence that was too long for one go

CLAUSE_ENDS = ",;:،؛–—"
LEAST_CHARACTERS = 3  # of a piece, its marks aside
LEAST_CLAUSE_SHARE = 0.25  # of a piece: a comma nearer to its end is no good place to cut
MARKUP = str.maketrans(dict.fromkeys("[]{}<>|\\^~*_`", " "))  # [en] and the like mean something to XTTS's tokenizer


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


def refuse_language(language: str) -> None:
    """Raises RequestError for a language that XTTS does not have, or that needs a package the locks do not hold."""
    speakable = [name for name in MOST_CHARACTERS if name not in NEEDS_PACKAGE]
    if language in NEEDS_PACKAGE:
        raise RequestError(
            f"XTTS-v2 needs the package {NEEDS_PACKAGE[language]} to read {language!r}, and it is not among the locked "
            f"ones; the full stack speaks {', '.join(speakable)}."
        )
    if language not in MOST_CHARACTERS:
        raise RequestError(f"XTTS-v2 does not speak {language!r}; it speaks {', '.join(speakable)}.")


def split(text: str, language: str) -> list[Piece]:
    """The text as pieces within the language's limit: sentences, or parts of those that are too long.

    Raises RequestError for a text in which nothing can be spoken, and for a word that is longer than the limit.
    """
    pieces: list[Piece] = []
    script = read(text, language)
    for sentence in script.sentences:
        pause_s = PARAGRAPH_PAUSE_S if sentence.ends_paragraph else SENTENCE_PAUSE_S
        pieces += shortened(Piece(tuple(sentence.marked_words()), pause_s), MOST_CHARACTERS[language])
    if not pieces and any(map(str.isalpha, text)):
        raise RequestError(f"{text[:60]!r} is in letters that XTTS-v2 does not know; is it {language!r}?")
    if not pieces:
        raise RequestError("there is nothing in the text that can be spoken; write at least one word.")
    return joined(pieces, MOST_CHARACTERS[language])


def joined(pieces: list[Piece], most_characters: int) -> list[Piece]:
    """The pieces, those of hardly a letter with the one after them, or before at a paragraph's end: spoken by
    themselves, XTTS goes on with sounds of its own."""
    result: list[Piece] = []
    for piece in pieces:
        if result and result[-1].pause_s != PARAGRAPH_PAUSE_S:
            both = Piece(result[-1].words + piece.words, piece.pause_s)
            lengths = [len(each.spoken.strip(OPENERS + CLOSERS + MARKS + " …")) for each in (result[-1], piece)]
            is_short = min(lengths) < LEAST_CHARACTERS
            if is_short and len(both.spoken) <= most_characters:
                result[-1] = both
                continue
        result.append(piece)
    return result


def shortened(piece: Piece, most_characters: int) -> list[Piece]:
    """The piece, cut in two as often as its length asks for. Raises RequestError where a single word is too long."""
    if len(piece.spoken) <= most_characters:
        return [piece]
    halves = in_two(piece)
    if halves is None:
        word = piece.words[0]
        raise RequestError(
            f"the word {word.written[:24]!r}… has {len(word.spoken)} characters as it is spoken; XTTS-v2 speaks "
            f"{most_characters} in one go, write it in parts."
        )
    return [shorter for half in halves for shorter in shortened(half, most_characters)]


def in_two(piece: Piece) -> tuple[Piece, Piece] | None:
    """The piece cut where its halves are most alike in length, after a comma or the like if one is far enough from
    both ends; None for a single word."""
    words = piece.words
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


def spoken_form(piece: Piece, language: str) -> str:
    """What XTTS is given to read: without emoji, markup and marks that only shape the characters around them."""
    text = unicodedata.normalize("NFC", piece.spoken).translate(MARKUP)
    text = " ".join("".join(character for character in text if not _is_ornament(character)).split())
    if language == "cs":  # "v roce 2019." is a year at the end of a sentence; the cleaner takes it for "the 2019th"
        text = re.sub(r"([0-9])\.$", r"\1", text)
    return text


def letter_count(text: str) -> int:
    """How many letters and digits there are to speak."""
    return sum(character.isalnum() for character in text)


def timed_words(piece: Piece, start_s: float, end_s: float) -> list[Timed]:
    """The words of a piece in the time that it was spoken in, each as long as it has letters: XTTS tells no times.

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


def _is_ornament(character: str) -> bool:
    """Emoji, dingbats and arrows; zero-width and variation marks. Joiners of Arabic and Hindi letters stay."""
    if character in "\u200c\u200d":
        return False
    category = unicodedata.category(character)
    is_picture = ord(character) >= 0x2190 and category in ("So", "Sk")
    return category in ("Cf", "Co", "Cn", "Me") or is_picture or 0xFE00 <= ord(character) <= 0xFE0F
