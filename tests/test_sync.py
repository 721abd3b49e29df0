"""How two curves are compared: the lag at which they agree best, and when that cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from avatar.quality.sync import FARTHEST, match

RATE = 25
CURVE = np.random.default_rng(5).uniform(0, 1, 80)


def late_by(frames: int, length: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """A curve that comes so many frames after the other, both cut from one that is longer."""
    return CURVE[10 - frames : 10 - frames + length], CURVE[10 : 10 + length]


@pytest.mark.parametrize("frames", [-FARTHEST, -7, -1, 0, 1, 7, FARTHEST])
def test_a_lag_of_up_to_eight_frames_is_found(frames):
    found = match(*late_by(frames), RATE)
    assert found.r == pytest.approx(1) and found.lag_ms == frames * 40


def test_a_lag_beyond_that_is_not():
    found = match(*late_by(9), RATE)
    assert found.r < 0.9 and abs(found.lag_ms) <= 8 * 40


def test_a_lag_is_found_in_steps_of_an_eighth_of_a_frame():
    smooth = np.sin(np.arange(60) / 3) + np.sin(np.arange(60) / 7)
    lag = 0.375
    shifted = np.sin((np.arange(60) - lag) / 3) + np.sin((np.arange(60) - lag) / 7)
    assert match(shifted, smooth, 50).lag_ms == 7.5
    assert match(smooth, shifted, 50).lag_ms == -7.5


def test_scale_and_offset_do_not_count_but_the_sign_does():
    assert match(3 + 5 * CURVE, CURVE, RATE).r == pytest.approx(1)
    assert match(-CURVE, CURVE, RATE).r < 0.9


def test_twelve_frames_are_the_fewest():
    assert match(CURVE[:11], CURVE, RATE) == (None, None)
    assert match(CURVE[:12], CURVE, RATE) == (pytest.approx(1), 0)
    assert match(CURVE, CURVE[:12], RATE) == (pytest.approx(1), 0)


def test_in_a_short_curve_a_lag_of_a_third_of_it_is_the_most():
    """Or a few points at the ends of both would agree by chance. 12 frames: 4; 23 frames: 7."""
    late, early = late_by(4, 12)
    assert match(late, early, RATE).lag_ms == 160
    late, early = late_by(5, 12)
    assert abs(match(late, early, RATE).lag_ms) <= 160 and match(late, early, RATE).r < 0.99
    late, early = late_by(8, 23)
    assert abs(match(late, early, RATE).lag_ms) <= 280


def test_missing_values_lie_on_a_line_between_their_neighbours():
    line = np.abs(np.arange(40.0) - 20)
    holes = line.copy()
    holes[1:20:2] = np.nan
    assert match(holes, line, RATE) == (pytest.approx(1), 0)


def test_a_curve_half_of_which_is_missing_cannot_be_told():
    for missing, told in ((19, True), (20, False), (40, False)):
        holes = CURVE[:40].copy()
        holes[40 - missing :] = np.nan
        assert (match(holes, CURVE[:40], RATE).r is not None) == told
        assert (match(CURVE[:40], holes, RATE).r is not None) == told


def test_a_constant_curve_cannot_be_told():
    for flat in (np.zeros(40), np.full(40, 0.1), 0.1 + np.arange(40) * 1e-15):
        assert match(flat, CURVE[:40], RATE) == (None, None)
