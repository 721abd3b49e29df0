"""What stands still in a frame, written down before FFmpeg puts it together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avatar.frame import assembly
from avatar.frame.background import BLUR
from avatar.frame.canvas import canvas
from avatar.frame.captions import captions_of, look_of
from avatar.frame.layout import layout, layout_of_whole
from avatar.frame.wanted import WantedFrame
from avatar.media import ass, fonts
from avatar.media.mark import layer
from avatar.portrait.framing import Place, Portrait
from avatar.portrait.picture import read_picture

if TYPE_CHECKING:
    from avatar.voice.speech import Word


def ready(
    wanted: WantedFrame, portrait: Portrait, picture: np.ndarray, words: Sequence[Word], folder: Path, rate: Fraction,
    encoder: str = "x264",
) -> assembly.Shot:  # fmt: skip
    """Write what stands still into an empty folder, and say how it all goes together.

    picture: uint8 RGB, which the portrait was cut from, or the portrait's own; a clip's first one.
    """
    square = len(portrait.picture)
    place = portrait.place or Place(0, 0, square, square, square)
    lay = layout_of_whole if wanted.clip else layout
    laid = lay(place, wanted.width, wanted.height, wanted.fit, wanted.position)
    at = laid.whole if wanted.clip else laid.head
    behind = read_picture(wanted.backdrop) if wanted.backdrop else None
    is_over_itself = bool(wanted.clip) and behind is None and wanted.background == BLUR and not laid.is_filled_by(at)
    around = None if laid.is_filled_by(at) or is_over_itself else canvas(picture, laid, wanted.background, behind)
    mark = layer(wanted.width, wanted.height, wanted.mark) if wanted.mark else None
    font, document = None, ""
    if wanted.style and words:
        font = fonts.opened(wanted.font) if wanted.font else fonts.bundled()
        look = look_of(laid, portrait.landmarks, square, wanted.style, font)
        document = ass.document(captions_of(words, look, font), look)
    assembly.prepare(folder, around, mark, document, font)
    return assembly.Shot(folder, laid, at, wanted.clip or (square, square), rate, encoder, is_over_itself)
