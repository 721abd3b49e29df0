"""MuseTalk's engine from files to frames, on tiny random checkpoints: against the reference, and what it promises."""

from __future__ import annotations

import gc
import math
import os
import threading
import weakref
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.device.memory import StepDown
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.lips.musetalk.blending import blending_threads
from avatar.lips.musetalk.engine import MODELS, MuseTalkLips, halvings
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.shift_sheet import loudest_part, shift_sheet
from avatar.portrait.face import LOWER_LIP, UPPER_LIP
from avatar.portrait.framing import Portrait
from avatar.portrait.given import bundled_portrait
from avatar.voice.speech import Speech
from tests import musetalk_reference as reference
from tests.tiny import environment, musetalk


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The tiny checkpoints, with a lock of their own."""
    return musetalk.write_with_lock(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def tiny(folder, monkeypatch) -> None:
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait()


def speech_of(seconds: float, seed: int = 1, rate: int = 24_000) -> Speech:
    """Noise in the rhythm of syllables."""
    t = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.1, len(t))
    return Speech((noise * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))).astype(np.float32), rate)


def render(source, speech, frame_rate=25, options=None) -> list[np.ndarray]:
    """All frames, with one thread: two wait for each other on a busy host, longer than such small layers compute."""
    with MuseTalkLips(source, 7, options, threads=1) as engine:
        return list(engine.frames(speech, frame_rate))


def test_frames_are_the_references(folder, portrait):
    """From files to frames, against the libraries' own loaders and the plain arithmetic."""
    speech = speech_of(0.5, rate=16_000)
    frames = render(portrait, speech, options=Options(match_tone=False))
    assert len(frames) == 13  # 12.5, rounded up
    face = reference.box(portrait.landmarks, portrait.picture.shape)
    some = [0, 5, 12]
    faces = reference.drawn_faces(
        folder, portrait.picture, portrait.landmarks, speech.samples, some, Fraction(25), face
    )
    soft, _ = reference.mask(portrait.landmarks, face)
    left, top, right, bottom = reference.square(face)
    for frame, drawn in zip(some, faces):
        expected = reference.blended(portrait.picture, drawn, portrait.landmarks, face)
        difference = np.abs(frames[frame] - expected)
        clear = np.ones(portrait.picture.shape[:2], bool)  # away from the mask's edge, which lies within 1.5 pixels
        clear[max(top, 0) : bottom, max(left, 0) : right] = (soft > 0.99)[
            max(-top, 0) : 512 - top, max(-left, 0) : 512 - left
        ]
        assert difference[clear].max() <= 3 and difference.mean() < 0.1
        assert np.abs(frames[frame].astype(int) - portrait.picture).mean() > 3


def test_the_same_request_gives_the_same_bytes_and_other_sound_other_lips(portrait):
    once, again, other = (render(portrait, speech_of(0.4, seed)) for seed in (1, 1, 2))
    assert len(once) == 10
    assert all(np.array_equal(a, b) for a, b in zip(once, again))
    assert all((a != b).any() for a, b in zip(once, other))
    assert any((a != b).any() for a, b in zip(once, once[1:]))


def test_outside_the_square_not_a_bit_changes(portrait):
    left, top, right, bottom = reference.square(reference.box(portrait.landmarks, portrait.picture.shape))
    for frame in render(portrait, speech_of(0.2)):
        assert frame.dtype == np.uint8 and frame.shape == portrait.picture.shape and frame.flags.writeable
        frame[max(top, 0) : bottom, max(left, 0) : right] = portrait.picture[max(top, 0) : bottom, max(left, 0) : right]
        np.testing.assert_array_equal(frame, portrait.picture)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50)], ids=str)
def test_as_many_frames_as_the_speech_fills(portrait, rate):
    speech = speech_of(0.21)
    assert len(render(portrait, speech, rate)) == math.ceil(len(speech.samples) * rate / 24_000)


def test_less_than_a_frame_of_speech_is_a_frame(portrait):
    assert len(render(portrait, speech_of(0.005))) == 1


@pytest.mark.parametrize("profile_batch", [[8, 4, 2, 1], [1]])
def test_frames_do_not_depend_on_the_batch(portrait, profile_batch):
    assert halvings(8) == [8, 4, 2, 1] and halvings(2) == [2, 1] and halvings(1) == [1]
    speech = speech_of(0.36)  # nine frames: a last batch of one
    expected = render(portrait, speech)
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        engine._steps = StepDown(profile_batch)
        frames = list(engine.frames(speech, 25))
    assert len(frames) == len(expected) == 9
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, expected)) <= 2


def test_a_closed_mouth_rests_in_silence_as_it_is(portrait):
    landmarks = portrait.landmarks.copy()
    landmarks[[UPPER_LIP, LOWER_LIP], 1] = landmarks[[UPPER_LIP, LOWER_LIP], 1].mean()
    silence = Speech(np.zeros(9600, np.float32), 24_000)
    frames = render(Portrait(portrait.picture, landmarks), silence)
    assert len(frames) == 10 and all(np.array_equal(frame, portrait.picture) for frame in frames)
    smiling = render(portrait, silence)  # its own mouth is open: it is drawn, to silence
    assert (smiling[0] != portrait.picture).any() and np.array_equal(smiling[0], smiling[9])


def test_smoothing_keeps_some_of_the_frame_before(portrait):
    """The mean change from frame to frame shrinks, and the first frame is the same."""
    plain, calm = (render(portrait, speech_of(0.6), options=Options(smoothing=share)) for share in (0.0, 0.3))
    change = [np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(each, each[1:])]) for each in (plain, calm)]
    np.testing.assert_array_equal(plain[0], calm[0])
    assert change[1] < 0.9 * change[0]


def test_models_are_gone_after_the_block_even_when_the_video_is_not_finished(portrait):
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        stream = engine.frames(speech_of(1), 25)
        next(stream)
        unet = weakref.ref(engine._models.unet)
    gc.collect()
    assert unet() is None
    assert next(stream, None) is None


def test_no_thread_is_left_when_the_video_is_not_finished(portrait):
    before = threading.active_count()
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        stream = engine.frames(speech_of(1), 25)
        next(stream)
        names = [thread.name.rpartition("_")[0] for thread in threading.enumerate()]
        assert names.count("ahead") == 2  # one cuts out, one has the device draw
        assert 1 <= names.count("blending") <= blending_threads()
    assert threading.active_count() == before


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_frames_are_the_same_whatever_number_of_threads_blends_them(portrait, monkeypatch, threads):
    """A clip's tone follows from frame to frame, so their order matters; with rests, which have no drawn face."""
    expected = render(portrait, speech_of(0.8))
    monkeypatch.setattr("avatar.lips.musetalk.blending.MOST_THREADS", threads)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(threads))
    assert blending_threads() == threads
    frames = render(portrait, speech_of(0.8))
    assert all(np.array_equal(*pair) for pair in zip(frames, expected, strict=True))


def test_on_a_cpu_the_switch_for_cuda_graphs_changes_nothing(portrait, monkeypatch):
    expected = render(portrait, speech_of(0.2))
    monkeypatch.setenv("AVATAR_CUDA_GRAPHS", "0")
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        frames = list(engine.frames(speech_of(0.2), 25))
    assert all(np.array_equal(*pair) for pair in zip(frames, expected, strict=True)) and engine.notes == []


def test_a_switch_that_is_no_switch_is_refused(portrait, monkeypatch):
    monkeypatch.setenv("AVATAR_CUDA_GRAPHS", "yes")
    with pytest.raises(RequestError, match="AVATAR_CUDA_GRAPHS is 'yes'"):
        MuseTalkLips(portrait, 7)


def test_it_is_refused_before_anything_else_is_made(avatar, home, monkeypatch):
    monkeypatch.setenv("AVATAR_CUDA_GRAPHS", "yes")
    outcome = avatar("pipeline", "run", "--stack", "full", "--text", "Hello.")
    assert outcome.code == 2 and "AVATAR_CUDA_GRAPHS is 'yes'; it takes 1 (on) or 0 (off)" in outcome.stderr
    assert not (home / "jobs").exists()


def test_facts_tell_what_was_done_and_no_motion_is_written(portrait, tmp_path):
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        assert len(list(engine.frames(speech_of(0.2), 25))) == 5
        engine.save_motion(tmp_path)
    assert not list(tmp_path.iterdir())
    assert engine.facts["drawn_frames"] == 5 and engine.facts["source_frames"] == 1
    assert engine.facts["face_box"] == list(reference.box(portrait.landmarks, portrait.picture.shape))
    assert [weights["model"] for weights in engine.facts["weights"]] == list(MODELS)
    assert set(engine.facts["seconds"]) == {"preparing", "cropping", "drawing", "blending"}
    assert engine.facts["memory"]["needed_mib"] > 0 and engine.notes == []


def test_a_large_face_is_warned_of(portrait):
    close = Portrait(
        np.repeat(np.repeat(portrait.picture, 2, axis=0), 2, axis=1), (portrait.landmarks * 2).astype(np.float32)
    )
    with MuseTalkLips(close, 7, threads=1) as engine:
        assert next(engine.frames(speech_of(0.04), 25)).shape == (1024, 1024, 3)
        list(engine._stream)
    assert len(engine.notes) == 1 and "MuseTalk draws 256x256" in engine.notes[0]


def test_a_face_in_profile_is_refused(portrait):
    landmarks = portrait.landmarks.copy()
    landmarks[4, 0] = landmarks[234, 0] + 1
    with pytest.raises(InputError, match="turned too far"):
        render(replace(portrait, landmarks=landmarks), speech_of(0.1))


def test_missing_weights_are_named(tmp_path, portrait, monkeypatch):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="musetalk-v15"), MuseTalkLips(portrait, 7, threads=1):
        pass


def test_a_sheet_shows_three_shifts_at_the_loudest_moment(portrait):
    quiet, loud = (level * speech_of(0.6).samples for level in (0.2, 1.0))
    speech = Speech(np.concatenate([quiet, loud, quiet]), 24_000)
    assert loudest_part(speech).seconds == 0.4 and np.abs(loudest_part(speech).samples).max() > np.abs(quiet).max()
    sheet = shift_sheet(portrait, speech, columns=2)
    assert sheet.shape == (3 * 512, 2 * 512, 3)
    rows = sheet.reshape(3, 512, 2 * 512, 3)
    first_changed = [np.flatnonzero((row[:, :512] != portrait.picture).any(axis=(1, 2)))[0] for row in rows]
    assert first_changed[0] < first_changed[1] < first_changed[2]  # what is drawn begins lower
