"""A cut-out, a person over nothing: what is behind is seen around it, in every frame, without a rim of anything else."""

from __future__ import annotations

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.engines import Told, WantedPicture
from avatar.frame import assembly
from avatar.frame.canvas import behind_head, canvas
from avatar.frame.layout import POSITIONS, layout
from avatar.frame.still import ready
from avatar.frame.wanted import WantedFrame
from avatar.jobs import home as homes
from avatar.limits import BACKDROP
from avatar.media.frames import video_frames
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.cut_out import is_standing, laid_over, over, resized, straight
from avatar.portrait.framing import Place, Portrait
from avatar.portrait.given_picture import CUT_OUT_NOTE, GivenPortrait
from avatar.portrait.picture import read_opacity, read_picture
from avatar.progress import Progress
from tests.conftest import run_command
from tests.moving import RATE, moving_video

GREEN, BLUE = (32, 192, 64), (32, 48, 96)


def soft_mask(size: int = 512) -> np.ndarray:
    """Head and shoulders of the bundled portrait, by and large: uint8 (size, size)."""
    mask = np.zeros((512, 512), np.uint8)
    cv2.ellipse(mask, (222, 135), (82, 120), 0, 0, 360, 255, -1)
    cv2.ellipse(mask, (220, 540), (190, 260), 0, 0, 360, 255, -1)
    return cv2.resize(cv2.GaussianBlur(mask, (0, 0), 3), (size, size))


@pytest.fixture(scope="module")
def cut_out(tmp_path_factory) -> Path:
    """With white where it is clear, as some programs leave it."""
    path, mask = tmp_path_factory.mktemp("cut out") / "me.png", soft_mask()
    rgb = np.where(mask[..., None] > 0, bundled_picture(), 255).astype(np.uint8)
    Image.fromarray(np.dstack([rgb, mask])).save(path)
    return path


# ---------------------------------------------------------------- as it is read


@pytest.mark.parametrize("suffix", ["png", "webp", "avif", "tiff"])
def test_how_opaque_a_picture_is_comes_with_it(tmp_path, suffix):
    picture = np.dstack([bundled_picture(), soft_mask()])
    how = {"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "avif" else {}
    Image.fromarray(picture).save(tmp_path / f"me.{suffix}", **how)
    opacity = read_opacity(tmp_path / f"me.{suffix}")
    assert opacity is not None and np.abs(opacity.astype(int) - soft_mask()).max() <= 4
    assert (read_picture(tmp_path / f"me.{suffix}")[opacity == 0] == BACKDROP).all()


def test_it_is_turned_and_shrunk_with_the_picture(tmp_path):
    mask = np.zeros((5000, 2500), np.uint8)
    mask[:1000] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.dstack([np.full_like(mask, 9)] * 3 + [mask])).save(tmp_path / "a.png", exif=exif)
    opacity = read_opacity(tmp_path / "a.png")
    assert opacity is not None and opacity.shape == read_picture(tmp_path / "a.png").shape[:2] == (2048, 4096)
    assert (opacity[:, -800:] == 255).all() and (opacity[:, :-850] == 0).all()


@pytest.mark.parametrize("alpha", [255, 252])
def test_a_picture_that_is_nearly_opaque_is_no_cut_out(tmp_path, alpha):
    picture = Image.fromarray(bundled_picture())
    picture.putalpha(alpha)
    picture.save(tmp_path / "me.png")
    assert read_opacity(tmp_path / "me.png") is None


# ---------------------------------------------------------------- its edge


@pytest.mark.parametrize("behind", [(0, 0, 0), (255, 255, 255), GREEN])
@pytest.mark.parametrize("size", [60, 300, 512, 1300])
def test_no_rim_is_left_of_the_grey_or_of_what_was_hidden(size, behind):
    """One colour over another has nothing but mixtures of the two, at any size."""
    mask, own = soft_mask(), np.array((120, 60, 30))
    grey = laid_over(np.broadcast_to(own.astype(np.uint8), (512, 512, 3)), mask, BACKDROP, (120, 60, 30))
    grey = laid_over(grey, mask, BACKDROP, BACKDROP)  # nothing changes
    hidden = np.clip(np.rint((own * (mask[..., None] / 255.0)) + 208 * (1 - mask[..., None] / 255.0)), 0, 255)
    rgb, share = resized(hidden.astype(np.uint8), mask, (size, size), (0.0, 0.0, 512.0, 512.0))
    made = laid_over(rgb, share, behind).astype(int)
    low, high = np.minimum(own, behind), np.maximum(own, behind)
    assert (made >= low - 6).all() and (made <= high + 6).all()
    part = straight(rgb, share)
    assert np.abs(part[part[..., 3] > 100][:, :3].astype(int) - own).max() <= 6
    assert (np.abs(made[share == 0] - behind) <= 1).all() and (np.abs(made[share == 255] - own) <= 6).all()


def test_who_is_cut_through_below_is_standing():
    bust, corners = soft_mask(), np.full((200, 200), 255, np.uint8)
    corners[:20, :20] = corners[-20:, -20:] = 0
    assert is_standing(bust) and not is_standing(corners) and not is_standing(np.pad(bust, 9))


# ---------------------------------------------------------------- as a portrait


@pytest.mark.parametrize("size", [512, 1000])
def test_a_portrait_keeps_how_opaque_it_is(cut_out, tmp_path, size):
    with GivenPortrait.load() as engine:
        portrait = engine.picture(WantedPicture(cut_out, size=size), told := Told(), Progress())
    assert told.notes == [CUT_OUT_NOTE] and portrait.place and portrait.place.is_standing
    portrait.save(tmp_path)
    kept = Portrait.load(tmp_path)
    assert kept.place == portrait.place and (kept.picture == portrait.picture).all()
    assert kept.opacity is not None and (kept.opacity == portrait.opacity).all()
    assert (kept.picture[kept.opacity == 0] == BACKDROP).all(), "as it was always seen"
    laid = over(kept, GREEN)
    assert laid.opacity is None and (laid.picture[kept.opacity == 0] == GREEN).all()
    assert (laid.picture[kept.opacity == 255] == kept.picture[kept.opacity == 255]).all()


# ---------------------------------------------------------------- in a frame


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (400, 400)])
@pytest.mark.parametrize("fit", ["crop", "pad"])
@pytest.mark.parametrize("position", POSITIONS)
def test_the_square_and_what_is_around_it_show_one_background(size, fit, position):
    """Where nothing of the picture is seen, the frame is the background, in the head's square as around it."""
    laid = layout(Place(40, 30, 200, 300, 400), *size, fit, position)
    beach = np.random.default_rng(3).integers(0, 255, (90, 150, 3)).astype(np.uint8)
    nobody = np.zeros((400, 300), np.uint8)
    made = canvas(np.full((400, 300, 3), BACKDROP, np.uint8), laid, "blur", beach, nobody)
    assert made.shape == (size[1], size[0], 3) and made.std() > 20
    square, head = behind_head(beach, laid, laid.head.width), laid.head
    for y in range(max(0, head.top), min(size[1], head.bottom), 7):
        left, right = max(0, head.left), min(size[0], head.right)
        assert (square[y - head.top, left - head.left : right - head.left] == made[y, left:right]).all()


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_who_is_cut_through_stands_on_the_frames_lower_edge(fit):
    low, high = (layout(Place(100, 20, 400, 600, 500, standing), 360, 640, fit).picture for standing in (True, False))
    assert low[1] + low[3] == pytest.approx(640, abs=2) and high[1] + high[3] < 600
    tall = [layout(Place(100, 20, 400, 600, 2000, standing), 640, 360, fit) for standing in (True, False)]
    assert tall[0] == tall[1], "whose picture reaches further down than the frame is there already"


def test_where_corners_alone_are_clear_a_video_moves_behind_them(tmp_path):
    """The head's square is opaque, so nothing has to stand still."""
    opacity = np.full((120, 100), 255, np.uint8)
    opacity[100:] = 0
    picture = np.full((120, 100, 3), (40, 60, 200), np.uint8)
    picture[100:] = BACKDROP
    landmarks = np.full((478, 3), 50, np.float32)
    portrait = Portrait(picture[:100], landmarks, Place(0, 0, 100, 100, 120))
    wanted = WantedFrame(320, 180, "pad", "blur", moving_video(tmp_path / "sea.mp4"), "centre", None, None, None)
    (tmp_path / "job").mkdir()
    shot = ready(wanted, portrait, picture, [], tmp_path / "job", RATE, Fraction(5, 25), opacity=opacity)
    moving = [np.full((100, 100, 3), (40, 60, 200), np.uint8)] * 5
    assembly.assemble(moving, shot, tmp_path / "kept.mp4", tmp_path / "framed.mp4")
    for number, frame in enumerate(video_frames(tmp_path / "framed.mp4")):
        assert np.abs(frame[174, 160].astype(int) - (40 + 20 * number)).max() <= 6, "below the square"
        assert np.abs(frame[90, 10].astype(int) - (40 + 20 * number)).max() <= 6


# ---------------------------------------------------------------- from the command line


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


def ran(home: Path, portrait: Path, *told: object) -> subprocess.CompletedProcess:
    line = ("pipeline", "run", "--text", "Hello there.", "--portrait", portrait, "--no-sign", "--no-mark", *told)
    done = run_command(*map(str, line), env={**os.environ, "AVATAR_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    return done


def frames_of(path: Path) -> list[np.ndarray]:
    return [frame.astype(int) for frame in video_frames(path)]


def latest(home: Path):
    return max(homes.every(home), key=lambda job: job.created())


def off(frame: np.ndarray, colour: tuple[int, int, int]) -> int:
    """In both upper corners, in a wide frame as far as in the head's square."""
    height, width = frame.shape[:2]
    across = width // 4 if width > height else width // 10
    above = frame[2 : height // 6, 2:across], frame[2 : height // 6, -across:-2]
    return max(int(np.abs(part - colour).max()) for part in above)


@pytest.mark.parametrize("size", ["360x640", "640x360", "400x400", None])
def test_a_colour_is_all_that_is_behind(home, cut_out, tmp_path, size):
    told = ["--size", size] if size else []
    done = ran(home, cut_out, *told, "--background", "#20c040", "-o", tmp_path / "a.mp4")
    assert CUT_OUT_NOTE in done.stderr and "not seen" not in done.stderr
    for frame in frames_of(tmp_path / "a.mp4")[::8]:
        assert off(frame, GREEN) <= 6


def test_without_a_background_it_is_grey_as_ever(home, cut_out, tmp_path):
    for number, told in enumerate([(), ("--size", "640x360"), ("--size", "360x640", "--captions", "burned")]):
        ran(home, cut_out, *told, "-o", tmp_path / f"{number}.mp4")
        assert off(frames_of(tmp_path / f"{number}.mp4")[5], BACKDROP) <= 4, told


def test_another_background_is_drawn_anew_and_another_frame_of_a_colour_is_not(home, cut_out, tmp_path):
    for background in ("white", "#203060"):
        ran(home, cut_out, "--size", "320x180", "--background", background, "-o", tmp_path / "a.mp4", "--overwrite")
    drawn_anew = latest(home)
    assert "copied_from" in drawn_anew.record("portrait") and "copied_from" not in drawn_anew.record("lips")
    assert off(frames_of(tmp_path / "a.mp4")[5], BLUE) <= 6
    ran(home, cut_out, "--size", "180x320", "--background", "#203060", "-o", tmp_path / "b.mp4")
    assert "copied_from" in latest(home).record("lips") and latest(home) != drawn_anew
    assert off(frames_of(tmp_path / "b.mp4")[5], BLUE) <= 6


def test_a_picture_lies_behind_as_it_does_around(home, cut_out, tmp_path):
    """Its own rows and columns go on through the head's square."""
    y, x = np.mgrid[:360, :640]
    beach = np.stack([x * 255 // 640, y * 255 // 360, np.full_like(x, 90)], -1).astype(np.uint8)
    Image.fromarray(beach).save(tmp_path / "beach.png")
    ran(home, cut_out, "--size", "640x360", "--background", tmp_path / "beach.png", "-o", tmp_path / "a.mp4")
    frame = frames_of(tmp_path / "a.mp4")[5]
    for part in (np.s_[:60, :160], np.s_[:60, -160:]):
        assert np.abs(frame[part] - beach[part]).max() <= 12
    for told in (("--size", "320x180"), ()):
        ran(home, cut_out, *told, "--background", tmp_path / "beach.png", "-o", tmp_path / "b.mp4", "--overwrite")
        small = frames_of(tmp_path / "b.mp4")[5]
        left, right = small[4, 4, 0], small[4, -5, 0]
        assert left < (110 if not told else 10) and right - left > 120, "it rises to the right"


def test_of_a_video_the_first_picture_stands_behind(home, cut_out, tmp_path):
    sea = moving_video(tmp_path / "sea.mp4", (320, 180))
    plan = ran(home, cut_out, "--size", "640x360", "--background", sea, "--dry-run")
    assert f"note: {CUT_OUT_NOTE}" in plan.stderr
    ran(home, cut_out, "--size", "640x360", "--background", sea, "-o", tmp_path / "a.mp4")
    for frame in frames_of(tmp_path / "a.mp4")[::6]:
        assert off(frame, (40, 40, 40)) <= 6
