"""The pictures behind the lips: upper teeth, which are fixed to the skull, before what moves with the jaw.

The jaw's picture is the dark cavity with the tongue and the lower teeth. What a portrait with an open mouth shows of its
own is used first (avatar/lips/warp/mouth_reading.py); the rest is drawn, in the light of the portrait
(avatar/lips/warp/mouth_light.py). All lengths are shares of the mouth's width, about 5 cm; an upper front tooth is about
8.5 mm wide, its neighbours 6.5 and 7.5 mm, those behind them are seen at a slant; lower front teeth are 5 to 6 mm wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.lips.warp.geometry import FaceFrame, smoothstep
from avatar.lips.warp.mouth_fields import LipLines
from avatar.lips.warp.mouth_light import MouthLight
from avatar.lips.warp.mouth_reading import Opening

ROOT_SHADE = 0.80  # of enamel beside the gum, seen when the upper lip rises over a smile's own teeth

# From the middle outward: where each drawn tooth ends, and how far it reaches below the lips' line.
UPPER_ENDS = np.array([0.0, 0.135, 0.245, 0.345, 0.43, 0.50])
UPPER_LENGTHS = np.array([0.060, 0.050, 0.053, 0.038, 0.028])
LOWER_ENDS = np.array([0.0, 0.085, 0.175, 0.270, 0.36, 0.45])
LOWER_HEIGHTS = np.array([0.022, 0.020, 0.022, 0.005, -0.015])  # of their edges over the lower lip's
LOWER_LIGHT = 0.72  # over the upper teeth: they stand in the lips' shade
LOWER_ROOT = 0.11  # how far below their edges the gum begins
TONGUE_UP, TONGUE_HALF_WIDTH, TONGUE_HALF_HEIGHT = 0.12, 0.36, 0.17  # its top over the lower teeth's edges


@dataclass(frozen=True)
class Interior:
    """Over a box of the picture, uint8."""

    skull: np.ndarray  # RGB and opacity (height, width, 4)
    jaw: np.ndarray  # RGB (height, width, 3), opaque


def mouth_interior(
    source: np.ndarray, frame: FaceFrame, lines: LipLines, light: MouthLight, opening: Opening
) -> Interior:
    """source: the box's part of the portrait, uint8 RGB."""
    own = source.astype(np.float32)
    jaw = _jaw(frame, lines, light, draw_teeth=not opening.lower.any())
    jaw = _over(jaw, own, opening.lower)
    enamel, alpha = _drawn_upper_teeth(frame, lines, light)
    if opening.upper_teeth:
        roots = _roots(frame, lines)
        enamel, alpha = np.broadcast_to(light.enamel * ROOT_SHADE, own.shape), roots
        enamel, alpha = _over(enamel, own, opening.upper), np.maximum(alpha, opening.upper)
    elif opening.jaw_open:
        alpha = np.zeros_like(alpha)  # its upper lip hides them, and comes no higher in speech
    skull = np.concatenate([enamel, 255 * alpha[..., None]], axis=2)
    return Interior(_bytes(skull), _bytes(jaw))


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def _over(below: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Paint a colour (3,) or a picture (h, w, 3) over another picture, alpha (h, w) in 0..1."""
    return below + (colour - below) * alpha[..., None]


def _jaw(frame: FaceFrame, lines: LipLines, light: MouthLight, draw_teeth: bool) -> np.ndarray:
    """The dark, darker with its depth, the tongue low in it, and before it the edges of the lower teeth."""
    width = frame.mouth_width
    floor = float(lines.lower[lines.t < 0.15].mean()) if (lines.t < 0.15).any() else 0.0
    up = (floor - lines.v) / width  # over the lower lip's edge in the middle of the mouth
    out = lines.u / width
    deep = smoothstep(np.abs(out) / 0.45) * 0.5 + 0.5 * smoothstep((up - 0.02) / 0.2)
    picture = _over(np.broadcast_to(light.cavity, (*up.shape, 3)), light.deep, np.clip(deep, 0, 1))

    below_top = (TONGUE_UP - up - 0.10 * (out / TONGUE_HALF_WIDTH) ** 2) / TONGUE_HALF_HEIGHT
    tongue = smoothstep(below_top / 0.55 + 0.1) * (1 - smoothstep((np.abs(out) / TONGUE_HALF_WIDTH - 0.7) / 0.4))
    groove = 1 - 0.15 * np.exp(-((out / 0.03) ** 2)) * np.clip(1 - below_top, 0, 1)
    shade = (0.65 + 0.35 * np.clip(below_top, 0, 1)) * groove
    picture = _over(picture, light.tongue * shade[..., None], 0.9 * tongue)
    if not draw_teeth:
        return picture
    tooth, across = _teeth_along(np.abs(out), LOWER_ENDS)
    edge = LOWER_HEIGHTS[tooth] - 0.008 * across**4
    row = np.clip((edge - up) * width / 1.4 + 0.5, 0, 1) * (1 - smoothstep((np.abs(out) - 0.24) / 0.16))
    row = row * (1 - smoothstep((-up - LOWER_ROOT + 0.03) / 0.03))
    shade = LOWER_LIGHT * (1 - 0.9 * out**2 / 0.16) * (1 - 0.22 * np.abs(across) ** 8)
    return _over(picture, light.enamel * np.clip(shade, 0.2, 1)[..., None], row)


def _teeth_along(out: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which tooth lies at each distance from the middle, and where on it: -1..1 from its one side to the other."""
    tooth = np.clip(np.searchsorted(ends, out, side="right") - 1, 0, len(ends) - 2)
    left, right = ends[tooth], ends[tooth + 1]
    return tooth, np.clip((out - (left + right) / 2) / ((right - left) / 2), -1, 1)


def _roots(frame: FaceFrame, lines: LipLines) -> np.ndarray:
    """Where plain enamel is shown above a smile's own teeth."""
    top = lines.upper - 0.05 * frame.mouth_width
    strip = np.clip((lines.v - top) / 2, 0, 1) * np.clip((lines.upper + 2 - lines.v) / 2, 0, 1)
    return strip * (1 - lines.t**4) * lines.inside


def _drawn_upper_teeth(frame: FaceFrame, lines: LipLines, light: MouthLight) -> tuple[np.ndarray, np.ndarray]:
    """A row under the lips' line: each tooth with a rounded edge, parted by fine lines, darker towards the corners."""
    width = frame.mouth_width
    tooth, across = _teeth_along(np.abs(lines.u) / width, UPPER_ENDS)
    length = UPPER_LENGTHS[tooth] * (1 - 0.22 * across**4) * width
    below_seam = lines.v - lines.seam
    row = np.clip((below_seam + 0.08 * width) / 2, 0, 1) * np.clip((length - below_seam) / 1.6 + 0.5, 0, 1)
    row = row * np.clip((0.92 - lines.t) / 0.3, 0, 1)
    depth = np.clip(below_seam / np.maximum(length, 1), -1, 1)
    shade = (1 - 0.72 * lines.t**2) * (1 - 0.20 * np.abs(across) ** 10) * (0.90 + 0.10 * depth)
    return light.enamel * shade[..., None], row
