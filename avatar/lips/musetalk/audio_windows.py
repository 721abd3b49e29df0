"""Which steps of sound a video frame hears: pure arithmetic, exact for every frame rate.

Whisper's encoder gives 50 steps a second. A frame hears 10 of them, 2 frames of the trained 25 a second to each side:
steps [s - 4, s + 6) with s = floor(frame * 50 / frame rate). Steps outside the sound are zeros, as in training.

Upstream counts with the frame rate cut to a whole number and pads the left by a number of steps that depends on it.
Its mouth then runs ahead of the sound by 33 ms a second at 29.97 frames/s, and lags 40 ms at 24. Here the rate is a
fraction and the window is the same at every rate; at 25 frames/s both agree.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

SAMPLE_RATE = 16_000  # Hz, of Whisper
STEPS_PER_S = 50  # of its encoder: 100 mel frames a second, halved by the second convolution
SAMPLES_PER_STEP = SAMPLE_RATE // STEPS_PER_S
STEPS_BEFORE, STEPS_AFTER = 4, 6  # of a frame's own step; together the window
WINDOW_STEPS = STEPS_BEFORE + STEPS_AFTER


def step_count(sample_count: int) -> int:
    """Encoder steps in so many samples at SAMPLE_RATE; what is less than a step long does not count."""
    return sample_count // SAMPLES_PER_STEP


def window(frame: int, frame_rate: Fraction) -> tuple[int, int]:
    """The first step that a frame hears and the one after its last; may lie outside the sound."""
    step = frame * STEPS_PER_S * frame_rate.denominator // frame_rate.numerator
    return step - STEPS_BEFORE, step + STEPS_AFTER


def positions(tokens: int, width: int) -> np.ndarray:
    """The sinusoidal positions added to a frame's tokens: float32 (tokens, width), width even.

    Even columns 2j hold sin(p / 10000^(2j / width)), odd ones the cosine of the same (Vaswani et al. 2017, 3.5).
    """
    position = np.arange(tokens, dtype=np.float64)[:, None]
    angles = position * 10000.0 ** (-np.arange(0, width, 2, dtype=np.float64) / width)
    table = np.empty((tokens, width), np.float32)
    table[:, 0::2], table[:, 1::2] = np.sin(angles), np.cos(angles)
    return table
