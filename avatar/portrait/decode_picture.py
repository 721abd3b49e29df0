"""A program that decodes a picture: the file is its standard input, RGB is its standard output.

It reads what strangers made with libraries that have had holes, so it runs in a closed child (see picture.py) and by
itself: of what is installed it finds Pillow and numpy.

    python -P -S decode_picture.py LONGEST_SIDE MOST_PIXELS LEAST_SIDE KEPT_SIDE NEARLY_OPAQUE RED GREEN BLUE

The first line of its output is JSON: {"size": [width, height], "is_clear": whether it is in parts, "moves": whether
it is an animation}, after which come the rows, and those of how opaque each pixel is where it is clear in parts; or
{"refused": why, "size": that of the file where it matters, "said": the library's own words}.
"""

import io
import json
import struct
import sys
import warnings
from typing import Any

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

# Loaded one by one: for a kind that was not loaded Pillow loads all the forty that it has.
PLUGINS = (
    JpegImagePlugin, PngImagePlugin, WebPImagePlugin, AvifImagePlugin, GifImagePlugin, BmpImagePlugin, TiffImagePlugin,
)  # fmt: skip
FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"]
ANIMATED = ("PNG", "WEBP", "AVIF", "GIF")  # what others hold several of are pages, or a camera's
UPRIGHT = {  # EXIF 2.32, tag 0x0112 Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refused(Exception):
    """why: "not a picture", "too many pixels", "too large", "too small" or "damaged"."""

    def __init__(self, why: str, **more: Any) -> None:
        self.answer = {"refused": why, **more}


def main(
    longest_side: int, most_pixels: int, least_side: int, kept_side: int, nearly_opaque: int, *backdrop: int
) -> None:
    warnings.simplefilter("ignore")  # Pillow's own warning of large pictures, and of damaged metadata
    with open(0, "rb") as file, open(1, "wb") as out:
        try:
            image = opened(file)
            refuse_unfit(*image.size, longest_side, most_pixels, least_side)
            moves = is_animation(image)
            image, opacity = decoded(image, kept_side, backdrop)
            opacity = opacity if opacity and any(opacity.histogram()[:nearly_opaque]) else None
        except Refused as refused:
            out.write(json.dumps(refused.answer).encode() + b"\n")
            return
        out.write(json.dumps({"size": image.size, "is_clear": opacity is not None, "moves": moves}).encode() + b"\n")
        for each in filter(None, (image, opacity)):
            for top in range(0, each.height, 256):
                out.write(each.crop((0, top, each.width, min(top + 256, each.height))).tobytes())


def opened(file: io.BufferedReader) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:  # Pillow's own limit, above ours
        raise Refused("too many pixels") from error
    except Exception as error:  # a made-up file brings out any, of Pillow's own faults too
        refuse_host_failure(error)
        raise Refused("not a picture") from error


def refuse_host_failure(error: Exception) -> None:
    """What the system or its memory refused says nothing of the picture; Pillow's own OSErrors have no number."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None):
        raise error


def refuse_unfit(width: int, height: int, longest_side: int, most_pixels: int, least_side: int) -> None:
    if max(width, height) > longest_side or width * height > most_pixels:
        raise Refused("too large", size=(width, height))
    if min(width, height) < least_side:
        raise Refused("too small", size=(width, height))


def is_animation(image: Image.Image) -> bool:
    try:
        return image.format in ANIMATED and bool(getattr(image, "is_animated", False))
    except Exception as error:  # of a second picture that is none
        refuse_host_failure(error)
        return False


def decoded(image: Image.Image, kept_side: int, backdrop: tuple[int, ...]) -> tuple[Image.Image, Image.Image | None]:
    try:
        return to_rgb(image, kept_side, backdrop)
    except Exception as error:
        refuse_host_failure(error)
        raise Refused("damaged", said=str(error) or type(error).__name__) from error


def to_rgb(image: Image.Image, kept_side: int, backdrop: tuple[int, ...]) -> tuple[Image.Image, Image.Image | None]:
    """Decode, shrink, turn upright, and bring any colour model to RGB over the backdrop, with how opaque each pixel is where
    the picture says so. Early shrinking bounds the memory."""
    profile = image.info.get("icc_profile")
    image.draft(None, (kept_side, kept_side))  # JPEG: decode at 1/2, 1/4 or 1/8 where that is large enough
    image.load()
    turn = turn_of(image)  # read before conversions, which drop it
    if image.mode.startswith("I"):
        image = eight_bits(image)
    elif image.mode in ("P", "PA", "1"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode in ("L", "RGB") and image.has_transparency_data:  # one colour stands for transparent
        image = image.convert("RGBA")
    elif image.mode in ("RGBa", "La"):  # colours that are already multiplied by their opacity
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    image.thumbnail((kept_side, kept_side), Image.Resampling.LANCZOS)
    image = image if turn is None else image.transpose(turn)
    if image.mode in ("RGBA", "LA"):
        alpha = image.getchannel("A")
        under = Image.new("RGB", image.size, backdrop)
        under.paste(to_srgb(image.convert(image.mode[:-1]), profile), mask=alpha)
        return under, alpha
    return to_srgb(image, profile), None


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What brings the picture upright by its EXIF orientation; None where that is 1, missing, or unreadable."""
    try:
        return UPRIGHT.get(image.getexif().get(0x0112, 1))
    except (struct.error, TypeError, OSError, SyntaxError, ValueError, EOFError):
        return None


def eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey, scaled to 8 bits; Pillow's own conversion would clip it."""
    import numpy as np  # only here: it takes longer to load than Pillow

    return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours of an embedded profile as sRGB; a missing or unusable profile counts as sRGB."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                srgb = ImageCms.createProfile("sRGB")
                return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB") or image  # None: in place
        except (ImageCms.PyCMSError, OSError, SyntaxError, ValueError, EOFError):
            pass
    return image.convert("RGB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
