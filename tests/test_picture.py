"""A picture file as upright sRGB pixels, whatever wrote it; what cannot be one is refused."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from avatar.errors import InputError, RequestError
from avatar.limits import BACKDROP
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.picture import KEPT_SIDE, read_picture
from tests import real_faces

astronaut = real_faces.astronaut


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
    ("plain.avif", lambda image, path: image.save(path, quality=95), lambda rgb: rgb, 2),
    (
        "animated.avif",
        lambda image, path: image.save(path, save_all=True, append_images=[image.rotate(90)], quality=95),
        lambda rgb: rgb,
        2,
    ),
    ("plain.bmp", lambda image, path: image.save(path), lambda rgb: rgb, 0),
    ("grey.bmp", lambda image, path: image.convert("L").save(path), grey, 0),
    ("plain.gif", lambda image, path: image.save(path), lambda rgb: rgb, 8),
    (
        "animated.gif",
        lambda image, path: image.save(path, save_all=True, append_images=[image.rotate(90)]),
        lambda rgb: rgb,
        8,
    ),
    ("plain.tiff", lambda image, path: image.save(path), lambda rgb: rgb, 0),
    ("lzw.tif", lambda image, path: image.save(path, compression="tiff_lzw"), lambda rgb: rgb, 0),
    ("cmyk.tif", lambda image, path: image.convert("CMYK").save(path), lambda rgb: rgb, 0),
    (
        "pages.tif",
        lambda image, path: image.save(path, save_all=True, append_images=[image.rotate(90)]),
        lambda rgb: rgb,
        0,
    ),
    ("sixteen.tif", save_sixteen_bits, lambda rgb: rgb, 0),
    ("grey-sixteen.tif", save_grey_sixteen_bits, grey, 0),
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
    ("text", b"not a picture", "not a whole JPEG, PNG, WebP"),
    ("icon", in_format("ICO"), "not a whole JPEG, PNG, WebP"),
    ("eps", in_format("EPS"), "not a whole JPEG, PNG, WebP"),
    ("cut avif", in_format("AVIF")[:3000], "not a whole JPEG, PNG, WebP"),
    ("cut bmp", in_format("BMP")[:90000], "damaged or cut short"),
    ("cut gif", in_format("GIF")[:9000], "damaged or cut short"),
    ("cut tiff", in_format("TIFF")[:90000], "damaged or cut short|not a whole"),
    ("cut jpeg", in_format("JPEG")[:9000], "damaged or cut short"),
    ("cut png", in_format("PNG")[:90000], "damaged or cut short"),
    ("cut webp", in_format("WEBP")[:9000], "not a whole JPEG, PNG, WebP"),
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
