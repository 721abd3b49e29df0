"""What stands still in a frame: the picture around the head's square, and the background where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from avatar.frame.background import BLUR, colour
from avatar.frame.layout import SLIVER_PX, Layout
from avatar.lips.box import Box
from avatar.portrait.cut_out import laid_over, resized, straight

if TYPE_CHECKING:
    from PIL import Image

BLUR_SHARE = 0.03  # of the frame's long side: the blur's standard deviation
DIMMED = 0.62  # what is out of focus behind, so that the eye stays with the picture


def canvas(
    picture: np.ndarray,
    layout: Layout,
    background: str,
    backdrop: np.ndarray | None,
    opacity: np.ndarray | None = None,
) -> np.ndarray:
    """uint8 RGB (height, width, 3) of the frame, as it is where nothing moves.

    picture: uint8 RGB, whole, which the head's square was cut from. backdrop: a picture that fills the frame behind it,
    instead of `background`: BLUR or a colour. opacity: of the picture, uint8, where it is clear in parts.
    """
    from PIL import Image

    size = (layout.width, layout.height)
    box = layout.covered
    if layout.is_covered and opacity is None:
        made = Image.new("RGB", size)
    elif backdrop is not None:
        made = _filling(Image.fromarray(backdrop), *size)
    elif background == BLUR:
        made = _out_of_focus(Image.fromarray(picture), *size)
    else:
        made = Image.new("RGB", size, colour(background))
    if not box.empty:
        corners = (box.left, box.top, box.right, box.bottom)
        shown, share = _shown(picture, opacity, layout, box)
        if share is not None:
            shown = laid_over(shown, share, np.asarray(made.crop(corners)))
        made.paste(Image.fromarray(shown), corners)
    return np.asarray(made)


def picture_alone(picture: np.ndarray, layout: Layout, opacity: np.ndarray | None = None) -> np.ndarray:
    """uint8 RGBA (height, width, 4) of the frame: what still shows of the picture, and clear around it."""
    from PIL import Image

    made, box = Image.new("RGBA", (layout.width, layout.height)), layout.covered
    if not box.empty:
        shown, share = _shown(picture, opacity, layout, box)
        own = shown if share is None else straight(shown, share)
        made.paste(Image.fromarray(own), (box.left, box.top))
    return np.asarray(made)


def behind_head(backdrop: np.ndarray, layout: Layout, size: int) -> np.ndarray:
    """What such a picture shows behind the head's square in that frame: uint8 RGB (size, size, 3)."""
    from PIL import Image

    whole, head = np.asarray(_filling(Image.fromarray(backdrop), layout.width, layout.height)), layout.head
    beyond = max(0, -head.left, -head.top, head.right - layout.width, head.bottom - layout.height)  # which nobody sees
    wider = np.pad(whole, ((beyond, beyond), (beyond, beyond), (0, 0)), "edge")
    part = Image.fromarray(wider[head.top + beyond : head.bottom + beyond, head.left + beyond : head.right + beyond])
    return np.asarray(part if head.width == size else part.resize((size, size), Image.Resampling.LANCZOS))


def _shown(
    picture: np.ndarray, opacity: np.ndarray | None, layout: Layout, box: Box
) -> tuple[np.ndarray, np.ndarray | None]:
    """The picture as it is in this box of the frame, to a part of a pixel, and how opaque it is; outside of it its edge is
    continued."""
    from PIL import Image

    left, top, width, _ = layout.picture
    per_pixel = picture.shape[1] / width
    beyond = 1 + int(SLIVER_PX * per_pixel)
    around, size = (beyond, beyond), (box.width, box.height)
    wider = np.pad(picture, (around, around, (0, 0)), "edge")
    part = ((box.left - left) * per_pixel + beyond, (box.top - top) * per_pixel + beyond,
            (box.right - left) * per_pixel + beyond, (box.bottom - top) * per_pixel + beyond)  # fmt: skip
    if opacity is not None:
        return resized(wider, np.pad(opacity, (around, around), "edge"), size, part)
    return np.asarray(Image.fromarray(wider).resize(size, Image.Resampling.LANCZOS, part)), None


def _filling(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture's middle, filling width x height."""
    from PIL import ImageOps

    return ImageOps.fit(image, (width, height))


def _out_of_focus(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture filling width x height, blurred and dimmed. It is blurred small: nothing fine is left of it anyway."""
    from PIL import Image, ImageFilter

    shrunk = max(1, max(width, height) // 240)
    small = _filling(image, max(1, width // shrunk), max(1, height // shrunk))
    small = small.filter(ImageFilter.GaussianBlur(BLUR_SHARE * max(small.size)))
    dark = small.point([round(value * DIMMED) for value in range(256)] * 3)
    return dark.resize((width, height), Image.Resampling.BICUBIC)
