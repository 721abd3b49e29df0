"""An eye's upper lid over the pixels of a box: how far it falls, how much skin it has, and where that skin is what."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, from_left_to_right, smoothstep
from avatar.lips.warp.lid_room import NO_LASHES, lashes_of, lid_room
from avatar.portrait.landmarks import EyeLandmarks

LASHES, LASHES_OF_ROOM = (0.16, 0.38), 0.60  # their least and greatest height over the eye's, and at most over the room
EDGE = 0.10  # of the eye's height: the line of the lashes
CORNER_SMOOTHED = 0.07  # of the eye's width
TIGHT = (
    1.3,
    2.5,
)  # a lid's fall over its room: from the first on, up to the second, nothing may be drawn out of its skin
PLENTY = 0.6  # the same, up to which skin is drawn out without being smoothed
TOP = 0.12  # of the room: so much at its top stays as it is
# Where skin around an eye is: heights of the eye above its upper lid and below its lower one, where lashes end; how far
# below it; from where to where beside its corners, in widths of the eye.
ABOVE, BELOW, DOWN_TO = 0.36, 0.45, 1.70
BESIDE = 0.16, 0.36
TIPS = 0.4  # heights of the eye: how much further up long lashes reach


@dataclass(frozen=True)
class LidShape:
    """Arrays are (height, width) of the box, lengths in pixels of the picture, along v where nothing else is said."""

    left: float  # u of the eye's corners
    right: float
    u: np.ndarray
    v: np.ndarray
    upper: np.ndarray  # v of the lid's edge, at the u of each pixel
    lower: np.ndarray  # v of the lower lid's
    height: float  # of the eye's opening
    gap: np.ndarray  # how far the lid's edge falls to the lower one
    room: np.ndarray  # the height of the skin above the edge
    lashes: float  # their height
    single_lashes: float  # 0..1: how far single ones stand out above it

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def below_top(self) -> np.ndarray:
        """How far a pixel lies below the top of the lid's skin."""
        return self.v - (self.upper - self.room)

    @property
    def tight(self) -> np.ndarray:
        """0..1: how far the skin is too little to be drawn out over the eye."""
        return smoothstep((self.gap / np.maximum(self.room, 1) - TIGHT[0]) / (TIGHT[1] - TIGHT[0]))

    @property
    def edge(self) -> np.ndarray:
        """1 on the lid's edge and below it, 0 above the thin line that lashes draw."""
        return smoothstep(1 - (self.room - self.below_top) / max(EDGE * self.height, 1.0))

    @property
    def drawn_out(self) -> np.ndarray:
        """0..1: how far the skin is drawn out so much that it loses its grain."""
        return smoothstep((self.gap / np.maximum(self.room, 1) - PLENTY) / (TIGHT[0] - PLENTY))

    @property
    def stretched_most(self) -> np.ndarray:
        """1 in the middle of the lid's skin, 0 at its edge and its top, and where there is plenty of it."""
        share = np.clip(self.below_top / np.maximum(self.room, 1), 0, 1)
        most = (4 * share * (1 - share)) * (self.gap > 0) * self.drawn_out
        return cv2.GaussianBlur(most.astype(np.float32), (0, 0), 1.0)

    @property
    def among_lashes(self) -> np.ndarray:
        """1 from the lid's edge up to the height of its lashes, 0 above them."""
        lashes = np.maximum(np.minimum(self.lashes, LASHES_OF_ROOM * self.room), 0.5)
        return 1 - smoothstep((self.room - self.below_top - 0.6 * lashes) / (0.7 * lashes))

    @property
    def far_from_lashes(self) -> np.ndarray:
        """1 over the lid's skin, 0 at its lashes and its top."""
        top = smoothstep(self.below_top / np.maximum(TOP * self.room * (1 - self.tight), 0.25))
        return (top * (1 - self.among_lashes)).astype(np.float32)

    @property
    def rim(self) -> np.ndarray:
        """bool: what the lid ends at, above it and beside it."""
        out = np.maximum(self.left - self.u, self.u - self.right) / self.width
        return ((self.below_top < 0) | (out > BESIDE[0])) & (self.v < self.lower)

    @property
    def may_be_skin(self) -> np.ndarray:
        """bool: around the eye and its lashes, and below what ends the lid's skin."""
        out = np.maximum(self.left - self.u, self.u - self.right) / self.width
        below_top = self.below_top > 0
        lid = below_top & self.above_eye
        cheek = (self.v > self.lower + BELOW * self.height) & (self.v < self.lower + DOWN_TO * self.height)
        beside = below_top & (self.v < self.lower + self.height) & (out > BESIDE[0])
        return (lid | cheek | beside) & (out < BESIDE[1])

    @property
    def above_eye(self) -> np.ndarray:
        """bool: above the upper lid's lashes."""
        return self.v < self.upper - (ABOVE + TIPS * self.single_lashes) * self.height

    def between_corners(self, outside: float, inside: float) -> np.ndarray:
        """0 beside the eye, 1 in it; it rises from so far outside its corners to so far inside, in eye widths."""
        within = np.minimum(self.u - self.left, self.right - self.u) / self.width
        return smoothstep((within + outside) / (outside + inside))


def lid_shape(picture: np.ndarray, frame: FaceFrame, eye: EyeLandmarks, box: Box, rims: bool) -> LidShape:
    """Of one eye of a portrait, uint8 RGB, in a box of it; rims: the face wears glasses."""
    upper, lower, _ = (from_left_to_right(frame.points[numbers]) for numbers in eye)
    u, v = frame.grid(box)
    gap, height = _fall(u, upper, lower)
    lashes = NO_LASHES if rims else lashes_of(picture, frame, eye)  # a rim before the lid is as dark
    return LidShape(
        left=float(upper[0, 0]),
        right=float(upper[-1, 0]),
        u=u,
        v=v,
        upper=np.interp(u, upper[:, 0], upper[:, 1]),
        lower=np.interp(u, lower[:, 0], lower[:, 1]),
        height=height,
        gap=gap,
        room=lid_room(picture, frame, eye, lashes.height, u, rims),
        lashes=float(np.clip(lashes.height, LASHES[0] * height, LASHES[1] * height)),
        single_lashes=lashes.single,
    )


def _fall(u: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, float]:
    """How far the lid's edge falls to the lower one at each u, in the corners too and a little beyond; the most of it.

    A fall that ended at the corners would leave the outermost lashes standing as hooks.
    """
    width = float(upper[-1, 0] - upper[0, 0])
    along = np.arange(upper[0, 0] - 0.5 * width, upper[-1, 0] + 0.5 * width, 0.5)
    low, high = (np.interp(along, line[:, 0], line[:, 1]) for line in (lower, upper))
    gap = np.maximum(low - high, 0) * ((along > upper[0, 0]) & (along < upper[-1, 0]))
    smooth = cv2.GaussianBlur(gap[None].astype(np.float32), (0, 0), 2 * CORNER_SMOOTHED * width)[0]
    return np.interp(u, along, smooth * (gap.max() / max(float(smooth.max()), 1e-3))), float(gap.max())
