"""Which pixels of the box the drawn face replaces, against the slow reference."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from avatar.lips.box import Box
from avatar.lips.musetalk import crop, mask
from tests import musetalk_inputs
from tests import musetalk_reference as reference
from tests.musetalk_inputs import KINDS, SIZE, edge_tolerance, moved

portrait = musetalk_inputs.portrait


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dx", "dy", "scale"), [(0, 0, 1), (-200, 0, 1), (190, 20, 1), (0, 140, 1.1), (0, -120, 0.5)])
def test_mask_is_the_references(portrait, kind, dx, dy, scale):
    landmarks = moved(portrait, dx, dy, scale)
    box = crop.face_box(landmarks, SIZE, SIZE, margin=0.045)
    ours = mask.face_mask(landmarks, box, kind)
    soft, hard = reference.mask(landmarks, box, kind)
    left, top, *_ = reference.square(box)
    columns = slice(box.left - left, box.right - left)
    rows = slice(box.top + ours.top - top, box.bottom - top)
    assert np.abs(ours.alpha / 255 - soft[rows, columns]).max() < edge_tolerance(box)
    assert np.mean(ours.core != hard[rows, columns]) < 0.02
    assert soft[box.top - top : rows.start, columns].max(initial=0) < 0.01  # nothing above the kept rows
    assert ours.alpha.max() == 255


@pytest.mark.parametrize(
    ("width", "height", "side", "size"),
    [(200, 100, 300, 15), (100, 201, 300, 15), (203, 203, 302, 15), (410, 40, 614, 31)],
)
def test_the_blending_square_is_half_as_long_again_as_the_box_and_the_blur_a_share_of_it(width, height, side, size):
    box = Box(10, 20, 10 + width, 20 + height)
    assert mask.square_side(box) == side and mask.blur_size(box, 0.05) == size
    assert mask.blur_size(box, 0.0) == 1
    assert mask.begin_row(box, 0.5) == (40 + height) // 2
    assert mask.begin_row(box, 0.4) == (40 + height) // 2 - side // 2 + int(0.4 * side)


def test_presets_nest_and_jaw_leaves_the_nose(portrait):
    box = crop.face_box(portrait.landmarks, SIZE, SIZE, margin=0.045)
    jaw, lips, full = (mask.face_mask(portrait.landmarks, box, kind).core for kind in KINDS)
    assert lips.sum() < jaw.sum() < full.sum() and (full | ~jaw).all()
    x, y = portrait.landmarks[2, :2].astype(int)  # under the nose
    row = y - 4 - box.top - mask.face_mask(portrait.landmarks, box, "jaw").top
    assert full[row, x - box.left] and not jaw[row, x - box.left]
