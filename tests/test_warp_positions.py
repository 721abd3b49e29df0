"""Where the pixels of a frame are read in the portrait, and the boxes that they are read and painted in."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from avatar.lips.box import Box
from avatar.lips.warp.geometry import SWAY_MARGIN_PX, inner_window
from avatar.lips.warp.liveliness import MOST, plan_sway
from avatar.lips.warp.mouth import Mouth
from avatar.lips.warp.moved_portrait import MovedPortrait
from avatar.lips.warp.sampling import Movement, finer, in_picture, read_field, read_finer
from avatar.lips.warp.warp import WarpLips
from avatar.lips.warp.ycbcr import luma, planes
from tests.still_head import no_movement, still_positions
from tests.test_lips import CLOSED, PORTRAITS, portraits, pose, reader, warps

__all__ = ["portraits", "reader", "warps"]  # fixtures


@pytest.mark.parametrize("name", PORTRAITS)
def test_no_layer_folds(name, warps):
    """Where a layer can be seen its backward map keeps its orientation, for every extreme of the mouth."""
    mouth = warps[name].mouth
    still = still_positions(mouth.box.right - mouth.box.left, mouth.box.bottom - mouth.box.top)
    outlines = {"upper": mouth.fields.upper_outline, "lower": mouth.fields.lower_outline}
    for extreme in itertools.product((0, 0.5, 1.05), (-1, 0, 1), (0, 1), (0, 1)):
        along, upper, lower = mouth.shift(np.array(extreme)).over(mouth.fields)
        for layer, down in {"upper": upper, "lower": lower}.items():
            outline, at = outlines[layer], still.minus(in_picture(mouth.frame, along, down))
            (y_by_y, y_by_x), (x_by_y, x_by_x) = np.gradient(at.y), np.gradient(at.x)
            orientation = x_by_x * y_by_y - x_by_y * y_by_x
            assert orientation[read_field(outline, at) > 0].min() > 0, (extreme, layer)


def test_bands_of_rows_are_read_as_the_whole_is():
    """To the bit, wherever the box lies that has another movement."""
    chance = np.random.default_rng(3)
    picture = chance.integers(0, 256, (150, 90, 3), np.uint8)
    fine, portrait = finer(np.rint(luma(picture)).astype(np.uint8)), MovedPortrait(picture)
    still = still_positions(90, 150)
    move = Movement(*chance.normal(0, 2, (2, 150, 90)).astype(np.float32))
    for box in (Box(10, 50, 40, 140), Box(0, 0, 90, 150), Box(5, 64, 6, 65), Box(80, 127, 90, 129)):
        inside = Movement(*(each + np.float32(1.25) for each in move.part(box)))
        whole = Movement(move.x.copy(), move.y.copy())
        for part, other in zip(whole.part(box), inside, strict=True):
            part[:] = other
        read = planes(portrait.frame(move, box, inside)).luma
        assert np.array_equal(read, read_finer(fine, still.minus(whole)))


def test_nothing_pops_at_the_border_of_the_moved_region(warps):
    warp = warps["smiling"]
    head, around = warp.head.movement(np.array([2.5, 3, 0.011, 0.03, 0.03, 2])), warp.mouth.around
    skin, still = around.movement(head, warp.mouth.shift(pose("aa"))), head.part(around.box)
    moved = np.abs(skin.x - still.x) + np.abs(skin.y - still.y)
    assert moved.max() > 15
    sides = [moved[1], moved[:, 1], moved[:, -2]]  # its end is that of the picture
    assert max(side.max() for side in sides) < 0.05


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_coarse_grid_moves_the_skin_as_each_pixel_would(name, portraits):
    """Around the lips' own box, in which they are drawn pixel by pixel: to half of one, where rounded lips bend most."""
    picture, still = cv2.resize(portraits[name].picture, None, fx=2, fy=2), no_movement(1024, 1024)
    mouth = Mouth(picture, portraits[name].landmarks * np.float32(2))
    box, lips, around = mouth.box, mouth.lips_box, mouth.around
    drawn = np.s_[lips.top - box.top : lips.bottom - box.top, lips.left - box.left : lips.right - box.left]
    inner = Box(*(b - a for a, b in zip(around.box[:2] * 2, box, strict=True))).rows_columns
    for extreme in itertools.product((0, 0.5, 1.05), (-1, 0, 1), (0, 1), (0, 1)):
        shift = mouth.shift(np.array(extreme))
        along, upper, lower = shift.over(mouth.fields)
        exact = in_picture(mouth.frame, along, np.where(mouth.fields.below, lower, upper))
        away = np.hypot(*(a[inner] - b for a, b in zip(around.movement(still, shift), exact, strict=True)))
        away[drawn] = 0
        assert away.max() < 0.5, extreme


def test_planned_sway_stays_within_the_margin_of_the_boxes(warps):
    head = warps["smiling"].head
    for seed in range(3):
        loudness = np.random.default_rng(seed).uniform(0, 1, 3000).astype(np.float32)
        sway = plan_sway(loudness, 25, seed)
        extremes = {int(index) for column in sway.T for index in (column.argmin(), column.argmax())}
        for index in extremes:
            assert np.hypot(*head.movement(sway[index])).max() < SWAY_MARGIN_PX


@pytest.mark.parametrize("side", [512, 1080])
def test_boxes_hold_what_the_head_moves_into_them_at_any_size(portraits, side):
    """With the most sway either way, each pixel of the lips' box is read from within the fields that are kept for it."""
    portrait, scale = portraits["smiling"], side / 512
    with WarpLips(cv2.resize(portrait.picture, (side, side)), portrait.landmarks * np.float32(scale)) as warp:
        mouth = warp.mouth
        near, box = mouth._near_lips, mouth.box
        for signs in itertools.product((-1, 1), repeat=5):
            head = warp.head.movement(MOST * np.array([*signs, 1]) * warp._scale)
            at = head.read_at(head.brings(mouth.lips_box))
            assert at.x.min() >= near.left - 1 or near.left == box.left, signs
            assert at.x.max() <= near.right or near.right == box.right, signs
            assert at.y.min() >= near.top - 1 or near.top == box.top, signs
            assert at.y.max() <= near.bottom or near.bottom == box.bottom, signs


def test_reading_the_finer_portrait_in_place_gives_the_portrait(portraits):
    picture = portraits["smiling"].picture
    assert np.array_equal(read_finer(finer(picture), still_positions(512, 512)), picture)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_finer_picture_is_what_opencv_reads_bicubically(kind):
    picture = np.random.default_rng(4).integers(60, 200, (33, 40, 3)).astype(kind)
    halve = np.array([[0.5, 0, 0], [0, 0.5, 0]], np.float32)
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    theirs = cv2.warpAffine(picture, halve, (79, 65), flags=how, borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(finer(picture).astype(float) - theirs).max() <= 1


def test_what_is_painted_has_even_edges_wherever_the_head_goes(warps):
    """Else its colours would lie beside its light."""
    for warp, by in itertools.product(warps.values(), range(4)):
        head = Movement(*np.full((2, 512, 512), by, np.float32))
        for patch in (warp.mouth.lips(head, warp.mouth.shift(CLOSED)), *warp.eyelids.lowered(head, 1.0)):
            assert patch.box == patch.box.to_even() and patch.rgb.shape[:2] == (patch.box.height, patch.box.width)


def test_movement_ends_at_a_boxs_border_except_where_the_picture_ends():
    window = inner_window(Box(0, 10, 60, 100), (80, 100), fade_px=16)
    assert window.shape == (90, 60)
    assert not window[0].any() and not window[:, -1].any()
    assert window[50, 0] == window[-1, 30] == 1
