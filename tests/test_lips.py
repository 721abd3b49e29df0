"""The warp: a real portrait in, frames out; what they show is read again by the face reader."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

from avatar.engines import Told
from avatar.lips.box import Box
from avatar.lips.warp.engine import WarpLipsEngine
from avatar.lips.warp.eyelids import Eyelids
from avatar.lips.warp.geometry import face_frame
from avatar.lips.warp.motion import Motion
from avatar.lips.warp.mouth import SHADOW_REACH
from avatar.lips.warp.sampling import Movement
from avatar.lips.warp.visemes import VISEMES
from avatar.lips.warp.warp import WarpLips
from avatar.lips.warp.ycbcr import planes
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import Portrait, frame_portrait
from avatar.voice.speech import Phone, Speech
from testing.shown_frame import shown, unmoved
from tests.still_head import no_movement

STILL = np.zeros(6, np.float32)
CLOSED = np.zeros(4, np.float32)
PORTRAITS = ("smiling", "closed", "tilted")


def pose(name: str) -> np.ndarray:
    return np.array(VISEMES[name][1:5], np.float32)


@pytest.fixture(scope="module")
def reader():
    with FaceReader() as reader:
        yield reader


@pytest.fixture(scope="module")
def portraits(reader) -> dict[str, Portrait]:
    """The bundled portrait (an open smile), the same face with closed lips, and the same tilted by 14 degrees."""
    rgb = bundled_picture()
    smiling = framed(reader, rgb)
    with WarpLips(smiling.picture, smiling.landmarks) as lips:
        around = lips.mouth.around.box.rows_columns
        closed = smiling.picture.copy()  # each pixel of the rest keeps its own colour
        closed[around] = shown(lips.frame(np.array([0, -0.3, 0, 0]), 0, STILL))[around]
    turn = cv2.getRotationMatrix2D((rgb.shape[1] / 2, rgb.shape[0] / 2), 14, 1.0)
    tilted = cv2.warpAffine(rgb, turn, rgb.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return {
        "smiling": smiling,
        "closed": Portrait(closed, reader.read(closed)[0].landmarks),
        "tilted": framed(reader, tilted),
    }


def framed(reader: FaceReader, rgb: np.ndarray) -> Portrait:
    picture, _ = frame_portrait(rgb, reader.read(rgb)[0].landmarks)
    return Portrait(picture, reader.read(picture)[0].landmarks)


@pytest.fixture(scope="module")
def warps(portraits):
    lips = {name: WarpLips(portrait.picture, portrait.landmarks) for name, portrait in portraits.items()}
    for warp in lips.values():
        warp.__enter__()
    yield lips
    for warp in lips.values():
        warp.__exit__(None, None, None)


def mouth_size(reader: FaceReader, frame: np.ndarray) -> tuple[float, float]:
    """Height of the opening between the inner lips and width of the mouth, over the distance between the eyes."""
    points = reader.read(frame)[0].landmarks[:, :2]
    eyes = np.linalg.norm(points[33] - points[263])
    return np.linalg.norm(points[13] - points[14]) / eyes, np.linalg.norm(points[61] - points[291]) / eyes


def motion_of(poses: list[np.ndarray], blink: float = 0.0, sway: np.ndarray = STILL) -> Motion:
    count = len(poses)
    return Motion(np.array(poses, np.float32), np.full(count, blink, np.float32), np.tile(np.float32(sway), (count, 1)))


def test_frames_are_new_and_of_the_portraits_size(portraits, warps):
    frames = list(warps["smiling"].frames(motion_of([CLOSED, pose("aa")], blink=0.5)))
    assert [(frame.shape, frame.dtype) for frame in frames] == [((768, 512), np.uint8)] * 2
    assert not np.shares_memory(frames[0], frames[1])


def test_a_closed_mouth_at_rest_is_the_portrait_itself(portraits, warps):
    frame = warps["closed"].frame(CLOSED, 0, STILL)
    difference = np.abs(frame.astype(int) - unmoved(portraits["closed"].picture))
    assert difference.mean() < 0.02  # measured 0.006, on the lips' line only


@pytest.mark.parametrize("name", PORTRAITS)
def test_speaking_moves_nothing_outside_the_lower_face(name, portraits, warps):
    warp, picture = warps[name], portraits[name].picture
    changed = planes(warp.frame(pose("aa"), 0, STILL) != unmoved(picture))
    box = warp.mouth.box.to_even()
    assert changed.luma[box.rows_columns].mean() > 0.1
    for plane, scale in zip(changed, (1, 2, 2), strict=True):
        plane[Box(*(edge // scale for edge in box)).rows_columns] = False
        assert not plane.any()


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_mouth_closes_and_opens_as_asked(name, reader, warps):
    heights = [
        mouth_size(reader, shown(warps[name].frame(np.array([o, 0, 0, 0]), 0, STILL)))[0] for o in (0, 0.4, 0.7, 1.0)
    ]
    assert heights[0] < 0.02 and heights[1] > 0.04 and heights[3] > 0.14
    assert heights == sorted(heights)


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_mouth_rounds_and_spreads_as_asked(name, reader, warps):
    widths = [
        mouth_size(reader, shown(warps[name].frame(np.array([0.3, w, 0, 0]), 0, STILL)))[1] for w in (-0.9, 0, 0.8)
    ]
    assert widths[0] < 0.9 * widths[1] < 0.9 * 0.97 * widths[2]


@pytest.mark.parametrize("name", PORTRAITS)
def test_an_open_mouth_shows_its_dark_inside(name, warps):
    dark = {}
    for opening in (0.0, 1.0):
        frame = shown(warps[name].frame(np.array([opening, 0, 0, 0]), 0, STILL))
        dark[opening] = (frame[warps[name].mouth.lips_box.rows_columns].mean(axis=2) < 60).mean()
    assert dark[0.0] < 0.02 < 0.03 < dark[1.0]  # the tongue and the teeth are lighter


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_blink_covers_the_irises(name, portraits, warps):
    irises = portraits[name].landmarks[[468, 473], :2].round().astype(int)
    light = {}
    for blink in (0.0, 1.0):
        frame = shown(warps[name].frame(CLOSED, blink, STILL))
        light[blink] = [frame[y - 2 : y + 3, x - 2 : x + 3].mean() for x, y in irises]
    assert max(light[0.0]) < 90 and min(light[1.0]) > 100


def test_a_blink_moves_nothing_but_the_eyes(portraits, warps):
    warp = warps["smiling"]
    changed = planes(warp.frame(CLOSED, 1, STILL) != warp.frame(CLOSED, 0, STILL)).luma
    brow_to_lid = portraits["smiling"].landmarks[[46, 276, 55, 285, 145, 374], 1]
    rows = np.flatnonzero(changed.any(axis=1))
    assert brow_to_lid.min() - 15 < rows.min() and rows.max() < brow_to_lid.max() + 5


def test_the_head_moves_and_the_border_of_the_picture_does_not(portraits, warps):
    warp, picture = warps["closed"], portraits["closed"].picture
    frame = warp.frame(CLOSED, 0, np.array([2, 1.6, 0.01, 0.03, 0.02, 2]))
    middle = slice(150, 350)
    assert np.abs(shown(frame)[middle, middle].astype(int) - picture[middle, middle]).mean() > 2
    assert_border_stays(frame, picture)


def assert_border_stays(frame: np.ndarray, picture: np.ndarray) -> None:
    for plane, still in zip(planes(frame), planes(unmoved(picture)), strict=True):
        for border in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
            assert np.array_equal(plane[border], still[border])


def test_the_lips_shadow_is_as_soft_as_at_the_full_size(warps):
    mouth = warps["smiling"].mouth
    covered = np.ones((60, 100), np.float32)
    covered[20:40, 15:85] = 0
    blurred = cv2.GaussianBlur(covered, (0, 0), SHADOW_REACH * mouth.frame.mouth_width)
    assert np.abs(mouth._lips_shadow(covered) - blurred).max() < 0.05


@pytest.mark.parametrize("by", [-4, 4])
def test_lips_that_the_picture_cuts_are_drawn_up_to_its_edge(by):
    """Wherever the head goes: beyond their box the skin is still that of shut lips, and a seam would be seen."""
    move = Movement(*(np.full((60, 80), each, np.float32) for each in (by, by / 2)))
    assert move.brings(Box(10, 20, 30, 40)) == Box(10 + by, 20 + by // 2, 30 + by, 40 + by // 2)
    assert move.brings(Box(0, 20, 30, 60)) == Box(0, 20 + by // 2, 30 + by, 60)
    assert move.brings(Box(50, 0, 80, 40)) == Box(50 + by, 0, 80, 40 + by // 2)
    near = Box(2 + by, 1 + by // 2, 79 + by, 59 + by // 2)
    assert move.brings(Box(2, 1, 79, 59)) == near.within(Box(0, 0, 80, 60))


@pytest.mark.parametrize("degrees", [-30, 30])
@pytest.mark.parametrize("bottom", [512, 350])
def test_lips_that_mix_in_every_row_are_drawn(portraits, degrees, bottom):
    """Across a tilted mouth no row of pixels is one lip's alone; nor is the last one where the picture cuts the mouth."""
    picture, landmarks = portraits["smiling"].picture, portraits["smiling"].landmarks.copy()
    turn = cv2.getRotationMatrix2D((256, 256), degrees, 1.0)
    landmarks[:, :2] = landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    tilted = cv2.warpAffine(picture, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)[:bottom].copy()
    with WarpLips(tilted, landmarks) as lips:
        changed = lips.frame(pose("aa"), 0, STILL) != lips.frame(CLOSED, 0, STILL)
    assert changed.mean() > 0.01


def test_a_turned_face_and_one_at_the_pictures_edge_are_drawn(portraits):
    """Landmarks turned by 40 degrees, and cut so that the chin leaves the picture and one eye nearly does."""
    portrait = portraits["smiling"]
    middle = portrait.landmarks.mean(axis=0)
    sine, cosine = np.sin(np.radians(40)), np.cos(np.radians(40))
    about_v = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    turned = ((portrait.landmarks - middle) @ about_v.T + middle).astype(np.float32)
    assert face_frame(turned).face_width < 0.85 * face_frame(portrait.landmarks).face_width
    cut = portrait.landmarks - np.float32([150, 120, 0])
    for picture, landmarks in ((portrait.picture, turned), (portrait.picture[120:400, 150:].copy(), cut)):
        with WarpLips(picture, landmarks) as lips:
            still = shown(lips.frame(CLOSED, 0, STILL))
            opened = shown(lips.frame(pose("aa"), 1, np.array([2, 1, 0.01, 0.03, 0.02, 2])))
        assert still.shape == opened.shape == picture.shape and (still != opened).any()


def digest_of(frames) -> str:
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(frame.tobytes())
    return digest.hexdigest()


def test_the_same_input_gives_the_same_frames_with_any_threads_and_in_another_process(portraits, tmp_path):
    portrait = portraits["smiling"]
    motion = motion_of(
        [pose(name) for name in ("PP", "aa", "uw", "FF")], blink=0.6, sway=[1.3, -0.7, 0.006, 0.02, 0.01, 1]
    )
    digests = set()
    for threads in (1, 2, 2):
        with WarpLips(portrait.picture, portrait.landmarks, threads) as lips:
            digests.add(digest_of(lips.frames(motion)))
    portrait.save(tmp_path)
    motion.save(tmp_path / "motion.npz")
    script = f"""
import hashlib
from pathlib import Path
from avatar.lips.warp.motion import Motion
from avatar.lips.warp.warp import WarpLips
from avatar.portrait.framing import Portrait
portrait = Portrait.load(Path({str(tmp_path)!r}))
digest = hashlib.sha256()
with WarpLips(portrait.picture, portrait.landmarks) as lips:
    for frame in lips.frames(Motion.load(Path({str(tmp_path / "motion.npz")!r}))):
        digest.update(frame.tobytes())
print(digest.hexdigest())
"""
    digests.add(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    )
    assert len(digests) == 1


def test_the_thread_count_is_set_inside_the_block_and_restored_after(portraits):
    portrait = portraits["smiling"]
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        with WarpLips(portrait.picture, portrait.landmarks, threads=1):
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_the_preview_engine_shows_the_speech_and_keeps_its_plan(portraits, reader, tmp_path):
    phones = [Phone("m", 0.0, 0.2), Phone("ɑ", 0.2, 0.5), Phone("m", 0.5, 0.8)]
    time = np.arange(12800) / 16000
    speech = Speech((0.3 * np.sin(2 * np.pi * 300 * time)).astype(np.float32), 16000, phones)
    with WarpLipsEngine.load() as lips:
        frames = [shown(each) for each in lips.frames(portraits["smiling"], speech, 25, 7, None, Told())]
        lips.save_motion(tmp_path)
    assert len(frames) == len(Motion.load(tmp_path / "motion.npz")) == 20
    closed, opened = mouth_size(reader, frames[1])[0], mouth_size(reader, frames[8])[0]
    assert closed < 0.03 and opened > 0.1


def test_one_preview_engine_makes_what_an_engine_for_each_makes(portraits):
    """Other portraits and seeds, and a video that was not finished."""
    time = np.arange(8000) / 16000
    speech = Speech((0.3 * np.sin(2 * np.pi * 300 * time)).astype(np.float32), 16000)
    every = [("smiling", 7), ("tilted", 7), ("smiling", 8), ("smiling", 7)]

    def frames(engine, name, seed):
        return engine.frames(portraits[name], speech, 25, seed, None, Told())

    apart = []
    for name, seed in every:
        with WarpLipsEngine.load() as engine:
            apart.append([frame.tobytes() for frame in frames(engine, name, seed)])
    before = cv2.getNumThreads()
    with WarpLipsEngine.load() as engine:
        for (name, seed), expected in zip(every, apart, strict=True):
            next(frames(engine, "closed", 1))
            assert [frame.tobytes() for frame in frames(engine, name, seed)] == expected
        assert cv2.getNumThreads() == before
        next(frames(engine, "closed", 1))
    assert cv2.getNumThreads() == before
    assert apart[0] == apart[3] and len({tuple(each) for each in apart}) == 3


def test_what_is_no_rgb_picture_or_no_mesh_is_refused(portraits):
    portrait = portraits["smiling"]
    with pytest.raises(ValueError, match="RGB"):
        WarpLips(portrait.picture.astype(np.float32), portrait.landmarks)
    with pytest.raises(ValueError, match="landmarks"):
        WarpLips(portrait.picture, portrait.landmarks[:68])


def test_eyes_outside_the_picture_are_left_alone(portraits):
    portrait = portraits["smiling"]
    away = portrait.landmarks - np.float32([0, 300, 0])
    assert Eyelids(portrait.picture, away).lowered(no_movement(512, 512), 1.0) == []
