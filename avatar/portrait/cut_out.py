"""A cut-out: a picture that is clear in parts, as a person over nothing.

Its colours lie over grey (limits.BACKDROP), which is what everybody sees who asks for nothing else, and beside them is kept
how opaque each pixel is. What of the grey shows through is then known, and anything else can be put in its place.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avatar.limits import BACKDROP
from avatar.portrait.framing import SHARPEN_ABOVE, Portrait, frame_box, sharpened

STRIP = 256  # rows at a time: the sums are of four bytes
REACHES = 0.1  # of a picture's upper or lower row, opaque, from which who is cut out goes on beyond it


def over(portrait: Portrait, behind: np.ndarray | tuple[int, int, int]) -> Portrait:
    """The portrait over something else than grey: a colour, or uint8 RGB as large as it is. Nothing of it is clear then."""
    if portrait.opacity is None:
        return portrait
    return replace(portrait, picture=laid_over(portrait.picture, portrait.opacity, behind), opacity=None)


def laid_over(
    rgb: np.ndarray,
    opacity: np.ndarray,
    behind: np.ndarray | tuple[int, int, int],
    before: tuple[int, int, int] = BACKDROP,
) -> np.ndarray:
    """What lies over the colour `before`, over something else instead: uint8 RGB (height, width, 3).

    rgb, and `behind` where it is no single colour: uint8 (height, width, 3); opacity: uint8 (height, width).
    """
    other, made = np.broadcast_to(np.asarray(behind, np.uint8), rgb.shape), np.empty_like(rgb)
    for top in range(0, len(rgb), STRIP):
        rows = slice(top, top + STRIP)
        clear = (255 - opacity[rows, :, None].astype(np.int32)) / 255
        made[rows] = np.clip(np.rint(rgb[rows] + (other[rows] - np.asarray(before, np.int32)) * clear), 0, 255)
    return made


def resized(
    rgb: np.ndarray, opacity: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """This box of it (left, top, right, bottom, in its pixels) in another size (width, height).

    Over black each colour counts by as much as it is seen: nothing of the grey, and no rim of a sharp filter beside an
    edge, comes into what is laid over something else.
    """
    from PIL import Image

    black = Image.fromarray(laid_over(rgb, opacity, (0, 0, 0)))
    colours = np.asarray(black.resize(size, Image.Resampling.LANCZOS, box))
    share = np.asarray(Image.fromarray(opacity).resize(size, Image.Resampling.LANCZOS, box))
    return laid_over(np.minimum(colours, share[..., None]), share, BACKDROP, (0, 0, 0)), share


def straight(rgb: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """uint8 RGBA, each colour by itself: nothing of the grey that it lies over is in it."""
    share = np.maximum(opacity, 1)[..., None].astype(np.float32) / 255
    own = np.clip(np.rint(laid_over(rgb, opacity, (0, 0, 0)) / share), 0, 255).astype(np.uint8)
    return np.dstack([own, opacity])


def frame_cut_out(
    rgb: np.ndarray, opacity: np.ndarray, landmarks: np.ndarray, size: int = 512
) -> tuple[np.ndarray, np.ndarray]:
    """The square that framing.frame_portrait cuts, of a cut-out: uint8 (size, size, 3), and how opaque each of its pixels
    is, uint8 (size, size)."""
    from PIL import Image

    left, top, side = frame_box(rgb.shape[1], rgb.shape[0], landmarks)
    picture, share = resized(rgb, opacity, (size, size), (left, top, left + side, top + side))
    if size / side > SHARPEN_ABOVE:  # but for its edge, which would get a rim
        picture = np.asarray(Image.composite(*map(Image.fromarray, (sharpened(picture), picture, share))))
    return picture, share


def is_standing(opacity: np.ndarray) -> bool:
    """Whether the picture's lower edge cuts through a body: something is seen there, and not at the upper one, as where the
    picture's corners alone are clear."""
    above, below = ((opacity[row] > 127).mean() for row in (0, -1))
    return bool(above < REACHES < below)
