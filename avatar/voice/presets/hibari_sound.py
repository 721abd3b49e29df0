"""From what hibari's network says of each step of 12.5 ms to samples, by NumPy alone.

The spectrum of a step is the sum of three parts: pulses of the pitch with their magnitude and phase turned as the
network says, noise with its magnitude, and a free part with magnitude and phase of its own. hibari's own code takes
SciPy's FFT where that is installed and NumPy's where not, so that its bytes depend on the environment; these do not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SAMPLE_RATE = 24_000
STEP = 300  # samples
WINDOW_SIZE = 1200
BINS = WINDOW_SIZE // 2 + 1
LOWEST_HZ = 40.0  # of a pitch: below it a step is unvoiced
HIGHEST_HZ = 11_000.0  # of its harmonics
LOUDEST = 7.0  # the largest exponent


class Spectra(NamedTuple):
    """As the network gives them, float32 (BINS, steps), but pitch: (steps,).

    Magnitudes are logarithms; turn goes through tanh and is then a phase in half turns, free_phase is one in radians.
    """

    pulses: np.ndarray
    turn: np.ndarray
    noise: np.ndarray
    free: np.ndarray
    free_phase: np.ndarray
    pitch: np.ndarray


def samples_of(spectra: Spectra, generator: np.random.Generator) -> np.ndarray:
    """float32 (steps * STEP,). generator: draws the noise."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_SIZE) / WINDOW_SIZE)).astype(np.float32)
    steps = len(spectra.pitch)
    sum_of_parts = _frames_of(_pulses(spectra.pitch), window * np.float32(4 / WINDOW_SIZE))
    sum_of_parts *= _polar(spectra.pulses, np.float32(np.pi) * np.tanh(spectra.turn)).T
    pairs = generator.standard_normal((steps, BINS, 2), dtype=np.float32)
    sum_of_parts += pairs.view(np.complex64)[..., 0] * _magnitude(spectra.noise).T
    sum_of_parts += _polar(spectra.free, spectra.free_phase).T
    return _overlapped(np.fft.irfft(sum_of_parts, WINDOW_SIZE, axis=1), window)


def _magnitude(logarithm: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(logarithm, np.float32(LOUDEST)))


def _polar(logarithm: np.ndarray, phase: np.ndarray) -> np.ndarray:
    magnitude = _magnitude(logarithm)
    result = np.empty(phase.shape, np.complex64)
    result.real = magnitude * np.cos(phase)
    result.imag = magnitude * np.sin(phase)
    return result


def _pulses(pitch: np.ndarray) -> np.ndarray:
    """A cosine of each harmonic below HIGHEST_HZ at amplitude 1, silence where there is no pitch: float32 (samples,).

    The sum of n cosines is a closed formula: cos x + ... + cos nx = sin((n + 1/2) x) / (2 sin(x / 2)) - 1/2.
    """
    middles = (np.arange(len(pitch)) + 0.5) * STEP
    hertz = np.interp(np.arange(len(pitch) * STEP) + 0.5, middles, pitch)
    voiced = hertz > LOWEST_HZ
    hertz = np.maximum(hertz, LOWEST_HZ)
    phase = 2 * np.pi * np.modf(np.cumsum(hertz) / SAMPLE_RATE)[0]
    count = np.floor(HIGHEST_HZ / hertz)
    half_sine = np.sin(phase / 2)
    at_peak = np.abs(half_sine) < 1e-6
    ratio = np.sin((count + 0.5) * phase) / np.where(at_peak, 1.0, 2 * half_sine)
    return np.where(voiced, np.where(at_peak, count, ratio - 0.5), 0.0).astype(np.float32)


def _frames_of(samples: np.ndarray, window: np.ndarray) -> np.ndarray:
    """The spectra of windows around the beginning of every step, complex64 (steps, BINS); the sound is mirrored at its
    ends."""
    padded = np.pad(samples, WINDOW_SIZE // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SIZE)[::STEP][: len(samples) // STEP]
    return np.fft.rfft(frames * window, axis=1)


def _overlapped(frames: np.ndarray, window: np.ndarray) -> np.ndarray:
    """The sound whose windowed pieces these are, one every STEP samples, without the half window before the first."""
    parts = WINDOW_SIZE // STEP
    windowed = (frames * window).reshape(len(frames), parts, STEP)
    weight = np.square(window).reshape(parts, STEP)
    total = np.zeros((len(frames) + parts - 1, STEP), np.float32)
    weights = np.zeros_like(total)
    for part in range(parts):
        total[part : part + len(frames)] += windowed[:, part]
        weights[part : part + len(frames)] += weight[part]
    total /= np.maximum(weights, np.float32(1e-11))
    start = WINDOW_SIZE // 2
    return total.reshape(-1)[start : start + len(frames) * STEP]
