"""A script in pieces that XTTS can speak in one go, with every word kept as written. Imports no model library."""

from __future__ import annotations

import re

from avatar.errors import RequestError
from avatar.limits import NEEDS_PACKAGE
from avatar.voice.pieces import Piece, joined, sentences, shortened, without_ornaments

# Characters of one piece, by language: VoiceBpeTokenizer.char_limits of coqui-tts 0.28.0. Beyond them the speech gets
# near the 602 audio codes (28 s) at which XTTS stops in the middle of a word.
MOST_CHARACTERS = {
    "en": 250, "es": 239, "fr": 273, "de": 253, "it": 213, "pt": 203, "pl": 224, "tr": 226, "ru": 182, "nl": 251,
    "cs": 186, "ar": 166, "zh-cn": 82, "hu": 224, "ko": 95, "ja": 71, "hi": 150,
}  # fmt: skip

MARKUP = str.maketrans(dict.fromkeys("[]{}<>|\\^~*_`", " "))  # [en] and the like mean something to XTTS's tokenizer


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

    def fits(piece: Piece) -> bool:
        return len(piece.spoken) <= most

    most = MOST_CHARACTERS[language]
    pieces = [shorter for sentence in sentences(text, language) for shorter in shortened(sentence, fits)]
    if not pieces and any(map(str.isalpha, text)):
        raise RequestError(f"{text[:60]!r} is in letters that XTTS-v2 does not know; is it {language!r}?")
    if not pieces:
        raise RequestError("there is nothing in the text that can be spoken; write at least one word.")
    if too_long := [piece for piece in pieces if not fits(piece)]:
        word = too_long[0].words[0]
        raise RequestError(
            f"the word {word.written[:24]!r}… has {len(word.spoken)} characters as it is spoken; XTTS-v2 speaks {most} in "
            "one go, write it in parts."
        )
    return joined(pieces, fits)


def spoken_form(piece: Piece, language: str) -> str:
    """What XTTS is given to read: without emoji, markup and marks that only shape the characters around them."""
    text = without_ornaments(piece.spoken, MARKUP)
    if language == "cs":  # "v roce 2019." is a year at the end of a sentence; the cleaner takes it for "the 2019th"
        text = re.sub(r"([0-9])\.$", r"\1", text)
    return text
