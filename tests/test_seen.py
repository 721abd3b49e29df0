"""What a viewer sees of a face that talks: the figures of `avatar check`, on a good video and on one fault each."""

from __future__ import annotations

import json

import numpy as np
import pytest

from avatar.engines import Told
from avatar.lips.warp import eyelids
from avatar.lips.warp.engine import WarpLipsEngine
from avatar.lips.warp.motion import Motion, plan_motion
from avatar.lips.warp.warp import WarpLips
from avatar.portrait.given_picture import bundled_portrait
from avatar.quality import closures, lids, seen
from avatar.quality.intended import Asked
from avatar.quality.movement import Side
from avatar.quality.video import measured
from avatar.voice.speech import Phone, Speech
from testing import faulted_faces
from testing.faulted_faces import FAULTS
from testing.shown_frame import shown

RATE, SEED = 25, 7
SPOKEN = "pɑɑmɑɑbææpɑɑmɑɑbɑɑpɑɑb"  # each for PHONE_S: 2.9 s, in which the eyes blink once
PHONE_S = 0.13
SAID = {  # what is said of each fault
    "open_at_closures": "the lips shut at 0%",
    "frozen_eyes": "the eyes stay open as they blink",
    "red_cavity_in_grey": "too colourful for this picture",
    "teeth_of_other_light": "the teeth are not in the light of the face",
    "floating_teeth": "teeth float in the mouth",
    "slits_at_the_corners": "dark slits open beside the corners",
    "blurred_mouth": "the mouth is blurred",
    "moving_background": "the background moves with the head",
    "still_head": "the head hardly moves",
}


@pytest.fixture(scope="module")
def plan() -> tuple[Motion, tuple[Phone, ...]]:
    rate = 16_000
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, round(len(SPOKEN) * PHONE_S * rate)).astype(np.float32)
    phones = [Phone(symbol, place * PHONE_S, (place + 1) * PHONE_S) for place, symbol in enumerate(SPOKEN)]
    speech = Speech(samples, rate, phones)
    motion = plan_motion(speech, speech.frame_count(RATE), RATE, SEED)
    assert (motion.blink > 0.95).any()
    return motion, tuple(phones)


@pytest.fixture(scope="module")
def asked(plan) -> Asked:
    motion, phones = plan
    return Asked(motion.mouth[:, 0], motion.blink, motion.sway, phones)


@pytest.fixture(scope="module")
def talking(plan) -> list[np.ndarray]:
    portrait = bundled_portrait()
    with WarpLips(portrait.picture, portrait.landmarks) as lips:
        return [shown(frame) for frame in lips.frames(plan[0])]


@pytest.fixture(scope="module")
def landmarks(talking) -> list[np.ndarray]:
    found = faulted_faces.read(talking)
    assert len(found) == len(talking)
    return found


def figures(frames: list[np.ndarray], asked: Asked | None) -> dict:
    pictures = measured(frames)
    phones = asked.phones if asked else ()
    shut = closures.figures(np.array(pictures.opening), phones, RATE, 0.0, heard=False)
    return {"bilabials": shut, **pictures.seen.figures(asked, RATE)}


def test_a_good_face_meets_every_limit(talking, asked):
    found = figures(talking, asked)
    assert seen.failures(found, asked) == seen.notes(found, asked, 3) == []
    assert found["bilabials"] == {"count": SPOKEN.count("p") + SPOKEN.count("b") + SPOKEN.count("m"), "share": 1.0, "heard": False}  # fmt: skip
    assert found["blinks"] == 1 and found["lids_at_blink"] < 0.4
    assert found["teeth_begin"] < 0.2 and found["corner_slits"] < 0.08
    assert found["border_moves"] < 0.3 * found["head_moves"]
    json.dumps(found, allow_nan=False)
    said = dict(seen.rows(found))
    assert "100% of" in said["lips"] and said.keys() >= {"eyes", "mouth", "corners", "sharpness", "movement"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_falls_short_by_name(talking, landmarks, asked, fault):
    found = figures(fault(list(talking), landmarks), asked)
    failed = seen.failures(found, asked)
    assert any(SAID[fault.__name__] in reason for reason in failed), (failed, found)
    named = {name for name, said in SAID.items() if any(said in reason for reason in failed)}
    # Held frames neither blink nor sway; what was planted is named first of all.
    assert named <= {fault.__name__, *({"frozen_eyes"} if fault.__name__ in ("open_at_closures", "still_head") else ())}


def test_a_video_of_people_may_keep_still_before_a_background_that_moves(talking, landmarks):
    for fault in (faulted_faces.moving_background, faulted_faces.still_head, faulted_faces.frozen_eyes):
        found = figures(fault(list(talking), landmarks), None)
        assert seen.failures(found, None) == []
        assert found["bilabials"] is None
    assert found["blinks"] == 0
    (note,) = seen.notes(found, None, 20)
    assert note == "the eyes never blink in 20 s" and seen.notes(found, None, 5) == []


def test_a_video_behind_the_head_may_move(talking, landmarks, asked):
    found = figures(faulted_faces.moving_background(list(talking), landmarks), asked)
    assert SAID["moving_background"] in " ".join(seen.failures(found, asked))
    assert SAID["moving_background"] not in " ".join(seen.failures(found, asked._replace(moves_behind=True)))
    still = figures(faulted_faces.still_head(list(talking), landmarks), asked)
    assert SAID["still_head"] in " ".join(seen.failures(still, asked._replace(moves_behind=True)))


def test_blinks_are_found_where_no_plan_is_known(talking):
    found = figures(talking, None)
    assert found["blinks"] == 1 and found["lids_at_blink"] < 0.4


def test_eyes_that_look_down_are_not_asked_for_a_blink():
    gaps = np.full(50, 0.1)
    found = lids.figures(gaps, np.r_[np.zeros(20), np.ones(5), np.zeros(25)], RATE)
    assert found["lids_at_blink"] is None and lids.failures(found, np.ones(50)) == []


def test_a_portrait_that_does_not_blink_is_not_asked_to(monkeypatch, plan):
    """Its motion says what is shown, so that the check does not look for blinks that nobody drew."""
    monkeypatch.setattr(eyelids, "_eyelid", lambda *arguments: None)
    speech = Speech(np.zeros(16_000 * 3, np.float32), 16_000, list(plan[1]))
    with WarpLipsEngine.load() as engine:
        next(engine.frames(bundled_portrait(), speech, RATE, SEED, None, Told()))
    assert not engine._motion.blink.any() and engine._motion.sway.any()
    monkeypatch.undo()
    with WarpLipsEngine.load() as engine:
        next(engine.frames(bundled_portrait(), speech, RATE, SEED, None, Told()))
    assert engine._motion.blink.any()


def test_frames_without_a_face_or_an_open_mouth_leave_figures_out(talking):
    blank = [np.zeros_like(talking[0])] * 5
    for frames in (blank, [*blank, talking[0]]):
        found = figures(frames, None)
        assert found["mouth_chroma"] is None and found["teeth_begin"] is None and found["bilabials"] is None
        assert seen.failures(found, None) == [] and seen.rows(found) is not None
        json.dumps(found, allow_nan=False)


# ---------------------------------------------------------------- single figures


def test_lips_that_shut_beside_the_phone_count_and_later_ones_do_not():
    opening = np.full(100, 0.2)
    opening[[10, 30, 50, 72]] = 0.01
    phones = [Phone("p", place / RATE, (place + 1) / RATE) for place in (10, 31, 50, 70)]
    assert closures.figures(opening, phones, RATE, 0.0, heard=False)["share"] == 0.75
    late = closures.figures(opening[5:], phones, RATE, 5 / RATE, heard=False)  # its first frame is shown later
    assert late["share"] == 0.75
    assert closures.figures(opening, phones[:3], RATE, 0.0, heard=False) is None
    assert closures.failures({"count": 4, "share": 0.75, "heard": False}) != []
    assert closures.failures({"count": 4, "share": 0.5, "heard": True}) == []


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.8, 0.0), (-0.5, 0.6)])
def test_a_borders_shift_is_found(shift):
    import cv2

    small = cv2.GaussianBlur(np.random.default_rng(1).uniform(-400, 655, (128, 160)).astype(np.float32), (0, 0), 2)
    moved = cv2.warpAffine(small, np.float32([[1, 0, shift[0]], [0, 1, shift[1]]]), (160, 128), borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    assert Side(small).shift(moved) == pytest.approx(shift, abs=0.15)
    assert not Side(small).is_plain and Side(np.full((128, 160), 90, np.float32)).is_plain
