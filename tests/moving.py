"""A small video whose brightness tells its frames, for backgrounds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.media.ffmpeg import encode_frames

FRAMES = 8
RATE = Fraction(25)


def moving_video(path: Path, size: tuple[int, int] = (320, 240), rate: Fraction = RATE, frames: int = FRAMES) -> Path:
    """Its brightness says which frame it is; left and right of its middle 16:9 it is red, above and below green."""
    width, height = size
    across, down = min(width, height * 16 // 9), min(height, width * 9 // 16)
    given = []
    for number in range(frames):
        frame = np.full((height, width, 3), 40 + 20 * number, np.uint8)
        frame[:, : (width - across) // 2] = frame[:, (width + across) // 2 :] = (255, 0, 0)
        frame[: (height - down) // 2] = frame[(height + down) // 2 :] = (0, 255, 0)
        given.append(frame)
    encode_frames(given, width, height, rate, path)
    return path
