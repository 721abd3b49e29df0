"""Which face is meant, when it cannot be used, and the frame around it: by numbers alone, then on real faces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avatar.errors import InputError
from avatar.portrait.face import (
    BETWEEN_EYES,
    CHIN,
    LEFT_CHEEK,
    LEFT_EYE,
    NOSE_TIP,
    RIGHT_CHEEK,
    RIGHT_EYE,
    TURN_READ,
    Face,
)
from avatar.portrait.framing import (
    MUST_SHOW,
    Portrait,
    choose_face,
    describe,
    frame_box,
    frame_portrait,
    outside_note,
    refuse_unusable,
    share_outside,
)
from tests import real_faces
from tests.real_faces import picture_of

reader, astronaut, astronaut_face = real_faces.reader, real_faces.astronaut, real_faces.astronaut_face


def face_at(x: float, y: float, width: float, turn: float = 0.0, tilt: float = 0.0) -> Face:
    """A face of so many pixels from cheek to cheek with its eyes around (x, y); degrees as the mesh shows them."""
    landmarks = np.tile(np.float32([x, y, 0]), (478, 1))
    across = width / 2 * np.array([np.cos(np.radians(turn)), 0, np.sin(np.radians(turn))])
    landmarks[LEFT_CHEEK] -= across.astype(np.float32)
    landmarks[RIGHT_CHEEK] += across.astype(np.float32)
    eyes = width / 4 * np.array([np.cos(np.radians(tilt)), np.sin(np.radians(tilt)), 0])
    landmarks[LEFT_EYE] -= eyes.astype(np.float32)
    landmarks[RIGHT_EYE] += eyes.astype(np.float32)
    landmarks[[NOSE_TIP, 61, 291, CHIN], 1] += np.float32([0.3, 0.5, 0.5, 0.8]) * width
    return Face(landmarks)


# ---------------------------------------------------------------- which face


def test_one_face_is_meant_and_of_several_the_one_that_is_named():
    one, two = face_at(200, 200, 100), face_at(500, 200, 100)
    assert choose_face([one], None, 800, 800) is one and choose_face([one], 1, 800, 800) is one
    assert choose_face([one, two], 1, 800, 800) is one and choose_face([one, two], 2, 800, 800) is two
    for which in (0, 3, -1):
        with pytest.raises(InputError, match=f"no face {which}: the picture shows 2: 1 at x 200, y 230") as caught:
            choose_face([one, two], which, 800, 800)
        assert caught.value.fields == ("face",)
    with pytest.raises(InputError, match="shows 2 faces: .* choose one by its number") as caught:
        choose_face([one, two], None, 800, 800)
    assert caught.value.mend == {"face": "N"}
    assert describe([one, two]) == "1 at x 200, y 230 (100 pixels wide), 2 at x 500, y 230 (100 pixels wide)"


def test_a_face_of_64_pixels_is_the_smallest_and_smaller_ones_do_not_count():
    small, smaller, usable = face_at(200, 200, 63), face_at(400, 200, 40), face_at(600, 200, 64)
    assert choose_face([small, usable], None, 800, 800) is choose_face([small, usable], 1, 800, 800) is usable
    with pytest.raises(InputError, match="63 pixels wide; at least 64"):
        choose_face([smaller, small], None, 800, 800)
    with pytest.raises(InputError, match="no face was found.*at least 64 pixels"):
        choose_face([], None, 800, 800)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_head_may_be_turned_by_40_and_tilted_by_45_degrees(side):
    refuse_unusable(face_at(200, 200, 100, turn=side * 39.9 * TURN_READ), 400, 400)
    refuse_unusable(face_at(200, 200, 100, tilt=side * 44.9), 400, 400)
    with pytest.raises(InputError, match="turned about 41 degrees.*40 is the most"):
        refuse_unusable(face_at(200, 200, 100, turn=side * 41 * TURN_READ), 400, 400)
    with pytest.raises(InputError, match="tilted by about 46 degrees.*45 is the most"):
        refuse_unusable(face_at(200, 200, 100, tilt=side * 46), 400, 400)


def test_what_must_be_seen_are_the_eyes_outer_corners_the_nose_the_mouths_corners_and_the_chin():
    assert sorted(MUST_SHOW) == [4, 33, 61, 152, 263, 291]


PLACES = [(0, 0), (399, 299), (-0.5, 10), (10, -0.5), (399.5, 10), (10, 299.5)]


@pytest.mark.parametrize("point", MUST_SHOW)
@pytest.mark.parametrize("place", PLACES)
def test_eyes_nose_mouth_and_chin_must_lie_on_the_picture(point, place):
    landmarks = face_at(200, 150, 100).landmarks.copy()
    if point in (LEFT_EYE, RIGHT_EYE):  # both on one level and in their order, or it would be a tilted head
        landmarks[[LEFT_EYE, RIGHT_EYE], :2] = [[100, place[1]], [300, place[1]]]
        place = (place[0] if (point == LEFT_EYE) == (place[0] < 200) else landmarks[point, 0], place[1])
    landmarks[point, :2] = place
    if 0 <= place[0] <= 399 and 0 <= place[1] <= 299:
        refuse_unusable(Face(landmarks), 400, 300)
    else:
        with pytest.raises(InputError, match="cut off"):
            refuse_unusable(Face(landmarks), 400, 300)


def test_other_points_may_lie_outside_of_it():
    landmarks = face_at(200, 150, 100).landmarks.copy()
    landmarks[10, :2] = (200, -40)  # the top of the head
    refuse_unusable(Face(landmarks), 400, 300)


# ---------------------------------------------------------------- the frame


@pytest.mark.parametrize(
    ("x", "y", "width", "box"),
    [
        (500, 500, 92, (400, 420, 200)),  # a face is 0.46 of the frame, its eyes 0.40 from the top
        (50, 30, 92, (0, 0, 200)), (990, 990, 92, (800, 600, 200)), (300, 300, 920, (0, 0, 800)),
        (300, 300, 300, (0, 39, 652)),
    ],
)  # fmt: skip
def test_the_frame_lies_around_the_eyes_and_inside_the_picture(x, y, width, box):
    assert frame_box(1000, 800, face_at(x, y, width).landmarks) == box


@pytest.mark.parametrize("size", [100, 200, 230])
def test_landmarks_move_with_the_pixels(size):
    """A pixel of another colour is found again where a landmark on it goes; pixel centres lie at whole numbers."""
    rgb = np.zeros((800, 1000, 3), np.uint8)
    rgb[460:480, 520:540] = 200
    landmarks = face_at(500, 500, 92).landmarks.copy()
    landmarks[7] = (529.5, 469.5, 10)  # the middle of the patch
    framed, moved = frame_portrait(rgb, landmarks, size)
    assert framed.shape == (size, size, 3) and framed.dtype == np.uint8 and moved.dtype == np.float32
    rows, columns = np.nonzero(framed[..., 0] > 100)
    np.testing.assert_allclose(moved[7, :2], [columns.mean(), rows.mean()], atol=0.3)
    assert moved[7, 2] == pytest.approx(10 * size / 200)
    assert moved[BETWEEN_EYES, 0] == pytest.approx((500 - 400 + 0.5) * size / 200 - 0.5)


@pytest.mark.parametrize(("size", "is_sharpened"), [(260, False), (261, True)])
def test_a_frame_is_sharpened_where_it_is_more_than_three_tenths_larger(size, is_sharpened):
    rgb = np.random.default_rng(1).integers(80, 160, (800, 1000, 3)).astype(np.uint8)
    framed, _ = frame_portrait(rgb, face_at(500, 500, 92).landmarks, size)
    plain = cv2.resize(rgb[420:620, 400:600], (size, size), interpolation=cv2.INTER_LANCZOS4)
    assert (framed != plain).any() == is_sharpened


def test_a_kept_portrait_runs_no_code(tmp_path):
    """Of .npy files a pickle is refused, which could do anything."""
    portrait = Portrait(np.full((8, 8, 3), 7, np.uint8), np.zeros((478, 3), np.float32))
    portrait.save(tmp_path)
    kept = Portrait.load(tmp_path)
    assert (kept.picture == portrait.picture).all() and (kept.landmarks == portrait.landmarks).all()
    np.save(tmp_path / "landmarks.npy", np.array([print], object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        Portrait.load(tmp_path)


# ---------------------------------------------------------------- on real faces


def test_two_faces_are_listed_from_the_left_and_one_is_chosen(reader, astronaut):
    two = np.hstack([astronaut, astronaut])
    faces = reader.read(two)
    assert [round(face.landmarks[4, 0]) for face in faces] == pytest.approx([224, 224 + 512], abs=3)
    with pytest.raises(InputError, match=r"2 faces: 1 at x 22\d.*, 2 at x 73\d"):
        choose_face(faces, None, 1024, 512)
    assert choose_face(faces, 2, 1024, 512) is faces[1]
    with pytest.raises(InputError, match="no face 3: the picture shows 2"):
        choose_face(faces, 3, 1024, 512)


def test_faces_that_cannot_be_used_are_refused(reader, astronaut, astronaut_face):
    with pytest.raises(InputError, match="no face"):
        choose_face([], None, 512, 512)
    small = reader.read(cv2.resize(astronaut, (300, 300), interpolation=cv2.INTER_AREA))
    with pytest.raises(InputError, match="5[0-9] pixels wide; at least 64"):
        choose_face(small, None, 300, 300)
    half = np.ascontiguousarray(astronaut[:, :225])
    with pytest.raises(InputError, match="cut off|no face"):
        choose_face(reader.read(half), None, *half.shape[1::-1])
    for shift in ([0, 340, 0], [-200, 0, 0]):  # the chin is below the picture, an eye left of it
        with pytest.raises(InputError, match="cut off"):
            choose_face([Face(astronaut_face.landmarks + np.float32(shift))], None, 512, 512)
    profile = cv2.resize(picture_of("camera.png")[60:260, 130:330], None, fx=2, fy=2)
    with pytest.raises(InputError, match=r"turned about [5-9]\d degrees"):
        choose_face(reader.read(profile), None, 400, 400)
    on_its_side = np.ascontiguousarray(np.rot90(astronaut))
    with pytest.raises(InputError, match="tilted by about 8[0-9]|no face"):
        choose_face(reader.read(on_its_side), None, 512, 512)


def test_the_frame_shows_head_and_shoulders(astronaut, astronaut_face):
    picture, landmarks = frame_portrait(astronaut, astronaut_face.landmarks)
    framed = Face(landmarks)
    assert picture.shape == (512, 512, 3) and picture.dtype == np.uint8
    assert framed.width / 512 == pytest.approx(0.46, abs=0.01)
    assert framed.between_eyes == pytest.approx((256, 0.40 * 512), abs=3)


def test_an_enlarged_frame_is_sharpened(astronaut, astronaut_face):
    left, top, side = frame_box(512, 512, astronaut_face.landmarks)
    crop = astronaut[top : top + side, left : left + side]
    for size, sharper in ((512, True), (side, False)):
        plain = cv2.resize(crop, (size, size), interpolation=cv2.INTER_LANCZOS4)
        framed, _ = frame_portrait(astronaut, astronaut_face.landmarks, size)
        detail = [np.abs(cv2.Laplacian(picture, cv2.CV_32F)).mean() for picture in (framed, plain)]
        assert (detail[0] > 1.2 * detail[1]) == sharper


@pytest.mark.parametrize("cut", [np.s_[:, 150:300], np.s_[60:190, 170:290], np.s_[60:190, :275], np.s_[60:190, 178:]])
def test_the_frame_stays_inside_the_picture(reader, astronaut, cut):
    rgb = np.ascontiguousarray(astronaut[cut])
    (face,) = reader.read(rgb)
    picture, landmarks = frame_portrait(rgb, face.landmarks, 256)
    assert picture.shape == (256, 256, 3)
    (again,) = reader.read(picture)
    assert np.linalg.norm((again.landmarks - landmarks)[:, :2], axis=1).mean() < 4


# ---------------------------------------------------------------- partly outside


def test_the_share_of_a_face_outside_the_picture_is_told_and_refused_above_a_limit(astronaut_face):
    face, (left, _, right, _) = astronaut_face, astronaut_face.box

    def moved(share: float) -> Face:
        """So that this share of the face's width lies left of the picture."""
        return Face(face.landmarks - np.float32([left + share * (right - left), 0, 0]))

    assert share_outside(face, 512, 512) == pytest.approx(0, abs=1e-6) and outside_note(face, 512, 512) is None
    shares = [share_outside(moved(share), 512, 512) for share in (0.1, 0.2, 0.5)]
    assert shares == sorted(shares) and shares[2] == pytest.approx(0.5, abs=0.03) and 0.03 < shares[0] < 0.1
    refuse_unusable(moved(0.13), 512, 512)
    assert outside_note(moved(0.13), 512, 512).startswith("9% of the face lies outside the picture;")
    with pytest.raises(InputError, match=r"cut off by the edge of the picture, 2\d% of it lies outside; eyes"):
        refuse_unusable(moved(0.25), 512, 512)
    forehead_gone = Face(face.landmarks - np.float32([0, 100, 0]))  # the eyes, at y 101, are just inside
    with pytest.raises(InputError, match=r"2\d% of the face lies outside the picture, 20% is the most"):
        refuse_unusable(forehead_gone, 512, 512)
