"""Where nobody speaks: there the network's mouth would go on moving, or hang open at the end of a sentence."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from avatar.lips.musetalk.audio_windows import SAMPLE_RATE
from avatar.lips.musetalk.ramp import ramp
from avatar.media.loudness import rms_around

AUDIBLE = 1e-3  # root mean square, -60 dB of full scale: below this nothing counts as speech
LOUD_PERCENTILE = 90
BEGINS_DB, ENDS_DB = -30.0, -40.0  # of the loud level: speech begins above the first and lasts until below the second
LEAST_SILENCE_S = 0.3  # a shorter one is part of speech: the closure of a "p" lasts 0.05 to 0.15 s


def talking(samples: np.ndarray, frame_rate: Fraction, frame_count: int) -> np.ndarray:
    """How much each frame belongs to speech: float32 (frame_count,), 1 while somebody speaks, fading to 0 in silence.

    samples: float32 (n,) at SAMPLE_RATE. The fades lie in the silence: the ends of speech are never touched.
    """
    level = loudness(samples, frame_rate, frame_count)
    return 1 - ramp(~_speaking(level, round(LEAST_SILENCE_S * frame_rate)))


def loudness(samples: np.ndarray, frame_rate: Fraction, frame_count: int) -> np.ndarray:
    """Root mean square around the middle of each frame, 0 where the sound has ended: float64 (frame_count,)."""
    centres = [int((2 * frame + 1) * SAMPLE_RATE / (2 * frame_rate)) for frame in range(frame_count)]
    return rms_around(samples, SAMPLE_RATE, np.array(centres, int))


def _speaking(level: np.ndarray, least_silence: int) -> np.ndarray:
    """bool (n,): speech by two thresholds (hysteresis), with silences of fewer than least_silence frames filled."""
    speaking = np.zeros(len(level), bool)
    audible = level[level > AUDIBLE]
    if not len(audible):
        return speaking
    loud = np.percentile(audible, LOUD_PERCENTILE)
    begins, ends = (max(loud * 10 ** (decibel / 20), AUDIBLE) for decibel in (BEGINS_DB, ENDS_DB))
    now = False
    for frame, value in enumerate(level):
        now = value > (ends if now else begins)
        speaking[frame] = now
    return _fill_short_gaps(speaking, least_silence)


def _fill_short_gaps(speaking: np.ndarray, least: int) -> np.ndarray:
    """Gaps between two stretches of speech that are shorter than `least` become speech."""
    filled = speaking.copy()
    spoken = np.flatnonzero(speaking)
    for before, after in zip(spoken, spoken[1:]):
        if 1 < after - before <= least:
            filled[before:after] = True
    return filled
