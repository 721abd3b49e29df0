"""English words to phones by the front end of hibari: the dictionaries of misaki, American and British, a tagger that
tells one `read` from the other by its sentence, and a small network for words that no dictionary has.

Its letters are misaki's (https://github.com/hexgrad/misaki, EN_PHONES.md), those that Kokoro's voices were trained with.
A letter that stands for two sounds or that IPA writes otherwise has an IPA name outside of the models (PHONE_OF).
"""

from __future__ import annotations

import gc
import sys
from bisect import bisect_right
from importlib.util import module_from_spec, spec_from_file_location
from itertools import accumulate
from typing import Any

from avatar.environment.packaged import MEND, package_file
from avatar.errors import EnvironmentProblem
from avatar.voice.presets import english_data

PHONE_OF = {"A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ", "T": "ɾ"}
LETTER_OF = {phone: letter for letter, phone in PHONE_OF.items()}
SILENT = str.maketrans(dict.fromkeys(';:,.!?—…"“”()', " "))  # marks among the letters
BRACKETS = str.maketrans(dict.fromkeys("[](){}", " "))  # [word](/letters/) is the front end's own mark-up
PACKAGE = "hibari_front_end"


class English:
    """A reader of one accent, "us" or "gb". The dictionaries are loaded when it first reads: 0.06 s, 15 MB."""

    letter_a = "eh"  # how the name of the letter A is written for it: "A" is the article

    def __init__(self, accent: str = "us") -> None:
        self._accent = accent
        self._front_end: Any = None

    def symbols(self, texts: list[str]) -> list[list[str]]:
        """For each of the texts that a sentence is made of, its phones with stress and length marks between them.

        texts: a word or several, the pauses' marks with them. A phone is one of misaki's letters or an IPA name; words
        within a text are parted by " ". Marks are not in the result. A text without a sound gives an empty list.
        """
        if self._front_end is None:
            self._front_end = _load(british=self._accent == "gb")
        cleaned = [" ".join(text.translate(BRACKETS).split()) for text in texts]
        said = [index for index, text in enumerate(cleaned) if text]
        starts = list(accumulate((len(cleaned[index]) + 1 for index in said), initial=0))
        letters = [""] * len(texts)
        position = 0
        tokens = self._front_end.tokenize(" ".join(cleaned[index] for index in said))
        for token in self._front_end.phonemize_tokens(tokens):
            index = said[min(bisect_right(starts, position), len(said)) - 1]
            letters[index] += (token.phonemes or "") + token.whitespace
            position += len(token.text) + len(token.whitespace)
        return [[PHONE_OF.get(letter, letter) for letter in " ".join(_bare(text).split())] for text in letters]


def letters(symbols: list[str]) -> list[str]:
    """Symbols in the letters that the models know."""
    return [LETTER_OF.get(symbol, symbol) for symbol in symbols]


def _bare(text: str) -> str:
    return text.translate(SILENT)


def _load(british: bool) -> Any:
    """The front end, imported under a name of its own: its parent package holds code that downloads voices, and
    imports scipy where that is installed."""
    path = package_file("hibari", "g2p/__init__.py")
    if PACKAGE not in sys.modules:
        spec = spec_from_file_location(PACKAGE, path, submodule_search_locations=[str(path.parent)])
        assert spec and spec.loader, "a file that is there has a loader"
        sys.modules[PACKAGE] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACKAGE])
        sys.modules[PACKAGE]._load_json = english_data.read
    was_on = gc.isenabled()
    gc.disable()  # of the tagger's 80,000 entries none is part of a cycle
    try:
        return sys.modules[PACKAGE].G2P(british=british)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise EnvironmentProblem(f"the dictionaries of the package hibari do not load ({error}); {MEND}.") from error
    finally:
        if was_on:
            gc.enable()
