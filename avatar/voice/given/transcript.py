"""The words of a transcript as they are spoken, and how those are pronounced that a dictionary lacks."""

from __future__ import annotations

import re
import unicodedata

from avatar.script.reader import Script
from avatar.voice.given.arpabet import from_ipa
from avatar.voice.presets.espeak import phonemize


def spoken_words(script: Script) -> list[tuple[str, int]]:
    """Each spoken word in small letters, and the place of the written word that it belongs to ("$5" has two)."""
    written = [word for sentence in script.sentences for word in sentence.words]
    return [(bare, place) for place, word in enumerate(written) for bare in _bare_words(word.spoken)]


def pronounced(words: list[str]) -> list[str]:
    """The phones of each word in ARPAbet, as espeak-ng reads it; "" for what has no sound."""
    return [from_ipa(ipa) for ipa in phonemize(words)]


def _bare_words(text: str) -> list[str]:
    """Apostrophes inside of words are kept; everything else that is no letter or digit stands between words."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain)
