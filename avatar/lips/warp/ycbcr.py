"""Frames as H.264 has them: BT.709, limited range, the brightness of each pixel and one colour for four (4:2:0).

The head is drawn so from the beginning: half the bytes to move and to hand on, and FFmpeg has nothing to convert. What is
painted over it, lips and lids, is made in RGB and comes in here.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from avatar.lips.box import Box

# ITU-R BT.709-6: shares of light (3.2), and 219 steps from black to white, 224 of colour (4.6).
RED, BLUE = 0.2126, 0.0722
GREEN = 1 - RED - BLUE
MIDDLE = 128  # of the two colours: grey
RGB_TO_LUMA = np.array([[219 * RED / 255, 219 * GREEN / 255, 219 * BLUE / 255, 16]], np.float32)
RGB_TO_CHROMA = np.array(
    [
        [*(-112 / 255 / (1 - BLUE) * share for share in (RED, GREEN)), 112 / 255, MIDDLE],
        [112 / 255, *(-112 / 255 / (1 - RED) * share for share in (GREEN, BLUE)), MIDDLE],
    ],
    np.float32,
)


class Planes(NamedTuple):
    """Of one frame, uint8: luma (height, width), cb and cr (height / 2, width / 2) each."""

    luma: np.ndarray
    cb: np.ndarray
    cr: np.ndarray


class Patch(NamedTuple):
    """What is painted over a part of a frame. box: with even edges; rgb: float32 (height, width, 3), 0..255; opaque: float32
    (height, width), 0..1, None where it hides all."""

    box: Box
    rgb: np.ndarray
    opaque: np.ndarray | None = None


def planes(frame: np.ndarray) -> Planes:
    """Views of a frame: uint8 (height * 3 / 2, width), its three planes one after the other, which FFmpeg calls yuv420p."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    cb, cr = frame[height:].reshape(2, height // 2, width // 2)
    return Planes(frame[:height], cb, cr)


def luma(rgb: np.ndarray) -> np.ndarray:
    """(height, width, 3), uint8 or float32 -> float32 (height, width)."""
    return cv2.transform(rgb.astype(np.float32, copy=False), RGB_TO_LUMA)


def chroma(rgb: np.ndarray) -> np.ndarray:
    """(height, width, 3), uint8 or float32 -> float32 (height, width, cb and cr), around MIDDLE."""
    return cv2.transform(rgb.astype(np.float32, copy=False), RGB_TO_CHROMA)


def paint(frame: np.ndarray, patch: Patch) -> None:
    """Lay a patch over a frame; of four pixels, as many as hide what is below, that share of its colour."""
    box, rgb, opaque = patch
    half = Box(*(edge // 2 for edge in box))
    size = (half.width, half.height)
    below = planes(frame)
    drawn, rows_columns = luma(rgb), half.rows_columns
    if opaque is None:
        below.luma[box.rows_columns] = np.rint(drawn)
        coloured = chroma(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
        for plane, channel in ((below.cb, 0), (below.cr, 1)):
            plane[rows_columns] = np.rint(coloured[..., channel])
        return
    under = below.luma[box.rows_columns]
    under[:] = np.rint(under + (drawn - under) * opaque)
    covered = cv2.resize(opaque, size, interpolation=cv2.INTER_AREA)
    coloured = cv2.resize((chroma(rgb) - MIDDLE) * opaque[..., None], size, interpolation=cv2.INTER_AREA)
    for plane, channel in ((below.cb, 0), (below.cr, 1)):
        under = plane[rows_columns]
        under[:] = np.rint(MIDDLE + (under.astype(np.float32) - MIDDLE) * (1 - covered) + coloured[..., channel])
