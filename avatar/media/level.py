"""All speech at one loudness: gain, and a limiter for the few peaks that stand in its way.

-19 LUFS on one channel sounds like -16 LUFS on two, which is what spoken programmes on the web are made to (AES TD1008:
-18 to -16). Peaks stay below -1 dB true peak (EBU R 128), with room for what AAC adds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.media.lufs import metered, true_peaks

TARGET_LUFS = -19.0  # of one channel
MOST_TRUE_PEAK_DB = -1.0  # of a finished file
CEILING_DB = -1.3  # of samples: AAC at 128 kbit/s added 0.1 dB at most to the peaks of fifteen speeches
MOST_LIMITED_DB = 6.0  # a sound whose peaks stand higher stays quieter
TOLD_DB = 3.0  # users are told of a change by more than that
CLOSE_DB = 0.1  # what is so close is there
ROUNDS = 3  # the limiter takes a little loudness away, the gain gives it back
STRETCHES = 1000  # a second: the limiter has one gain for each, and goes in a line from one to the next
HELD, EASED = 20, 20  # stretches before and after a peak in which its gain holds, and over which it comes and goes


@dataclass(frozen=True)
class Level:
    """How a sound comes to TARGET_LUFS. lufs: its own loudness; gain_db: less than is missing where peaks stand too high;
    peaks: the true peak of each stretch of `length` samples."""

    lufs: float
    gain_db: float
    most_gain_db: float
    peaks: np.ndarray
    length: int

    def note(self) -> str | None:
        """For who gave the sound; None where it hardly changes."""
        short_db = TARGET_LUFS - self.lufs - self.gain_db
        if short_db > TOLD_DB:
            return (
                f"the recording is {self.lufs:.0f} LUFS loud and becomes {self.lufs + self.gain_db:.0f}, not "
                f"{TARGET_LUFS:g} as other speech; its loudest peaks stand in the way, cut them out or record it again"
            )
        if abs(self.gain_db) > TOLD_DB:
            way = "raised" if self.gain_db > 0 else "lowered"
            return f"the recording was {way} by {abs(self.gain_db):.0f} dB, to the loudness of all speech"
        return None


def level_of(samples: np.ndarray, sample_rate: int) -> Level | None:
    """How float32 (n,) comes to TARGET_LUFS; None for digital silence.

    The gates are those of the louder sound: what is so quiet that the absolute gate would shut out most of it is heard.
    """
    meter = metered(samples, sample_rate)
    highest = float(meter.frames.max(initial=0))
    if highest <= 0:
        return None
    gain_db = TARGET_LUFS - 10 * float(np.log10(highest))
    reached = meter.loudness(gain_db)
    assert reached is not None  # the loudest frame is at TARGET_LUFS
    length = max(sample_rate // STRETCHES, 1)
    peaks = true_peaks(samples, sample_rate, length)
    most_gain_db = CEILING_DB + MOST_LIMITED_DB - _decibels(peaks.max())
    lufs, wanted_db = reached - gain_db, gain_db + TARGET_LUFS - reached
    return Level(lufs, min(wanted_db, most_gain_db), most_gain_db, peaks, length)


def levelled(samples: np.ndarray, sample_rate: int, level: Level | None = None) -> np.ndarray:
    """float32 (n,) at TARGET_LUFS, its true peaks below CEILING_DB, by a gain and at most MOST_LIMITED_DB of limiting.

    level: of these samples, where it is known already.
    """
    level = level or level_of(samples, sample_rate)
    if level is None:
        return samples
    louder, gain_db = samples, level.gain_db
    for _ in range(ROUNDS):
        gains = limiter(level.peaks, round(gain_db, 2))  # the last digits of sums differ between processors
        louder = with_gains(samples, gains, level.length)
        if gains.min() == gains.max() or gain_db >= level.most_gain_db:
            break
        reached = metered(louder, sample_rate).loudness()
        if reached is None or TARGET_LUFS - reached < CLOSE_DB:
            break
        gain_db = min(gain_db + TARGET_LUFS - reached, level.most_gain_db)
    return louder


def scaled(samples: np.ndarray, level: Level | None) -> np.ndarray:
    """The same by the gain alone, as far as the highest sample allows: what a mouth is to follow."""
    if level is None:
        return samples
    gain_db = min(level.gain_db, -_decibels(float(np.abs(samples).max())))
    return samples * np.float32(10 ** (np.floor(gain_db * 100) / 2000))


def limiter(peaks: np.ndarray, gain_db: float) -> np.ndarray:
    """A gain for each stretch, float64 (n,): that of gain_db, and around peaks that would pass CEILING_DB as much less.

    peaks: the highest of each stretch. What a peak needs is held around it and eased over a Hann window, so that no gain between two
    stretches is higher than either needs.
    """
    gain = 10 ** (gain_db / 20)
    needed = np.minimum(1, 10 ** (CEILING_DB / 20) / np.maximum(peaks.astype(np.float64) * gain, 1e-9))
    if needed.min() == 1:
        return np.full(len(peaks), gain)
    reach = HELD + EASED + 1
    held = np.pad(needed, reach, constant_values=1.0)
    held = np.lib.stride_tricks.sliding_window_view(held, 2 * reach + 1).min(axis=1)
    window = np.hanning(2 * EASED + 3)[1:-1]
    return gain * np.convolve(np.pad(held, EASED, mode="edge"), window / window.sum(), "valid")


def with_gains(samples: np.ndarray, gains: np.ndarray, length: int) -> np.ndarray:
    """The samples, each stretch of `length` by its gain in the middle and by a line in between: float32 (n,)."""
    result = np.empty(len(samples), np.float32)
    middles = (np.arange(len(gains)) + 0.5) * length
    step = STRETCHES * length
    for first in range(0, len(samples), step):
        some = slice(first, first + step)
        part = samples[some]
        result[some] = part * np.interp(np.arange(first, first + len(part)), middles, gains)
    return result


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, 1e-9)))
