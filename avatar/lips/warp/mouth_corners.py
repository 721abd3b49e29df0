"""The dark corners of a mouth that smiles. Drawn in for a round mouth they would stay dark, as notches beside it.

Lips that are pushed forward turn their corners outward, into the light. So a thin line there that is darker than the
lips becomes as light as what is around it, and no lighter than the lips are in their middle.
"""

from __future__ import annotations

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, smoothstep
from avatar.lips.warp.mouth_fields import LipLines
from avatar.portrait.landmarks import LOWER_LIP_INNER, LOWER_LIP_OUTER, UPPER_LIP_INNER, UPPER_LIP_OUTER

# Shares of the way from the mouth's middle to its inner corners, between which a corner begins, and beyond them ends.
BEGINS, ENDS = (0.55, 0.78), (1.10, 1.24)
LINE = 0.12  # mouth widths: dark lines thinner than this are a corner's
ALONG = 0.06  # mouth widths, sigma: so far above and below the lips' line they lie


def corner_light(source: np.ndarray, frame: FaceFrame, box: Box, lines: LipLines) -> np.ndarray:
    """What each colour gains in a fully rounded mouth: uint8 (height, width, 3).

    source: the box's part of the portrait, uint8 RGB.
    """
    mouth_width = frame.mouth_width
    size = 2 * max(round(0.5 * LINE * mouth_width), 1) + 1
    lips = cv2.morphologyEx(source, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    lips = cv2.GaussianBlur(lips, (0, 0), 0.25 * LINE * mouth_width).astype(np.float32)
    half = float(np.abs(lines.u[lines.inside]).max()) if lines.inside.any() else 1.0
    out = np.abs(lines.u) / half
    begun, ended = (smoothstep((out - first) / (last - first)) for first, last in (BEGINS, ENDS))
    near = np.exp(-(((lines.v - lines.seam) / (2 * ALONG * mouth_width)) ** 2))
    gain = (
        np.maximum(np.minimum(lips, lip_colour(source, frame, box)) - source, 0)
        * (begun * (1 - ended) * near)[..., None]
    )
    return np.rint(np.minimum(gain, 255)).astype(np.uint8)


def lip_colour(source: np.ndarray, frame: FaceFrame, box: Box) -> np.ndarray:
    """The usual colour of both lips between their edges, but for the corners: float64 (3,)."""
    pairs = ((UPPER_LIP_INNER, UPPER_LIP_OUTER), (LOWER_LIP_INNER, LOWER_LIP_OUTER))
    middles = [(frame.points[inner[3:-3]] + frame.points[outer[3:-3]]) / 2 for inner, outer in pairs]
    at = np.rint(frame.to_picture(np.concatenate(middles)) - box[:2]).astype(int)
    x, y = (np.clip(place, 0, length - 1) for place, length in zip(at.T, source.shape[1::-1], strict=True))
    return np.median(source[y, x], axis=0)
