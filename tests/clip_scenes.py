"""The bundled portrait as a head in a larger picture, for clips."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np

from avatar.portrait.framing import Portrait

RATE = Fraction(25)
WIDTH, HEIGHT = 640, 480


def scene(portrait: Portrait, x: float, y: float, scale: float = 0.8) -> np.ndarray:
    """The portrait at a place of a grey picture, HEIGHT x WIDTH."""
    move = np.float32([[scale, 0, x], [0, scale, y]])
    background = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    return cv2.warpAffine(portrait.picture, move, (WIDTH, HEIGHT), dst=background, borderMode=cv2.BORDER_TRANSPARENT)
