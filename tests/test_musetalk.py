"""MuseTalk's arithmetic against the slow reference: sound windows, boxes, crops, masks, tones, blends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("scipy")


from avatar.errors import RequestError
from avatar.lips.box import Box
from avatar.lips.musetalk import audio_windows, blend, crop, mask, silence, tone
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import plan_frames
from avatar.lips.musetalk.prepared import Kept, prepare
from avatar.lips.musetalk.ramp import FADE_FRAMES, ramp
from avatar.lips.musetalk.silence import talking
from avatar.lips.musetalk.source import Source, order
from avatar.portrait.given import bundled_portrait
from tests import musetalk_reference as reference

RATES = [Fraction(15), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
         Fraction(50), Fraction(60)]  # fmt: skip
KINDS = ("jaw", "lips", "full")
SIZE = 512


@pytest.fixture(scope="module")
def portrait():
    return bundled_portrait(SIZE)


@pytest.fixture(scope="module")
def other_picture(portrait) -> np.ndarray:
    """The portrait with another lower face, standing in for a drawn one: darker, blurred by its own mirror image."""
    return (portrait.picture[:, ::-1] * 0.9).astype(np.uint8)


def moved(portrait, dx: float, dy: float, scale: float = 1.0) -> np.ndarray:
    """The portrait's landmarks elsewhere."""
    landmarks = portrait.landmarks.copy()
    centre = landmarks[:, :2].mean(axis=0)
    landmarks[:, :2] = (landmarks[:, :2] - centre) * scale + centre + [dx, dy]
    return landmarks


# ---------------------------------------------------------------- sound


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_windows_follow_the_exact_frame_rate(rate):
    features = np.arange(1, 201, dtype=float)[:, None, None] * np.ones((1, 5, 2))
    for frame in range(int(4 * rate) + 1):
        first, last = audio_windows.window(frame, rate)
        assert last - first == 10
        heard = [features[step, 0, 0] if 0 <= step < 200 else 0.0 for step in range(first, last)]
        assert heard == list(reference.audio_window(features, frame, rate)[:, 0, 0])


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_windows_do_not_drift(rate):
    """After two minutes the frame's own step still is the one at its time; upstream's is 4 s off at 29.97."""
    frame = int(120 * rate)
    own_step = audio_windows.window(frame, rate)[0] + 4
    assert 0 <= frame / rate - Fraction(own_step, 50) < Fraction(1, 50)


def test_windows_at_25_are_upstreams():
    assert [audio_windows.window(frame, Fraction(25)) for frame in (0, 1, 7)] == [(-4, 6), (-2, 8), (10, 20)]


def test_positions_are_sines_and_cosines():
    table = audio_windows.positions(50, 384)
    silent = reference.tokens(np.zeros((10, 5, 384)))
    np.testing.assert_allclose(table, silent, atol=1e-6)
    assert table.dtype == np.float32 and table[0, 1] == 1 and table[0, 0] == 0


# ---------------------------------------------------------------- silence


def tone_of(seconds: float, level: float = 0.2) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 200 * np.arange(int(seconds * 16000)) / 16000)).astype(np.float32)


def test_rests_in_silence_and_never_in_speech():
    sound = np.concatenate([tone_of(1), np.zeros(16000, np.float32), tone_of(1)])
    talks = talking(sound, Fraction(25), 75)
    assert (talks[:25] == 1).all() and (talks[50:] == 1).all()
    assert (talks[32:43] == 0).all()
    assert (np.abs(np.diff(talks)) < 0.3).all()  # a fade, no switch


def test_a_plosive_is_no_silence():
    sound = np.concatenate([tone_of(1), np.zeros(3200, np.float32), tone_of(1)])  # 0.2 s
    assert (talking(sound, Fraction(25), 55) == 1).all()


def test_soft_endings_belong_to_speech():
    """Hysteresis: 35 dB below the loud level goes on being speech, and does not begin it."""
    soft = tone_of(0.6, 0.2 * 10 ** (-35 / 20))
    loud_first = talking(np.concatenate([tone_of(1), soft]), Fraction(25), 40)
    soft_first = talking(np.concatenate([soft, tone_of(1)]), Fraction(25), 40)
    assert (loud_first == 1).all()
    assert (soft_first[:8] == 0).all() and soft_first[20] == 1


@pytest.mark.parametrize(
    ("first_db", "last_db", "first_speaks", "last_speaks"), [(-28, -38, True, True), (-32, -42, False, False)]
)
def test_speech_begins_at_30_decibels_below_the_loud_level_and_ends_at_40(first_db, last_db, first_speaks, last_speaks):
    first, last = (tone_of(0.6, 0.2 * 10 ** (decibel / 20)) for decibel in (first_db, last_db))
    talks = talking(np.concatenate([first, tone_of(2), last]), Fraction(25), 80)
    assert (talks[0] == 1, talks[-1] == 1) == (first_speaks, last_speaks)
    assert (talks[15:65] == 1).all()


def test_what_is_no_louder_than_60_decibels_below_full_scale_is_no_speech():
    level = np.array([1e-3] * 3 + [0.01] * 40 + [1e-3] * 20)
    assert list(np.flatnonzero(silence._speaking(level, 8))) == list(range(3, 43))
    assert not silence._speaking(np.full(20, 1e-3), 8).any() and silence._speaking(np.full(20, 1.1e-3), 8).all()


def test_loudness_is_that_of_a_twentieth_of_a_second_around_the_middle_of_a_frame():
    click = np.zeros(16000, np.float32)
    click[7999] = 1.0
    level = silence.loudness(click, Fraction(10), 12)  # frames of 1600 samples, the fourth from 6400, its middle 7200
    assert level.shape == (12,) and (level == 0).all()
    level = silence.loudness(click, Fraction(25), 25)  # the middle of frame 12 is 8000
    assert list(np.flatnonzero(level)) == [12] and level[12] == pytest.approx(np.sqrt(1 / 800))
    ends = silence.loudness(np.ones(700, np.float32), Fraction(25), 4)  # sound for two windows, the second in part
    assert list(ends) == [1, 1, 0, 0]


@pytest.mark.parametrize(("gap", "filled"), [(6, True), (7, True), (8, False), (9, False)])
def test_a_gap_of_eight_frames_at_25_is_no_part_of_speech(gap, filled):
    """0.3 s: 7.5 frames, rounded to 8; so the frames on both sides may be 8 apart."""
    speaking = np.array([True] * 3 + [False] * gap + [True] * 3)
    assert silence._fill_short_gaps(speaking, 8).all() == filled


@pytest.mark.parametrize("sound", [np.zeros(16000, np.float32), np.full(16000, 1e-4, np.float32)])
def test_silent_sound_is_no_speech(sound):
    assert (talking(sound, Fraction(25), 25) == 0).all()


def test_ramp():
    flags = np.array([True] * 10 + [False] + [True] * 2 + [False])
    step = 1 / (FADE_FRAMES + 1)
    np.testing.assert_allclose(ramp(flags)[5:], [1, 4 * step, 3 * step, 2 * step, step, 0, step, step, 0], atol=1e-6)
    assert (ramp(np.ones(3, bool)) == 1).all() and (ramp(np.zeros(3, bool)) == 0).all()


# ---------------------------------------------------------------- the plan


def source_of(count: int, opacity=None, closed=1.0, shot=None) -> Source:
    return Source(
        [np.zeros((4, 4, 3), np.uint8)] * count,
        np.zeros((count, 478, 3), np.float32),
        np.ones(count, np.float32) if opacity is None else np.array(opacity, np.float32),
        np.full(count, closed, np.float32),
        np.zeros(count, int) if shot is None else np.array(shot),
    )


def test_back_and_forth_shows_no_end_twice():
    assert [order(frame, 4) for frame in range(10)] == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    assert [order(frame, 2) for frame in range(5)] == [0, 1, 0, 1, 0]
    assert [order(frame, 1) for frame in range(3)] == [0, 0, 0]
    assert [order(frame, 3, "repeat") for frame in range(5)] == [0, 1, 2, 0, 1]
    assert [order(frame, 3, "hold") for frame in range(5)] == [0, 1, 2, 2, 2]


def test_silence_shows_a_closed_mouth_and_draws_over_an_open_one():
    sound = np.concatenate([tone_of(1), np.zeros(16000, np.float32)])
    closed = plan_frames(source_of(1, closed=1), sound, Fraction(25), 50, Options())
    opened = plan_frames(source_of(1, closed=0), sound, Fraction(25), 50, Options())
    assert closed.opacity[-1] == 0 and (closed.opacity[:25] == 1).all() and (closed.sound == 1).all()
    assert opened.sound[-1] == 0 and (opened.sound[:25] == 1).all() and (opened.opacity == 1).all()
    restless = plan_frames(source_of(1), sound, Fraction(25), 50, Options(rest_in_silence=False))
    assert (restless.opacity == 1).all()


def test_nothing_is_carried_over_a_cut_a_jump_or_a_pause():
    source = source_of(4, opacity=[1, 0, 1, 1], shot=[0, 0, 0, 1])
    plan = plan_frames(source, tone_of(1), Fraction(25), 6, Options(loop="repeat"))
    assert list(plan.shows) == [0, 1, 2, 3, 0, 1]
    assert list(plan.begins) == [True, False, True, True, True, False]
    again = plan_frames(source_of(4), tone_of(1), Fraction(25), 6, Options(loop="repeat"))
    assert list(again.begins) == [True, False, False, False, True, False]


@pytest.mark.parametrize(
    ("loop", "count", "begins"),
    [
        ("repeat", 3, [True, False, False, True, False, False, True]),  # 0 1 2 0: two frames back are a jump
        ("repeat", 2, [True, False, False, False, False, False, False]),  # 0 1 0: the frame beside it is none
        ("pingpong", 3, [True] + [False] * 6),
        ("hold", 3, [True] + [False] * 6),  # the same frame again is none either
    ],
)
def test_frames_begin_anew_after_a_jump_of_two_or_more(loop, count, begins):
    plan = plan_frames(source_of(count), tone_of(1), Fraction(25), 7, Options(loop=loop))
    assert list(plan.begins) == begins


def test_frames_begin_anew_at_each_cut_and_after_each_frame_that_was_not_drawn():
    cut = plan_frames(source_of(4, shot=[0, 1, 1, 0]), tone_of(1), Fraction(25), 4, Options())
    assert list(cut.begins) == [True, True, False, True]
    faint = source_of(5, opacity=[0, 0, 0.2, 1, 0])
    assert list(plan_frames(faint, tone_of(1), Fraction(25), 5, Options()).begins) == [True, True, True, False, False]


def test_source_frames_are_prepared_once_and_only_so_many_are_kept():
    made = []
    kept = Kept(lambda frame: made.append(frame) or f"frame {frame}", most=3)
    assert [kept[frame] for frame in (0, 1, 2, 1, 0)] == [f"frame {frame}" for frame in (0, 1, 2, 1, 0)]
    assert made == [0, 1, 2]
    assert kept[3] == "frame 3" and kept[0] == "frame 0"  # 2 was looked at longest ago
    assert made == [0, 1, 2, 3] and len(kept._results) == 3


# ---------------------------------------------------------------- landmarks, box, crop


def pairs(connections) -> set[tuple[int, int]]:
    return {pair for each in connections for pair in ((each.start, each.end), (each.end, each.start))}


def test_the_points_are_those_of_mediapipes_mesh():
    """Each of an outline is joined to the next one there; of the nose any may be taken, its hull is filled."""
    from mediapipe.tasks.python.vision import FaceLandmarksConnections as Mesh

    for outline, known in ((mask.LIPS, Mesh.FACE_LANDMARKS_LIPS), (crop.FACE_OVAL, Mesh.FACE_LANDMARKS_FACE_OVAL)):
        assert set(zip(outline, outline[1:] + outline[:1])) <= pairs(known)
    assert len(mask.LIPS) == 20 and 2 * len(crop.FACE_OVAL) == len(pairs(Mesh.FACE_LANDMARKS_FACE_OVAL))
    assert set(mask.NOSE) <= {point for pair in pairs(Mesh.FACE_LANDMARKS_NOSE) for point in pair}


def test_landmarks_lie_as_a_face_does(portrait):
    """A bundle put together of older models also answers with 478 points; their places are garbage."""
    x, y, z = portrait.landmarks.T
    assert portrait.landmarks.shape == (478, 3)
    assert y[168] < y[5] < y[4] < y[13] < y[152] and x[234] < x[4] < x[454] and np.count_nonzero(z) > 400


@pytest.mark.parametrize("shift", [-1, 0, 0.5])
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (-180, 3.3), (170.5, 0), (7, 160), (0, -150)])
def test_box_is_the_references_and_in_the_picture(portrait, dx, dy, shift):
    landmarks = moved(portrait, dx, dy)
    box = crop.face_box(landmarks, SIZE, SIZE, shift, margin=0.045)
    assert tuple(box) == reference.box(landmarks, (SIZE, SIZE), shift)
    assert 0 <= box.left < box.right <= SIZE and 0 <= box.top < box.bottom <= SIZE


def test_a_box_that_leaves_the_picture_ends_at_its_edges(portrait):
    large = moved(portrait, 0, 0, scale=8)
    assert crop.face_box(large, SIZE, SIZE) == Box(0, 0, SIZE, SIZE)
    assert crop.face_box(moved(portrait, 5000, 6000), SIZE, 400) == Box(SIZE, 400, SIZE, 400)
    assert crop.face_box(moved(portrait, -5000, -6000), SIZE, 400) == Box(0, 0, 0, 0)


def test_shift_moves_the_top_alone(portrait):
    still, down = (crop.face_edges(portrait.landmarks, shift) for shift in (0, 1))
    step = (portrait.landmarks[4, 1] - portrait.landmarks[168, 1]) / 3
    assert down[1] - still[1] == pytest.approx(2 * step, abs=1e-3)
    assert (down[0], *down[2:]) == (still[0], *still[2:])


def test_crop_is_the_references(portrait):
    box = crop.face_box(portrait.landmarks, SIZE, SIZE, margin=0.045)
    inputs = crop.network_inputs(portrait.picture, box)
    assert inputs.shape == (2, 3, 256, 256) and inputs.dtype == np.float32
    for ours, theirs in zip(inputs, reference.vae_inputs(portrait.picture, box)):
        np.testing.assert_allclose(ours, theirs, atol=1.1 * 2 / 255)
        assert np.abs(ours - theirs).mean() < 0.01 * 2 / 255
    assert (inputs[0, :, 128:] == -1).all()
    np.testing.assert_array_equal(inputs[0, :, :128], inputs[1, :, :128])


def test_turned_tiny_and_outside_faces_are_not_drawn(portrait):
    assert crop.is_drawable(portrait.landmarks, SIZE, SIZE)
    turned = portrait.landmarks.copy()
    turned[4, 0] = turned[234, 0] + 0.15 * (turned[454, 0] - turned[234, 0])  # 1 to 5.7
    assert not crop.is_drawable(turned, SIZE, SIZE)
    assert not crop.is_drawable(moved(portrait, 0, 0, scale=0.1), SIZE, SIZE)
    assert not crop.is_drawable(moved(portrait, 2000, 0), SIZE, SIZE)
    assert not crop.is_drawable(moved(portrait, 0, -400), SIZE, SIZE)


# ---------------------------------------------------------------- mask


def edge_tolerance(box) -> float:
    """How far two masks may differ whose outlines lie 1.5 pixels apart: OpenCV's polygons hold their border, too."""
    sigma = 0.3 * ((mask.blur_size(box, 0.05) - 1) / 2 - 1) + 0.8
    return 1.5 / (np.sqrt(2 * np.pi) * sigma)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dx", "dy", "scale"), [(0, 0, 1), (-200, 0, 1), (190, 20, 1), (0, 140, 1.1), (0, -120, 0.5)])
def test_mask_is_the_references(portrait, kind, dx, dy, scale):
    landmarks = moved(portrait, dx, dy, scale)
    box = crop.face_box(landmarks, SIZE, SIZE, margin=0.045)
    ours = mask.face_mask(landmarks, box, kind)
    soft, hard = reference.mask(landmarks, box, kind)
    left, top, *_ = reference.square(box)
    columns = slice(box.left - left, box.right - left)
    rows = slice(box.top + ours.top - top, box.bottom - top)
    assert np.abs(ours.alpha / 255 - soft[rows, columns]).max() < edge_tolerance(box)
    assert np.mean(ours.core != hard[rows, columns]) < 0.02
    assert soft[box.top - top : rows.start, columns].max(initial=0) < 0.01  # nothing above the kept rows
    assert ours.alpha.max() == 255


@pytest.mark.parametrize(
    ("width", "height", "side", "size"),
    [(200, 100, 300, 15), (100, 201, 300, 15), (203, 203, 302, 15), (410, 40, 614, 31)],
)
def test_the_blending_square_is_half_as_long_again_as_the_box_and_the_blur_a_share_of_it(width, height, side, size):
    box = Box(10, 20, 10 + width, 20 + height)
    assert mask.square_side(box) == side and mask.blur_size(box, 0.05) == size
    assert mask.blur_size(box, 0.0) == 1
    assert mask.begin_row(box, 0.5) == (40 + height) // 2
    assert mask.begin_row(box, 0.4) == (40 + height) // 2 - side // 2 + int(0.4 * side)


def test_presets_nest_and_jaw_leaves_the_nose(portrait):
    box = crop.face_box(portrait.landmarks, SIZE, SIZE, margin=0.045)
    jaw, lips, full = (mask.face_mask(portrait.landmarks, box, kind).core for kind in KINDS)
    assert lips.sum() < jaw.sum() < full.sum() and (full | ~jaw).all()
    x, y = portrait.landmarks[2, :2].astype(int)  # under the nose
    row = y - 4 - box.top - mask.face_mask(portrait.landmarks, box, "jaw").top
    assert full[row, x - box.left] and not jaw[row, x - box.left]


# ---------------------------------------------------------------- blend and tone


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (-190, 0), (190, 0), (0, 150), (0, -140)])
def test_blend_is_the_references_and_leaves_the_rest(portrait, other_picture, kind, dx, dy):
    """At every edge of the picture too: never a crash, and outside the blending square not a bit changes."""
    landmarks = moved(portrait, dx, dy)
    prepared = prepare(portrait.picture, landmarks, Options(region=kind, match_tone=False))
    box = prepared.box
    face = other_picture[100:356, 100:356]
    drawn = blend.fit_to_box(face, box)
    pasted = blend.paste(portrait.picture, drawn[prepared.mask.top :], box, prepared.mask)
    expected = reference.blended(portrait.picture, face, landmarks, box, kind)
    contrast = np.zeros((SIZE, SIZE, 3))
    contrast[box.top : box.bottom, box.left : box.right] = np.abs(
        drawn.astype(float) - portrait.picture[box.top : box.bottom, box.left : box.right]
    )
    assert (np.abs(pasted - expected) <= edge_tolerance(box) * contrast + 2).all()
    left, top, right, bottom = (max(edge, 0) for edge in reference.square(box))
    outside = np.ones((SIZE, SIZE), bool)
    outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(pasted[outside], portrait.picture[outside])
    assert (pasted != portrait.picture).any()


@pytest.mark.parametrize("match_tone", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_face_that_is_the_crop_changes_nothing(portrait, kind, match_tone):
    """A box of exactly 256 x 256 whose drawn face is the crop: the picture comes back within 1 of 255."""
    landmarks = portrait.landmarks.copy()
    left, top, right, bottom = crop.face_edges(landmarks)
    landmarks[:, :2] = (landmarks[:, :2] - [left, top]) * [256 / (right - left), 256 / (bottom - top)] + [120, 110]
    prepared = prepare(portrait.picture, landmarks, Options(region=kind, margin=0.0, match_tone=match_tone))
    box = prepared.box
    assert (box.width, box.height) == (256, 256)
    face = portrait.picture[box.top : box.bottom, box.left : box.right]
    drawn = blend.fit_to_box(face, box)[prepared.mask.top :]
    drawn = tone.ToneFollower().corrected(drawn, prepared.ring, prepared.skin, box)
    pasted = blend.paste(portrait.picture, drawn, box, prepared.mask)
    assert np.abs(pasted.astype(int) - portrait.picture).max() <= 1


def test_opacity_zero_is_the_picture(portrait, other_picture):
    prepared = prepare(portrait.picture, portrait.landmarks, Options())
    drawn = blend.fit_to_box(other_picture[:256, :256], prepared.box)[prepared.mask.top :]
    pasted = blend.paste(portrait.picture, drawn, prepared.box, prepared.mask, opacity=0)
    np.testing.assert_array_equal(pasted, portrait.picture)
    assert pasted is not portrait.picture and pasted.flags.writeable


def test_tone_is_the_references(portrait):
    """A soft, tinted copy of the face, on a box that is larger than 256: colours and sharpness are matched."""
    import cv2

    prepared = prepare(portrait.picture, portrait.landmarks, Options())
    box = prepared.box
    assert box.height > 256
    whole = portrait.picture[box.top : box.bottom, box.left : box.right]
    face = cv2.resize(cv2.GaussianBlur(whole, (0, 0), 1.5), (256, 256)) * np.array([0.95, 1.0, 0.9])
    face = face.astype(np.uint8)
    drawn = blend.fit_to_box(face, box)[prepared.mask.top :]
    corrected = tone.ToneFollower().corrected(drawn, prepared.ring, prepared.skin, box)
    pasted = blend.paste(portrait.picture, corrected, box, prepared.mask)
    expected = reference.blended(portrait.picture, face, portrait.landmarks, box, match_tone=True)
    assert np.abs(pasted - expected).mean() < 0.2
    plain = blend.paste(portrait.picture, drawn, box, prepared.mask)
    inside = (slice(box.top + prepared.mask.top + 30, box.bottom - 40), slice(box.left + 60, box.right - 60))
    errors = [np.abs(picture[inside] - portrait.picture[inside].astype(float)).mean() for picture in (pasted, plain)]
    assert errors[0] < 0.6 * errors[1]
    detail = [tone.finest_detail(tone.to_lab(rows))[prepared.ring].std() for rows in (corrected, drawn)]
    assert 1.1 * detail[1] < detail[0] < 1.6 * detail[1]  # sharper, by half at most


def test_tone_is_limited_and_follows_slowly(portrait):
    prepared = prepare(portrait.picture, portrait.landmarks, Options())
    left, top, right, bottom = prepared.box
    rows = portrait.picture[top + prepared.mask.top : bottom, left:right]
    green = np.zeros_like(rows)
    green[:, :, 1] = 255
    follower = tone.ToneFollower()
    np.testing.assert_allclose(follower.corrected(rows, prepared.ring, prepared.skin, prepared.box), rows, atol=0.5)
    changed = np.abs(follower.corrected(green, prepared.ring, prepared.skin, prepared.box) - green).mean()
    assert changed < 5  # a tenth of 10 Lab units
    follower.restart()
    changed_at_once = np.abs(follower.corrected(green, prepared.ring, prepared.skin, prepared.box) - green).mean()
    assert 2 * changed < changed_at_once < 60


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("field", "value"),
    [("region", "chin"), ("loop", "bounce"), ("shift", 1.5), ("margin", -0.1), ("boundary", 0.7), ("feather", 0.0),
     ("smoothing", 0.31), ("overlap_s", 6)],
)  # fmt: skip
def test_options_outside_their_range_are_refused(field, value):
    with pytest.raises(RequestError, match=field):
        Options(**{field: value})
