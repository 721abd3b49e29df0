"""How large a video is, in words, as a ratio or as WIDTHxHEIGHT."""

from __future__ import annotations

import re

NAMED = {"square": (1080, 1080), "portrait": (1080, 1920), "landscape": (1920, 1080)}
SHORT_SIDE = 1080  # pixels, of what is asked for as a ratio, as 9:16
SOURCE = "source"  # the picture's own size
SMALLEST, LARGEST = 128, 4096  # pixels a side; H.264's level 5.2 ends at 4096 x 2304 in area, 6.2 far above both
LONGEST = 4  # times the short side: beyond that no head fits
DRAWN = 1080  # pixels, the most that the preview draws a head's square at; a larger frame shows it enlarged


def parsed(size: str) -> tuple[int, int] | None:
    """(width, height) in pixels, even and within the limits; None for the picture's own. Raises ValueError with a sentence."""
    asked = size.strip().lower()
    if asked == SOURCE:
        return None
    if asked in NAMED:
        return NAMED[asked]
    numbers = re.fullmatch(r"([0-9]{1,6})\s*[x×]\s*([0-9]{1,6})", asked)
    ratio = re.fullmatch(r"([1-9][0-9]?)\s*:\s*([1-9][0-9]?)", asked)
    if ratio:
        sides = int(ratio[1]), int(ratio[2])
        width, height = (even(SHORT_SIDE * side / min(sides)) for side in sides)
    elif numbers:
        width, height = int(numbers[1]), int(numbers[2])
    else:
        known = ", ".join([*NAMED, SOURCE])
        raise ValueError(
            f"there is no size {size[:40]!r}; there are: {known}, a ratio, as 4:5, and WIDTHxHEIGHT, as 1280x720"
        )
    if min(width, height) < SMALLEST or max(width, height) > LARGEST:
        raise ValueError(f"{width}x{height} is out of bounds: {SMALLEST} to {LARGEST} pixels a side")
    if max(width, height) > LONGEST * min(width, height):
        raise ValueError(f"{width}x{height} is too narrow: one side at most {LONGEST} times the other")
    if width % 2 or height % 2:
        raise ValueError(
            f"{width}x{height} is odd, and H.264 wants even sides; {width + width % 2}x{height + height % 2} is the next one"
        )
    return width, height


def of_picture(width: int, height: int) -> tuple[int, int]:
    """The size of a video that is to be as large as this picture: even, and within the limits."""
    short, long = sorted((width, height))
    scale = max(min(1.0, LARGEST / long), SMALLEST / short)
    short = max(SMALLEST, even(short * scale))
    long = min(max(short, even(long * scale)), LONGEST * short, LARGEST)
    return (short, long) if width <= height else (long, short)


def drawn(width: int, height: int, stack: str = "preview") -> int:
    """Pixels a side at which the head's square is drawn for a frame of this size. The full stack draws the mouth alone, and the
    rest of the square is the picture's, at any size."""
    return min(width, height) if stack == "full" else min(width, height, DRAWN)


def even(pixels: float) -> int:
    """The nearest even whole number."""
    return 2 * round(pixels / 2)
