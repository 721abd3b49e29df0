"""Faces that are none: what is read on a neck beside a true face gets no number and is not animated."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from avatar.engines import Told, WantedPicture
from avatar.errors import InputError
from avatar.limits import SMALLEST_FACE
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.given_picture import GivenPortrait
from avatar.portrait.landmarks import CHIN, FOREHEAD_TOP
from avatar.portrait.picture import read_picture
from avatar.portrait.seen_again import seen_again
from avatar.progress import Progress
from avatar.quality.picture import check_picture
from tests import real_faces
from tests.real_faces import HOPPER

reader, astronaut, astronaut_face = real_faces.reader, real_faces.astronaut, real_faces.astronaut_face


def on_the_neck(face: Face) -> Face:
    """The same face once more, half a face's height lower."""
    down = 0.5 * (face.landmarks[CHIN] - face.landmarks[FOREHEAD_TOP]) * [1, 1, 0]
    return Face((face.landmarks + down).astype(np.float32))


class SeesNecks(FaceReader):
    """Reads a picture's faces, and on each neck another, as the real one does with a few pictures."""

    def read(self, rgb: np.ndarray, search: bool = True) -> list[Face]:
        faces = super().read(rgb, search)
        return faces + [on_the_neck(face) for face in faces] if search else faces


def test_a_face_on_a_neck_is_dropped_and_the_true_one_stays(reader, astronaut, astronaut_face):
    neck = on_the_neck(astronaut_face)
    assert seen_again(reader, astronaut, [astronaut_face, neck]) == [astronaut_face]
    (found,) = seen_again(reader, astronaut, [neck])  # the neck hid the face over it, which takes its place
    assert np.abs(found.landmarks - astronaut_face.landmarks)[:, :2].max() < 0.05 * astronaut_face.width
    assert seen_again(reader, np.full_like(astronaut, 128), [astronaut_face]) == []


def test_faces_of_every_size_and_tilt_stay(reader, astronaut):
    for side in (1024, 512, 370):
        for turn in (-30, 0, 30):
            picture = np.asarray(Image.fromarray(astronaut).resize((side, side)).rotate(turn))
            faces = reader.read(picture)
            assert faces and seen_again(reader, picture, faces) == faces


def test_what_is_too_small_to_be_used_is_not_looked_at_again(reader, astronaut, astronaut_face):
    far = on_the_neck(Face(astronaut_face.landmarks * np.float32(0.9 * SMALLEST_FACE / astronaut_face.width)))
    assert seen_again(reader, astronaut, [far]) == [far]


def test_the_true_face_is_framed_without_being_asked_which(astronaut, tmp_path):
    with SeesNecks() as reader, FaceReader() as plain:
        assert len(reader.read(astronaut)) == 2
        for path in (None, HOPPER):
            found, expected = (
                GivenPortrait(each).picture(WantedPicture(path), Told(), Progress()) for each in (reader, plain)
            )
            assert np.array_equal(found.picture, expected.picture)
        with pytest.raises(InputError, match="there is no face 2"):
            GivenPortrait(reader).picture(WantedPicture(HOPPER, 2), Told(), Progress())


def test_a_picture_of_true_faces_is_checked_as_before(tmp_path):
    report = check_picture(HOPPER)
    assert len(report["faces"]) == 1 and not report["failed"]
    two = np.hstack([read_picture(HOPPER)] * 2)
    Image.fromarray(two).save(tmp_path / "two.png")
    report = check_picture(tmp_path / "two.png")
    assert len(report["faces"]) == 2 and "2 faces" in report["failed"][0]
