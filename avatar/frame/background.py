"""What a background may be called."""

from __future__ import annotations

import re

from avatar.limits import BACKDROP

BLUR = "blur"  # the picture itself, filling the frame, out of focus
GREY = "#{:02x}{:02x}{:02x}".format(*BACKDROP)  # of a cut-out, whose blur would be a shadow of the same person
COLOURS = {  # HTML 4.01, 6.5, and the other spelling of grey
    "black": "#000000", "silver": "#c0c0c0", "gray": "#808080", "grey": "#808080", "white": "#ffffff", "maroon": "#800000",
    "red": "#ff0000", "purple": "#800080", "fuchsia": "#ff00ff", "green": "#008000", "lime": "#00ff00", "olive": "#808000",
    "yellow": "#ffff00", "navy": "#000080", "blue": "#0000ff", "teal": "#008080", "aqua": "#00ffff",
}  # fmt: skip


def is_named(background: str) -> bool:
    """Whether it is blur, or the name of a colour."""
    return background.strip().lower() in (BLUR, *COLOURS)


def colour(background: str) -> tuple[int, int, int]:
    """One of COLOURS, #rrggbb, or #rgb, which is each digit twice -> RGB. Raises ValueError with a sentence."""
    asked = background.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", asked, re.ASCII):
        asked = "#" + "".join(2 * digit for digit in asked[1:])
    found = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", COLOURS.get(asked, asked), re.ASCII)
    if not found:
        raise ValueError(
            f"there is no background {background[:40]!r}; it is blur, the file of a picture or a video, or a colour as white or #203040"
        )
    red, green, blue = (int(each, 16) for each in found.groups())
    return red, green, blue
