"""A picture that lies on its side or stands on its head is told as what it is, and one that stands is left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.engines import Told, WantedPicture
from avatar.errors import InputError
from avatar.portrait.given_picture import GivenPortrait
from avatar.portrait.picture import read_picture
from avatar.portrait.upright import refuse_lying, turned
from avatar.progress import Progress
from avatar.quality import check_file, lines
from tests import real_faces
from tests.real_faces import HOPPER, picture_of

reader, astronaut, astronaut_face = real_faces.reader, real_faces.astronaut, real_faces.astronaut_face

SAID = {1: "lies on its right side; turn it by 90 degrees anticlockwise", 2: "is upside down; turn it by 180 degrees",
        3: "lies on its left side; turn it by 90 degrees clockwise"}  # fmt: skip


def cropped(rgb: np.ndarray, face, widths: float) -> np.ndarray:
    """So many face widths to each side of a face."""
    x, y = face.between_eyes
    left, right = max(int(x - widths * face.width), 0), int(x + widths * face.width)
    return rgb[max(int(y - widths * face.width), 0) : int(y + 1.3 * widths * face.width), left:right]


def variants(rgb: np.ndarray, face) -> list[np.ndarray]:
    """Whole and tight, in grey, dark, soft, and larger."""
    tight, loose = cropped(rgb, face, 1.0), cropped(rgb, face, 1.6)
    grey = np.repeat(cv2.cvtColor(tight, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    dark, soft = (tight * 0.4).astype(np.uint8), cv2.GaussianBlur(loose, (0, 0), 2)
    return [rgb, tight, loose, grey, dark, soft, cv2.resize(loose, None, fx=2, fy=2), tight[:, ::-1]]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_that_lies_is_refused_by_how_it_lies(reader, astronaut, astronaut_face, turns):
    hopper = read_picture(HOPPER)
    (hopper_face,) = reader.read(hopper)
    for picture in [*variants(astronaut, astronaut_face), *variants(hopper, hopper_face)]:
        lying = turned(picture, turns)
        with pytest.raises(InputError) as caught:
            refuse_lying(reader, lying, reader.read(lying))
        assert str(caught.value) == f"the picture {SAID[turns]}."


def test_a_picture_that_stands_is_left_alone_tilted_heads_and_no_faces_too(reader, astronaut, astronaut_face):
    hopper = read_picture(HOPPER)
    (hopper_face,) = reader.read(hopper)
    pictures = [*variants(astronaut, astronaut_face), *variants(hopper, hopper_face), picture_of("coffee.png")]
    for angle in (-40, -20, 20, 40):
        turn = cv2.getRotationMatrix2D((225, 120), angle, 1)
        pictures.append(cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE))
    for picture in pictures:
        refuse_lying(reader, picture, reader.read(picture))


def test_check_and_render_refuse_it_alike(tmp_path, astronaut):
    """The small one was told to be given larger, the larger one was found good, and spoke from its hair."""
    for side in (512, 768):
        path = tmp_path / f"{side}.jpg"
        Image.fromarray(turned(astronaut, 2)).resize((side, side), Image.Resampling.LANCZOS).save(path, quality=90)
        report = check_file(path)
        assert report["failed"] == [f"the picture {SAID[2]}."]
        assert lines(report)[-1] == f"falls short: the picture {SAID[2]}."
        with GivenPortrait.load() as engine, pytest.raises(InputError, match="upside down; turn it by 180"):
            engine.picture(WantedPicture(path), Told(), Progress())
