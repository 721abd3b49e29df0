"""A user's picture, of any size and colour model, as plain RGB. Pillow only: this is checked before models load."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from avatar.errors import InputError, RequestError

FORMATS = ["JPEG", "PNG", "WEBP"]
SMALLEST_FACE = 64  # pixels across; it is shown 235 pixels wide, 3.7 times enlarged
LONGEST_SIDE = 16_384  # pixels
MOST_PIXELS = 100_000_000
LARGEST = f"{LONGEST_SIDE} a side and {MOST_PIXELS // 10**6} million in all are the most"
KEPT_SIDE = 4096  # pixels; larger pictures are shrunk to this
BACKDROP = (208, 208, 208)  # a light studio grey, behind what is transparent

UPRIGHT = {  # EXIF 2.32, tag 0x0112 Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

DAMAGED = (OSError, SyntaxError, ValueError, EOFError)  # what Pillow's readers raise for a damaged file


def read_picture(path: Path) -> np.ndarray:
    """A JPEG, PNG or WebP as uint8 (height, width, 3) RGB, upright, its long side at most KEPT_SIDE.

    EXIF rotation is applied, colours become sRGB, 16 bits become 8, transparency lies over grey; of an animation
    the first frame is read. Sizes are checked in the header, before any pixel is decoded.

    Raises RequestError when there is no such file, InputError when it is not a usable picture.
    """
    name = repr(str(path))
    try:
        if not path.is_file():
            raise RequestError(f"there is no picture file {name}; check the path.")
        if path.stat().st_size == 0:
            raise InputError(f"the picture {name} is empty (0 bytes); give a JPEG, PNG or WebP file.")
        with open(path, "rb") as file:
            return _read(file, name)
    except OSError as error:
        raise RequestError(f"cannot read the picture {name}: {error.strerror or error}; check the path.") from error


def _read(file: io.BufferedReader, name: str) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own warning of large pictures, and of damaged metadata
        try:
            image = Image.open(file, formats=FORMATS)
        except Image.DecompressionBombError as error:  # Pillow's own limit, above ours
            raise InputError(f"the picture {name} has too many pixels; {LARGEST}, shrink it.") from error
        except DAMAGED as error:
            raise InputError(f"{name} is not a whole JPEG, PNG or WebP picture; convert or copy it again.") from error
        _check_size(*image.size, name)
        try:
            return np.asarray(_to_rgb(image))
        except DAMAGED as error:
            raise InputError(f"the picture {name} is damaged or cut short ({error}); save or copy it again.") from error


def _check_size(width: int, height: int, name: str) -> None:
    size = f"the picture {name} is {width}x{height} pixels"
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise InputError(f"{size}; {LARGEST}, shrink it.")
    if min(width, height) < SMALLEST_FACE:
        raise InputError(f"{size}; the face alone must be {SMALLEST_FACE} pixels wide, give a larger picture.")


def _to_rgb(image: Image.Image) -> Image.Image:
    """Decode, shrink, turn upright, and bring any colour model to RGB. Early shrinking bounds the memory."""
    profile = image.info.get("icc_profile")
    image.draft(None, (KEPT_SIDE, KEPT_SIDE))  # JPEG: decode at 1/2, 1/4 or 1/8 where that is large enough
    image.load()
    turn = _turn(image)  # read before conversions, which drop it
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    elif image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in ("L", "RGB") and image.has_transparency_data:  # one colour stands for transparent
        image = image.convert("RGBA")
    image.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    image = image if turn is None else image.transpose(turn)
    if image.mode in ("RGBA", "LA"):
        alpha = image.getchannel("A")
        backdrop = Image.new("RGB", image.size, BACKDROP)
        backdrop.paste(_to_srgb(image.convert(image.mode[:-1]), profile), mask=alpha)
        return backdrop
    return _to_srgb(image, profile)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What brings the picture upright by its EXIF orientation; None where that is 1, missing, or unreadable."""
    try:
        return UPRIGHT.get(image.getexif().get(0x0112, 1))
    except (struct.error, TypeError, *DAMAGED):
        return None


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey, scaled to 8 bits; Pillow's own conversion would clip it."""
    return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours of an embedded profile as sRGB; a missing or unusable profile counts as sRGB."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                srgb = ImageCms.createProfile("sRGB")
                return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB") or image  # None: in place
        except (ImageCms.PyCMSError, *DAMAGED):
            pass
    return image.convert("RGB")
