"""Frames of the warp as a player shows them, and patches of it laid over a picture in RGB."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.lips.warp.ycbcr import BLUE, GREEN, MIDDLE, RED, Patch, chroma, luma, planes


def shown(frame: np.ndarray) -> np.ndarray:
    """A frame of the warp, uint8 (height * 3 / 2, width) -> uint8 RGB (height, width, 3)."""
    drawn = planes(frame)
    size = drawn.luma.shape[::-1]
    light = (drawn.luma.astype(np.float32) - 16) * (255 / 219)
    blue, red = ((cv2.resize(each, size).astype(np.float32) - MIDDLE) * (255 / 112) for each in (drawn.cb, drawn.cr))
    blue, red = blue * (1 - BLUE), red * (1 - RED)
    green = -(RED * red + BLUE * blue) / GREEN
    rgb = np.stack([light + red, light + green, light + blue], axis=2)
    return np.rint(rgb.clip(0, 255)).astype(np.uint8)


def unmoved(picture: np.ndarray) -> np.ndarray:
    """uint8 RGB -> the frame of it in which nothing has moved."""
    height, width = picture.shape[:2]
    fours = chroma(picture).reshape(height // 2, 2, width // 2, 2, 2).mean(axis=(1, 3))
    levels = np.concatenate([luma(picture).ravel(), *(fours[..., each].ravel() for each in (0, 1))])
    return np.rint(levels).astype(np.uint8).reshape(height * 3 // 2, width)


def laid_over(picture: np.ndarray, patches: list[Patch]) -> np.ndarray:
    """uint8 RGB, a new picture with patches painted over it, no colour shared between its pixels."""
    painted = picture.astype(np.float32)
    for box, rgb, opaque in patches:
        below = painted[box.rows_columns]
        below += (rgb - below) * (1 if opaque is None else opaque[..., None])
    return np.rint(painted).astype(np.uint8)
