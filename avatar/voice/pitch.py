"""The median pitch of a voice, by autocorrelation."""

from __future__ import annotations

import numpy as np

LOWEST_HZ, HIGHEST_HZ = 60.0, 400.0  # of adult speech
FRAME_S = 0.050  # three periods of the lowest pitch
MOST_FRAMES = 1500  # spread over the recording: enough for a median, and bounds time and memory
VOICED = 0.6  # a normalised autocorrelation from which a frame counts as voiced
NEAR_BEST = 0.9  # the shortest period within this share of the best one is taken
LEAST_VOICED_FRAMES = 10


def median_f0_hz(samples: np.ndarray, sample_rate: int) -> float | None:
    """Median fundamental frequency of float (n,) mono speech, or None where too little of it is voiced.

    The autocorrelation of a windowed frame is divided by that of the window, so that its peaks do not sink with the lag
    (P. Boersma, "Accurate short-term analysis of the fundamental frequency ...", 1993). A periodic sound has equal
    peaks at every multiple of its period; the shortest lag close to the best guards against taking two periods for one.
    """
    length = round(FRAME_S * sample_rate)
    if len(samples) < length:
        return None
    count = min(MOST_FRAMES, 2 * len(samples) // length)
    starts = np.linspace(0, len(samples) - length, count).astype(int)
    powers = np.array([np.mean(np.square(samples[start : start + length])) for start in starts])
    loud = starts[powers > 0.1 * np.percentile(powers, 95)]  # the louder 10 dB: vowels
    pitches = [pitch for start in loud if (pitch := _frame_f0_hz(samples[start : start + length], sample_rate))]
    return float(np.median(pitches)) if len(pitches) >= LEAST_VOICED_FRAMES else None


def _frame_f0_hz(frame: np.ndarray, sample_rate: int) -> float | None:
    window = np.hanning(len(frame))
    if np.ptp(frame) == 0:  # nothing sounds in it
        return None
    correlation = _autocorrelation((frame - frame.mean()) * window) / _autocorrelation(window)
    shortest, longest = int(sample_rate / HIGHEST_HZ), int(sample_rate / LOWEST_HZ)
    part = correlation[shortest - 1 : longest + 2] / correlation[0]
    is_peak = (part[1:-1] >= part[:-2]) & (part[1:-1] > part[2:])
    peaks = np.flatnonzero(is_peak & (part[1:-1] > VOICED)) + 1
    if not len(peaks):
        return None
    first = peaks[part[peaks] >= NEAR_BEST * part[peaks].max()][0]
    return sample_rate / (shortest - 1 + int(first))


def _autocorrelation(signal: np.ndarray) -> np.ndarray:
    """Of (n,), for lags 0..n-1."""
    spectrum = np.fft.rfft(signal, 2 * len(signal))
    return np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[: len(signal)]
