"""What lips are drawn in: the portrait, and a cut-out over the background that its frame shows behind it.

The head's square is drawn without anything clear, and stands in a frame that shows the same background around it: so that is
laid behind the portrait beforehand, as it is at that place. A cut-out over another background is drawn anew, therefore.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from avatar import framed
from avatar.frame.background import BLUR, colour
from avatar.jobs.cause import Program, made_by
from avatar.media import READS_CLIPS
from avatar.request import Request

if TYPE_CHECKING:
    from avatar.frame.wanted import WantedFrame
    from avatar.portrait.framing import Portrait

DRAWN_FROM = ("portrait.png", "landmarks.npy")
LAID_OVER = Program(  # a cut-out over its background
    "cut-out", "1",
    libraries=("imageio-ffmpeg", "numpy", "pillow"),
    code=(
        "drawn.py", "framed.py", "frame/background.py", "frame/behind.py", "frame/canvas.py", "frame/layout.py", "portrait/clip.py",
        "portrait/cut_out.py", "portrait/decode_picture.py", "portrait/framing.py", "portrait/heic.py", "portrait/picture.py",
        *READS_CLIPS,
    ),
)  # fmt: skip


def source(folder: Path, request: Request) -> tuple[Callable[[], Portrait], dict]:
    """The portrait that lips are drawn in, and what it follows from: what is in the job's folder, and for a cut-out the
    background that it lies over."""
    from avatar.portrait.cut_out import over
    from avatar.portrait.framing import Portrait

    files: dict = {name: folder / name for name in DRAWN_FROM}
    frame = framed.whole_frame(request, "")
    is_grey = frame.background == BLUR and not frame.backdrop
    if is_grey or Portrait.load(folder).opacity is None:
        return lambda: Portrait.load(folder), files
    files |= {"laid_over": made_by("lips", LAID_OVER, None)}
    if not frame.backdrop:
        rgb = colour(frame.background)
        return lambda: over(Portrait.load(folder), rgb), files | {"behind": rgb}
    lies = {"frame": (frame.width, frame.height, frame.fit, frame.position), "place.json": folder / "place.json"}
    return lambda: _over_backdrop(Portrait.load(folder), frame), files | {"behind": frame.backdrop} | lies


def _over_backdrop(portrait: Portrait, frame: WantedFrame) -> Portrait:
    """A cut-out over what its frame shows behind it."""
    from avatar.frame.behind import still
    from avatar.frame.canvas import behind_head
    from avatar.frame.still import laid_out
    from avatar.portrait.cut_out import over

    assert frame.backdrop
    behind = behind_head(still(frame.backdrop), laid_out(frame, portrait, None), len(portrait.picture))
    return over(portrait, behind)
