"""How loud speech sounds: integrated loudness and true peak of one channel, by ITU-R BS.1770-4 and EBU Tech 3341.

Sound passes through as seconds, and one number stays for each fiftieth of a second. One channel counts once: the same sound
on both channels of a stereo file is 3 LU louder.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

# K-weighting as analogue filters, from which BS.1770-4's table for 48 kHz follows by the bilinear transform, and those for
# other rates: a shelf for what the head adds (Hz, Q, dB), and a high pass (Hz, Q).
SHELF_HZ, SHELF_Q, SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
OFFSET = -0.691  # LU: what K-weighting adds at 997 Hz is taken off again
FRAMES = 50  # a second, each with its mean square
BLOCK, STEP = 20, 5  # frames: a gating block is 0.4 s long, and one begins every 0.1 s
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS, and LU below what the first gate leaves
# Below it there are too few blocks, and most hold silence too: then the root mean square from the first sound to the last.
SHORT_S, SHORT_GATE = 3.0, -25.0  # LU below the loudest frame
SETTLED_S = 0.1  # after which nothing is left of what the filters heard: 200 dB less

OVERSAMPLED = 4  # for true peaks; BS.1770-4 asks for four times at 48 kHz
HALF_TAPS = 8  # samples at each side that a value in between is made of


class Meter:
    """Takes sound second by second, only the last block may be shorter: float (n,), 1 is full scale."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._before = np.zeros(round(SETTLED_S * sample_rate))
        self._sums: list[np.ndarray] = []
        self._count = 0

    def add(self, second: np.ndarray) -> None:
        heard = np.concatenate([self._before, second])
        # The filter's end wraps round to the beginning, which is thrown away.
        weighted = np.fft.irfft(np.fft.rfft(heard) * _k_weighting(len(heard), self.sample_rate), len(heard))
        bounds = np.round(np.arange(FRAMES) * self.sample_rate / FRAMES).astype(int)
        square = np.square(weighted[len(self._before) :])
        self._sums.append(np.add.reduceat(square, bounds[bounds < len(second)]))
        self._before = heard[len(heard) - len(self._before) :]
        self._count += len(second)

    @property
    def frames(self) -> np.ndarray:
        """K-weighted mean square of each frame, float64 (n,); the last one may have been cut off."""
        return np.concatenate(self._sums or [np.zeros(0)]) / (self.sample_rate / FRAMES)

    def loudness(self, gain_db: float = 0.0) -> float | None:
        """LUFS of all that was added, by that much louder; None where nothing passes the gates."""
        frames = self.frames * 10 ** (gain_db / 10)
        if self._count < SHORT_S * self.sample_rate:
            return _of_short(frames)
        whole = frames[: self._count * FRAMES // self.sample_rate]
        return _gated(np.convolve(whole, np.full(BLOCK, 1 / BLOCK), "valid")[::STEP])


def _of_short(energy: np.ndarray) -> float | None:
    lufs = _lufs(energy)
    heard = np.flatnonzero(lufs > max(ABSOLUTE_GATE, lufs.max(initial=ABSOLUTE_GATE) + SHORT_GATE))
    return float(_lufs(energy[heard[0] : heard[-1] + 1].mean())) if len(heard) else None


def _gated(energy: np.ndarray) -> float | None:
    loud = energy[_lufs(energy) > ABSOLUTE_GATE]
    if not len(loud):
        return None
    loud = loud[_lufs(loud) > _lufs(loud.mean()) + RELATIVE_GATE]
    return float(_lufs(loud.mean()))


def _lufs(energy: np.ndarray) -> np.ndarray:
    return OFFSET + 10 * np.log10(np.maximum(energy, 1e-20))


@lru_cache(maxsize=4)
def _k_weighting(length: int, sample_rate: int) -> np.ndarray:
    """What both filters do to each frequency of a spectrum of `length` samples: complex (length // 2 + 1,)."""
    backward = np.exp(-2j * np.pi * np.fft.rfftfreq(length))  # a delay of one sample
    warped = np.tan(np.pi * SHELF_HZ / sample_rate)
    high = 10 ** (SHELF_DB / 20)
    band = high**0.4996667741545416
    above = (high, band * warped / SHELF_Q, warped**2)
    below = (1.0, warped / SHELF_Q, warped**2)
    shelf = _biquad(above, backward) / _biquad(below, backward)
    warped = np.tan(np.pi * HIGH_PASS_HZ / sample_rate)
    below = (1.0, warped / HIGH_PASS_Q, warped**2)
    # The table's high pass has the numerator 1 -2 1, without the factor that would make its top exactly 1.
    return shelf * (1 - backward) ** 2 * (1 + warped / HIGH_PASS_Q + warped**2) / _biquad(below, backward)


def _biquad(analogue: tuple[float, float, float], backward: np.ndarray) -> np.ndarray:
    """a s² + b s + c by the bilinear transform, s = (1 - z⁻¹) / (1 + z⁻¹), times (1 + z⁻¹)²."""
    square, linear, constant = analogue
    down, up = 1 - backward, 1 + backward
    return square * down**2 + linear * down * up + constant * up**2


def loudness(samples: np.ndarray, sample_rate: int) -> float | None:
    """LUFS of float (n,); None where nothing passes the gates."""
    return metered(samples, sample_rate).loudness()


def metered(samples: np.ndarray, sample_rate: int) -> Meter:
    meter = Meter(sample_rate)
    for first in range(0, len(samples), sample_rate):
        meter.add(samples[first : first + sample_rate])
    return meter


def true_peaks(samples: np.ndarray, sample_rate: int, length: int) -> np.ndarray:
    """The highest value in and between the samples of each stretch of `length` samples, float32 (stretches,)."""
    padded = np.pad(samples.astype(np.float32, copy=False), (HALF_TAPS, HALF_TAPS + -len(samples) % length))
    found = []
    step = max(sample_rate // length, 1) * length
    for first in range(0, len(padded) - 2 * HALF_TAPS, step):
        part = padded[first : first + step + 2 * HALF_TAPS]
        highest, count = np.abs(part[HALF_TAPS:-HALF_TAPS]), len(part) - 2 * HALF_TAPS
        for taps in _between():
            value = sum(tap * part[place : place + count] for place, tap in enumerate(taps, start=1))
            np.maximum(highest, np.abs(value), out=highest)
        found.append(highest.reshape(-1, length).max(axis=1))
    return np.concatenate(found or [np.zeros(0, np.float32)])


@lru_cache(maxsize=1)
def _between() -> list[np.ndarray]:
    """The filters that give the values at 1/4, 2/4 and 3/4 of the way from one sample to the next: sinc under a window."""
    found = []
    for part in range(1, OVERSAMPLED):
        distance = np.arange(-HALF_TAPS + 1, HALF_TAPS + 1) - part / OVERSAMPLED
        taps = np.sinc(distance) * np.cos(np.pi * distance / (2 * HALF_TAPS)) ** 2
        found.append((taps / taps.sum()).astype(np.float32))
    return found
