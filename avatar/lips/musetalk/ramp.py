"""Cross-fades from yes and no: what switches from frame to frame is eased over a few frames."""

from __future__ import annotations

import numpy as np

FADE_FRAMES = 4


def ramp(flags: np.ndarray) -> np.ndarray:
    """0 where a flag is false, rising with the distance to the nearest false one, 1 from FADE_FRAMES + 1 frames on.

    flags: bool (n,). Returns float32 (n,); all ones when no flag is false.
    """
    n = len(flags)
    distance = np.full(n, FADE_FRAMES + 1.0)
    for false_at in np.flatnonzero(~flags):
        near = slice(max(false_at - FADE_FRAMES, 0), false_at + FADE_FRAMES + 1)
        distance[near] = np.minimum(distance[near], np.abs(np.arange(n)[near] - false_at))
    return (distance / (FADE_FRAMES + 1)).astype(np.float32)
