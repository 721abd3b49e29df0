"""The box around a face and what is cut out of it for the networks, against the slow reference."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from avatar.lips.box import Box
from avatar.lips.musetalk import crop, mask
from tests import musetalk_inputs
from tests import musetalk_reference as reference
from tests.musetalk_inputs import SIZE, moved

portrait = musetalk_inputs.portrait


def pairs(connections) -> set[tuple[int, int]]:
    return {pair for each in connections for pair in ((each.start, each.end), (each.end, each.start))}


def test_the_points_are_those_of_mediapipes_mesh():
    """Each of an outline is joined to the next one there; of the nose any may be taken, its hull is filled."""
    from mediapipe.tasks.python.vision import FaceLandmarksConnections as Mesh

    for outline, known in ((mask.LIPS, Mesh.FACE_LANDMARKS_LIPS), (crop.FACE_OVAL, Mesh.FACE_LANDMARKS_FACE_OVAL)):
        assert set(zip(outline, outline[1:] + outline[:1])) <= pairs(known)
    assert len(mask.LIPS) == 20 and 2 * len(crop.FACE_OVAL) == len(pairs(Mesh.FACE_LANDMARKS_FACE_OVAL))
    assert set(mask.NOSE) <= {point for pair in pairs(Mesh.FACE_LANDMARKS_NOSE) for point in pair}


def test_landmarks_lie_as_a_face_does(portrait):
    """A bundle put together of older models also answers with 478 points; their places are garbage."""
    x, y, z = portrait.landmarks.T
    assert portrait.landmarks.shape == (478, 3)
    assert y[168] < y[5] < y[4] < y[13] < y[152] and x[234] < x[4] < x[454] and np.count_nonzero(z) > 400


@pytest.mark.parametrize("shift", [-1, 0, 0.5])
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (-180, 3.3), (170.5, 0), (7, 160), (0, -150)])
def test_box_is_the_references_and_in_the_picture(portrait, dx, dy, shift):
    landmarks = moved(portrait, dx, dy)
    box = crop.face_box(landmarks, SIZE, SIZE, shift, margin=0.045)
    assert tuple(box) == reference.box(landmarks, (SIZE, SIZE), shift)
    assert 0 <= box.left < box.right <= SIZE and 0 <= box.top < box.bottom <= SIZE


def test_a_box_that_leaves_the_picture_ends_at_its_edges(portrait):
    large = moved(portrait, 0, 0, scale=8)
    assert crop.face_box(large, SIZE, SIZE) == Box(0, 0, SIZE, SIZE)
    assert crop.face_box(moved(portrait, 5000, 6000), SIZE, 400) == Box(SIZE, 400, SIZE, 400)
    assert crop.face_box(moved(portrait, -5000, -6000), SIZE, 400) == Box(0, 0, 0, 0)


def test_shift_moves_the_top_alone(portrait):
    still, down = (crop.face_edges(portrait.landmarks, shift) for shift in (0, 1))
    step = (portrait.landmarks[4, 1] - portrait.landmarks[168, 1]) / 3
    assert down[1] - still[1] == pytest.approx(2 * step, abs=1e-3)
    assert (down[0], *down[2:]) == (still[0], *still[2:])


def test_crop_is_the_references(portrait):
    box = crop.face_box(portrait.landmarks, SIZE, SIZE, margin=0.045)
    inputs = crop.network_inputs(portrait.picture, box)
    assert inputs.shape == (2, 3, 256, 256) and inputs.dtype == np.float32
    for ours, theirs in zip(inputs, reference.vae_inputs(portrait.picture, box)):
        np.testing.assert_allclose(ours, theirs, atol=1.1 * 2 / 255)
        assert np.abs(ours - theirs).mean() < 0.01 * 2 / 255
    assert (inputs[0, :, 128:] == -1).all()
    np.testing.assert_array_equal(inputs[0, :, :128], inputs[1, :, :128])


def test_turned_tiny_and_outside_faces_are_not_drawn(portrait):
    assert crop.is_drawable(portrait.landmarks, SIZE, SIZE)
    turned = portrait.landmarks.copy()
    turned[4, 0] = turned[234, 0] + 0.15 * (turned[454, 0] - turned[234, 0])  # 1 to 5.7
    assert not crop.is_drawable(turned, SIZE, SIZE)
    assert not crop.is_drawable(moved(portrait, 0, 0, scale=0.1), SIZE, SIZE)
    assert not crop.is_drawable(moved(portrait, 2000, 0), SIZE, SIZE)
    assert not crop.is_drawable(moved(portrait, 0, -400), SIZE, SIZE)
