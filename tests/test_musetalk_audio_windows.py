"""Which part of the sound a frame of MuseTalk hears, against the slow reference."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("scipy")

from avatar.lips.musetalk import audio_windows
from tests import musetalk_reference as reference

RATES = [Fraction(15), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
         Fraction(50), Fraction(60)]  # fmt: skip


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_windows_follow_the_exact_frame_rate(rate):
    features = np.arange(1, 201, dtype=float)[:, None, None] * np.ones((1, 5, 2))
    for frame in range(int(4 * rate) + 1):
        first, last = audio_windows.window(frame, rate)
        assert last - first == 10
        heard = [features[step, 0, 0] if 0 <= step < 200 else 0.0 for step in range(first, last)]
        assert heard == list(reference.audio_window(features, frame, rate)[:, 0, 0])


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_windows_do_not_drift(rate):
    """After two minutes the frame's own step still is the one at its time; upstream's is 4 s off at 29.97."""
    frame = int(120 * rate)
    own_step = audio_windows.window(frame, rate)[0] + 4
    assert 0 <= frame / rate - Fraction(own_step, 50) < Fraction(1, 50)


def test_windows_at_25_are_upstreams():
    assert [audio_windows.window(frame, Fraction(25)) for frame in (0, 1, 7)] == [(-4, 6), (-2, 8), (10, 20)]


def test_positions_are_sines_and_cosines():
    table = audio_windows.positions(50, 384)
    silent = reference.tokens(np.zeros((10, 5, 384)))
    np.testing.assert_allclose(table, silent, atol=1e-6)
    assert table.dtype == np.float32 and table[0, 1] == 1 and table[0, 0] == 0
