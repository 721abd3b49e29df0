"""Frames in Y'CbCr: as FFmpeg itself would make them of RGB, whether they are drawn, painted over or handed on."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.frame import assembly
from avatar.frame.layout import Layout
from avatar.lips.box import Box
from avatar.lips.warp.moved_portrait import MovedPortrait
from avatar.lips.warp.sampling import Movement
from avatar.lips.warp.warp import WarpLips
from avatar.lips.warp.ycbcr import Patch, paint, planes
from avatar.media.ffmpeg import BT709, RGB, YCBCR, encode_frames, ffmpeg_program
from avatar.media.mark import layer
from avatar.portrait.bundled import bundled_picture
from testing.shown_frame import laid_over, shown, unmoved
from tests.still_head import no_movement

RATE = Fraction(25)
SIDES = [(512, 512), (130, 90), (64, 62)]  # 130 rows: two bands and two rows more; 62: colours of an odd count


def made_by_ffmpeg(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i", "-"]
    line = [ffmpeg_program(), "-v", "error", *given, "-vf", BT709, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    said = subprocess.run(line, input=picture.tobytes(), stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(said, np.uint8).reshape(height * 3 // 2, width)


def colourful(height: int, width: int) -> np.ndarray:
    """Part of a photograph, in all its colours and their opposites."""
    part = cv2.resize(bundled_picture(), (width, height), interpolation=cv2.INTER_AREA)
    part[:, width // 2 :] = 255 - part[:, width // 2 :]
    return part


@pytest.mark.parametrize(("height", "width"), SIDES)
def test_a_portrait_at_rest_is_what_ffmpeg_makes_of_it(height, width):
    picture = colourful(height, width)
    still = no_movement(width, height)
    frame = MovedPortrait(picture).frame(still, Box(0, 0, width, height), still)
    assert np.array_equal(frame, unmoved(picture))
    for drawn, theirs in zip(planes(frame), planes(made_by_ffmpeg(picture)), strict=True):
        # Single colours differ by more than rounding: FFmpeg reads further than two pixels up and down.
        assert np.abs(drawn.astype(int) - theirs).mean() < 0.5


def test_luma_is_ffmpegs_to_rounding():
    picture = colourful(512, 512)
    ours, theirs = (planes(each).luma.astype(int) for each in (unmoved(picture), made_by_ffmpeg(picture)))
    assert np.abs(ours - theirs).max() <= 1 and (ours != theirs).mean() < 0.02


@pytest.mark.parametrize(("across", "down"), [(4, 2), (3, -1)])
def test_what_moves_takes_its_colour_along(across, down):
    """A red square on grey, moved, lies there in all three planes, also where four pixels shared other colours before."""
    picture = np.full((64, 64, 3), 128, np.uint8)
    picture[20:40, 20:40] = (200, 30, 30)
    move = Movement(*(np.full((64, 64), by, np.float32) for by in (across, down)))
    frame = MovedPortrait(picture).frame(move, Box(0, 0, 0, 0), move)
    assert np.array_equal(frame, unmoved(np.roll(picture, (down, across), (0, 1))))


@pytest.mark.parametrize("opaque", [None, 0.0, 0.3, 1.0, "ramp"])
def test_paint_covers_as_it_would_in_rgb(opaque):
    below, box = colourful(96, 128), Box(20, 10, 84, 60)
    rgb = cv2.GaussianBlur(255 - below[box.rows_columns], (0, 0), 3).astype(np.float32)
    alpha = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(50, 0) if opaque == "ramp" else opaque
    if isinstance(alpha, float):
        alpha = np.full((50, 64), alpha, np.float32)
    frame, patch = unmoved(below), Patch(box, rgb, alpha)
    before = frame.copy()
    paint(frame, patch)
    wanted = unmoved(laid_over(below, [patch]))
    for drawn, expected in zip(planes(frame), planes(wanted), strict=True):
        assert np.abs(drawn.astype(int) - expected).max() <= 2  # rounded twice
    if opaque == 0.0:
        assert np.array_equal(frame, before)
    changed = planes(frame != before).luma
    changed[box.rows_columns] = False
    assert not changed.any()


def test_odd_sides_are_refused():
    landmarks = np.zeros((478, 3), np.float32)
    for shape in ((511, 512, 3), (512, 511, 3)):
        with pytest.raises(ValueError, match="even sides"):
            WarpLips(np.zeros(shape, np.uint8), landmarks)


def test_a_box_grows_to_even_edges_and_stays_in_an_even_picture():
    assert Box(3, 4, 7, 9).to_even() == Box(2, 4, 8, 10)
    assert Box(0, 0, 63, 64).to_even() == Box(0, 0, 64, 64)


def decoded(path: Path) -> bytes:
    line = [ffmpeg_program(), "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    return subprocess.run(line, stdout=subprocess.PIPE, check=True).stdout


def tags(path: Path) -> str:
    said = subprocess.run([ffmpeg_program(), "-hide_banner", "-i", path], capture_output=True, text=True, check=False)
    return next(line.partition("Video: ")[2].partition(",")[2] for line in said.stderr.splitlines() if "Video:" in line)


def test_both_kinds_of_pixels_are_encoded_and_told_alike(tmp_path):
    """The frame that FFmpeg makes of RGB, handed to it ready made, is the same file."""
    picture, words = colourful(128, 160), layer(160, 128, "synthetic")
    for name, mark in (("plain", None), ("marked", words)):
        rgb, ycbcr = tmp_path / f"{name} rgb.mp4", tmp_path / f"{name} ycbcr.mp4"
        encode_frames([picture] * 5, 160, 128, RATE, rgb, mark=mark)
        encode_frames([made_by_ffmpeg(picture)] * 5, 160, 128, RATE, ycbcr, pixels=YCBCR, mark=mark)
        assert rgb.read_bytes() == ycbcr.read_bytes()
        assert "yuv420p(tv, bt709" in tags(ycbcr)
    assert decoded(tmp_path / "plain rgb.mp4") != decoded(tmp_path / "marked rgb.mp4")
    assert not list(tmp_path.glob(".mark-*"))


def test_both_kinds_of_pixels_are_put_into_a_frame_alike(tmp_path):
    picture = colourful(64, 64)
    made = {}
    for pixels, frame in ((RGB, picture), (YCBCR, made_by_ffmpeg(picture))):
        folder = tmp_path / pixels
        folder.mkdir()
        at = Box(16, 20, 80, 84)
        shot = assembly.Shot(folder, Layout(96, 128, at, (0.0, 0.0, 1.0, 1.0)), at, (64, 64), RATE)
        assembly.prepare(folder, colourful(128, 96), layer(96, 128, "m"), "", None)
        assembly.assemble([frame] * 4, shot, folder / "kept.mp4", folder / "framed.mp4", pixels)
        made[pixels] = [(folder / name).read_bytes() for name in ("kept.mp4", "framed.mp4")]
        assert decoded(folder / "kept.mp4") == made_by_ffmpeg(picture).tobytes() * 4
    assert made[RGB] == made[YCBCR]


def test_the_mark_lies_in_the_lower_left_corner(tmp_path):
    picture = np.full((512, 512, 3), 90, np.uint8)
    encode_frames([picture] * 2, 512, 512, RATE, tmp_path / "v.mp4", mark=layer(512, 512, "synthetic preview"))
    frame = shown(np.frombuffer(decoded(tmp_path / "v.mp4")[: 768 * 512], np.uint8).reshape(768, 512)).astype(int)
    rows, columns = np.nonzero(np.abs(frame - 90).max(axis=2) > 60)
    assert rows.min() > 480 and rows.max() < 508 and 4 < columns.min() < 16 and 100 < columns.max() < 160
