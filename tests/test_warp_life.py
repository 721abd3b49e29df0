"""What lives beside the mouth: lids that end below the brow, a head and brows that follow the speech."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avatar.lips.warp.emphasis import phrase_starts, stresses
from avatar.lips.warp.eyelids import Eyelids
from avatar.lips.warp.liveliness import plan_sway
from avatar.portrait.landmarks import EYES
from testing.shown_frame import laid_over, shown
from tests.still_head import no_movement
from tests.test_lips import CLOSED, PORTRAITS, STILL, assert_border_stays, portraits, reader, warps

__all__ = ["portraits", "reader", "warps"]  # fixtures

RATE = 25


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_blink_moves_nothing_from_the_brow_on_upward(name, portraits, warps):
    warp, landmarks = warps[name], portraits[name].landmarks[:, :2]
    changed = (shown(warp.frame(CLOSED, 1, STILL)) != shown(warp.frame(CLOSED, 0, STILL))).any(axis=2)
    assert changed.any()
    for eye in EYES:
        # The strip from the brow's lower edge upward, as high as the eye is.
        brow, lid = landmarks[eye.brow], landmarks[eye.lower_lid]
        up = (brow.mean(axis=0) - lid.mean(axis=0)) * 0.5
        strip = np.zeros(changed.shape, np.uint8)
        cv2.fillPoly(strip, [np.concatenate([brow, (brow + up)[::-1]]).round().astype(np.int32)], 1)
        assert strip.sum() > 200 and not changed[strip > 0].any()


def test_the_rim_of_glasses_stays_where_it_is(portraits):
    """A black bar between lids and brows: the blink ends below it, and the eyes are shut all the same."""
    portrait = portraits["closed"]
    picture, points = portrait.picture.copy(), portrait.landmarks[:, :2]
    bar = np.zeros(picture.shape[:2], np.uint8)
    for eye in EYES:
        lid, brow = points[eye.upper_lid[1:-1]], points[eye.brow]
        height = 0.3 * lid[:, 1].min() + 0.7 * brow[:, 1].mean()
        cv2.line(bar, (int(lid[0, 0]) - 25, int(height)), (int(lid[-1, 0]) + 25, int(height)), 1, 3)
    picture[bar > 0] = 15
    canvas = laid_over(picture, Eyelids(picture, portrait.landmarks).lowered(no_movement(512, 512), 1.0))
    assert np.abs(canvas[bar > 0].astype(int) - picture[bar > 0]).mean() < 1
    iris = portrait.landmarks[468, :2].round().astype(int)
    assert canvas[iris[1], iris[0]].mean() > picture[iris[1], iris[0]].mean() + 30


def test_an_eye_under_a_brow_that_lies_on_its_lid_does_not_blink(portraits):
    portrait = portraits["smiling"]
    assert len(Eyelids(portrait.picture, portrait.landmarks).lids) == 2
    low = portrait.landmarks.copy()
    for eye in EYES[:1]:  # one suffices: a face that cannot shut one eye would wink
        low[eye.brow, 1] = low[[eye.upper_lid[at] for at in (1, 3, 4, 5, 7)], 1] - 3
    assert Eyelids(portrait.picture, low).lids == []


def syllables(seconds: float, at_s: list[float], width_s: float = 0.07) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.max([np.exp(-(((time - at) / width_s) ** 2)) for at in at_s], axis=0).astype(np.float32)


def test_stresses_and_phrases_are_found_by_the_loudness():
    spoken = [0.5, 1.0, 2.1, 2.6]
    loudness = syllables(4, spoken, 0.13)
    assert [stress.at_s for stress in stresses(loudness, RATE)] == pytest.approx(spoken, abs=0.06)
    assert phrase_starts(loudness, RATE) == pytest.approx([0.32, 1.92], abs=0.05)
    silence = np.zeros(50, np.float32)
    assert stresses(silence, RATE) == phrase_starts(silence, RATE) == stresses(silence[:0], RATE) == []


def test_the_head_nods_with_the_stresses_and_turns_with_the_phrases():
    at_s = [0.6 + 0.9 * count for count in range(40)]
    loudness = syllables(40, at_s)
    nods = np.mean([plan_sway(loudness, RATE, seed)[:, 1] for seed in range(12)], axis=0)
    stressed = [int(at * RATE) for at in at_s[2:-2]]
    between = [int((at + 0.45) * RATE) for at in at_s[2:-2]]
    assert nods[stressed].mean() - nods[between].mean() > 0.8  # pixels, of all stresses with and without a nod
    brows = [plan_sway(loudness, RATE, seed)[:, 5].max() for seed in range(5)]
    assert min(brows) > 1.5
    turns = plan_sway(loudness, RATE, 3)[:, 0]
    assert np.ptp(turns) > 3 and np.abs(np.diff(turns)).max() < 0.7  # far enough to be seen, and never a jerk


def test_a_speaking_head_moves_more_than_before_and_uncovers_no_border(portraits, warps):
    warp, picture = warps["closed"], portraits["closed"].picture
    nose = portraits["closed"].landmarks[4, :2].round().astype(int)
    moved = []
    for seed in range(4):
        sway = plan_sway(np.random.default_rng(seed).uniform(0, 1, 500).astype(np.float32), RATE, seed)
        for frame in (*sway[::50], sway[sway[:, 0].argmax()], sway[sway[:, 1].argmax()], sway[sway[:, 5].argmax()]):
            moved.append(np.hypot(*warp.head.movement(frame))[nose[1], nose[0]])
        assert_border_stays(warp.frame(CLOSED, 0, sway[sway[:, 0].argmax()]), picture)
    assert max(moved) > 5  # 2.3 pixels with the sines alone


def test_raised_brows_move_the_brows_and_not_the_eyes(portraits, warps):
    head, points = warps["closed"].head, portraits["closed"].landmarks[:, :2].round().astype(int)
    up = -head.movement(np.array([0, 0, 0, 0, 0, 3.0])).y
    for eye in EYES:
        assert 2 < np.median([up[y, x] for x, y in points[eye.brow[1:4]]]) <= 3.05
        assert np.median([up[y, x] for x, y in points[eye.upper_lid]]) < 0.8
        assert max(up[y, x] for x, y in points[eye.lower_lid]) < 0.3
