"""What is in a frame beside what is drawn: mostly it stands still. Written down before FFmpeg puts it together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from avatar.frame import assembly, behind
from avatar.frame.background import BLUR, GREY
from avatar.frame.canvas import canvas, picture_alone
from avatar.frame.captions import captions_of, look_of
from avatar.frame.layout import Layout, layout, layout_of_whole
from avatar.frame.wanted import WantedFrame
from avatar.media import ass, fonts
from avatar.media.mark import layer
from avatar.portrait.framing import Place, Portrait
from avatar.portrait.moving_head import Heads, mouth_ends_at

if TYPE_CHECKING:
    from avatar.voice.speech import Word


def laid_out(wanted: WantedFrame, portrait: Portrait, heads: Heads | None) -> Layout:
    """Where the picture lies. heads: of a clip, all of which moves."""
    said = (wanted.width, wanted.height, wanted.fit, wanted.position)
    if wanted.clip and heads:
        return layout_of_whole(heads, wanted.clip, *said)
    square = len(portrait.picture)
    return layout(portrait.place or Place(0, 0, square, square, square), *said)


def ready(
    wanted: WantedFrame, portrait: Portrait, picture: np.ndarray, words: Sequence[Word], folder: Path, rate: Fraction,
    seconds: Fraction, encoder: str = "x264", heads: Heads | None = None, opacity: np.ndarray | None = None,
) -> assembly.Shot:  # fmt: skip
    """Write what lies around, behind and over the moving picture into an empty folder, and say how it all goes together.

    picture: uint8 RGB, which the portrait was cut from, or the portrait's own; a clip's first one. seconds: of the video.
    heads: of a clip, all of which moves. opacity: of the picture, where it is clear in parts.
    """
    square = len(portrait.picture)
    laid = laid_out(wanted, portrait, heads)
    at = laid.whole if wanted.clip else laid.head
    is_over_itself = bool(
        wanted.clip and not wanted.backdrop and wanted.background == BLUR and not laid.is_filled_by(at)
    )
    around = None
    if not laid.is_filled_by(at) and not is_over_itself:
        stands = portrait.opacity is not None
        around = _around(wanted, picture, laid, folder, rate, seconds, opacity, stands)
    mark = layer(wanted.width, wanted.height, wanted.mark) if wanted.mark else None
    font, document = None, ""
    if wanted.style and words:
        font = fonts.opened(wanted.font) if wanted.font else fonts.bundled()
        look = look_of(laid, mouth_in_frame(wanted, portrait, laid, heads), wanted.style, font)
        document = ass.document(captions_of(words, look, font), look)
    assembly.prepare(folder, around, mark, document, font)
    return assembly.Shot(
        folder, laid, at, wanted.clip or (square, square), rate, encoder, bool(font and font.is_given), is_over_itself
    )


def mouth_in_frame(wanted: WantedFrame, portrait: Portrait, laid: Layout, heads: Heads | None) -> float:
    """How far down in the frame the open mouth ever reaches, in pixels."""
    if wanted.clip and heads:
        return laid.whole.top + float(heads.mouths.max()) * laid.whole.width / wanted.clip[0]
    return laid.head.top + mouth_ends_at(portrait.landmarks) * laid.head.width / len(portrait.picture)


def _around(
    wanted: WantedFrame, picture: np.ndarray, laid: Layout, folder: Path, rate: Fraction, seconds: Fraction,
    opacity: np.ndarray | None, stands: bool,
) -> np.ndarray | None:  # fmt: skip
    """The canvas; over a background that moves, which is written here, that of the picture alone. stands: whether the
    background is seen within the head's square, where nothing can move behind."""
    backdrop = None if laid.is_covered and opacity is None else wanted.backdrop  # which nobody sees
    if not backdrop or stands or not behind.is_video(backdrop):
        background = GREY if stands and wanted.background == BLUR else wanted.background
        return canvas(picture, laid, background, behind.still(backdrop) if backdrop else None, opacity)
    behind.write(backdrop, laid.width, laid.height, rate, seconds, folder / assembly.BEHIND)
    return None if wanted.clip else picture_alone(picture, laid, opacity)
