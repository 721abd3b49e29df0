"""The font of burned captions: one of the lock, or the user's own file. No other font of the host is ever found."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from avatar.environment.packaged import recorded_file
from avatar.errors import InputError
from avatar.files import refuse_larger

# Bitstream Vera's licence, which lets it be embedded and sold with what it is in; matplotlib's wheel carries it.
BUNDLED = ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans-Bold.ttf")


@dataclass(frozen=True)
class Font:
    """path: of the file; family, bold: as libass asks for it; letters: code points that it draws; height_em: of a line,
    from the lowest to the highest, as libass scales fonts by it."""

    path: Path
    family: str
    bold: bool
    letters: frozenset[int]
    height_em: float

    def lacking(self, text: str) -> list[str]:
        """The letters, marks and digits of a text that this font does not draw, each once, in their order."""
        return [each for each in dict.fromkeys(text) if unicodedata.category(each)[0] in "LMN" and not self.draws(each)]

    def draws(self, character: str) -> bool:
        return ord(character) in self.letters

    def width(self, text: str, line_px: float) -> float:
        """Pixels that a text takes where its lines are so high."""
        from PIL import ImageFont

        size = 200
        measured = ImageFont.truetype(str(self.path), size).getlength(text)
        return measured / size * line_px / self.height_em


def bundled() -> Font:
    return opened(recorded_file(*BUNDLED))


@cache
def opened(path: Path) -> Font:
    """Raises InputError for a file that is no TrueType or OpenType font."""
    refuse_larger(path, "picture")
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, lazy=True) as font:
            names, head, os2 = (cast("Any", font[table]) for table in ("name", "head", "OS/2"))
            family = names.getDebugName(1)
            letters = frozenset(font.getBestCmap() or ())
            height = (os2.usWinAscent + os2.usWinDescent) / head.unitsPerEm
            bold = bool(os2.fsSelection & 1 << 5)
    except (TTLibError, KeyError, OSError, ValueError, AssertionError, EOFError) as error:
        raise InputError(
            f"the font {str(path)!r} is no TrueType or OpenType font; give a .ttf or .otf file.", ("font",)
        ) from error
    if not family or not letters or height <= 0:
        raise InputError(f"the font {str(path)!r} names no family or draws no letters; give another one.", ("font",))
    return Font(path, family, bold, letters, height)
