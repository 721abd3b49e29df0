"""The picture behind the lips: a dark cavity with a tongue, and teeth.

A smiling portrait shows its own teeth. They are fixed to the skull, so they are kept exactly where they are. A portrait
with closed lips gets a drawn row of upper teeth, in the light of its own cheek. What is drawn has no more colour than
the portrait: a black-and-white one is not given a red mouth. All lengths are shares of the mouth's
width, about 5 cm; an upper front tooth is about 8.5 mm wide, its neighbours 6.5 and 7.5 mm, those behind them are seen
at a slant.
"""

from __future__ import annotations

import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame
from avatar.lips.warp.mouth_fields import LipLines
from avatar.portrait.facts import Colour, colour_of
from avatar.portrait.landmarks import ON_LEFT_CHEEK

# RGB, judged by eye on rendered frames with a cheek of brightness 170.
CAVITY_TOP = (58, 20, 20)
CAVITY_DEEP = (30, 9, 10)
TONGUE = (140, 62, 62)
ENAMEL = (226, 206, 182)
OWN_TEETH_ROOT = (167, 156, 146)
CHEEK_BRIGHTNESS = 170

# From the middle outward: where each drawn tooth ends, and how long it is.
TOOTH_ENDS = np.array([0.0, 0.135, 0.245, 0.345, 0.43, 0.50])
TOOTH_LENGTHS = np.array([0.075, 0.065, 0.068, 0.054, 0.045])


def mouth_interior(
    picture: np.ndarray, landmarks: np.ndarray, frame: FaceFrame, lines: LipLines, box: Box
) -> np.ndarray:
    """The inside of the mouth over a box of the picture: uint8 RGB (height, width, 3)."""
    light = _cheek_brightness(picture, landmarks) / CHEEK_BRIGHTNESS
    colour = colour_of(picture, landmarks)
    cavity = colour.on(_cavity(frame, lines, light))
    if lines.smiling:
        interior = _with_own_teeth(cavity, picture[box.rows_columns].astype(np.float32), frame, lines, light, colour)
    else:
        interior = _with_drawn_teeth(cavity, frame, lines, light, colour)
    return np.clip(interior, 0, 255).astype(np.uint8)


def _over(below: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Paint a colour (3,) or a picture (h, w, 3) over another picture, alpha (h, w) in 0..1."""
    return below + (colour - below) * alpha[..., None]


def _cheek_brightness(picture: np.ndarray, landmarks: np.ndarray) -> float:
    x, y = (int(value) for value in landmarks[ON_LEFT_CHEEK, :2])
    patch = picture[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4].reshape(-1, 3)
    return float(np.median(patch, axis=0).mean()) if len(patch) else CHEEK_BRIGHTNESS


def _cavity(frame: FaceFrame, lines: LipLines, light: float) -> np.ndarray:
    """Darker with the depth below the upper lip, with the tongue as a soft ellipse low in the mouth."""
    width = frame.mouth_width
    depth = np.clip((lines.v - lines.upper) / (0.42 * width), 0, 1)
    cavity = _over(
        np.broadcast_to(np.array(CAVITY_TOP, np.float32), (*depth.shape, 3)), np.array(CAVITY_DEEP, np.float32), depth
    )
    ellipse = (lines.u / (0.26 * width)) ** 2 + ((lines.v - 0.33 * width) / (0.15 * width)) ** 2
    tongue = 0.75 * np.clip(1.25 - ellipse, 0, 1) ** 0.8
    return _over(cavity, np.array(TONGUE, np.float32) * min(light, 1.1) ** 0.5, tongue)


def _with_own_teeth(
    cavity: np.ndarray, source: np.ndarray, frame: FaceFrame, lines: LipLines, light: float, colour: Colour
) -> np.ndarray:
    """What the portrait shows between its lips, and a strip of plain enamel above it for when the upper lip rises."""
    between = np.clip((lines.v - lines.upper) / 1.5 + 0.3, 0, 1) * np.clip((lines.lower - 1 - lines.v) / 2.5, 0, 1)
    strip_top = lines.upper - 0.05 * frame.mouth_width
    strip = np.clip((lines.v - strip_top) / 2, 0, 1) * np.clip((lines.upper + 2 - lines.v) / 2, 0, 1) * (1 - lines.t**4)
    root = colour.on(np.array(OWN_TEETH_ROOT, np.float32) * min(light, 1.1))
    return _over(_over(cavity, root, strip * lines.inside), source, between * lines.inside)


def _with_drawn_teeth(
    cavity: np.ndarray, frame: FaceFrame, lines: LipLines, light: float, colour: Colour
) -> np.ndarray:
    """A row of upper teeth under the lips' line, each with a rounded edge, darker towards the corners of the mouth."""
    width = frame.mouth_width
    out = np.abs(lines.u) / width
    tooth = np.clip(np.searchsorted(TOOTH_ENDS, out, side="right") - 1, 0, len(TOOTH_LENGTHS) - 1)
    left, right = TOOTH_ENDS[tooth], TOOTH_ENDS[tooth + 1]
    across = np.clip((out - (left + right) / 2) / ((right - left) / 2), -1, 1)  # -1..1 over one tooth
    length = TOOTH_LENGTHS[tooth] * (1 - 0.14 * across**4) * width

    below_seam = lines.v - lines.seam
    row = np.clip((below_seam + 0.06 * width) / 2, 0, 1) * np.clip((length - below_seam) / 1.6 + 0.5, 0, 1)
    row = row * np.clip((1 - lines.t) / 0.25, 0, 1)
    shade = (1 - 0.75 * lines.t**2) * (1 - 0.10 * np.abs(across) ** 8) * (1 - 0.10 * np.clip(below_seam / length, 0, 1))
    enamel = colour.on(np.array(ENAMEL, np.float32) * (min(light, 1.05) * shade[..., None]))
    return _over(cavity, enamel, row)
