"""Where a lid ends and what lies before it: rims, lashes, hair, eyes that are nearly shut; and lips read as an opening."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avatar.lips.warp.eyelids import Eyelids
from avatar.lips.warp.geometry import face_frame
from avatar.lips.warp.lid_room import lashes_of
from avatar.lips.warp.mouth import Mouth
from avatar.lips.warp.mouth_reading import _parted
from avatar.portrait.facts import LUMA, glasses
from avatar.portrait.landmarks import EYES, LOWER_LIP_INNER, UPPER_LIP_INNER
from tests.test_eyelids import over_irises, shut, strip_above
from tests.test_lips import PORTRAITS, portraits, reader

__all__ = ["portraits", "reader"]  # fixtures

FRAME, LASH, HAIR = (70, 70, 74), 20, (60, 45, 35)


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_shut_lid_goes_over_into_the_skin_above_it(name, portraits):
    """Down the rows between the brow and the lid nothing steps that does not step in the open face."""
    picture, landmarks = portraits[name].picture, portraits[name].landmarks
    above = strip_above(landmarks, 0.60, 0.85)
    steps, open_steps = (
        np.abs(np.diff(frame.astype(np.float32) @ LUMA, axis=0))[above[1:]]
        for frame in (shut(picture, landmarks), picture)
    )
    assert np.percentile(steps, 98) < np.percentile(open_steps, 98) + 4.3


def test_a_lid_below_a_black_brow_is_dark_there_and_light_further_down(portraits):
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks
    free = shut(picture, landmarks)
    picture[strip_above(landmarks, 0.55, 1.0)] = 25
    frame = shut(picture, landmarks)
    top = strip_above(landmarks, 0.44, 0.50)
    assert (frame[top] @ LUMA).mean() < (free[top] @ LUMA).mean() - 12
    lid = over_irises(landmarks)
    assert abs(float((frame[lid] @ LUMA).mean() - (free[lid] @ LUMA).mean())) < 30


def spectacles(picture: np.ndarray, landmarks: np.ndarray, up: float) -> np.ndarray:
    """Grey frames over a copy, whose upper rims lie so many heights of the eye above the upper lid's edge."""
    worn = picture.copy()
    for eye in EYES:
        upper, lower = landmarks[eye.upper_lid, :2], landmarks[eye.lower_lid, :2]
        height, width = float((lower - upper)[:, 1].max()), float(np.ptp(upper[:, 0]))
        left, right = upper[:, 0].min() - 0.25 * width, upper[:, 0].max() + 0.25 * width
        top, bottom = upper[:, 1].min() - up * height, lower[:, 1].max() + 1.3 * height
        corners = np.rint([[left, top], [right, top], [right, bottom], [left, bottom]]).astype(np.int32)
        cv2.polylines(worn, [corners], True, FRAME, 4)
        temple = (127 if eye is EYES[0] else 356, left if eye is EYES[0] else right)
        cv2.line(worn, (int(temple[1]), int(top) + 4), tuple(int(x) for x in landmarks[temple[0], :2]), FRAME, 4)
    inner = [landmarks[eye.upper_lid, :2] for eye in EYES]
    y = int(np.mean([points[:, 1].mean() for points in inner]))
    cv2.line(worn, (int(inner[0][:, 0].max()), y), (int(inner[1][:, 0].min()), y), FRAME, 5)
    return worn


def test_a_rim_that_lies_on_the_lid_stops_the_blink_and_one_above_it_stays(portraits):
    picture, landmarks = portraits["smiling"].picture, portraits["smiling"].landmarks
    close, above = (spectacles(picture, landmarks, up) for up in (0.4, 0.9))
    assert min(glasses(close, landmarks), glasses(above, landmarks)) > 0.5 > glasses(picture, landmarks)
    assert Eyelids(close, landmarks).lids == []
    assert len(Eyelids(above, landmarks).lids) == 2
    rims = (above != picture).any(axis=2) & strip_above(landmarks, 0.2, 1.1)
    assert np.abs(shut(above, landmarks)[rims].astype(int) - above[rims]).mean() < 6


def test_single_lashes_are_seen_and_go_down_with_the_lid(portraits):
    picture, landmarks = portraits["smiling"].picture, portraits["smiling"].landmarks
    lashes = np.zeros(picture.shape[:2], np.uint8)
    for eye in EYES:
        upper, lower = landmarks[eye.upper_lid, :2], landmarks[eye.lower_lid, :2]
        height = float((lower - upper)[:, 1].max())
        for x in np.arange(upper[:, 0].min() + 3, upper[:, 0].max() - 3, 5):
            y = float(np.interp(x, *upper[np.argsort(upper[:, 0])].T))
            cv2.line(lashes, (round(float(x)), round(y)), (round(float(x)), round(y - 0.6 * height)), 1, 1)
    made_up = picture.copy()
    made_up[lashes > 0] = LASH
    frame = face_frame(landmarks)
    for eye in EYES:
        assert lashes_of(made_up, frame, eye).single > 0.8
        assert lashes_of(picture, frame, eye).single < 0.2
    lid = over_irises(landmarks)
    plain, lashed = (shut(shown, landmarks)[lid] @ LUMA for shown in (picture, made_up))
    assert lashed.std() > 2 * plain.std()


def test_eyes_that_are_nearly_shut_do_not_blink(portraits):
    picture, landmarks = portraits["smiling"].picture, portraits["smiling"].landmarks.copy()
    assert len(Eyelids(picture, landmarks).lids) == 2
    for eye in EYES:
        upper, lower = landmarks[eye.upper_lid], landmarks[eye.lower_lid]
        landmarks[eye.lower_lid] = upper + 0.4 * (lower - upper)
    assert Eyelids(picture, landmarks).lids == []


def test_an_eye_under_hair_stops_the_blink(portraits):
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks
    points = landmarks[[*EYES[0].upper_lid, *EYES[0].lower_lid], :2]
    (left, top), (right, bottom) = (points.min(axis=0) - 14).astype(int), (points.max(axis=0) + 14).astype(int)
    picture[top:bottom, left:right] = HAIR
    assert Eyelids(picture, landmarks).lids == []


def test_lips_that_are_read_as_parted_are_lips(portraits):
    """An opening as light as the lips and without teeth: nothing of it hangs on the jaw."""
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks
    assert Mouth(picture, landmarks).opening.upper_teeth
    between = np.concatenate([landmarks[list(UPPER_LIP_INNER), :2], landmarks[list(LOWER_LIP_INNER), :2][::-1]])
    cv2.fillPoly(picture, [np.rint(between).astype(np.int32)], (205, 150, 140))
    cv2.polylines(picture, [np.rint(between).astype(np.int32)], True, (205, 150, 140), 3)
    opening = Mouth(picture, landmarks).opening
    assert not opening.upper.any() and not opening.lower.any()
    assert not opening.jaw_open


def test_teeth_whose_upper_half_lies_in_the_lips_shadow_are_upper_teeth():
    rising = np.concatenate([np.linspace(60, 130, 8), np.linspace(133, 175, 8), np.full(8, 165)])
    _, upper, lower = _parted(rising, np.concatenate([np.zeros(8), np.full(16, 0.8)]))
    assert (upper, lower) == (True, False)
    parted = np.concatenate([np.full(8, 170), np.full(6, 40), np.full(10, 160)])
    _, upper, lower = _parted(parted, (parted > 100).astype(float))
    assert (upper, lower) == (True, True)
