"""ARPAbet, in which the decoder and its dictionary write phones <-> IPA, of which the mouth's shapes are known."""

from __future__ import annotations

import unicodedata

IPA_OF = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɝ", "EY": "eɪ", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "oʊ", "OY": "ɔɪ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ",
    "T": "t", "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
# espeak-ng's English in IPA: what it writes beside the symbols above. Longer ones are tried first.
ALSO = {
    "tʃ": "CH", "dʒ": "JH", "əl": "AH L", "ə": "AH", "ɐ": "AH", "ᵻ": "IH", "ɚ": "ER", "ɜ": "ER", "ɾ": "T", "ʔ": "T",
    "ɒ": "AA", "a": "AE", "e": "EY", "o": "OW", "r": "R", "g": "G", "x": "K", "ç": "HH", "ɬ": "L", "y": "UW",
    "ø": "ER", "œ": "ER", "ɲ": "N Y", "ʁ": "R", "β": "V", "ɣ": "G", "ɨ": "IH", "ʎ": "L Y",
}  # fmt: skip
ARPABET_OF = {ipa: name for name, ipa in IPA_OF.items()} | ALSO
SYMBOLS = sorted(ARPABET_OF, key=len, reverse=True)


def from_ipa(ipa: str) -> str:
    """The phones of a word in ARPAbet, with spaces between; stress, length and what has no sound here are left out."""
    rest, found = "".join(part for part in unicodedata.normalize("NFD", ipa) if not unicodedata.combining(part)), []
    while rest:
        symbol = next((symbol for symbol in SYMBOLS if rest.startswith(symbol)), None)
        if symbol:
            found.append(ARPABET_OF[symbol])
        rest = rest[len(symbol or rest[0]) :]
    return " ".join(found)
