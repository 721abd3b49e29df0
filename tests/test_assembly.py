"""What moves lies in its canvas to the pixel, wherever in the frame it is shown: as FFmpeg's own overlay would lay it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.frame import assembly
from avatar.frame.layout import Layout
from avatar.lips.box import Box
from avatar.media.ffmpeg import BT709, Input, command, running

WIDTH, HEIGHT, RATE = 96, 64, Fraction(25)


@pytest.mark.parametrize(
    ("left", "top", "width", "height"),
    [
        (32, 16, 32, 32),  # inside
        (0, 0, 32, 32), (64, 32, 32, 32),  # in a corner
        (0, 16, 96, 32), (32, 0, 32, 64), (0, 32, 96, 32), (64, 0, 32, 64),  # from edge to edge
        (-16, 16, 32, 32), (80, -16, 32, 32), (32, 48, 32, 32), (-16, -16, 128, 48), (40, -20, 40, 100),  # beyond one
        (20, 10, 64, 64),  # larger than it was drawn
    ],
)  # fmt: skip
def test_it_lies_where_an_overlay_would_lay_it(tmp_path, left, top, width, height):
    moving = (width, height) if width != 64 else (32, 32)
    shot = assembly.Shot(
        tmp_path, Layout(WIDTH, HEIGHT, at := Box(left, top, left + width, top + height), (0.0, 0.0, 1.0, 1.0)),
        at, moving, RATE,
    )  # fmt: skip
    noise = np.random.default_rng(1)
    assembly.prepare(tmp_path, noise.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8), None, "", None)
    frames = noise.integers(0, 256, (5, moving[1], moving[0], 3), np.uint8)
    assert assembly.assemble(frames, shot, tmp_path / "kept.mp4", tmp_path / "framed.mp4") == 5
    overlaid(tmp_path / "kept.mp4", shot, tmp_path / "overlaid.mp4")
    assert (tmp_path / "framed.mp4").read_bytes() == (tmp_path / "overlaid.mp4").read_bytes()


def overlaid(kept: Path, shot: assembly.Shot, to: Path) -> None:
    canvas = Input(shot.folder / assembly.CANVAS, "png_pipe", ("-framerate", "25"))
    graph = (
        f"[0:v]scale={shot.at.width}:{shot.at.height}:flags=bicubic[sized];"
        f"[1:v]{BT709},format=yuv420p,loop=-1:1:0,setpts=N/(25*TB)[canvas];"
        f"[canvas][sized]overlay={shot.at.left}:{shot.at.top}:shortest=1,format=yuv420p,"
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709[framed]"
    )
    with running(
        command(Input(kept, "mov"), canvas, output=["-filter_complex", graph, *assembly._written(shot, to)]), to
    ):
        pass
