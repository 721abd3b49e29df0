"""What a frame is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avatar.media.ass import Style


@dataclass(frozen=True)
class WantedFrame:
    """width, height: pixels. fit, background, backdrop, position: as the request has them. style: of burned captions, None
    without; font: a file for them, None for the bundled one. mark: the visible mark, None without. clip: width and height of the
    clip whose own frames are shown, None where a square around a head is."""

    width: int
    height: int
    fit: str
    background: str
    backdrop: Path | None
    position: str
    style: Style | None
    font: Path | None
    mark: str | None
    clip: tuple[int, int] | None = None
