"""The drawn face in its picture, against the slow reference: nothing outside of it changes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from avatar.lips.box import Box
from avatar.lips.musetalk import blend, crop, tone
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.prepared import prepare
from tests import musetalk_inputs
from tests import musetalk_reference as reference
from tests.musetalk_inputs import KINDS, SIZE, edge_tolerance, moved

portrait, other_picture = musetalk_inputs.portrait, musetalk_inputs.other_picture


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (-190, 0), (190, 0), (0, 150), (0, -140)])
def test_blend_is_the_references_and_leaves_the_rest(portrait, other_picture, kind, dx, dy):
    """At every edge of the picture too: never a crash, and outside the blending square not a bit changes."""
    landmarks = moved(portrait, dx, dy)
    prepared = prepare(portrait.picture, landmarks, Options(region=kind, match_tone=False))
    box = prepared.box
    face = other_picture[100:356, 100:356]
    drawn = blend.fit_to_box(face, box)
    pasted = blend.paste(portrait.picture, drawn[prepared.mask.top :], box, prepared.mask)
    expected = reference.blended(portrait.picture, face, landmarks, box, kind)
    contrast = np.zeros((SIZE, SIZE, 3))
    contrast[box.top : box.bottom, box.left : box.right] = np.abs(
        drawn.astype(float) - portrait.picture[box.top : box.bottom, box.left : box.right]
    )
    assert (np.abs(pasted - expected) <= edge_tolerance(box) * contrast + 2).all()
    left, top, right, bottom = (max(edge, 0) for edge in reference.square(box))
    outside = np.ones((SIZE, SIZE), bool)
    outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(pasted[outside], portrait.picture[outside])
    assert (pasted != portrait.picture).any()


@pytest.mark.parametrize("match_tone", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_face_that_is_the_crop_changes_nothing(portrait, kind, match_tone):
    """A box of exactly 256 x 256 whose drawn face is the crop: the picture comes back within 1 of 255."""
    landmarks = portrait.landmarks.copy()
    left, top, right, bottom = crop.face_edges(landmarks)
    landmarks[:, :2] = (landmarks[:, :2] - [left, top]) * [256 / (right - left), 256 / (bottom - top)] + [120, 110]
    prepared = prepare(portrait.picture, landmarks, Options(region=kind, margin=0.0, match_tone=match_tone))
    box = prepared.box
    assert (box.width, box.height) == (256, 256)
    face = portrait.picture[box.top : box.bottom, box.left : box.right]
    drawn = blend.fit_to_box(face, box)[prepared.mask.top :]
    drawn = tone.ToneFollower().corrected(drawn, prepared.ring, prepared.skin, box)
    pasted = blend.paste(portrait.picture, drawn, box, prepared.mask)
    assert np.abs(pasted.astype(int) - portrait.picture).max() <= 1


def test_opacity_zero_is_the_picture(portrait, other_picture):
    prepared = prepare(portrait.picture, portrait.landmarks, Options())
    drawn = blend.fit_to_box(other_picture[:256, :256], prepared.box)[prepared.mask.top :]
    pasted = blend.paste(portrait.picture, drawn, prepared.box, prepared.mask, opacity=0)
    np.testing.assert_array_equal(pasted, portrait.picture)
    assert pasted is not portrait.picture and pasted.flags.writeable


def test_the_rows_of_a_face_from_one_on_are_those_of_the_whole(other_picture):
    box = Box(7, 9, 7 + 242, 9 + 334)
    whole = blend.fit_to_box(other_picture[:256, :256], box)
    assert whole.shape == (334, 242, 3)
    np.testing.assert_array_equal(blend.fit_to_box(other_picture[:256, :256], box, 150), whole[150:])


def test_a_face_that_leaves_the_picture_below_its_mouth_stays_as_it_is(portrait, other_picture):
    """The box's rows end above the first one to draw."""
    landmarks = moved(portrait, 0, 375)
    assert crop.is_drawable(landmarks, SIZE, SIZE)
    prepared = prepare(portrait.picture, landmarks, Options(boundary=0.6))
    assert not prepared.mask.alpha.any() and prepared.skin is None
    drawn = blend.fit_to_box(other_picture[:256, :256], prepared.box, prepared.mask.top)
    pasted = blend.paste(portrait.picture, drawn, prepared.box, prepared.mask)
    np.testing.assert_array_equal(pasted, portrait.picture)
