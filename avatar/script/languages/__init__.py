"""The languages of the script reader, one file each; `base.py` says how one is added."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.util import find_spec

from avatar.script.languages.base import Language

# Of languages that have no file yet.
SCRIPTS = {"zh-cn": ("CJK",), "ja": ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK")}


@cache
def of(code: str) -> Language:
    """The language; where it has no file, one that leaves numbers and signs to the voice."""
    name = f"{__name__}.{code.replace('-', '_')}"
    if not find_spec(name):
        return type("Unwritten", (Language,), {"code": code, "scripts": SCRIPTS.get(code, ("LATIN",))})()
    return importlib.import_module(name).Spoken()


def readable(code: str) -> bool:
    """Whether numbers of the language become words here: some ask for num2words, of the full stack."""
    return code in ("en", "hi", "es", "fr", "it", "pt", "de") or find_spec("num2words") is not None
