"""What can be chosen about the lips, with its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from avatar.errors import RequestError

Region = Literal["jaw", "lips", "full"]
Loop = Literal["pingpong", "repeat", "hold"]
REGIONS: tuple[Region, ...] = get_args(Region)
LOOPS: tuple[Loop, ...] = get_args(Loop)
RANGES = {
    "shift": (-1.0, 1.0), "margin": (0.0, 0.1), "boundary": (0.4, 0.6), "feather": (0.02, 0.1), "smoothing": (0.0, 0.3),
    "overlap_s": (0.0, 5.0),
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Defaults suit a frontal portrait. A request can say the first three; upstream's names for them are parsing_mode,
    bbox_shift (in pixels there) and extra_margin (in pixels). Raises RequestError for a value that is not allowed."""

    region: Region = "jaw"  # what is drawn; "lips" keeps a beard and the skin's texture
    shift: float = 0.0  # of the box's middle, in landmark steps; down (positive) opens the mouth wider, up calms it
    margin: float = 0.045  # below the chin, share of the box's height: room for a falling jaw
    boundary: float = 0.5  # where the drawn part begins, share of the blending square's height
    feather: float = 0.05  # width of the mask's soft edge, share of that square; 0.08 suits close-ups
    rest_in_silence: bool = True  # the source's own closed mouth where nobody speaks
    match_tone: bool = True  # give the drawn face the colours and the sharpness of the picture
    smoothing: float = 0.0  # how much of the last frame's latents stays: calms trembling lips, softens closures
    loop: Loop = "pingpong"  # how a clip that is shorter than the speech goes on
    overlap_s: float = 1.0  # between 30 s segments of sound; 0 is upstream's hard split

    def __post_init__(self) -> None:
        for name, known in (("region", REGIONS), ("loop", LOOPS)):
            if getattr(self, name) not in known:
                raise RequestError(f"the lips' {name} {getattr(self, name)!r} is not one of: {', '.join(known)}.")
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise RequestError(f"the lips' {name} is {getattr(self, name)}; it takes {least:g} to {most:g}.")
