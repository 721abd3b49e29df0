"""Where what is drawn lies in the frame.

The lips are drawn in a square around the head. That square lies in its picture, and the picture lies in the frame; what of
the frame the picture does not cover shows the background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from avatar.frame.size import even
from avatar.lips.box import Box
from avatar.portrait.framing import EYES_AT, Place
from avatar.portrait.moving_head import Heads, span

POSITIONS = {"left": 1 / 3, "centre": 1 / 2, "right": 2 / 3}  # of the head's middle, as a share of the frame's width
EYES_IN_FRAME = 0.38  # of a frame that is higher than wide: shorts lay their buttons over the lowest fifth
# How far the picture is enlarged beyond the head's square to fill the frame. The face is 0.46 of that square's width and
# about 0.75 of its height with the hair: in a high frame it may grow to 0.62 of the width, in a wide one the crown has to stay.
MOST_ENLARGED_HIGH, MOST_ENLARGED_WIDE = 1.35, 1.15
SMALLER_HEAD = 0.8  # of the height of a wide or square frame: the head's square, so that there is room above the hair
CLOSE_UP = 512  # pixels: a square frame up to here is the head alone, as that which nobody asked for a size of
SLIVER_PX = 2
NARROW = 0.08  # of a side of the frame: background beside the picture that is narrower looks like a mistake


@dataclass(frozen=True)
class Layout:
    """width, height: of the frame, pixels. head: where the square is shown, which may reach beyond the frame; of a whole clip
    all that the head does. picture: left, top, width and height of the whole picture, in the frame's pixels, not rounded."""

    width: int
    height: int
    head: Box
    picture: tuple[float, float, float, float]

    @property
    def is_head_alone(self) -> bool:
        """Whether the square fills the frame, and nothing else is seen."""
        return self.is_filled_by(self.head)

    def is_filled_by(self, box: Box) -> bool:
        return box.left <= 0 and box.top <= 0 and box.right >= self.width and box.bottom >= self.height

    @property
    def whole(self) -> Box:
        """Where the whole picture is shown, in whole pixels, which may reach beyond the frame."""
        left, top, width, height = map(round, self.picture)
        return Box(left, top, left + width, top + height)

    @property
    def is_covered(self) -> bool:
        """Whether the picture reaches to all sides, so that nothing is seen of what is behind it."""
        return self.covered == Box(0, 0, self.width, self.height)

    @property
    def covered(self) -> Box:
        """The frame's pixels that show the picture. Less than two pixels beside it are the picture's edge continued, since
        the square's even side leaves such slivers."""
        left, top, width, height = self.picture
        across = _from_edge(max(0, round(left)), min(self.width, round(left + width)), self.width)
        down = _from_edge(max(0, round(top)), min(self.height, round(top + height)), self.height)
        return Box(across[0], down[0], across[1], down[1])


def _from_edge(begin: int, end: int, whole: int) -> tuple[int, int]:
    return (0 if begin < SLIVER_PX else begin), (whole if whole - end < SLIVER_PX else end)


def layout(place: Place, width: int, height: int, fit: str = "crop", position: str = "centre") -> Layout:
    """The frame width x height around a head.

    fit: "crop" shows the head large, as in the square, and fills the frame with the picture as far as the head stays
    whole; "pad" shows the whole picture. position: one of POSITIONS. Who is cut out stands on the frame's lower edge.
    """
    if fit == "crop":
        side = max(2, even(place.side * _cropping(place, width, height)))
    else:  # up to the next even number: the picture ends at the frame's edges or just beyond, never a sliver before them
        side = 2 * math.ceil(place.side * min(width / place.width, height / place.height) / 2)
    scale = side / place.side  # what the square is shown at; the picture follows it to the sub-pixel
    eyes = (EYES_IN_FRAME if height > width else EYES_AT) * height - EYES_AT * side
    if place.is_standing:
        eyes = max(eyes, height - (place.height - place.top) * scale)
    left = _along(width, side, place.left * scale, place.width * scale, POSITIONS[position] * width - side / 2)
    top = _along(height, side, place.top * scale, place.height * scale, eyes)
    picture = (left - place.left * scale, top - place.top * scale, place.width * scale, place.height * scale)
    return Layout(width, height, Box(left, top, left + side, top + side), picture)


def layout_of_whole(
    heads: Heads, clip: tuple[int, int], width: int, height: int, fit: str = "crop", position: str = "centre"
) -> Layout:
    """The frame width x height around a clip, all of which moves. heads: where its head is; clip: its width and height.

    fit: "crop" fills the frame with as much of the clip as goes in, around all that the head does; "pad" shows all of it.
    """
    way = max if fit == "crop" else min
    scale = way(width / clip[0], height / clip[1])
    shown = (max(2, even(clip[0] * scale)), max(2, even(clip[1] * scale)))
    boxes, (eyes_x, eyes_y) = heads.boxes * scale, np.median(heads.eyes, axis=0) * scale
    left = -_held(boxes[:, 0::2], width, shown[0], eyes_x - POSITIONS[position] * width)
    top = -_held(boxes[:, 1::2], height, shown[1], eyes_y - (EYES_IN_FRAME if height > width else EYES_AT) * height)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    head = Box(*(round(float(edge)) for edge in (left + low[0], top + low[1], left + high[0], top + high[1])))
    return Layout(width, height, head, (left, top, *shown))


def _held(heads: np.ndarray, frame: int, shown: int, wanted: float) -> int:
    """Which of the shown pixels of a clip is the frame's first along one side, even: the frame is filled, or the clip
    inside it. heads: (n, 2), from where to where each reaches; wanted: the pixel, if all of them are in the frame then."""
    if shown <= frame:
        return even(min(max(wanted, shown - frame), 0))
    return even(span(heads[:, 0], heads[:, 1], frame, wanted, shown - frame))


def _cropping(place: Place, width: int, height: int) -> float:
    """Frame pixels for a pixel of the picture: the square fills the short side. In a wide frame it is smaller where the
    picture reaches above and below it, in a square one where it reaches to all sides; in any it is larger where the picture
    then fills all."""
    plain = min(width, height) / place.side
    reaching = max(SMALLER_HEAD * plain, height / place.height, width / place.width if width == height else 0)
    base = min(plain, reaching) if width > height or width == height > CLOSE_UP else plain
    filling = max(base, width / place.width, height / place.height)
    most = MOST_ENLARGED_HIGH if height > width else MOST_ENLARGED_WIDE
    return filling if filling <= most * plain else base


def _along(frame: int, side: int, before: float, picture: float, wanted: float) -> int:
    """Where the square begins along one side of the frame, even: near `wanted`, the picture filling the frame or inside it,
    and the square inside the frame or filling it; no narrow strip is left beside the picture. before: the picture's part before the square, picture: its length."""
    ends = (before, frame - picture + before)  # the picture's first pixel, or its last one, on the frame's edge
    begin = min(max(wanted, min(ends)), max(ends))
    if frame - picture > 2 * NARROW * frame:  # what is left on the other side is none
        nearest = min(ends, key=lambda end: abs(end - begin))
        begin = nearest if abs(nearest - begin) < NARROW * frame else begin
    inside = (0, frame - side)
    begin = min(max(begin, min(inside)), max(inside))
    return even(begin)
