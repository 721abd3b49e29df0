"""The sound as SyncNet hears it: mel-frequency cepstral coefficients, 100 rows a second.

SyncNet was trained on what python_speech_features 0.6 computes with its defaults, and these are its numbers to the
last digits. torchaudio and librosa cannot be asked for them: their filters are not rounded to bins of the spectrum, and
neither puts the energy in place of the first coefficient.
"""

from __future__ import annotations

import numpy as np

# The defaults of python_speech_features.mfcc.
SAMPLE_RATE = 16_000  # Hz
WINDOW, STEP = 400, 160  # samples: 25 ms, every 10 ms; the window is rectangular
SPECTRUM = 512  # points of the Fourier transform
FILTERS, COEFFICIENTS = 26, 13
PREEMPHASIS = 0.97
LIFTER = 22


def mfcc(samples: np.ndarray) -> np.ndarray:
    """float64 (steps, 13) of sound, int16 (n,) at 16 kHz; step i begins at sample 160 i, the last is filled with zeros.

    Column 0 is the logarithm of the window's energy, so the scale counts: full scale is 32768.
    """
    from scipy.fft import dct

    samples = samples.astype(np.float64)
    emphasised = np.append(samples[:1], samples[1:] - PREEMPHASIS * samples[:-1])
    steps = 1 + max(0, -(-(len(samples) - WINDOW) // STEP))
    padded = np.pad(emphasised, (0, (steps - 1) * STEP + WINDOW - len(samples)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP]
    power = np.square(np.abs(np.fft.rfft(windows, SPECTRUM))) / SPECTRUM
    cepstra = np.asarray(dct(_logarithm(power @ mel_filters().T), norm="ortho"))[:, :COEFFICIENTS]
    cepstra *= 1 + LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / LIFTER)
    cepstra[:, 0] = _logarithm(power.sum(axis=1))
    return cepstra


def mel_filters() -> np.ndarray:
    """float64 (26, 257): triangles over the bins of the spectrum, evenly spaced in mel, their corners on whole bins."""
    highest_mel = 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)
    corners_hz = 700 * (10 ** (np.linspace(0, highest_mel, FILTERS + 2) / 2595) - 1)
    corners = np.floor((SPECTRUM + 1) * corners_hz / SAMPLE_RATE)[:, None]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    bins = np.arange(SPECTRUM // 2 + 1)
    return np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle)).clip(0)


def _logarithm(power: np.ndarray) -> np.ndarray:
    """The natural logarithm; of 0, which silence is, that of the smallest step from 1."""
    return np.log(np.where(power == 0, np.finfo(float).eps, power))
