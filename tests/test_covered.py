"""What covers a portrait's mouth or eyes is told; what only looks unlike a usual face is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.engines import Told, WantedPicture
from avatar.portrait.covered import Look, coverings, moved_when_mirrored, wears_dark_lenses
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import Portrait, frame_portrait
from avatar.portrait.given_picture import GivenPortrait, bundled_portrait, framed
from avatar.portrait.landmarks import CHIN, FACE_OVAL
from avatar.portrait.picture import read_picture
from avatar.progress import Progress
from avatar.quality.picture import check_picture
from tests import real_faces
from tests.real_faces import HOPPER

reader = real_faces.reader
NAMES = ["astronaut", "hopper"]
MASK = [93, 132, 58, 172, 136, 150, 176, CHIN, 400, 379, 365, 397, 288, 361, 323, 345, 347, 197, 118, 116]
SCARF = [132, 172, 176, CHIN, 400, 397, 361, 427, 2, 207]
COLOURS = {"blue": (120, 165, 205), "white": (232, 234, 236), "black": (28, 28, 32), "pink": (235, 170, 180)}


@pytest.fixture(scope="module")
def portraits(reader) -> dict[str, Portrait]:
    rgb = read_picture(HOPPER)
    return {"astronaut": bundled_portrait(), "hopper": framed(reader, rgb, reader.read(rgb)[0])}


def inside(portrait: Portrait, points: list[int]) -> np.ndarray:
    """The pixels in the hull of these landmarks."""
    drawn = np.zeros(portrait.picture.shape[:2], np.uint8)
    corners = np.rint(portrait.landmarks[points, :2]).astype(np.int32)
    cv2.fillConvexPoly(drawn, cv2.convexHull(corners), 1)
    return drawn > 0


def lenses(portrait: Portrait) -> np.ndarray:
    """Two dark lenses and the bridge between them."""
    drawn, points = np.zeros(portrait.picture.shape[:2], np.uint8), portrait.landmarks[:, :2]
    for outer, inner in ((33, 133), (362, 263)):
        width = np.linalg.norm(points[outer] - points[inner])
        middle = np.rint((points[outer] + points[inner]) / 2).astype(int)
        cv2.ellipse(drawn, middle.tolist(), (int(0.85 * width), int(0.65 * width)), 0, 0, 360, 1, -1)
    cv2.line(drawn, *(np.rint(points[corner]).astype(int).tolist() for corner in (133, 362)), 1, 6)
    return drawn > 0


def under(portrait: Portrait, where: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """The picture with that colour there, in folds and with a soft edge."""
    alpha = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 1.2)[..., None]
    folds = 1 + 0.05 * np.sin(np.arange(where.shape[0]) / 5)[:, None, None]
    return np.clip(portrait.picture * (1 - alpha) + np.array(colour) * folds * alpha, 0, 255).astype(np.uint8)


def found_in(reader: FaceReader, portrait: Portrait, picture: np.ndarray) -> list:
    """The landmarks are read on the covered picture, as they are of a picture that somebody sends."""
    (face,) = reader.read(picture, search=False)
    assert np.abs(face.landmarks - portrait.landmarks)[:, :2].mean() < 20
    return coverings(reader, picture, face.landmarks)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("points", "colour"), [*((MASK, colour) for colour in COLOURS), (SCARF, "pink")])
def test_a_mask_or_scarf_is_told_with_its_share(reader, portraits, name, points, colour):
    portrait = portraits[name]
    where = inside(portrait, points)
    (found,) = found_in(reader, portrait, under(portrait, where, COLOURS[colour]))
    assert found.part == "mouth"
    face = inside(portrait, list(FACE_OVAL))
    if found.share is not None:  # pink stands out from skin on some faces only
        assert found.share == pytest.approx((where & face).sum() / face.sum(), abs=0.12)
    assert found.share is not None or colour == "pink"


@pytest.mark.parametrize("name", NAMES)
def test_sunglasses_are_told_with_their_share(reader, portraits, name):
    portrait = portraits[name]
    where = lenses(portrait)
    (found,) = found_in(reader, portrait, under(portrait, where, (24, 24, 26)))
    face = inside(portrait, list(FACE_OVAL))
    assert found.part == "eyes" and found.share == pytest.approx((where & face).sum() / face.sum(), abs=0.06)


def changed(portrait: Portrait) -> dict[str, np.ndarray]:
    """A free face in hard light, in the dark, without colours, compressed, with a beard, with painted lips."""
    picture = portrait.picture
    ramp = np.clip(1.2 - np.arange(512) / 512, 0.2, 1.2)[None, :, None]
    grey = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 25])[1], cv2.IMREAD_COLOR)
    beard = inside(portrait, [132, 172, 176, CHIN, 400, 397, 361, 164]) & ~inside(portrait, [61, 291, 0, 17])
    hair = 45 + np.random.default_rng(1).normal(0, 14, (*picture.shape[:2], 1))
    lips = inside(portrait, [61, 291, 0, 17, 37, 267, 84, 314])
    return {
        "as it is": picture, "half lit": (picture * ramp).astype(np.uint8), "dark": (picture * 0.35).astype(np.uint8),
        "grey": grey, "compressed": jpeg, "bearded": np.where(beard[..., None], hair, picture).astype(np.uint8),
        "painted": np.where(lips[..., None], picture * np.array([0.9, 0.4, 0.5]), picture).astype(np.uint8),
        "brown": (255 * (picture / 255) ** 1.8).astype(np.uint8),
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["as it is", "half lit", "dark", "grey", "compressed", "bearded", "painted", "brown"])
def test_a_free_face_is_not_taken_for_covered(reader, portraits, name, how):
    assert found_in(reader, portraits[name], changed(portraits[name])[how]) == []


def test_the_mouth_of_a_free_face_lies_where_its_mirror_image_has_it(reader, portraits):
    portrait = portraits["astronaut"]
    assert moved_when_mirrored(reader, portrait.picture, portrait.landmarks) < 0.014
    moved = portrait.landmarks.copy()
    moved[[0, 13, 14, 17], 1] += 5
    width = np.linalg.norm(moved[454] - moved[234])
    assert moved_when_mirrored(reader, portrait.picture, moved) == pytest.approx(5 / width, abs=0.012)
    assert moved_when_mirrored(reader, np.zeros((512, 512, 3), np.uint8), portrait.landmarks) == 1


def test_one_covered_eye_is_no_pair_of_lenses(portraits):
    portrait = portraits["astronaut"]
    one = lenses(portrait) & (np.arange(512)[None, :] < portrait.landmarks[168, 0])
    assert not wears_dark_lenses(Look(under(portrait, one, (24, 24, 26)), portrait.landmarks))
    assert wears_dark_lenses(Look(under(portrait, lenses(portrait), (24, 24, 26)), portrait.landmarks))


def test_it_is_said_by_a_render_and_by_a_check(portraits, tmp_path):
    portrait = portraits["astronaut"]
    file = tmp_path / "masked.png"
    Image.fromarray(under(portrait, inside(portrait, MASK), COLOURS["blue"])).save(file)
    with GivenPortrait.load() as engine:
        engine.picture(WantedPicture(file), told := Told(), Progress())
    (note,) = told.notes
    assert note.startswith("about 5") and note.endswith(
        "% of the face seems covered (mouth); the lips are drawn over it, and a picture that shows the whole face "
        "looks better."
    )
    report = check_picture(file)
    assert report["warnings"] == [note] and report["failed"] == []


def test_the_share_is_of_what_is_like_the_covering_below_the_eyes(portraits):
    """A landmark's patch whose colour is the skin's own says nothing of a share."""
    portrait = portraits["astronaut"]
    assert Look(portrait.picture, portrait.landmarks).share_like(((9, 8, 193, 417),), 168, CHIN) is None
    picture, landmarks = frame_portrait(portrait.picture, portrait.landmarks, 256)
    small = Portrait(picture, landmarks)
    where = inside(small, MASK)
    look = Look(under(small, where, COLOURS["blue"]), landmarks)
    assert look.share_like(((18, 200, 199),), 168, CHIN) == pytest.approx(
        where.sum() / inside(small, list(FACE_OVAL)).sum(), abs=0.1
    )
