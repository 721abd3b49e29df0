"""What burned captions need to know of a font; as a program, of the one that is its standard input, as JSON.

A font of a stranger is read so in a closed child (fonts.py): of what is installed it finds fontTools.

    python -P -S read_font.py
"""

import io
import json
import sys
from typing import Any, BinaryIO, cast

FIRST = 0  # of a collection (.ttc); of another file it says nothing


class Unusable(Exception):
    """Why a font cannot be used: "no font" or "names nothing"."""


def facts(file: BinaryIO) -> dict[str, Any]:
    """family, bold: as libass asks for it; height_em: of a line, from the lowest to the highest, as libass scales fonts by it;
    advances: {code point: width in em} of the letters that it draws. Raises Unusable."""
    from fontTools.ttLib import TTFont

    try:
        with TTFont(file, fontNumber=FIRST, lazy=True) as font:
            names, head, os2, widths = (cast("Any", font[table]) for table in ("name", "head", "OS/2", "hmtx"))
            em = head.unitsPerEm
            family, letters = names.getDebugName(1), font.getBestCmap() or {}
            height = (os2.usWinAscent + os2.usWinDescent) / em
            bold = bool(os2.fsSelection & 1 << 5)
            advances = {code: widths.metrics[name][0] / em for code, name in letters.items() if name in widths.metrics}
    except MemoryError:  # the host's, or its limit's
        raise
    except Exception as error:  # a made-up file brings out any, of fontTools' own faults too
        raise Unusable("no font") from error
    if not family or not advances or height <= 0:
        raise Unusable("names nothing")
    return {"family": family, "bold": bold, "height_em": height, "advances": advances}


def main() -> None:
    try:
        told = facts(io.BytesIO(sys.stdin.buffer.read()))
    except Unusable as error:
        told = {"unusable": str(error)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
