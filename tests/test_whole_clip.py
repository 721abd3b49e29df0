"""A clip that is shown as it is: its own frames, at their size and rate, with other lips and nothing else."""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar.engines import Told, WantedPicture
from avatar.errors import TemporaryProblem
from avatar.frame import assembly
from avatar.frame.canvas import DIMMED
from avatar.frame.layout import Layout, layout_of_whole
from avatar.jobs import home as homes
from avatar.jobs.job import Job
from avatar.lips.musetalk.engine import MuseTalkLips
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import order
from avatar.lips.musetalk.source import opened
from avatar.media.ffmpeg import encode_frames, ffmpeg_program
from avatar.media.frames import video_frames
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.clip import Clip, own_rate, own_size, whole_frames
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import GivenPortrait, bundled_portrait
from avatar.portrait.moving_head import Heads
from avatar.progress import Progress
from avatar.voice.speech import Speech
from testing import tiny
from testing.forker import Forker

WIDTH, HEIGHT, RATE = 961, 540, Fraction(30000, 1001)
SEEN = (960, 540)
FRAMES = 36
DRAWN = Options(rest_in_silence=False)  # in all frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A head that walks through a noisy room, from one side to the other, further than its square reaches."""
    path, portrait = tmp_path_factory.mktemp("whole") / "clip.mp4", bundled_portrait()
    room = np.random.default_rng(3).integers(0, 255, (HEIGHT // 6 + 1, WIDTH // 6 + 1, 3), np.uint8)
    room = cv2.resize(room, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    scenes = (scene(portrait, room, 20 + 14 * frame) for frame in range(FRAMES))
    filtered = [
        "-vf",
        "scale=out_color_matrix=bt709,format=yuv444p",
        "-c:v",
        "libx264",
        "-qp",
        "6",
        "-color_range",
        "tv",
    ]
    line = [
        ffmpeg_program(),
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{WIDTH}x{HEIGHT}",
        "-r",
        str(RATE),
    ]
    line += ["-i", "pipe:0", *filtered, "-colorspace", "bt709", str(path)]
    subprocess.run(line, input=b"".join(frame.tobytes() for frame in scenes), check=True)
    return path


def scene(portrait: Portrait, room: np.ndarray, x: float) -> np.ndarray:
    move = np.float32([[0.7, 0, x], [0, 0.7, 90]])
    return cv2.warpAffine(portrait.picture, move, (WIDTH, HEIGHT), dst=room.copy(), borderMode=cv2.BORDER_TRANSPARENT)


@pytest.fixture(scope="module")
def workplace(full_environment, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    tiny.write_all(folder / "models")
    return folder


@pytest.fixture
def weights(workplace, monkeypatch) -> None:
    for name, value in tiny.environment(workplace / "models").items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def forker(workplace) -> Iterator[Forker]:
    environment = {**tiny.environment(workplace / "models"), "AVATAR_HOME": str(workplace / "home")}
    with Forker(environment, workplace / "messages.txt") as made:
        yield made


def spoken(seconds: float) -> Speech:
    samples = 0.2 * np.sin(np.arange(int(seconds * 16_000)) * 0.2)
    return Speech(samples.astype(np.float32), 16_000)


def drawn(clip: Path, seconds: float, options: Options = DRAWN) -> tuple[list[np.ndarray], Told]:
    with MuseTalkLips.load() as engine:
        told = Told()
        return list(engine.frames(Clip(clip, is_whole=True), spoken(seconds), RATE, 7, options, told)), told


def source(clip: Path) -> list[np.ndarray]:
    return list(whole_frames(Clip(clip), 0.0, RATE, 10.0))


def test_outside_the_mask_frames_are_the_decoders(clip, weights):
    """At their own size and rate, all of them, wherever the face walks."""
    made, told = drawn(clip, 1.0)
    given = source(clip)
    assert len(made) == 30 and {frame.shape for frame in made} == {(*SEEN[::-1], 3)}
    assert told.facts["drawn_frames"] == 30, "the face was followed out of the square in which it was first seen"
    with opened(Clip(clip, is_whole=True), RATE, 30) as shown:
        windows = shown.whole.windows
    assert windows[0].left + 300 < windows[-1].left and max(window.width for window in windows) < 600
    for frame, window, other in zip(made, windows, given):
        changed = np.argwhere((frame != other).any(axis=2))
        assert len(changed) > 500
        low, high = changed.min(axis=0), changed.max(axis=0)
        assert low[0] > window.top and low[1] > window.left and high[0] < window.bottom and high[1] < window.right
    left, top, right, bottom = told.facts["face_box"]
    assert windows[0].left < left < right < windows[0].right and windows[0].top < top < bottom < windows[0].bottom


@pytest.mark.parametrize("loop", ["pingpong", "repeat", "hold"])
def test_a_clip_that_is_too_short_is_shown_again(clip, weights, loop):
    made, _ = drawn(clip, 2.0, Options(rest_in_silence=False, loop=loop))
    given = source(clip)
    for frame, picture in enumerate(made):
        other = given[order(frame, FRAMES, loop)]
        assert np.array_equal(picture[:80], other[:80]) and not np.array_equal(picture, other)


def test_the_lips_are_those_that_a_whole_picture_would_have(clip, weights, monkeypatch):
    """A window is large enough: with one as large as the frame every byte is the same."""
    made, _ = drawn(clip, 0.5)
    monkeypatch.setattr("avatar.lips.musetalk.windows.ROOM", 100.0)
    again, _ = drawn(clip, 0.5)
    assert all(np.array_equal(one, other) for one, other in zip(made, again, strict=True))


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        ("24000/1001", "24000/1001"), ("25", "25"), ("30000/1001", "30000/1001"), ("50", "50"), ("60000/1001", "60000/1001"),
        ("60", "60"), ("120", "60"), ("90", "45"), ("15", "25"), ("240", "60"), ("60003/1000", "60"), ("48000/799", "60"),
        ("10000000/333667", "30000/1001"), ("18900000/652469", "18900000/652469"),
    ],
)  # fmt: skip
def test_the_rate_is_its_own_within_reason(tmp_path, rate, shown):
    path = tmp_path / "clip.mp4"
    encode_frames([np.zeros((64, 64, 3), np.uint8)] * 12, 64, 64, Fraction(rate), path)
    made = own_rate(path)
    assert abs(made - Fraction(shown)) < Fraction(1, 1000) and made.denominator <= 1001


@pytest.mark.parametrize("name", ["a.mp4", "b.mov"])
def test_a_picture_by_the_name_of_a_clip_stays_a_picture(tmp_path, name):
    Image.fromarray(bundled_picture()).save(tmp_path / name, "JPEG")
    with GivenPortrait.load() as engine:
        assert engine.picture(WantedPicture(tmp_path / name), Told(), Progress()).picture.shape == (512, 512, 3)


def test_frames_that_are_shown_again_are_refused_where_there_is_no_room_for_them(clip, weights, monkeypatch):
    """Before one is drawn, and with no thread or FFmpeg left at work."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=10_000_000))
    before = threading.active_count()
    with pytest.raises(TemporaryProblem, match=r"take 37 MB in .*, where 10 MB are free"):
        drawn(clip, 2.0)
    assert threading.active_count() == before
    made, _ = drawn(clip, 2.0, Options(rest_in_silence=False, loop="hold"))
    assert len(made) == 60, "of a clip that ends with its last frame that one alone is kept"


def test_a_turned_clip_of_odd_size_is_upright_and_even(tmp_path, clip):
    turned = tmp_path / "turned.mov"
    line = [ffmpeg_program(), "-v", "error", "-display_rotation", "90", "-i", clip, "-c", "copy", turned]
    subprocess.run(list(map(str, line)), check=True)
    assert own_size(clip) == SEEN and own_size(turned) == SEEN[::-1]
    assert next(whole_frames(Clip(turned), 0, RATE, 1)).shape == (960, 540, 3)


def heads(*boxes: tuple[int, int, int, int]) -> Heads:
    """Left, top, right and bottom each, the eyes in their middles."""
    found = np.array(boxes, np.float32)
    return Heads(found, (found[:, :2] + found[:, 2:]) / 2, found[:, 3])


def seen_in(laid: Layout, clip: tuple[int, int], found: Heads) -> np.ndarray:
    """Which heads are whole in the frame."""
    left, top, shown, _ = laid.picture
    times = shown / clip[0]
    return found.within(-left / times, -top / times, laid.width / times, laid.height / times)


def test_a_clip_fills_its_frame_around_the_head_or_lies_in_it_whole():
    chance = random.Random(5)
    for _ in range(300):
        clip = width, height = chance.randrange(200, 4096), chance.randrange(200, 4096)
        side = chance.randrange(20, min(width, height))
        left, top = chance.randrange(width - side + 1), chance.randrange(height - side + 1)
        found = heads((left, top, left + side, top + side))
        frame = chance.choice([(1080, 1920), (1920, 1080), (1080, 1080)])
        position = chance.choice(["left", "centre", "right"])
        filled, padded = (layout_of_whole(found, clip, *frame, fit, position) for fit in ("crop", "pad"))
        assert filled.is_filled_by(filled.whole)
        box = padded.whole
        assert box.left >= 0 and box.top >= 0 and box.right <= frame[0] and box.bottom <= frame[1]
        assert frame[0] - box.width <= 1 or frame[1] - box.height <= 1
        middle = (filled.head.left + filled.head.right) / 2
        assert 0 <= middle <= frame[0], "the head is in the frame"
        fits = side + 2 < min(width, frame[0] * height / frame[1]) and side + 2 < min(
            height, frame[1] * width / frame[0]
        )
        assert not fits or seen_in(filled, clip, heads((left + 4, top + 4, left + side - 4, top + side - 4))).all()


@pytest.mark.parametrize("position", ["left", "centre", "right"])
def test_a_frame_holds_a_head_that_walks_as_far_as_it_can(position):
    """A high strip of 606 columns out of 1920."""
    clip, frame = (1920, 1080), (1080, 1920)
    still, moved = (100, 300, 300, 600), (480, 300, 680, 600)
    laid = layout_of_whole(heads(*[still] * 9, moved), clip, *frame, position=position)
    assert seen_in(laid, clip, heads(still, moved)).all()
    assert laid.head.left >= -2 and laid.head.right <= 1082
    alone = layout_of_whole(heads(still), clip, *frame)
    assert not seen_in(alone, clip, heads(still, moved)).all()
    far = (1600, 300, 1800, 600)
    laid = layout_of_whole(heads(*[still] * 5, *[far] * 6), clip, *frame, position=position)
    assert list(seen_in(laid, clip, heads(still, far))) == [False, True], "most of the time"


def test_the_same_frame_is_the_clip_itself():
    laid = layout_of_whole(heads((301, 33, 578, 310)), (1920, 1080), 1920, 1080)
    assert laid.picture == (0, 0, 1920, 1080) and laid.head == (301, 33, 578, 310)


def test_behind_a_clip_moves_the_clip_itself(tmp_path):
    """Dimmed to a good half, in colour too."""
    laid = layout_of_whole(heads((100, 20, 200, 120)), (320, 180), 180, 320, "pad")
    (tmp_path / "still").mkdir()
    shot = assembly.Shot(tmp_path / "still", laid, laid.whole, (320, 180), RATE, is_over_itself=True)
    colours = [np.full((180, 320, 3), colour, np.uint8) for colour in ([200, 40, 40], [40, 200, 40])]
    given = [colours[frame // 10] for frame in range(20)]
    assert assembly.assemble(given, shot, tmp_path / "kept.mp4", tmp_path / "framed.mp4") == 20
    for colour, number in zip(colours, (5, 15)):
        shown = list(video_frames(tmp_path / "framed.mp4"))[number].astype(int)
        assert abs(shown[160, 90] - colour[0, 0]).max() < 6
        assert abs(shown[20, 90] - colour[0, 0] * DIMMED).max() < 6
    assembly.assemble_again(tmp_path / "kept.mp4", shot, tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "framed.mp4").read_bytes()


RUN = ["pipeline", "run", "--stack", "full", "--text", "Hello there."]


def made_by(forker: Forker, workplace: Path, *told: object) -> Job:
    known = {job.id for job in homes.every(workplace / "home")}
    assert forker.run(*RUN, *map(str, told)) == 0, forker.messages()
    (job,) = [job for job in homes.every(workplace / "home") if job.id not in known]
    return job


def said_of(video: Path) -> str:
    return subprocess.run([ffmpeg_program(), "-hide_banner", "-i", video], capture_output=True, text=True).stderr


def test_a_clip_is_published_as_it_was_filmed(clip, forker, workplace):
    """Size and rate are the clip's, and where no lips are drawn the encoder loses no more than it does of the clip itself."""
    job = made_by(forker, workplace, "--portrait", clip, "--size", "source", "--no-mark")
    said = said_of(job.video)
    assert "960x540" in said and "29.97 fps" in said and "bt709" in said
    record = job.record("lips")
    assert record["frame_rate"] == "30000/1001" and not job.file("framed.mp4").exists()
    frames, given = list(video_frames(job.video)), source(clip)
    assert len(frames) == record["frames"]
    shown = [given[order(frame, FRAMES)] for frame in range(len(frames))]
    encode_frames(shown, *SEEN, RATE, job.folder / "plain.mp4")
    plain = list(video_frames(job.folder / "plain.mp4"))
    assert psnr(frames, shown) > psnr(plain, shown) - 0.1
    homes.remove(job)


def psnr(frames: list[np.ndarray], given: list[np.ndarray]) -> float:
    """dB, above the head, where nothing is drawn."""
    error = np.mean(
        [np.square(one[:80].astype(float) - other[:80]).mean() for one, other in zip(frames, given, strict=True)]
    )
    return float(10 * np.log10(255**2 / error))


def test_one_clip_first_as_the_plain_square_then_with_words(clip, forker, workplace):
    """The first has no portrait; the second does not take that for its own."""
    told = ["--portrait", clip]
    plain = made_by(forker, workplace, *told)
    worded = made_by(forker, workplace, *told, "--captions", "burned")
    assert not plain.file("portrait.png").exists() and worded.file("portrait.png").exists()
    assert "512x512" in said_of(plain.video) and "512x512" in said_of(worded.video)
    homes.remove(plain)
    homes.remove(worded)


def test_a_clip_goes_into_another_frame_with_words(clip, forker, workplace, tmp_path):
    """Filling it around the head; and from what was kept with the bytes of a render from nothing."""
    told = ["--portrait", clip, "--size", "360x640", "--captions", "burned"]
    job = made_by(forker, workplace, *told, "-o", tmp_path / "one.mp4")
    said = said_of(job.video)
    assert "360x640" in said and "29.97 fps" in said
    assert job.file("picture.mp4").exists() and job.file("framed.mp4").exists()
    (note,) = [note for note in job.record("video")["notes"] if "--fit pad or --size source" in note]
    assert "cut off or not seen in" in note, "it walks further than the frame reaches"
    wide = ["--portrait", clip, "--size", "640x360", "--captions", "burned", "--no-sign"]
    other = made_by(forker, workplace, *wide, "-o", tmp_path / "two.mp4")
    assert "copied_from" in other.record("lips"), "the lips are not drawn again"
    homes.remove(job)
    homes.remove(other)
    again = made_by(forker, workplace, *wide, "-o", tmp_path / "three.mp4")
    assert (tmp_path / "two.mp4").read_bytes() == (tmp_path / "three.mp4").read_bytes()
    homes.remove(again)


def test_a_video_moves_behind_a_clip(clip, forker, workplace, tmp_path):
    """Above and below it, at the clip's rate; another one is FFmpeg's work alone."""
    beach = tmp_path / "beach.mp4"
    colours = [np.full((90, 160, 3), colour, np.uint8) for colour in ([200, 40, 40], [40, 40, 200])]
    encode_frames(colours * 5, 160, 90, Fraction(10), beach)
    told = ["--portrait", clip, "--size", "360x640", "--fit", "pad", "--no-mark"]
    job = made_by(forker, workplace, *told, "--background", beach)
    other = made_by(forker, workplace, *told, "--background", "white")
    assert "copied_from" in other.record("lips")
    moves, stays = (np.array(list(video_frames(each.video)), int) for each in (job, other))
    assert len(moves) == len(stays) == job.record("lips")["frames"]
    strip = moves[:, 20, 180]
    red, blue = (int((np.abs(strip - colour[0, 0]).max(axis=1) < 12).sum()) for colour in colours)
    assert red > 0.3 * len(strip) and blue > 0.3 * len(strip)
    assert (stays[:, 20, 180] > 240).all()
    assert np.abs(moves[:, 300:340] - stays[:, 300:340]).mean() < 6, "the clip itself is the same"
    homes.remove(job)
    homes.remove(other)
