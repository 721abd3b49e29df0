"""Where speech is stressed and where its phrases begin, by its loudness alone, so that any speech has both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SMOOTHING_S = 0.06  # sigma: syllables are told apart, single pulses of a voice are not
APART_S = 0.42  # of two peaks nearer than this the louder one is the stressed one
LEAST_PEAK = 0.45  # of the loudest
SILENT = 0.12  # relative loudness below which nobody speaks
LEAST_PAUSE_S = 0.18  # a silence as long as this parts two phrases
LONGEST_PHRASE_S = 2.4  # a longer one counts as several


class Stress(NamedTuple):
    """A stressed syllable: its middle, and how strong it is, 0..1."""

    at_s: float
    strength: float


def stresses(loudness: np.ndarray, frame_rate: float) -> list[Stress]:
    """loudness: float (frames,), relative; in order of time."""
    if not len(loudness) or loudness.max() <= 0:
        return []
    smooth = _smoothed(loudness, SMOOTHING_S * frame_rate)
    rises = np.diff(smooth, prepend=-1) > 0
    falls = np.diff(smooth, append=-1) <= 0
    loudest = float(smooth.max())
    peaks = [int(frame) for frame in np.flatnonzero(rises & falls) if smooth[frame] >= LEAST_PEAK * loudest]
    kept: list[int] = []
    for frame in sorted(peaks, key=lambda frame: (-smooth[frame], frame)):
        if all(abs(frame - other) >= APART_S * frame_rate for other in kept):
            kept.append(frame)
    return [Stress((frame + 0.5) / frame_rate, float(smooth[frame]) / loudest) for frame in sorted(kept)]


def phrase_starts(loudness: np.ndarray, frame_rate: float) -> list[float]:
    """In seconds: each first sound after a pause, and in between where a phrase is long."""
    starts: list[float] = []
    silent_frames = LEAST_PAUSE_S * frame_rate
    quiet = silent_frames  # the time before the first frame counts as a pause
    for frame, level in enumerate(loudness):
        if level < SILENT:
            quiet += 1
            continue
        if quiet >= silent_frames or frame / frame_rate - starts[-1] > LONGEST_PHRASE_S:
            starts.append(frame / frame_rate)
        quiet = 0
    return starts


def _smoothed(values: np.ndarray, sigma: float) -> np.ndarray:
    half = max(round(3 * sigma), 1)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / max(sigma, 0.1)) ** 2)
    return np.convolve(np.pad(values, half, mode="edge"), kernel / kernel.sum(), "valid")
