"""How loud sound is, over time: one root mean square for all that ask, around each video frame or over all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.media.sound_file import FROM_ZERO_RATE, sound_from_zero

WINDOW_S = 0.05  # over which loudness is measured, around the middle of a frame
SILENT_DBFS = -60.0  # a video whose sound is quieter than this over its whole length has none
BLOCK = 16  # samples, 1 ms: a file's loudness is kept as one mean square for each, so that hours need little memory


def rms(squares: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Root mean square from first to before last, both int (frames,): float64 (frames,), 0 where nothing is there.

    squares: of the samples, or their means over equal stretches, (n,); what lies outside of them is cut off.
    """
    total = np.concatenate([[0.0], np.cumsum(squares, dtype=np.float64)])
    first, last = np.clip(first, 0, len(squares)), np.clip(last, 0, len(squares))
    return np.sqrt(np.maximum(total[last] - total[first], 0) / np.maximum(last - first, 1))


def rms_around(samples: np.ndarray, sample_rate: int, centres: np.ndarray) -> np.ndarray:
    """Root mean square of the samples (n,) in WINDOW_S around each centre, int (frames,): float64 (frames,)."""
    half = int(WINDOW_S * sample_rate / 2)
    return rms(samples.astype(np.float64) ** 2, centres - half, centres + half)


@dataclass(frozen=True)
class Loudness:
    """Of a file's sound, mixed to mono: its mean square for every millisecond, and its peak (1 is full)."""

    mean_squares: np.ndarray  # float64 (milliseconds,)
    peak: float
    seconds: float

    @property
    def rms_dbfs(self) -> float | None:
        """Loudness over the whole length in dB below full scale; None for digital silence."""
        return decibels(float(np.sqrt(self.mean_squares.mean()))) if self.mean_squares.size else None

    def envelope(self, frames: int, frame_rate: float, start_s: float = 0.0) -> np.ndarray:
        """RMS, float64 (frames,), in a window around the middle of each video frame; the first begins at start_s."""
        milliseconds = (start_s + (np.arange(frames) + 0.5) / frame_rate) * 1000
        first, last = (np.round(milliseconds + side * WINDOW_S * 500).astype(int) for side in (-1, 1))
        return rms(self.mean_squares, first, last)


def loudness_of(path: Path, *others: Callable[[np.ndarray], None]) -> Loudness:
    """Of the first sound stream of a file, from the file's time 0 on: a late start is silence. Memory stays flat.

    others: are given each second of the sound too, at FROM_ZERO_RATE. Raises InputError when FFmpeg cannot decode it.
    """
    blocks, count, peak = [], 0, 0.0
    for samples in sound_from_zero(path):
        for other in others:
            other(samples)
        count += len(samples)
        peak = max(peak, float(np.abs(samples).max(initial=0)))
        padded = np.pad(samples, (0, -len(samples) % BLOCK))
        blocks.append(np.square(padded).reshape(-1, BLOCK).mean(axis=1))
    if not count:
        raise InputError(f"{str(path)!r} has no sound that can be decoded; it has none, or is damaged or cut short.")
    return Loudness(np.concatenate(blocks), peak, count / FROM_ZERO_RATE)


def decibels(amplitude: float) -> float | None:
    """20 log10 of an amplitude (1 is full scale); None for 0."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else None
