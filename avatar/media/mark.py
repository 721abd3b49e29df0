"""The small visible mark of a synthetic video, which FFmpeg lays over each frame."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

OPACITY = 0.75


class Letters(NamedTuple):
    """Of a mark: its place in the frame, and what its letters and their dark edge cover there, uint8 each."""

    corner: tuple[slice, slice]
    edge: np.ndarray
    letters: np.ndarray


def layer(width: int, height: int, text: str) -> np.ndarray:
    """`text` as a picture to lay into the frame's lower left corner: uint8 RGBA, no larger than it has to be.

    White with a dark edge, so that it reads on any picture.
    """
    (rows, columns), edge, letters = drawn(width, height, text)
    made = np.zeros((height - rows.start, columns.stop, 4), np.uint8)
    covered = np.maximum(edge, letters)
    part = made[: rows.stop - rows.start, columns]
    part[..., :3] = (letters * 255.0 / np.maximum(covered, 1))[..., None]
    part[..., 3] = covered * OPACITY
    return made


def drawn(width: int, height: int, text: str) -> Letters:
    """The mark of a frame of this size: as large as in a square of its short side."""
    short = min(width, height)
    scale = short / 512 * 0.45
    thickness = max(1, round(short / 512))
    (text_width, text_height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    margin = max(2, round(short / 64))
    top = height - margin - text_height - baseline
    corner = (slice(top, height - margin + 2), slice(margin, min(width, margin + text_width + 4)))
    shape = (corner[0].stop - corner[0].start, corner[1].stop - corner[1].start)
    edge, letters = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for picture, thick in ((edge, thickness + 2), (letters, thickness)):
        cv2.putText(picture, text, (2, text_height + 1), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
    return Letters(corner, edge, letters)
