"""A face followed through a clip: gaps are bridged, cuts are not, and averaging neither lags nor crosses them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from avatar.lips.musetalk.track import Track, drawable, follow, steady
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.portrait.moving_head import Whereabouts
from tests import real_faces
from tests.clip_scenes import HEIGHT, RATE, WIDTH, scene

reader = real_faces.reader


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait()


def still_track(portrait: Portrait, missing=(), cuts=(), shift_per_frame=0.0, n=60, noise=0.0) -> Track:
    landmarks = np.repeat(portrait.landmarks[None], n, axis=0)
    landmarks[:, :, 0] += (shift_per_frame * np.arange(n))[:, None]
    landmarks += np.random.default_rng(0).normal(0, noise, landmarks.shape).astype(np.float32)
    landmarks[list(missing)] = np.nan
    shot = np.zeros(n, int)
    for cut in cuts:
        shot[cut:] += 1
    return Track(landmarks, shot)


def steadied(track: Track) -> Track:
    """A copy of a track, steadied."""
    copy = Track(track.landmarks.copy(), track.shot)
    steady(copy, RATE)
    return copy


def test_short_gaps_are_bridged_and_long_ones_are_not(portrait):
    track = still_track(portrait, missing=[5, *range(10, 22), *range(30, 43)], shift_per_frame=2)
    found = steadied(track).found
    assert found[:30].all()  # gaps of 1 and of 12 frames, 0.48 s
    assert not found[30:43].any() and found[43:].all()
    straight = steadied(track).landmarks[15, :, 0] - portrait.landmarks[:, 0]
    np.testing.assert_allclose(straight, 30, atol=0.01)


def test_no_gap_is_bridged_over_a_cut_and_none_at_the_ends(portrait):
    found = steadied(still_track(portrait, missing=[0, 1, 20, 21, 59], cuts=[21])).found
    assert list(np.flatnonzero(~found)) == [0, 1, 20, 21, 59]


def test_averaging_calms_without_lagging(portrait):
    noisy = still_track(portrait, noise=1.0, shift_per_frame=3)
    calm = steadied(noisy)
    truth = still_track(portrait, shift_per_frame=3).landmarks
    errors = [np.std((each.landmarks - truth)[3:-3]) for each in (noisy, calm)]
    assert errors[1] < 0.55 * errors[0]
    assert abs((calm.landmarks - truth)[3:-3].mean()) < 0.02  # a lag of a hundredth of a frame would show


def test_nothing_is_averaged_over_a_cut(portrait):
    track = still_track(portrait, cuts=[30])
    track.landmarks[30:, :, 0] += 100
    np.testing.assert_allclose(steadied(track).landmarks, track.landmarks, atol=1e-3)


def test_turned_faces_are_not_drawn(portrait):
    track = still_track(portrait, missing=[3], n=10)
    track.landmarks[5, 4, 0] = track.landmarks[5, 234, 0] + 1
    assert list(np.flatnonzero(~drawable(track, 512, 512))) == [3, 5]


def test_the_same_person_is_followed_beside_another(portrait, reader):
    """Ours is away for some frames: the larger one beside it is never taken for it."""
    small = Portrait(cv2.resize(portrait.picture, (256, 256)), portrait.landmarks / 2)

    def frames() -> Iterator[np.ndarray]:
        for frame in range(16):
            picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            picture[60:420, 280:640] = cv2.resize(portrait.picture, (360, 360))
            if not 8 <= frame < 12:
                picture[100:356, 10 + frame : 266 + frame] = small.picture
            yield picture

    start = np.array([10, 100]) + small.landmarks[:, :2].mean(axis=0)
    track = follow(frames(), 16, reader, start, RATE)
    assert list(np.flatnonzero(~track.found)) == [8, 9, 10, 11]
    middles = track.landmarks[track.found, :, 0].mean(axis=1)
    assert (np.abs(middles - (start[0] + np.flatnonzero(track.found))) < 15).all()


@pytest.mark.parametrize("start", ["theirs", "elsewhere"])
def test_who_is_gone_for_long_is_never_somebody_else(portrait, reader, start):
    """Where looks at the clip say where one of two is: nobody is drawn meanwhile, wherever the first place lies."""
    small = Portrait(cv2.resize(portrait.picture, (256, 256)), portrait.landmarks / 2)
    gone = range(8, 28)  # longer than LONGEST_GAP_S: the larger face was taken up then

    def frames() -> Iterator[np.ndarray]:
        for frame in range(36):
            picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            picture[60:420, 280:640] = cv2.resize(portrait.picture, (360, 360))
            if frame not in gone:
                picture[100:356, 10:266] = small.picture
            yield picture

    middle = np.array([10, 100]) + small.landmarks[:, :2].mean(axis=0)
    width = np.ptp(small.landmarks[:, 0])
    known = Whereabouts(np.array([0.0, 1.2]), np.array([middle, middle]), np.array([width, width]))
    begin = middle if start == "theirs" else np.array([WIDTH, 0.0])
    track = follow(frames(), 36, reader, begin, RATE, known)
    assert list(np.flatnonzero(~track.found)) == list(gone)
    assert (np.abs(track.landmarks[track.found, :, 0].mean(axis=1) - middle[0]) < 15).all()


def test_a_cut_begins_a_new_shot_with_the_face_that_is_there(portrait, reader):
    def frames() -> Iterator[np.ndarray]:
        yield from [scene(portrait, 0, 30)] * 5
        yield from [np.full((HEIGHT, WIDTH, 3), 230, np.uint8)] * 2
        yield from [scene(portrait, 250, 40, 0.6)] * 3

    track = follow(frames(), 99, reader, np.array([200.0, 230.0]), RATE)
    assert list(track.shot) == [0] * 5 + [1] * 2 + [2] * 3
    assert track.found[:5].all() and track.found[7:].all()
    assert track.landmarks[8, 4, 0] - track.landmarks[2, 4, 0] > 150


@pytest.mark.parametrize("larger", [2, 4])
def test_noise_in_a_large_frame_is_no_cut_and_another_picture_is_one(portrait, reader, larger):
    """Of a large frame not every pixel is looked at."""
    size, noise = (WIDTH * larger, HEIGHT * larger), np.random.default_rng(1)
    first = cv2.resize(portrait.picture, size, interpolation=cv2.INTER_CUBIC)
    other = 255 - first
    frames = [
        np.clip(each + noise.normal(0, 40, each.shape), 0, 255).astype(np.uint8) for each in (first, first, other)
    ]
    track = follow(iter(frames), 3, reader, portrait.landmarks[:, :2].mean(axis=0) * larger, RATE, is_large=True)
    assert list(track.shot) == [0, 0, 1]
