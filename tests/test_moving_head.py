"""The square of a clip whose head walks, leaves and comes back: it holds the head in all that is used of the clip, or says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.engines import Told
from avatar.lips.musetalk.engine import MuseTalkLips
from avatar.lips.musetalk.source import opened
from avatar.media.ffmpeg import encode_frames
from avatar.portrait import clip as clip_module
from avatar.portrait.clip import Clip, Framing, framed_frames, framing, seen
from avatar.portrait.face import Face, FaceReader
from avatar.portrait.framing import Portrait, frame_box
from avatar.portrait.given_picture import bundled_portrait
from avatar.portrait.moving_head import Heads, span, square
from avatar.voice.speech import Speech
from testing.tiny import environment, musetalk
from tests import real_faces

WIDTH, HEIGHT, RATE = 960, 540, Fraction(5)
SCALE = 0.5  # the face is 118 pixels wide
NOBODY = None

reader = real_faces.reader


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait()


def scene(portrait: Portrait, *lefts: float | None) -> np.ndarray:
    """Heads whose pictures begin at these columns."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for left in lefts:
        if left is not None:
            move = np.array([[SCALE, 0, left], [0, SCALE, 150]], np.float32)
            cv2.warpAffine(portrait.picture, move, (WIDTH, HEIGHT), dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    return picture


def filmed(path: Path, portrait: Portrait, way: Iterable[float | None | tuple[float | None, ...]]) -> Clip:
    """RATE pictures a second, each with a head at that column, with several, or with none."""
    scenes = (scene(portrait, *(each if isinstance(each, tuple) else (each,))) for each in way)
    encode_frames(scenes, WIDTH, HEIGHT, RATE, path)
    return Clip(path)


def walking(begin: float, end: float, seconds: float) -> list[float]:
    return list(np.linspace(begin, end, int(seconds * RATE)))


def side(how: Framing) -> int:
    return int(how.crop.split("=")[1].split(":")[0])


def shown(clip: Clip, how: Framing, reader, seconds: float) -> float:
    """Of all frames the share that shows a whole face."""
    faces = [reader.read(frame, search=False) for frame in framed_frames(clip, how, RATE, seconds)]
    whole = [each for each in faces if each and min(each[0].box) > 0 and max(each[0].box) < 512]
    return len(whole) / len(faces)


def test_a_head_that_walks_after_its_first_ten_seconds_stays_in_the_square(tmp_path, portrait, reader):
    way = [60.0] * 50 + walking(60, 330, 3) + [330.0] * 35
    clip = filmed(tmp_path / "walk.mp4", portrait, way)
    how = framing(clip, reader, 512, 20.0)
    assert how.outside_s == 0 and shown(clip, how, reader, 20.0) == 1
    assert 330 - 60 < side(how) < 1.8 * side(framing(clip, reader, 512, 5.0)), "and no larger than that takes"


def test_what_is_not_used_of_a_clip_does_not_matter(tmp_path, portrait, reader):
    """Speech of five seconds: the walk comes after it. Of a clip that is shown again and again, all of it."""
    still = filmed(tmp_path / "still.mp4", portrait, [60.0] * 25)
    clip = filmed(tmp_path / "walk.mp4", portrait, [60.0] * 30 + walking(60, 330, 2))
    assert framing(clip, reader, 512, 5.0).crop == framing(still, reader, 512, 5.0).crop
    looped = framing(clip, reader, 512, 60.0)
    assert looped.crop == framing(clip, reader, 512, 8.0).crop
    assert side(looped) > side(framing(still, reader, 512, 60.0))


def test_a_head_that_goes_and_comes_back_elsewhere_is_held(tmp_path, portrait, reader):
    """Longer gone than one looks between two searches."""
    clip = filmed(tmp_path / "gone.mp4", portrait, [40.0] * 20 + [NOBODY] * 25 + [300.0] * 30)
    how = framing(clip, reader, 512, 15.0)
    assert how.outside_s == 0
    assert shown(clip, how, reader, 15.0) == pytest.approx(50 / 75, abs=0.03)


def test_somebody_else_is_not_followed(tmp_path, portrait, reader):
    """The one on the left turns away, and walks off in the end; the other one stays all the time."""
    way = [(20.0, 620.0)] * 10 + [(NOBODY, 620.0)] * 20 + [(60.0, 620.0)] * 10 + [(NOBODY, 620.0)] * 20
    path = tmp_path / "two.mp4"
    filmed(path, portrait, way)
    for face, within in ((1, (0, 360)), (2, (580, 960))):
        boxes = seen(Clip(path, face), reader, 12.0).heads.boxes
        assert within[0] <= boxes[:, 0].min() and boxes[:, 2].max() <= within[1]
    assert len(seen(Clip(path, 2), reader, 12.0).heads.boxes) == 24, "in every look"


def test_a_clip_is_looked_through_once(tmp_path, portrait, monkeypatch):
    """Also where another reader asks, and another stage; not where the file has changed, or more of it is used."""
    looked = []
    looks = clip_module._looks
    monkeypatch.setattr(clip_module, "_looks", lambda *asked: looked.append(asked) or looks(*asked))
    clip = filmed(tmp_path / "two.mp4", portrait, [(20.0, 620.0)] * 10)
    with FaceReader() as one, FaceReader() as another:
        first = seen(replace(clip, face=1), one, 2.0)
        again = seen(replace(clip, face=1, called="the clip that was given", is_whole=True), another, 2.0)
        assert again is first and len(looked) == 1
        assert seen(replace(clip, face=2), one, 2.0).heads.boxes[0, 0] > 400 and len(looked) == 2
        seen(replace(clip, face=1), one, 1.0)
        filmed(clip.path, portrait, [(60.0, 620.0)] * 10)
        assert seen(replace(clip, face=1), one, 2.0).heads.boxes[0, 0] > first.heads.boxes[0, 0]
        assert len(looked) == 4


def test_a_walk_that_no_square_holds_is_told(tmp_path, portrait, full_environment, monkeypatch):
    """It holds what takes longest, and the report says for how long the head is not in it."""
    for name, value in environment(musetalk.write_with_lock(tmp_path / "models")).items():
        monkeypatch.setenv(name, value)
    clip = filmed(tmp_path / "far.mp4", portrait, [20.0] * 10 + walking(20, 700, 1) + [700.0] * 15)
    told = Told()
    with MuseTalkLips.load(threads=1) as engine:
        frames = list(engine.frames(clip, Speech(np.zeros(6 * 24_000, np.float32), 24_000), RATE, 7, None, told))
    assert len(frames) == 30
    (note,) = [note for note in told.notes if "--size source shows all of it" in note]
    assert "cut off or not seen in 2.5 s" in note or "in 3 s" in note
    with opened(clip, RATE, 30) as source:
        assert source.opacity[-10:].min() == 1, "where it is longer"


def test_a_late_face_is_followed_for_as_long_as_the_speech(tmp_path, portrait, reader, monkeypatch):
    """Looking for a face takes no time from it."""
    monkeypatch.setattr("avatar.portrait.clip.LOOKED_S", 2.0)
    clip = filmed(tmp_path / "late.mp4", portrait, [NOBODY] * 10 + [60.0] * 15 + walking(60, 300, 2))
    late = seen(clip, reader, 5.0)
    assert 1 <= late.start_s <= 2.5 and late.heads.boxes[:, 0].max() - late.heads.boxes[0, 0] > 180


# ---------------------------------------------------------------- by numbers


def moved(portrait: Portrait, *ways: tuple[float, float]) -> list[np.ndarray]:
    """The portrait's landmarks at half their size, at places of a picture."""
    return [(portrait.landmarks * [SCALE, SCALE, SCALE] + [*way, 0]).astype(np.float32) for way in ways]


def square_of(found: list[np.ndarray], width: int, height: int) -> tuple[tuple[int, int, int], Heads]:
    heads = Heads.of(found, width, height)
    return square(width, height, np.median(found, axis=0), heads), heads


def test_a_head_that_stays_in_it_has_the_square_of_a_portrait(portrait):
    found = moved(portrait, (300, 150), (320, 155), (280, 145), (305, 150))
    (left, top, side), _ = square_of(found, 1280, 720)
    assert (left, top, side) == frame_box(1280, 720, np.median(found, axis=0))


@pytest.mark.parametrize("seed", range(20))
def test_any_way_that_a_square_can_hold_is_held(portrait, seed):
    chance = np.random.default_rng(seed)
    ways = [tuple(chance.uniform(40, 400, 2)) for _ in range(8)]
    (left, top, side), heads = square_of(moved(portrait, *ways), 1280, 720)
    assert left >= 0 and top >= 0 and left + side <= 1280 and top + side <= 720
    assert heads.within(left, top, side, side).all()
    assert side <= Face(moved(portrait, (0, 0))[0]).width * 8, "the face stays large enough to be drawn"


def test_a_small_face_is_not_made_smaller_than_can_be_drawn(portrait):
    tiny = [landmarks * np.float32(0.5) for landmarks in moved(portrait, (100, 400), (3000, 400))]
    (_, _, side), heads = square_of(tiny, 3840, 2160)
    assert 512 * Face(tiny[0]).width / side >= 63


def test_the_longest_stay_decides():
    low = np.array([0, 0, 900, 900, 900], float)
    assert span(low, low + 100, 200, 0, 1000) == 800, "the nearest place that holds three"
    assert span(low, low + 100, 200, 950, 1000) == 900
    assert span(low, low + 100, 1000, 300, 1000) == 0
    assert span(low, low + 100, 50, 300, 1000) == 300, "where none is held it is as wanted"


def test_heads_are_kept(portrait, tmp_path):
    _, heads = square_of(moved(portrait, (300, 150), (320, 155)), 1280, 720)
    heads.save(tmp_path / "heads.npy")
    again = Heads.load(tmp_path / "heads.npy")
    for one, other in ((again.boxes, heads.boxes), (again.eyes, heads.eyes), (again.mouths, heads.mouths)):
        assert np.array_equal(one, other)
