"""A head that has not moved."""

from __future__ import annotations

import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.sampling import Movement, Positions


def no_movement(width: int, height: int) -> Movement:
    return Movement(*np.zeros((2, height, width), np.float32))


def still_positions(width: int, height: int) -> Positions:
    """Every pixel read at its own place."""
    return no_movement(width, height).read_at(Box(0, 0, width, height))
