"""A lid that is shut: its colour and light, what stays where it was, and which eyes do not blink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avatar.engines import Told
from avatar.lips.warp.engine import WarpLipsEngine
from avatar.lips.warp.eyelids import Eyelids
from avatar.lips.warp.lid_skin import smooth_skin
from avatar.portrait.facts import LUMA
from avatar.portrait.framing import Portrait
from avatar.portrait.landmarks import EYES
from avatar.voice.speech import Speech
from testing.shown_frame import laid_over
from tests.still_head import no_movement
from tests.test_lips import PORTRAITS, portraits, reader

__all__ = ["portraits", "reader"]  # fixtures

BROW_BLACK, GLINT, SHADE = 25, 250, 0.45


def shut(picture: np.ndarray, landmarks: np.ndarray, blink: float = 1.0) -> np.ndarray:
    return laid_over(picture, Eyelids(picture, landmarks).lowered(no_movement(*picture.shape[1::-1]), blink))


def over_irises(landmarks: np.ndarray) -> np.ndarray:
    """bool (512, 512): the middle of both eyes, where a shut lid shows skin and no lashes."""
    inside = np.zeros((512, 512), np.uint8)
    for eye in EYES:
        upper, lower = (landmarks[lid[3:6], :2] for lid in (eye.upper_lid, eye.lower_lid))
        cv2.fillPoly(inside, [np.concatenate([upper, (0.5 * upper + 0.5 * lower)[::-1]]).round().astype(np.int32)], 1)
    return inside > 0


def below_eyes(landmarks: np.ndarray) -> np.ndarray:
    inside = np.zeros((512, 512), np.uint8)
    for eye in EYES:
        upper, lower = (landmarks[lid[2:7], :2] for lid in (eye.upper_lid, eye.lower_lid))
        down = (lower - upper).mean(axis=0)
        cv2.fillPoly(
            inside, [np.concatenate([lower + 0.6 * down, (lower + 1.3 * down)[::-1]]).round().astype(np.int32)], 1
        )
    return inside > 0


def strip_above(landmarks: np.ndarray, near: float, far: float) -> np.ndarray:
    """bool (512, 512): above both lids, in shares of the way from the lid's edge to the brow."""
    inside = np.zeros((512, 512), np.uint8)
    for eye in EYES:
        lid, brow = landmarks[eye.upper_lid[1:-1], :2], landmarks[eye.brow, :2].mean(axis=0)
        up = [0, float(brow[1] - lid[:, 1].mean())]
        corners = np.concatenate([lid + np.multiply(up, near), (lid + np.multiply(up, far))[::-1]])
        cv2.fillPoly(inside, [corners.round().astype(np.int32)], 1)
    return inside > 0


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_shut_lid_is_skin_as_light_as_that_around_the_eye(name, portraits):
    picture, landmarks = portraits[name].picture, portraits[name].landmarks
    lid, around = shut(picture, landmarks)[over_irises(landmarks)], picture[below_eyes(landmarks)]
    eye = picture[over_irises(landmarks)]
    skin = np.median(around, axis=0)
    assert np.abs(np.median(eye, axis=0) - skin).max() > 60  # an iris is no skin
    assert np.abs(np.median(lid, axis=0) - skin).max() < 32
    assert (lid @ LUMA).std() < 18  # the two eyes are not lit alike


@pytest.mark.parametrize("plant", ["a glint", "a shade"])
def test_what_lies_over_the_open_lid_is_not_drawn_out_over_the_eye(plant, portraits):
    """A reflection on a lens, and the shade of a fold: the shut lid is neither white nor dark for them."""
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks
    free = shut(picture, landmarks)
    strip = strip_above(landmarks, 0.30, 0.52)
    picture[strip] = GLINT if plant == "a glint" else (picture[strip] * SHADE).astype(np.uint8)
    lid = over_irises(landmarks)
    planted = shut(picture, landmarks)
    assert np.abs(planted[lid].mean(axis=0) - free[lid].mean(axis=0)).max() < 32


def test_a_blink_neither_tears_nor_ends_at_the_corners(portraits):
    """From left to right over the shut lids nothing steps that does not step in the open face."""
    picture, landmarks = portraits["smiling"].picture, portraits["smiling"].landmarks
    above = cv2.dilate(strip_above(landmarks, 0.0, 0.6).astype(np.uint8), np.ones((1, 25))) > 0
    lids = above | over_irises(landmarks)
    for blink in (0.3, 0.6, 1.0):
        steps = np.abs(np.diff(shut(picture, landmarks, blink).astype(np.float32) @ LUMA, axis=1))[lids[:, 1:]]
        open_steps = np.abs(np.diff(picture.astype(np.float32) @ LUMA, axis=1))[lids[:, 1:]]
        assert np.percentile(steps, 99) < np.percentile(open_steps, 99), blink


def test_lashes_beyond_the_corner_do_not_stay_as_hooks(portraits):
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks
    wing = np.zeros((512, 512), np.uint8)
    for corner, way in ((33, -1), (263, 1)):
        x, y = landmarks[corner, :2].round().astype(int)
        cv2.line(wing, (int(x), int(y) - 3), (int(x) + way * 4, int(y) - 9), 1, 2)
    wing = wing > 0
    skin = float(np.median(picture[wing] @ LUMA))
    picture[wing] = 20
    left = float(np.median(shut(picture, landmarks)[wing] @ LUMA))
    assert left > 20 + 0.5 * (skin - 20)


def test_a_brow_close_above_the_lid_stays_and_the_lid_below_it_is_plain(portraits):
    """A black brow of single hairs as near as a third of the eye's height: the eye shuts, without stripes."""
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks.copy()
    brows = np.zeros((512, 512), np.uint8)
    for eye in EYES:
        lid, low = landmarks[eye.upper_lid, :2], landmarks[eye.lower_lid, :2]
        height = float(np.linalg.norm(lid[4] - low[4]))
        edge = lid[1:-1] - [0, 0.5 * height]
        landmarks[eye.brow, :2] = lid[[1, 2, 4, 6, 7]] - [0, 0.8 * height]
        cv2.fillPoly(brows, [np.concatenate([edge, (edge - [0, 10])[::-1]]).round().astype(np.int32)], 1)
    brows = brows > 0
    hairs = np.random.default_rng(1).integers(0, 2, picture.shape[1]) * 60
    picture[brows] = (BROW_BLACK + np.broadcast_to(hairs[None], picture.shape[:2])[brows])[:, None]
    assert len(Eyelids(picture, landmarks).lids) == 2
    frame = shut(picture, landmarks)
    assert np.abs(frame[brows].astype(int) - picture[brows]).mean() < 4
    lid = frame[over_irises(landmarks)] @ LUMA
    assert lid.min() > 110 and lid.std() < 18  # a brow is at 25 to 85


def test_eyes_behind_dark_lenses_and_without_skin_around_them_do_not_blink(portraits):
    portrait = portraits["smiling"]
    sunglasses = portrait.picture.copy()
    for eye in EYES:
        points = portrait.landmarks[[*eye.upper_lid, *eye.lower_lid], :2]
        x, y = points.mean(axis=0).round().astype(int)
        width = int(np.ptp(points[:, 0]))
        cv2.ellipse(
            sunglasses, (int(x), int(y) + 4), (int(0.85 * width), int(0.75 * width)), 0, 0, 360, (20, 20, 24), -1
        )
    assert Eyelids(sunglasses, portrait.landmarks).lids == []
    engine = WarpLipsEngine(1)
    speech = Speech(np.zeros(5 * 24000, np.float32), 24000, [])
    for picture, blinks in ((portrait.picture, True), (sunglasses, False)):
        shown = list(engine.frames(Portrait(picture, portrait.landmarks), speech, 25, 7, None, Told()))
        assert len(shown) == 125 and engine._motion is not None
        assert bool(engine._motion.blink.any()) is blinks
    noise = np.random.default_rng(1).integers(0, 2, (90, 120, 1), np.uint8) * 255
    assert smooth_skin(np.repeat(noise, 3, axis=2), *np.zeros((2, 90, 120), bool), 60.0) is None


def test_the_iris_is_covered_at_a_whole_blink(portraits, reader):
    for name in PORTRAITS:
        picture, landmarks = portraits[name].picture, portraits[name].landmarks
        frame = shut(picture, landmarks).astype(np.float32) @ LUMA
        for iris in (468, 473):
            x, y = landmarks[iris, :2].round().astype(int)
            assert frame[y, x] > picture[y, x] @ LUMA + 40
