"""What each frame shows, hears and begins anew, before any network runs; and the frames prepared for it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("scipy")

from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import plan_frames
from avatar.lips.musetalk.prepared import Kept
from avatar.lips.musetalk.source import Source, order
from tests.musetalk_inputs import tone_of


def source_of(count: int, opacity=None, closed=1.0, shot=None) -> Source:
    return Source(
        [np.zeros((4, 4, 3), np.uint8)] * count,
        np.zeros((count, 478, 3), np.float32),
        np.ones(count, np.float32) if opacity is None else np.array(opacity, np.float32),
        np.full(count, closed, np.float32),
        np.zeros(count, int) if shot is None else np.array(shot),
    )


def test_back_and_forth_shows_no_end_twice():
    assert [order(frame, 4) for frame in range(10)] == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    assert [order(frame, 2) for frame in range(5)] == [0, 1, 0, 1, 0]
    assert [order(frame, 1) for frame in range(3)] == [0, 0, 0]
    assert [order(frame, 3, "repeat") for frame in range(5)] == [0, 1, 2, 0, 1]
    assert [order(frame, 3, "hold") for frame in range(5)] == [0, 1, 2, 2, 2]


def test_silence_shows_a_closed_mouth_and_draws_over_an_open_one():
    sound = np.concatenate([tone_of(1), np.zeros(16000, np.float32)])
    closed = plan_frames(source_of(1, closed=1), sound, Fraction(25), 50, Options())
    opened = plan_frames(source_of(1, closed=0), sound, Fraction(25), 50, Options())
    assert closed.opacity[-1] == 0 and (closed.opacity[:25] == 1).all() and (closed.sound == 1).all()
    assert opened.sound[-1] == 0 and (opened.sound[:25] == 1).all() and (opened.opacity == 1).all()
    restless = plan_frames(source_of(1), sound, Fraction(25), 50, Options(rest_in_silence=False))
    assert (restless.opacity == 1).all()


def test_nothing_is_carried_over_a_cut_a_jump_or_a_pause():
    source = source_of(4, opacity=[1, 0, 1, 1], shot=[0, 0, 0, 1])
    plan = plan_frames(source, tone_of(1), Fraction(25), 6, Options(loop="repeat"))
    assert list(plan.shows) == [0, 1, 2, 3, 0, 1]
    assert list(plan.begins) == [True, False, True, True, True, False]
    again = plan_frames(source_of(4), tone_of(1), Fraction(25), 6, Options(loop="repeat"))
    assert list(again.begins) == [True, False, False, False, True, False]


@pytest.mark.parametrize(
    ("loop", "count", "begins"),
    [
        ("repeat", 3, [True, False, False, True, False, False, True]),  # 0 1 2 0: two frames back are a jump
        ("repeat", 2, [True, False, False, False, False, False, False]),  # 0 1 0: the frame beside it is none
        ("pingpong", 3, [True] + [False] * 6),
        ("hold", 3, [True] + [False] * 6),  # the same frame again is none either
    ],
)
def test_frames_begin_anew_after_a_jump_of_two_or_more(loop, count, begins):
    plan = plan_frames(source_of(count), tone_of(1), Fraction(25), 7, Options(loop=loop))
    assert list(plan.begins) == begins


def test_frames_begin_anew_at_each_cut_and_after_each_frame_that_was_not_drawn():
    cut = plan_frames(source_of(4, shot=[0, 1, 1, 0]), tone_of(1), Fraction(25), 4, Options())
    assert list(cut.begins) == [True, True, False, True]
    faint = source_of(5, opacity=[0, 0, 0.2, 1, 0])
    assert list(plan_frames(faint, tone_of(1), Fraction(25), 5, Options()).begins) == [True, True, True, False, False]


def test_source_frames_are_prepared_once_and_only_so_many_are_kept():
    made = []
    kept = Kept(lambda frame: made.append(frame) or f"frame {frame}", most=3)
    assert [kept[frame] for frame in (0, 1, 2, 1, 0)] == [f"frame {frame}" for frame in (0, 1, 2, 1, 0)]
    assert made == [0, 1, 2]
    assert kept[3] == "frame 3" and kept[0] == "frame 0"  # 2 was looked at longest ago
    assert made == [0, 1, 2, 3] and len(kept._results) == 3
