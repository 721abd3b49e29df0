"""What a living head does besides speaking: it blinks and is never quite still. Seeded, so that it can be repeated."""

from __future__ import annotations

import numpy as np

from avatar.lips.warp.geometry import smoothstep

LID_DOWN_S, LID_HOLD_S, LID_UP_S = 0.08, 0.04, 0.14  # a blink takes about a quarter of a second
FIRST_BLINK_S = (0.8, 1.6)
BETWEEN_BLINKS_S = (2.2, 4.2)  # people who speak blink 15 to 25 times a minute

# Slow sines that never come back to the same place together: (Hz, amplitude) per column of the sway.
SWAY = (
    (0.17, 2.2),  # shift in x, pixels
    (0.21, 1.6),  # shift in y, pixels
    (0.13, 0.010),  # roll, radians
    (0.19, 0.025),  # turn, pixels per pixel of depth
    (0.23, 0.015),  # nod, pixels per pixel of depth
)
OVERTONES = np.array([1.0, 1.7, 2.3])  # each at 1/overtone of the amplitude
# Loud phrases push the head slightly down and forward.
EMPHASIS_S = 0.68
EMPHASIS_Y_PX, EMPHASIS_NOD = 2.2, 0.02


def plan_blinks(frame_count: int, frame_rate: float, seed: int) -> np.ndarray:
    """How far the lids are down at each frame: float32 (frames,), 0 open .. 1 closed. None is cut off by the end."""
    random = np.random.default_rng([seed, 1])
    time = np.arange(frame_count) / frame_rate
    blink = np.zeros(frame_count)
    start = random.uniform(*FIRST_BLINK_S)
    while start < frame_count / frame_rate - 0.4:
        since = time - start
        down = smoothstep(since / LID_DOWN_S)
        up = smoothstep((since - LID_DOWN_S - LID_HOLD_S) / LID_UP_S)
        blink = np.maximum(blink, down - up)
        start += random.uniform(*BETWEEN_BLINKS_S)
    return blink.astype(np.float32)


def plan_sway(loudness: np.ndarray, frame_rate: float, seed: int) -> np.ndarray:
    """The head's slow movement, with a slight nod at loud phrases: float32 (frames, 5), columns as in SWAY."""
    random = np.random.default_rng([seed, 2])
    time = np.arange(len(loudness)) / frame_rate
    sway = np.zeros((len(loudness), len(SWAY)))
    for column, (hertz, amplitude) in enumerate(SWAY):
        phases = random.uniform(0, 2 * np.pi, len(OVERTONES))
        waves = np.sin(2 * np.pi * hertz * OVERTONES * time[:, None] + phases) / OVERTONES
        sway[:, column] = amplitude / 1.8 * waves.sum(axis=1)
    if len(loudness):
        emphasis = _emphasis(loudness, frame_rate)
        sway[:, 1] += EMPHASIS_Y_PX * emphasis
        sway[:, 4] += EMPHASIS_NOD * emphasis
    return sway.astype(np.float32)


def _emphasis(loudness: np.ndarray, frame_rate: float) -> np.ndarray:
    """Loudness over whole phrases, as a share of the loudest, around its own mean."""
    half = max(int(EMPHASIS_S * frame_rate / 2), 1)
    kernel = np.hanning(2 * half + 1)
    relative = loudness / max(float(loudness.max()), 1e-9)
    smooth = np.convolve(np.pad(relative, half, mode="edge"), kernel / kernel.sum(), "valid")
    return smooth - smooth.mean()
