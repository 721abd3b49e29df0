"""How well one curve follows another, how late it is, and whether that will do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

STEPS = 8  # lags between two frames that are tried
FARTHEST = 8  # frames of lag, either way
FEWEST = 12  # frames from which a correlation says anything

LEAST_R_INTENDED = 0.9  # the mouth against what it was asked to do
LEAST_R_SOUND = 0.6  # the mouth against the loudness of the sound
MOST_LAG_MS = 40  # one frame


class Match(NamedTuple):
    """Correlation at the lag where it is highest. r is -1 to 1; lag_ms > 0: the first curve comes later."""

    r: float | None  # None where it cannot be told: a curve is constant, or too short
    lag_ms: float | None

    def figures(self) -> dict[str, float | None]:
        """For a report."""
        rounded = None if self.r is None else round(self.r, 4)
        return {"r": rounded, "lag_ms": None if self.lag_ms is None else round(self.lag_ms, 1)}


def match(late: np.ndarray, early: np.ndarray, frame_rate: float) -> Match:
    """The best match of two curves, each (frames,), the shorter length counting; NaN is a missing value.

    Both are interpolated to STEPS points a frame, so that a lag is found finer than a frame. Missing values are
    interpolated as well; a curve that is half missing cannot be matched.
    """
    length = min(len(late), len(early))
    both = (_filled(np.asarray(curve[:length], np.float64)) for curve in (late, early))
    curves = [curve for curve in both if curve is not None]
    if length < FEWEST or len(curves) < 2:
        return Match(None, None)
    fine = np.arange((length - 1) * STEPS + 1) / STEPS
    late, early = (np.interp(fine, np.arange(length), curve) for curve in curves)
    farthest = min(FARTHEST, length // 3) * STEPS
    lags = range(-farthest, farthest + 1)
    scores = [
        _correlation(late[max(lag, 0) : len(late) + min(lag, 0)], early[max(-lag, 0) : len(early) - max(lag, 0)])
        for lag in lags
    ]
    best = int(np.argmax(scores))
    if not np.isfinite(scores[best]):
        return Match(None, None)
    return Match(float(scores[best]), lags[best] / STEPS / frame_rate * 1000)


def match_failures(found: Match, other: str, least_r: float) -> list[str]:
    """A sentence for every limit that the mouth misses when it follows another curve."""
    if found.r is None or found.lag_ms is None:
        return [f"the mouth cannot be compared with {other}: one of the two never changes"]
    failed = []
    if found.r < least_r:
        failed.append(f"the mouth follows {other} with a correlation of {found.r:.2f}, {least_r} is the least")
    if abs(found.lag_ms) > MOST_LAG_MS:
        way = "after" if found.lag_ms > 0 else "before"
        failed.append(f"the mouth moves {abs(found.lag_ms):.0f} ms {way} {other}, {MOST_LAG_MS} ms is the most")
    return failed


def _filled(curve: np.ndarray) -> np.ndarray | None:
    """The curve with its missing values interpolated; None when half of them or more are missing."""
    known = np.isfinite(curve)
    if known.sum() * 2 <= len(curve):
        return None
    return np.interp(np.arange(len(curve)), np.flatnonzero(known), curve[known])


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's r; -inf where a curve is constant, so that it is never the best."""
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / size) if size > 1e-12 else -np.inf
