"""The letters that Kokoro reads: their numbers in the model, and how phones are spelled with them.

Kokoro was trained on what misaki makes of a text (https://github.com/hexgrad/misaki): for English letters of its own
(english.py), for other languages nearly what espeak-ng says, with the sounds that it writes with two letters as one.
"""

from __future__ import annotations

from avatar.voice.presets import english

# The vocabulary of Kokoro-82M v1.0 (config.json of the model). 0 is the edge of a line.
VOCABULARY = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, "—": 9, "…": 10, '"': 11, "(": 12, ")": 13, "“": 14, "”": 15,
    " ": 16, "\u0303": 17, "ʣ": 18, "ʥ": 19, "ʦ": 20, "ʨ": 21, "ᵝ": 22, "ꭧ": 23, "A": 24, "I": 25, "O": 31, "Q": 33,
    "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42, "a": 43, "b": 44, "c": 45, "d": 46, "e": 47, "f": 48, "h": 50,
    "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "o": 57, "p": 58, "q": 59, "r": 60, "s": 61, "t": 62,
    "u": 63, "v": 64, "w": 65, "x": 66, "y": 67, "z": 68, "ɑ": 69, "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75, "ɔ": 76,
    "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɟ": 90, "ɡ": 92, "ɥ": 99,
    "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ŋ": 112, "ɳ": 113, "ɲ": 114, "ɴ": 115, "ø": 116, "ɸ": 118,
    "θ": 119, "œ": 120, "ɹ": 123, "ɾ": 125, "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130, "ʃ": 131, "ʈ": 132, "ʧ": 133,
    "ʊ": 135, "ʋ": 136, "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142, "ʎ": 143, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157,
    "ː": 158, "ʰ": 162, "ʲ": 164, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}  # fmt: skip

# espeak-ng's IPA, of languages other than English -> Kokoro's letters. Anything else goes through as it is, and what
# Kokoro has no number for is left out.
OTHER_LANGUAGES = {
    "eɪ": "A", "aɪ": "I", "aʊ": "W", "oʊ": "O", "əʊ": "Q", "ɔɪ": "Y", "dʒ": "ʤ", "dz": "ʣ", "tʃ": "ʧ", "ts": "ʦ",
    "ʏ": "y",
}  # fmt: skip


def spell(symbols: list[str], letters: dict[str, str] = OTHER_LANGUAGES) -> tuple[list[int], list[slice]]:
    """Tokens of symbols of one character, and for each token the symbols that it stands for and whose time is its own."""
    text = "".join(symbols)
    tokens: list[int] = []
    owners: list[slice] = []
    position = 0
    while position < len(text):
        pattern = next((ipa for ipa in letters if text.startswith(ipa, position)), text[position])
        known = [letter for letter in letters.get(pattern, pattern) if letter in VOCABULARY]
        owner = slice(position, position + len(pattern))
        tokens += [VOCABULARY[letter] for letter in known]
        owners += [owner] * len(known)
        position = owner.stop
    return tokens, owners


def spell_english(symbols: list[str]) -> tuple[list[int], list[slice]]:
    """The same of symbols as english.py names them, each of which is one letter of Kokoro's."""
    known = [(VOCABULARY.get(letter), slice(at, at + 1)) for at, letter in enumerate(english.letters(symbols))]
    return [token for token, _ in known if token is not None], [owner for token, owner in known if token is not None]
