"""The mouth from the sound alone, for speech that comes without the times of its phones.

Loudness follows the jaw well and says little about the lips: it opens the mouth at vowels but does not see a closure
that is as short as a "b". Where there are phones, avatar/lips/warp/visemes.py is better.
"""

from __future__ import annotations

import numpy as np

from avatar.limits import FRAME_RATE
from avatar.media.loudness import rms_around

SPECTRUM_S = 0.04
FRAMES_AT_ONCE = 256  # spectra held at a time, so that memory does not grow with the length
# Hz: hum and pitch, jaw (first formant), lips (second formant), hiss
BANDS = ((80, 300), (300, 1000), (1000, 3000), (4000, 8000))
LOUD_PERCENTILE = 92
LEAST_OPENING = 0.12  # below this it is breath or room noise
# The floor of a recording is what its quietest frames hold. A frame of noise is at times louder than that, in a band more
# so than in the whole: what is below these multiples of the floor is noise. It is never taken for more than a share of
# the loud level, for speech without a pause has no frame of noise alone.
FLOOR_PERCENTILE = 5
FLOOR_TIMES, BAND_FLOOR_TIMES = 1.5, 4.0  # of amplitude; of energy
MOST_FLOOR = 0.25  # of the loud level's amplitude


def loudness_envelope(
    samples: np.ndarray, sample_rate: int, frame_rate: float = FRAME_RATE, frame_count: int | None = None
) -> np.ndarray:
    """Root mean square of the samples around the middle of each frame: float32 (frames,), 0 after their end."""
    centres = _frame_centres(len(samples), sample_rate, frame_rate, frame_count)
    return rms_around(samples, sample_rate, centres).astype(np.float32)


def relative_loudness(envelope: np.ndarray) -> np.ndarray:
    """The envelope as a share of the recording's own loud level, 0..1.15, slightly smoothed: float32 (frames,).

    It is 0 where the recording has noise alone.
    """
    loud = np.percentile(envelope, 90) if len(envelope) else 0.0
    noise = FLOOR_TIMES * min(float(_floor(envelope)), MOST_FLOOR * loud)
    envelope = np.sqrt(np.maximum(envelope.astype(np.float64) ** 2 - noise**2, 0))
    audible = envelope[envelope > 1e-3]
    if len(audible) == 0:
        return np.zeros_like(envelope)
    return _smoothed(np.clip(envelope / np.percentile(audible, 90), 0, 1.15)).astype(np.float32)


def mouth_curves_from_sound(
    samples: np.ndarray, sample_rate: int, frame_rate: float = FRAME_RATE, frame_count: int | None = None
) -> np.ndarray:
    """The pose of the mouth at the middle of each frame, as `mouth_curves` gives it: float32 (frames, 4).

    Opening follows the energy of the first two formants and is held back where hiss prevails (s, sh, f); width follows
    their balance, as spread vowels have a strong second formant.
    """
    centres = _frame_centres(len(samples), sample_rate, frame_rate, frame_count)
    energy = _band_energy(samples, sample_rate, centres)
    loud = np.percentile(energy, LOUD_PERCENTILE, axis=0) if len(energy) else np.zeros(len(BANDS))
    energy = np.maximum(energy - BAND_FLOOR_TIMES * np.minimum(_floor(energy), MOST_FLOOR**2 * loud), 0)
    level = np.sqrt(energy[:, 1] + energy[:, 2])
    loud = np.percentile(level, LOUD_PERCENTILE) + 1e-9
    hiss = energy[:, 3] / (energy.sum(axis=1) + 1e-9)
    opening = np.clip(level / loud, 0, 1.2) ** 0.7 * (1 - np.clip(1.5 * hiss, 0, 1))
    opening[(opening < LEAST_OPENING) | (level < 1e-4)] = 0

    balance = np.log((energy[:, 2] + 1e-6) / (energy[:, 1] + 1e-6))
    voiced = level > 0.1 * loud
    usual = np.median(balance[voiced]) if voiced.any() else 0.0
    width = np.where(voiced, np.clip((balance - usual) / 4, -0.8, 0.8), 0) * np.clip(level / loud, 0, 1)
    curves = [0.85 * opening, width, 0.12 * opening, np.zeros_like(opening)]
    return np.stack([_smoothed(curve) for curve in curves], axis=1).astype(np.float32)


def _floor(levels: np.ndarray) -> np.ndarray:
    """Of (frames, ...): what the quietest frames hold; silence that was added at the end does not count."""
    sounding = np.flatnonzero(levels if levels.ndim == 1 else levels.any(axis=1))
    if not len(sounding):
        return np.zeros(levels.shape[1:])
    return np.percentile(levels[: sounding[-1] + 1], FLOOR_PERCENTILE, axis=0)


def _frame_centres(sample_count: int, sample_rate: int, frame_rate: float, frame_count: int | None) -> np.ndarray:
    """The sample in the middle of each frame."""
    if frame_count is None:
        frame_count = round(sample_count / sample_rate * frame_rate)
    return ((np.arange(frame_count) + 0.5) / frame_rate * sample_rate).astype(np.int64)


def _band_energy(samples: np.ndarray, sample_rate: int, centres: np.ndarray) -> np.ndarray:
    """Energy in each band around each centre: float64 (frames, bands)."""
    size = 1 << int(np.ceil(np.log2(SPECTRUM_S * sample_rate)))
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    inside = np.array([(frequency > low) & (frequency < high) for low, high in BANDS], np.float64)
    last = int(centres[-1]) if len(centres) else 0
    padded = np.pad(samples.astype(np.float32), (size // 2, max(last + size - len(samples), size)))
    energy = np.zeros((len(centres), len(BANDS)))
    for first in range(0, len(centres), FRAMES_AT_ONCE):
        some = slice(first, first + FRAMES_AT_ONCE)
        pieces = padded[centres[some, None] + np.arange(size)] * np.hanning(size)
        energy[some] = np.abs(np.fft.rfft(pieces, axis=1)) ** 2 @ inside.T
    return energy


def _smoothed(curve: np.ndarray) -> np.ndarray:
    return np.convolve(np.pad(curve, 1, mode="edge"), [0.25, 0.5, 0.25], "valid") if len(curve) else curve
