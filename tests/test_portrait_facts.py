"""What is measured on a portrait, and that a mouth is drawn with no more colour than its portrait has."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance

from avatar.lips.warp.warp import WarpLips
from avatar.portrait.facts import Colour, brow_room
from avatar.portrait.framing import Portrait, frame_portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.portrait.landmarks import EYES
from avatar.portrait.picture import read_picture
from testing.shown_frame import shown
from tests import real_faces
from tests.real_faces import HOPPER

reader = real_faces.reader
WIDE, STILL = np.float32([0.9, 0.1, 0.15, 0]), np.zeros(6, np.float32)


@pytest.fixture(scope="module")
def portraits(reader) -> dict[str, Portrait]:
    """A smile that shows teeth, and closed lips that get drawn ones."""
    rgb = read_picture(HOPPER)
    return {"smiling": bundled_portrait(), "closed": Portrait(*frame_portrait(rgb, reader.read(rgb)[0].landmarks))}


def grey(portrait: Portrait) -> Portrait:
    luma = cv2.cvtColor(portrait.picture, cv2.COLOR_RGB2GRAY)
    return Portrait(np.repeat(luma[..., None], 3, axis=2), portrait.landmarks)


def tinted(portrait: Portrait, cast: tuple[float, float, float]) -> Portrait:
    return Portrait(np.clip(grey(portrait).picture * np.array(cast), 0, 255).astype(np.uint8), portrait.landmarks)


def speaking(portrait: Portrait) -> np.ndarray:
    with WarpLips(portrait.picture, portrait.landmarks, threads=1) as lips:
        return shown(lips.frame(WIDE, 0.0, STILL)).astype(np.int16)


@pytest.mark.parametrize("name", ["smiling", "closed"])
def test_a_black_and_white_portrait_has_no_colour_in_its_mouth(portraits, name):
    frame = speaking(grey(portraits[name]))
    assert np.ptp(frame, axis=2).max() <= 1
    assert np.ptp(speaking(portraits[name]), axis=2).max() > 50  # and one in colour has


@pytest.mark.parametrize("name", ["smiling", "closed"])
def test_the_mouth_of_a_tinted_portrait_has_its_tint(portraits, name):
    cast = (1.0, 0.87, 0.68)
    frame = speaking(tinted(portraits[name], cast)).astype(float)
    frame = cv2.resize(
        frame, (64, 64), interpolation=cv2.INTER_AREA
    )  # neighbours share their colour, and light and dark teeth are neighbours
    expected = frame[..., :1] * np.array(cast)
    lit = frame[..., 0] < 250
    assert np.abs(frame - expected)[lit].max() < 6


def test_colour_and_grey_are_told_apart(portraits):
    for portrait in portraits.values():
        assert portrait.colour.share == 1 and not portrait.colour.is_grey
        dark = Portrait((portrait.picture * 0.3).astype(np.uint8), portrait.landmarks)
        assert dark.colour.share == 1
        assert grey(portrait).colour.share == 0 and grey(portrait).colour.is_grey
        jpeg = io.BytesIO()
        Image.fromarray(grey(portrait).picture).save(jpeg, "JPEG", quality=30)
        worn = Portrait(np.asarray(Image.open(jpeg).convert("RGB")), portrait.landmarks)
        assert worn.colour.is_grey
        assert tinted(portrait, (1, 0.87, 0.68)).colour.share == 0
        assert not tinted(portrait, (1, 0.87, 0.68)).colour.is_grey


def test_a_faded_portrait_lies_between(portraits):
    faded = ImageEnhance.Color(Image.fromarray(portraits["smiling"].picture)).enhance(0.5)
    colour = Portrait(np.asarray(faded), portraits["smiling"].landmarks).colour
    assert 0.1 < colour.share < 0.9
    red, usual = np.float32([140, 62, 62]), Colour(colour.cast, 1.0)
    assert np.ptp(colour.on(red)) < np.ptp(red) and usual.on(red) is red


def test_an_open_mouth_is_told_from_a_closed_one(portraits):
    assert portraits["smiling"].mouth_gap > 0.1 and portraits["closed"].mouth_gap < 0.03


def test_glasses_are_told_from_bare_eyes(portraits):
    assert portraits["closed"].glasses > 0.8 and portraits["smiling"].glasses < 0.1
    small = Portrait(*frame_portrait(portraits["closed"].picture, portraits["closed"].landmarks, 256))
    assert small.glasses > 0.5


def test_the_room_under_the_brows_is_in_heights_of_the_eye(portraits):
    landmarks = portraits["smiling"].landmarks
    left, right = portraits["smiling"].brow_room
    assert 1 < left < 4 and abs(left - right) < 0.7
    for brow in EYES[0].brow, EYES[1].brow:
        raised = landmarks.copy()
        height = np.mean(
            [np.linalg.norm(landmarks[a, :2] - landmarks[b, :2]) for a, b in ((160, 144), (159, 145), (158, 153))]
        )
        raised[brow, 1] -= height
        rooms = brow_room(raised)
        other = EYES.index(next(eye for eye in EYES if eye.brow != brow))
        assert rooms[other] == pytest.approx((left, right)[other])
        assert rooms[1 - other] - (left, right)[1 - other] == pytest.approx(1, abs=0.25)
    turned = landmarks @ np.float32([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    assert brow_room(turned) == pytest.approx((left, right), abs=0.02)
    drawn = np.zeros((478, 3), np.float32)
    for x, (upper_lid, lower_lid, brow) in zip((0, 100), EYES):
        drawn[upper_lid, :2] = [(x + 5 * step, -5) for step in range(9)]
        drawn[lower_lid, :2] = [(x + 5 * step, 5) for step in range(9)]
        drawn[[upper_lid[0], upper_lid[-1]], 1] = 0
        drawn[brow, :2] = (x + 20, -25)
    assert brow_room(drawn) == pytest.approx((2, 2))
    shut = landmarks.copy()
    shut[EYES[0].upper_lid] = shut[EYES[0].lower_lid]
    assert np.isfinite(brow_room(shut)).all() and brow_room(shut)[0] > left
