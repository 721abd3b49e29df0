"""A piece of a script as Pocket TTS is given it, after the habits of its training text. Imports no model library.

The marks that are replaced, the capital, the mark at the end and the fifty tokens are of Kyutai's package 4.0.1
(config/english.yaml, default_parameters.py).
"""

from __future__ import annotations

from avatar.errors import RequestError
from avatar.script.letters import CLOSERS
from avatar.voice.pieces import Piece, without_ornaments
from avatar.weights.lock import POCKET_TTS

MOST_TOKENS = 50  # of a piece: beyond, words are skipped
MOST_LETTERS = 250  # of a word, which cannot be cut: more than fifty tokens of five letters
SHORT_WORDS = 4  # words: a text that has no more ends a little later
FRAMES_AFTER_SHORT, FRAMES_AFTER = 4, 2  # after the end is heard, as transformers' processor has them

# Of the curly apostrophes the training text had none. Brackets and the like mean nothing here.
REPLACED = str.maketrans({"’": "'", "‘": "'", **dict.fromkeys("[]{}<>|\\^~*_`", " ")})
ENDS, WEAK_ENDS = ".!?…", ",;:-–— "


def refuse_language(language: str) -> None:
    """Raises RequestError for a language of which no weights are locked."""
    if language not in POCKET_TTS:
        raise RequestError(
            f"Pocket TTS does not speak {language!r} here: its weights are locked for {', '.join(POCKET_TTS)}; XTTS-v2 may speak it.",
            ("engine", "language"),
            {"engine": "xtts", "stack": "full"},  # the preview has none
        )


def spoken_form(piece: Piece) -> str:
    """The text that the model is given: with a capital first and a mark last, as sentences have them."""
    text = without_ornaments(piece.spoken, REPLACED)
    bare = text.rstrip(CLOSERS + " ")
    if bare and bare[-1] not in ENDS:
        closers = text[len(bare) :].strip()
        text = f"{bare.rstrip(WEAK_ENDS)}.{closers}" if bare[-1] in WEAK_ENDS else f"{text}."
    return text[:1].upper() + text[1:]


def frames_after_end(text: str) -> int:
    """Latents, of 80 ms each, that are still made once the model says that the text is over."""
    return FRAMES_AFTER_SHORT if len(text.split()) <= SHORT_WORDS else FRAMES_AFTER
