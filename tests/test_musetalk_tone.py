"""Colours and sharpness of the drawn face follow those of its picture."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from scipy import ndimage

from avatar.lips.musetalk import blend, tone
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.prepared import prepare
from tests import musetalk_inputs
from tests import musetalk_reference as reference

portrait = musetalk_inputs.portrait


def test_tone_is_the_references(portrait):
    """A soft, tinted copy of the face, on a box that is larger than 256: colours and sharpness are matched."""
    import cv2

    prepared = prepare(portrait.picture, portrait.landmarks, Options())
    box = prepared.box
    assert box.height > 256
    whole = portrait.picture[box.top : box.bottom, box.left : box.right]
    face = cv2.resize(cv2.GaussianBlur(whole, (0, 0), 1.5), (256, 256)) * np.array([0.95, 1.0, 0.9])
    face = face.astype(np.uint8)
    drawn = blend.fit_to_box(face, box)[prepared.mask.top :]
    corrected = tone.ToneFollower().corrected(drawn, prepared.ring, prepared.skin, box)
    pasted = blend.paste(portrait.picture, corrected, box, prepared.mask)
    expected = reference.blended(portrait.picture, face, portrait.landmarks, box, match_tone=True)
    assert np.abs(pasted - expected).mean() < 0.2
    plain = blend.paste(portrait.picture, drawn, box, prepared.mask)
    inside = (slice(box.top + prepared.mask.top + 30, box.bottom - 40), slice(box.left + 60, box.right - 60))
    errors = [np.abs(picture[inside] - portrait.picture[inside].astype(float)).mean() for picture in (pasted, plain)]
    assert errors[0] < 0.6 * errors[1]
    detail = [tone.look(rows, prepared.ring).skin.detail for rows in (np.rint(corrected).astype(np.uint8), drawn)]
    assert 1.1 * detail[1] < detail[0] < 1.6 * detail[1]  # sharper, by half at most


def test_lab_is_exact_and_goes_back_to_the_same_colours():
    colours = np.random.default_rng(1).integers(0, 256, (100, 300, 3), np.uint8)
    lab = tone.to_lab(colours)
    np.testing.assert_allclose(lab, reference.lab(colours), atol=0.05)
    np.testing.assert_allclose(tone.to_rgb(lab), colours, atol=0.1)


@pytest.mark.parametrize("sharpening", [0.0, 0.5])
def test_a_tone_is_what_it_says(portrait, sharpening):
    rows = portrait.picture[200:300, 150:350]
    given = tone.Tone(np.array([1.1, 0.9, 1.0]), np.array([3.0, -5.0, 7.0]), np.array([50.0, 10.0, 8.0]), sharpening)
    lab = reference.lab(rows)
    expected = (lab - given.pivot) * given.gain + given.pivot + given.offset
    lightness = lab[..., 0]
    expected[..., 0] += sharpening * (lightness - ndimage.gaussian_filter(lightness, 1.5, mode="mirror"))
    made = tone.toned(rows, tone.look(rows, np.ones(rows.shape[:2], bool)), given)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, reference.rgb(expected), atol=0.2)


def test_tone_is_limited_and_follows_slowly(portrait):
    prepared = prepare(portrait.picture, portrait.landmarks, Options())
    left, top, right, bottom = prepared.box
    rows = portrait.picture[top + prepared.mask.top : bottom, left:right]
    green = np.zeros_like(rows)
    green[:, :, 1] = 255
    follower = tone.ToneFollower()
    np.testing.assert_allclose(follower.corrected(rows, prepared.ring, prepared.skin, prepared.box), rows, atol=0.5)
    changed = np.abs(follower.corrected(green, prepared.ring, prepared.skin, prepared.box) - green).mean()
    assert changed < 5  # a tenth of 10 Lab units
    follower.restart()
    changed_at_once = np.abs(follower.corrected(green, prepared.ring, prepared.skin, prepared.box) - green).mean()
    assert 2 * changed < changed_at_once < 60
