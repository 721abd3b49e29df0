"""FFmpeg's filters that bring any decoded frame to one form: upright, square pixels, 8-bit RGB as BT.709 shows it.

Everything becomes RGB at once, at its own depth: cropping and scaling then mean the same for every layout of the chroma.
What a file says of its colours is honoured. Where it says nothing players have to guess the matrix, and so does this: by
BT.601 below 720 lines and 1280 columns, by BT.709 from there on. HLG and PQ are brought to BT.709's range: linear light
with white at 100 cd/m2, brighter light compressed up to 1000. Gamuts that are wider than BT.709's are converted; those
of BT.601 differ too little. Turning frames upright is left to FFmpeg, which does so before any filter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from avatar.limits import BACKDROP
from avatar.media.streams import FirstFrame

LARGEST_SIDE = 4096  # pixels, of a frame
HD = (1280, 720)  # a size from which a file that says nothing is taken for BT.709

# FFmpeg's names in its reports -> its filter scale's
MATRICES = {
    "bt709": "bt709", "smpte170m": "bt601", "bt470bg": "bt601", "fcc": "fcc", "smpte240m": "smpte240m",
    "bt2020nc": "bt2020", "bt2020c": "bt2020",
}  # fmt: skip
HIGH_RANGE = ("arib-std-b67", "smpte2084")  # HLG and PQ
WIDE_GAMUTS = ("bt2020", "smpte431", "smpte432")
WHITE, PEAK = 100, 1000  # cd/m2
HAS_ALPHA = re.compile(r"yuva|gbrap|rgba|bgra|argb|abgr|ya\d|pal8|ayuv|vuya")
IS_RGB = re.compile(r"gbr|rgb|bgr|0rgb|0bgr|argb|abgr|x2rgb|x2bgr|pal8|mono")


def filters(frame: FirstFrame, codec: str, pick: str = "", after: Sequence[str] = ()) -> list[str]:
    """The chain for a video that begins with this frame.

    pick: a filter that chooses frames, before the costly ones. after: filters for the upright RGB frames; those that make
    them smaller also make what follows cheaper.
    """
    chain = ["bwdif=mode=send_frame:deint=interlaced"] if frame.is_interlaced else []
    chain += [pick] if pick else []
    width, height = shown_size(frame)
    square = (f"scale={width}:{height}:flags=lanczos", "setsar=1")  # fixed: a video may change its size midway
    return [*chain, *as_rgb(frame, codec, [*square, *after])]


def as_rgb(frame: FirstFrame, codec: str, between: Sequence[str] = ()) -> list[str]:
    """From the file's own colours to BT.709's. between: filters for RGB of which it does not matter whose it is."""
    return [*_to_rgb(frame, codec), *between, *_to_bt709(frame)]


def shown_size(frame: FirstFrame) -> tuple[int, int]:
    """Width and height in square pixels: the shorter way is stretched, or the longer one shrunk where that is too much."""
    across, down = max(frame.pixel_aspect, Fraction(1)), max(1 / frame.pixel_aspect, Fraction(1))
    width, height = round(frame.width * across), round(frame.height * down)
    if max(width, height) > LARGEST_SIDE >= max(frame.width, frame.height):
        width, height = max(1, round(frame.width / down)), max(1, round(frame.height / across))
    return width, height


def _to_rgb(frame: FirstFrame, codec: str) -> list[str]:
    """RGB in the file's own colours; over the backdrop where there is transparency, but for HLG, PQ and wide gamuts."""
    if _to_bt709(frame):
        return _unpacked(frame, codec, "gbrp16le")
    if not HAS_ALPHA.match(frame.layout):
        return _unpacked(frame, codec, "gbrp")
    red, green, blue = BACKDROP
    backdrop = f"lutrgb=r={red}:g={green}:b={blue}:a=255"
    over = f"split[picture][other];[other]{backdrop}[backdrop];[backdrop][picture]overlay=format=gbrp:alpha=straight"
    return [*_unpacked(frame, codec, "gbrap"), over, "format=gbrp"]


def _to_bt709(frame: FirstFrame) -> list[str]:
    """RGB of 16 bits to BT.709's colours and range; nothing where it has them."""
    is_wide = frame.primaries in WIDE_GAMUTS
    if frame.transfer in HIGH_RANGE:
        primaries = frame.primaries if is_wide or frame.primaries == "bt709" else "bt2020"
        source = f"matrixin=gbr:rangein=pc:primariesin={primaries}:transferin={frame.transfer}"
        return [
            f"zscale={source}:transfer=linear:npl={WHITE}:primaries=bt709:matrix=gbr:range=pc", "format=gbrpf32le",
            f"tonemap=mobius:desat=0:peak={PEAK / WHITE:g}", "zscale=transfer=bt709:matrix=gbr:range=pc", "format=gbrp",
        ]  # fmt: skip
    if is_wide:
        source = f"matrixin=gbr:rangein=pc:primariesin={frame.primaries}:transferin=bt709"
        return [f"zscale={source}:primaries=bt709:transfer=bt709:matrix=gbr:range=pc", "format=gbrp"]
    return []


def _unpacked(frame: FirstFrame, codec: str, layout: str) -> list[str]:
    """To one RGB layout, chroma being interpolated and nothing rounded on the way."""
    if IS_RGB.match(frame.layout):
        return [f"format={layout}"]
    scale = (
        f"scale=in_color_matrix={matrix_of(frame, codec)}:flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"
    )
    return [scale, f"format={layout}"]


def matrix_of(frame: FirstFrame, codec: str) -> str:
    """The one that the file names, else the one that players take."""
    if frame.matrix in MATRICES:
        return MATRICES[frame.matrix]
    if frame.transfer in HIGH_RANGE or frame.primaries == "bt2020":
        return "bt2020"
    if codec in ("mjpeg", "heic"):  # JFIF knows no other, MIAF takes it for granted
        return "bt601"
    return "bt709" if frame.width >= HD[0] or frame.height >= HD[1] else "bt601"
