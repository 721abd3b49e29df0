"""What moves, which is the square around a head or a whole clip, what stands around it, the mark and the words -> the frame, all by one FFmpeg.

When the lips are drawn, the same FFmpeg keeps it without loss: another frame of a finished job is then made from
that, byte for byte as if the lips had been drawn for it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from avatar.frame.canvas import BLUR_SHARE, DIMMED
from avatar.frame.layout import Layout
from avatar.host.closed_child import Limits
from avatar.lips.box import Box
from avatar.media.ffmpeg import (
    BITEXACT,
    ENCODERS,
    KEPT,
    OVERLAID,
    RGB,
    TO_YCBCR,
    Input,
    command,
    file_argument,
    is_script,
    raw_frames,
    running,
)
from avatar.media.fonts import Font

SMALLER = 8  # times, of what is blurred
CLOSED = Limits(cpu_s=48 * 3600, memory_mib=8192, file_mib=1 << 20)  # far above what 120 s at 4096 x 4096 take
BEHIND, CANVAS, MARK, CAPTIONS, FONTS = "behind.mp4", "canvas.png", "mark.png", "captions.ass", "fonts"


@dataclass(frozen=True)
class Shot:
    """What is put together. folder: holds CANVAS, and BEHIND, MARK and CAPTIONS where there are any; at: where in the frame the moving
    picture is shown, which may reach beyond it; moving: its width and height as it is drawn, in pixels."""

    folder: Path
    layout: Layout
    at: Box
    moving: tuple[int, int]
    frame_rate: Fraction
    encoder: str = "x264"
    is_closed: bool = False  # FFmpeg draws from a font that a stranger may have made
    is_over_itself: bool = False  # behind it lies the same moving picture, filling the frame, out of focus

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()


def prepare(folder: Path, canvas: np.ndarray | None, mark: np.ndarray | None, captions: str, font: Font | None) -> None:
    """Write what a Shot's folder holds. canvas: uint8 RGB; mark: uint8 RGBA; each as large as the frame. A canvas
    that lies over BEHIND is RGBA, and clear where that is seen."""
    from PIL import Image

    for name, picture in ((CANVAS, canvas), (MARK, mark)):
        if picture is not None:
            Image.fromarray(picture).save(folder / name, compress_level=1)
    if captions and font:
        (folder / CAPTIONS).write_text(captions, encoding="utf-8")
        (folder / FONTS).mkdir()
        shutil.copyfile(font.path, folder / FONTS / f"font{font.path.suffix}")
        (folder / "fonts.conf").write_text("<fontconfig><cachedir>fonts-cache</cachedir></fontconfig>\n")


def assemble(frames: Iterable[np.ndarray], shot: Shot, kept: Path, framed: Path, pixels: str = RGB) -> int:
    """Frames -> both files; returns how many there were. pixels: what a frame is. Raises as encode_frames does."""
    line = command(
        raw_frames(*shot.moving, shot.frame_rate, pixels), *_pictures(shot),
        output=[
            "-filter_complex", f"[0:v]{TO_YCBCR[pixels]},split[kept][moving];{_graph(shot, 'moving')}",
            "-xerror", "-map", "[kept]", *KEPT, *BITEXACT, "-f", "mp4", file_argument(kept.absolute()),
            *_written(shot, framed),
        ],
    )  # fmt: skip
    count = 0
    within = _within(shot, line[0], kept.parent, framed.parent)
    with running(line, framed, shot.folder, _environment(shot), within) as stdin:
        for frame in frames:
            stdin.write(frame.data)
            count += 1
    return count


def assemble_again(kept: Path, shot: Shot, framed: Path) -> None:
    """The same from what was kept."""
    line = command(
        Input(kept.absolute(), "mov"), *_pictures(shot),
        output=["-filter_complex", _graph(shot, "0:v"), "-xerror", *_written(shot, framed)],
    )  # fmt: skip
    within = _within(shot, line[0], framed.parent, kept=kept)
    with running(line, framed, shot.folder, _environment(shot), within):
        pass


def _pictures(shot: Shot) -> list[Input]:
    rate = ("-framerate", str(shot.frame_rate))
    stills = [Input((shot.folder / name).absolute(), "png_pipe", rate) for name in (CANVAS, MARK) if shot.has(name)]
    # Shown again and again, as often as it takes
    moving = [Input((shot.folder / BEHIND).absolute(), "mov", ("-stream_loop", "-1"))] if shot.has(BEHIND) else []
    return [*moving, *stills]


def _graph(shot: Shot, moving: str) -> str:
    """From the moving picture to [framed]."""
    frame, at = shot.layout, shot.at
    parts, shown, number = [], moving, 1
    if shot.is_over_itself:
        parts += [f"[{moving}]split[whole][behind]", f"[behind]{out_of_focus(frame.width, frame.height)}[canvas]"]
        shown = "whole"
    if (at.width, at.height) != shot.moving:
        parts.append(f"[{shown}]scale={at.width}:{at.height}:flags=bicubic[sized]")
        shown = "sized"
    if shot.has(BEHIND):
        parts.append(f"[{number}:v]setpts=N/({shot.frame_rate}*TB)[{'under' if shot.has(CANVAS) else 'canvas'}]")
        number += 1
    if shot.has(CANVAS) and shot.has(BEHIND):
        parts.append(f"[{number}:v]{OVERLAID}[around]")
        parts.append("[under][around]overlay=0:0[canvas]")
        number += 1
    elif shot.has(CANVAS):
        parts += _beside(shot, shown, number)
        shown, number = "laid", number + 1
    if shot.has(BEHIND) or shot.is_over_itself:
        parts.append(f"[canvas][{shown}]overlay={at.left}:{at.top}:shortest=1[laid]")
        shown = "laid"
    elif not shot.has(CANVAS) and (at.width, at.height) != (frame.width, frame.height):
        parts.append(f"[{shown}]crop={frame.width}:{frame.height}:{-at.left}:{-at.top}[laid]")
        shown = "laid"
    if shot.has(MARK):
        parts.append(f"[{number}:v]{OVERLAID}[mark]")
        parts.append(f"[{shown}][mark]overlay=0:main_h-overlay_h[marked]")
        shown = "marked"
    if shot.has(CAPTIONS):
        parts.append(f"[{shown}]ass={CAPTIONS}:fontsdir={FONTS}[worded]")
        shown = "worded"
    parts.append(f"[{shown}]format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709[framed]")
    return ";".join(parts)


def _beside(shot: Shot, moving: str, canvas: int) -> list[str]:
    """What of the canvas is seen at the four sides of the moving picture, set beside it: to [laid]. canvas: its input's number.

    An overlay would give the same bytes later, since FFmpeg's blends each pixel. One picture, shown again and
    again: decoding it anew for each frame would take longer than drawing the frame.
    """
    frame, at = shot.layout, shot.at
    seen = at.within(Box(0, 0, frame.width, frame.height))
    sides = {
        "above": Box(0, 0, frame.width, seen.top),
        "left": Box(0, seen.top, seen.left, seen.bottom),
        "right": Box(seen.right, seen.top, frame.width, seen.bottom),
        "below": Box(0, seen.bottom, frame.width, frame.height),
    }
    sides = {name: box for name, box in sides.items() if not box.empty}
    still = f"loop=-1:1:0,setpts=N/({shot.frame_rate}*TB)"
    parts = [f"[{canvas}:v]{TO_YCBCR[RGB]},split={len(sides)}" + "".join(f"[whole-{name}]" for name in sides)]
    parts += [f"[whole-{name}]{_crop(box)},{still}[{name}]" for name, box in sides.items()]
    own = Box(seen.left - at.left, seen.top - at.top, seen.right - at.left, seen.bottom - at.top)
    parts.append(f"[{moving}]{_crop(own)}[seen]")
    row = [name for name in ("left", "seen", "right") if name == "seen" or name in sides]
    parts.append(_stack("hstack", row, "row"))
    column = [name for name in ("above", "row", "below") if name == "row" or name in sides]
    return [*parts, _stack("vstack", column, "laid")]


def _stack(kind: str, names: list[str], to: str) -> str:
    how = f"{kind}={len(names)}:shortest=1" if len(names) > 1 else "null"
    return "".join(f"[{name}]" for name in names) + f"{how}[{to}]"


def _crop(box: Box) -> str:
    return f"crop={box.width}:{box.height}:{box.left}:{box.top}"


def out_of_focus(width: int, height: int) -> str:
    """FFmpeg's filters that fill a frame with a picture as canvas.py does, blurred and dimmed; small, since nothing fine is left.

    Levels are those of video, 16 to 235.
    """
    small = [max(2, 2 * (side // SMALLER // 2)) for side in (width, height)]
    fill = f"scale={small[0]}:{small[1]}:force_original_aspect_ratio=increase,crop={small[0]}:{small[1]}"
    blur = f"gblur=sigma={BLUR_SHARE * max(small):.3f}:steps=2"
    dim = f"lutyuv=y=16+(val-16)*{DIMMED}:u=128+(val-128)*{DIMMED}:v=128+(val-128)*{DIMMED}"
    return f"{fill},{blur},{dim},scale={width}:{height}:flags=bicubic"


def _written(shot: Shot, framed: Path) -> list[str]:
    return ["-map", "[framed]", *ENCODERS[shot.encoder], "-pix_fmt", "yuv420p", *BITEXACT, "-f", "mp4",
            file_argument(framed.absolute())]  # fmt: skip


def _environment(shot: Shot) -> dict[str, str]:
    """fontconfig finds its own empty list of fonts, and libass the one that lies in the folder."""
    return {"FONTCONFIG_FILE": "fonts.conf", "FONTCONFIG_PATH": str(shot.folder.absolute())}


def _within(shot: Shot, program: str, *written: Path, kept: Path | None = None) -> Limits | None:
    """What FFmpeg may use where its font is a stranger's: these folders and no network. NVENC needs the driver's files, wherever
    a host has them."""
    if not shot.is_closed:
        return None
    if shot.encoder == "nvenc" or is_script(program):
        return CLOSED
    readable = (kept.absolute(),) if kept else ()
    return replace(CLOSED, readable=readable, writable=(shot.folder.absolute(), *(each.absolute() for each in written)))
