"""The engine that frames a given picture, or the bundled one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.engines import Told, WantedPicture
from avatar.errors import RequestError
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import ANIMATION_NOTE, HEIC_NOTE, GivenPortrait, bundled_portrait
from avatar.portrait.picture import read_picture
from avatar.progress import Progress
from tests import real_faces
from tests.heic import heic
from tests.real_faces import HOPPER

reader, astronaut = real_faces.reader, real_faces.astronaut


@pytest.fixture(scope="module")
def portraits():
    with GivenPortrait.load() as engine:
        yield engine


def test_landmarks_are_read_on_the_framed_picture(portraits, reader):
    for path in (None, HOPPER):
        told = Told()
        portrait = portraits.picture(WantedPicture(path), told, Progress())
        (face,) = reader.read(portrait.picture)
        assert (portrait.landmarks == face.landmarks).all()
        assert [note[:20] for note in told.notes] == ([] if path else ["The bundled portrait"])


def test_one_loaded_engine_frames_what_an_engine_for_each_frames():
    def framed(engine: GivenPortrait, wanted: WantedPicture) -> tuple[bytes, bytes, list[str]]:
        portrait = engine.picture(wanted, told := Told(), Progress())
        return portrait.picture.tobytes(), portrait.landmarks.tobytes(), told.notes

    every = [WantedPicture(HOPPER), WantedPicture(), WantedPicture(HOPPER, size=256), WantedPicture(HOPPER)]
    apart = []
    for wanted in every:
        with GivenPortrait.load() as engine:
            apart.append(framed(engine, wanted))
    with GivenPortrait.load() as engine:
        assert [framed(engine, wanted) for wanted in every] == apart
    assert apart[0] == apart[3] and len({picture for picture, _, _ in apart}) == 3


def test_a_picture_that_cannot_be_read_is_refused_before_anything_loads(tmp_path):
    GivenPortrait.check(WantedPicture())
    GivenPortrait.check(WantedPicture(HOPPER))
    with pytest.raises(RequestError, match="no picture file"):
        GivenPortrait.check(WantedPicture(tmp_path / "none.png"))


def test_a_portrait_is_kept_without_loss_and_in_the_same_bytes(portraits, tmp_path):
    portrait = bundled_portrait()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        portrait.save(tmp_path / name)
    kept = Portrait.load(tmp_path / "one")
    assert (kept.picture == portrait.picture).all()
    assert kept.landmarks.dtype == np.float32 and (kept.landmarks == portrait.landmarks).all()
    for name in ("portrait.png", "landmarks.npy"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("name", ["me.gif", "me.png", "me.webp", "me.avif", "me.tiff"])
def test_of_an_animation_the_first_picture_speaks_and_that_is_told(portraits, astronaut, tmp_path, name):
    pictures = [Image.fromarray(astronaut), Image.new("RGB", (512, 512))]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:])
    portraits.picture(WantedPicture(tmp_path / name), told := Told(), Progress())
    assert told.notes == ([ANIMATION_NOTE] if name != "me.tiff" else [])


@pytest.mark.parametrize("is_cut_out", [False, True])
def test_a_cut_out_as_heic_is_told(portraits, astronaut, tmp_path, is_cut_out):
    (tmp_path / "me.heic").write_bytes(heic(astronaut, is_cut_out=is_cut_out))
    portraits.picture(WantedPicture(tmp_path / "me.heic"), told := Told(), Progress())
    assert told.notes == ([HEIC_NOTE] if is_cut_out else [])


def test_one_of_two_faces_is_framed(portraits, astronaut, tmp_path):
    hopper = cv2.resize(read_picture(HOPPER), (437, 512), interpolation=cv2.INTER_AREA)
    Image.fromarray(np.hstack([astronaut, hopper])).save(tmp_path / "two.png")
    alone = bundled_portrait().picture
    one, two = (
        portraits.picture(WantedPicture(tmp_path / "two.png", number), Told(), Progress()).picture.astype(int)
        for number in (1, 2)
    )
    assert np.abs(one - alone).mean() < 25  # measured: 14, the frame lies a few pixels elsewhere
    assert np.abs(two - alone).mean() > 50  # measured: 84
