"""The font of burned captions: one of the lock, or the user's own file. No other font of the host is ever found.

A user's file is read in a closed child, and drawn from in one too (frame/assembly.py): it may be a stranger's.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from avatar.environment.packaged import MEND, package_folder, recorded_file
from avatar.errors import EnvironmentProblem, InputError, RequestError, TemporaryProblem
from avatar.files import file_digest, refuse_larger
from avatar.host.closed_child import Limits, run
from avatar.media import read_font

# Bitstream Vera's licence, which lets it be embedded and sold with what it is in; matplotlib's wheel carries it.
BUNDLED = ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans-Bold.ttf")
WITHIN = Limits(wall_s=60, cpu_s=60, memory_mib=1500, file_mib=64)


@dataclass(frozen=True)
class Font:
    """path: of the file; family, bold: as libass asks for it; advances: {code point: width in em} of the letters that it
    draws; height_em: of a line, from the lowest to the highest, as libass scales fonts by it; is_given: not the bundled one."""

    path: Path
    family: str
    bold: bool
    height_em: float
    advances: Mapping[int, float] = field(repr=False, compare=False)
    is_given: bool = True

    def lacking(self, text: str) -> list[str]:
        """The letters, marks and digits of a text that this font does not draw, each once, in their order."""
        return [each for each in dict.fromkeys(text) if unicodedata.category(each)[0] in "LMN" and not self.draws(each)]

    def draws(self, character: str) -> bool:
        return ord(character) in self.advances

    def width(self, text: str, line_px: float) -> float:
        """Pixels that a text takes where its lines are so high; of a given font without its kerning, since FreeType reads
        none of a stranger's in this process."""
        em_px = line_px / self.height_em
        if self.is_given:
            return em_px * sum(self.advances.get(ord(each), 1.0) for each in text)
        from PIL import ImageFont

        size = 200
        return ImageFont.truetype(str(self.path), size).getlength(text) / size * em_px


@cache
def bundled() -> Font:
    path = recorded_file(*BUNDLED)
    with open(path, "rb") as file:
        return Font(path, is_given=False, **read_font.facts(file))


def opened(path: Path) -> Font:
    """Raises InputError for a file that is no TrueType or OpenType font, TemporaryProblem where the host ended its reading."""
    refuse_larger(path, "picture")
    try:
        return replace(_read(path, file_digest(path)), path=path)
    except OSError as error:
        raise RequestError(
            f"cannot read the font {str(path)!r}: {error.strerror}; check the path.", ("font",)
        ) from error


@lru_cache(maxsize=4)
def _read(path: Path, sha256: str) -> Font:
    shown = repr(str(path))
    told = _told(path)
    if told.get("unusable") == "names nothing":
        raise InputError(f"the font {shown} names no family or draws no letters; give another one.", ("font",))
    if "unusable" in told:
        raise InputError(
            f"the font {shown} is no TrueType or OpenType font; give a .ttf, .otf or .ttc file.", ("font",)
        )
    told["advances"] = {int(code): width for code, width in told["advances"].items()}
    return Font(path, **told)


def _told(path: Path) -> dict[str, Any]:
    """What read_font.py says of a file, in a process that may read Python, fontTools and itself; the file is open."""
    packages, program = package_folder("fontTools"), Path(read_font.__file__)
    within = replace(WITHIN, readable=(sys.prefix, sys.base_prefix, program, packages))
    with open(path, "rb") as content:
        ended = run([sys.executable, "-P", "-S", program], within, stdin=content, env={"PYTHONPATH": packages})
    if ended.ended_by_host:
        how = f"ran into its limit of {ended.limit}" if ended.limit else f"was ended by signal {-ended.status}"
        raise TemporaryProblem(
            f"the font {str(path)!r} was not read: its reader {how}; end other programs, or try again later."
        )
    if ended.status:
        said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise EnvironmentProblem(f"the font {str(path)!r} was not read: {said[0]}; {MEND}.")
    return json.loads(ended.stdout)
