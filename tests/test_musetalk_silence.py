"""Where the speech is silent: loudness, the gaps that are none, and the fades between."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("scipy")

from avatar.lips.musetalk import silence
from avatar.lips.musetalk.ramp import FADE_FRAMES, ramp
from avatar.lips.musetalk.silence import talking
from tests.musetalk_inputs import tone_of


def test_rests_in_silence_and_never_in_speech():
    sound = np.concatenate([tone_of(1), np.zeros(16000, np.float32), tone_of(1)])
    talks = talking(sound, Fraction(25), 75)
    assert (talks[:25] == 1).all() and (talks[50:] == 1).all()
    assert (talks[32:43] == 0).all()
    assert (np.abs(np.diff(talks)) < 0.3).all()  # a fade, no switch


def test_a_plosive_is_no_silence():
    sound = np.concatenate([tone_of(1), np.zeros(3200, np.float32), tone_of(1)])  # 0.2 s
    assert (talking(sound, Fraction(25), 55) == 1).all()


def test_soft_endings_belong_to_speech():
    """Hysteresis: 35 dB below the loud level goes on being speech, and does not begin it."""
    soft = tone_of(0.6, 0.2 * 10 ** (-35 / 20))
    loud_first = talking(np.concatenate([tone_of(1), soft]), Fraction(25), 40)
    soft_first = talking(np.concatenate([soft, tone_of(1)]), Fraction(25), 40)
    assert (loud_first == 1).all()
    assert (soft_first[:8] == 0).all() and soft_first[20] == 1


@pytest.mark.parametrize(
    ("first_db", "last_db", "first_speaks", "last_speaks"), [(-28, -38, True, True), (-32, -42, False, False)]
)
def test_speech_begins_at_30_decibels_below_the_loud_level_and_ends_at_40(first_db, last_db, first_speaks, last_speaks):
    first, last = (tone_of(0.6, 0.2 * 10 ** (decibel / 20)) for decibel in (first_db, last_db))
    talks = talking(np.concatenate([first, tone_of(2), last]), Fraction(25), 80)
    assert (talks[0] == 1, talks[-1] == 1) == (first_speaks, last_speaks)
    assert (talks[15:65] == 1).all()


def test_what_is_no_louder_than_60_decibels_below_full_scale_is_no_speech():
    level = np.array([1e-3] * 3 + [0.01] * 40 + [1e-3] * 20)
    assert list(np.flatnonzero(silence._speaking(level, 8))) == list(range(3, 43))
    assert not silence._speaking(np.full(20, 1e-3), 8).any() and silence._speaking(np.full(20, 1.1e-3), 8).all()


def test_loudness_is_that_of_a_twentieth_of_a_second_around_the_middle_of_a_frame():
    click = np.zeros(16000, np.float32)
    click[7999] = 1.0
    level = silence.loudness(click, Fraction(10), 12)  # frames of 1600 samples, the fourth from 6400, its middle 7200
    assert level.shape == (12,) and (level == 0).all()
    level = silence.loudness(click, Fraction(25), 25)  # the middle of frame 12 is 8000
    assert list(np.flatnonzero(level)) == [12] and level[12] == pytest.approx(np.sqrt(1 / 800))
    ends = silence.loudness(np.ones(700, np.float32), Fraction(25), 4)  # sound for two windows, the second in part
    assert list(ends) == [1, 1, 0, 0]


@pytest.mark.parametrize(("gap", "filled"), [(6, True), (7, True), (8, False), (9, False)])
def test_a_gap_of_eight_frames_at_25_is_no_part_of_speech(gap, filled):
    """0.3 s: 7.5 frames, rounded to 8; so the frames on both sides may be 8 apart."""
    speaking = np.array([True] * 3 + [False] * gap + [True] * 3)
    assert silence._fill_short_gaps(speaking, 8).all() == filled


@pytest.mark.parametrize("sound", [np.zeros(16000, np.float32), np.full(16000, 1e-4, np.float32)])
def test_silent_sound_is_no_speech(sound):
    assert (talking(sound, Fraction(25), 25) == 0).all()


def test_ramp():
    flags = np.array([True] * 10 + [False] + [True] * 2 + [False])
    step = 1 / (FADE_FRAMES + 1)
    np.testing.assert_allclose(ramp(flags)[5:], [1, 4 * step, 3 * step, 2 * step, step, 0, step, step, 0], atol=1e-6)
    assert (ramp(np.ones(3, bool)) == 1).all() and (ramp(np.zeros(3, bool)) == 0).all()
