"""Where what is drawn lies in the frame.

The lips are drawn in a square around the head. That square lies in its picture, and the picture lies in the frame; what of
the frame the picture does not cover shows the background.
"""

from __future__ import annotations

from dataclasses import dataclass

from avatar.frame.size import even
from avatar.lips.box import Box
from avatar.portrait.framing import EYES_AT, Place

POSITIONS = {"left": 1 / 3, "centre": 1 / 2, "right": 2 / 3}  # of the head's middle, as a share of the frame's width
EYES_IN_FRAME = 0.38  # of a frame that is higher than wide: shorts lay their buttons over the lowest fifth
# How far the picture is enlarged beyond the head's square to fill the frame. The face is 0.46 of that square's width and
# about 0.75 of its height with the hair: in a high frame it may grow to 0.62 of the width, in a wide one the crown has to stay.
MOST_ENLARGED_HIGH, MOST_ENLARGED_WIDE = 1.35, 1.15
WIDE_HEAD = 0.8  # of a wide frame's height: the head's square, so that there is room above the hair
SLIVER_PX = 2


@dataclass(frozen=True)
class Layout:
    """width, height: of the frame, pixels. head: where the square is shown, which may reach beyond the frame. picture:
    left, top, width and height of the whole picture, in the frame's pixels, not rounded."""

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
    whole; "pad" shows the whole picture. position: one of POSITIONS.
    """
    scale = _cropping(place, width, height) if fit == "crop" else min(width / place.width, height / place.height)
    side = max(2, even(place.side * scale))
    scale = side / place.side  # what the square is shown at; the picture follows it to the sub-pixel
    left = _along(width, side, place.left * scale, place.width * scale, POSITIONS[position] * width - side / 2)
    eyes = EYES_IN_FRAME if height > width else EYES_AT
    top = _along(height, side, place.top * scale, place.height * scale, eyes * height - EYES_AT * side)
    picture = (left - place.left * scale, top - place.top * scale, place.width * scale, place.height * scale)
    return Layout(width, height, Box(left, top, left + side, top + side), picture)


def layout_of_whole(place: Place, width: int, height: int, fit: str = "crop", position: str = "centre") -> Layout:
    """The frame width x height around a clip, all of which moves. place: where its head's square lies in it.

    fit: "crop" fills the frame with as much of the clip as goes in, around the head; "pad" shows all of it.
    """
    way = max if fit == "crop" else min
    scale = way(width / place.width, height / place.height)
    shown = (max(2, even(place.width * scale)), max(2, even(place.height * scale)))
    side = place.side * scale
    eyes = EYES_IN_FRAME if height > width else EYES_AT
    left = even(_filling(width, shown[0], POSITIONS[position] * width - (place.left * scale + side / 2)))
    top = even(_filling(height, shown[1], eyes * height - (place.top * scale + EYES_AT * side)))
    head = Box(*(round(edge) for edge in (
        left + place.left * scale, top + place.top * scale, left + place.left * scale + side, top + place.top * scale + side
    )))  # fmt: skip
    return Layout(width, height, head, (left, top, *shown))


def _filling(frame: int, shown: int, wanted: float) -> float:
    """Where a picture begins along one side of the frame: near `wanted`, filling the frame, or inside it."""
    return min(max(wanted, min(0, frame - shown)), max(0, frame - shown))


def _cropping(place: Place, width: int, height: int) -> float:
    """Frame pixels for a pixel of the picture: the square fills the short side. In a wide frame it is smaller where the
    picture reaches above and below it; in any it is larger where the picture then fills all."""
    plain = min(width, height) / place.side
    base = min(plain, max(WIDE_HEAD * plain, height / place.height)) if width > height else plain
    filling = max(base, width / place.width, height / place.height)
    most = MOST_ENLARGED_HIGH if height > width else MOST_ENLARGED_WIDE
    return filling if filling <= most * plain else base


def _along(frame: int, side: int, before: float, picture: float, wanted: float) -> int:
    """Where the square begins along one side of the frame, even: near `wanted`, the picture filling the frame or inside it,
    and the square inside the frame or filling it. before: the picture's part before the square, picture: its length."""
    ends = (before, frame - picture + before)  # the picture's first pixel, or its last one, on the frame's edge
    begin = min(max(wanted, min(ends)), max(ends))
    inside = (0, frame - side)
    begin = min(max(begin, min(inside)), max(inside))
    return even(begin)
