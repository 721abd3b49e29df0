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

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from avatar.device import hardware
from avatar.device.smaller_steps import StepDown
from avatar.engines import Told
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.lips.musetalk import checkpoint
from avatar.lips.musetalk.blending import blending_threads
from avatar.lips.musetalk.engine import MODELS, MuseTalkLips, halvings
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.shift_sheet import loudest_part, shift_sheet
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.portrait.landmarks import LOWER_LIP, UPPER_LIP
from avatar.voice.speech import Speech
from testing.tiny import environment, musetalk
from tests import musetalk_reference as reference


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
    with MuseTalkLips.load(threads=1) as engine:
        return list(frames_of(engine, source, speech, frame_rate, options))


def frames_of(engine, source, speech, frame_rate=25, options=None, told=None):
    return engine.frames(source, speech, frame_rate, 7, options, told or Told())


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


def test_opencv_computes_in_the_threads_that_blend_and_in_no_others():
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        with MuseTalkLips.load(threads=1):
            assert cv2.getNumThreads() == 1
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


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
    with MuseTalkLips.load(threads=1) as engine:
        engine._steps = StepDown(profile_batch)
        frames = list(frames_of(engine, portrait, speech))
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


@pytest.mark.parametrize("match_tone", [True, False])
def test_a_black_and_white_portrait_stays_black_and_white_and_a_tinted_one_tinted(portrait, match_tone):
    """Random networks draw in all colours."""
    grey = np.repeat((portrait.picture @ np.array([0.299, 0.587, 0.114]))[..., None], 3, axis=2).astype(np.uint8)
    options, cast = Options(match_tone=match_tone), np.array([1.0, 0.87, 0.68])
    for frame in render(Portrait(grey, portrait.landmarks), speech_of(0.1), options=options):
        assert np.ptp(frame, axis=2).max() <= 1 and (frame != grey).any()
    tinted = Portrait((grey * cast).astype(np.uint8), portrait.landmarks)
    for frame in render(tinted, speech_of(0.1), options=options):
        off = np.abs(frame - frame[..., :1] * cast)[frame[..., 0] < 250]
        assert off.max() < 6 and (frame != tinted.picture).any()


def test_smoothing_keeps_some_of_the_frame_before(portrait):
    """The mean change from frame to frame shrinks, and the first frame is the same."""
    plain, calm = (render(portrait, speech_of(0.6), options=Options(smoothing=share)) for share in (0.0, 0.3))
    change = [np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(each, each[1:])]) for each in (plain, calm)]
    np.testing.assert_array_equal(plain[0], calm[0])
    assert change[1] < 0.9 * change[0]


def test_models_are_gone_after_the_block_even_when_the_video_is_not_finished(portrait):
    with MuseTalkLips.load(threads=1) as engine:
        stream = frames_of(engine, portrait, speech_of(1))
        next(stream)
        unet = weakref.ref(engine._models.unet)
    gc.collect()
    assert unet() is None
    assert next(stream, None) is None


def test_no_thread_is_left_when_the_video_is_not_finished(portrait):
    before = threading.active_count()
    with MuseTalkLips.load(threads=1) as engine:
        stream = frames_of(engine, portrait, speech_of(1))
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
    told = Told()
    with MuseTalkLips.load(threads=1) as engine:
        frames = list(frames_of(engine, portrait, speech_of(0.2), told=told))
    assert all(np.array_equal(*pair) for pair in zip(frames, expected, strict=True)) and told.notes == []


def test_a_switch_that_is_no_switch_is_refused(portrait, monkeypatch):
    monkeypatch.setenv("AVATAR_CUDA_GRAPHS", "yes")
    with pytest.raises(RequestError, match="AVATAR_CUDA_GRAPHS is 'yes'"), MuseTalkLips.load():
        pass
    with pytest.raises(RequestError, match="AVATAR_CUDA_GRAPHS is 'yes'"):
        MuseTalkLips.check()


def test_it_is_refused_before_anything_else_is_made(avatar, home, monkeypatch):
    monkeypatch.setenv("AVATAR_CUDA_GRAPHS", "yes")
    outcome = avatar("pipeline", "run", "--stack", "full", "--text", "Hello.")
    assert outcome.code == 2 and "AVATAR_CUDA_GRAPHS is 'yes'; it takes 1 (on) or 0 (off)" in outcome.stderr
    assert not (home / "jobs").exists()


def test_facts_tell_what_was_done_and_no_motion_is_written(portrait, tmp_path):
    told = Told()
    with MuseTalkLips.load(threads=1) as engine:
        assert len(list(frames_of(engine, portrait, speech_of(0.2), told=told))) == 5
        engine.save_motion(tmp_path)
    assert not list(tmp_path.iterdir())
    assert told.facts["drawn_frames"] == 5 and told.facts["source_frames"] == 1
    assert told.facts["face_box"] == list(reference.box(portrait.landmarks, portrait.picture.shape))
    assert [weights["model"] for weights in told.facts["weights"]] == list(MODELS)
    assert set(told.facts["seconds"]) == {"preparing", "cropping", "drawing", "blending"}
    assert told.facts["memory"]["needed_mib"] > 0 and told.notes == engine.notes == []


def test_a_large_face_is_warned_of(portrait):
    close = Portrait(
        np.repeat(np.repeat(portrait.picture, 2, axis=0), 2, axis=1), (portrait.landmarks * 2).astype(np.float32)
    )
    told = Told()
    with MuseTalkLips.load(threads=1) as engine:
        assert [frame.shape for frame in frames_of(engine, close, speech_of(0.04), told=told)] == [(1024, 1024, 3)]
    assert len(told.notes) == 1 and "MuseTalk draws 256x256" in told.notes[0]


def test_a_face_in_profile_is_refused(portrait):
    landmarks = portrait.landmarks.copy()
    landmarks[4, 0] = landmarks[234, 0] + 1
    with pytest.raises(InputError, match="turned too far"):
        render(replace(portrait, landmarks=landmarks), speech_of(0.1))


def test_missing_weights_are_named(tmp_path, portrait, monkeypatch):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="musetalk-v15"), MuseTalkLips.load(threads=1):
        pass


def test_a_sheet_shows_three_shifts_at_the_loudest_moment(portrait):
    quiet, loud = (level * speech_of(0.6).samples for level in (0.2, 1.0))
    speech = Speech(np.concatenate([quiet, loud, quiet]), 24_000)
    assert loudest_part(speech).seconds == 0.4 and np.abs(loudest_part(speech).samples).max() > np.abs(quiet).max()
    with MuseTalkLips.load(threads=1) as engine:
        sheet = shift_sheet(engine, portrait, speech, columns=2)
    assert sheet.shape == (3 * 512, 2 * 512, 3)
    rows = sheet.reshape(3, 512, 2 * 512, 3)
    first_changed = [np.flatnonzero((row[:, :512] != portrait.picture).any(axis=(1, 2)))[0] for row in rows]
    assert first_changed[0] < first_changed[1] < first_changed[2]  # what is drawn begins lower


# ---------------------------------------------------------------- several videos


def test_one_loaded_engine_makes_what_an_engine_for_each_makes_and_loads_once(portrait, monkeypatch):
    """Two portraits, three shifts, two voices, other rates, and a video that was not finished."""
    other_face = Portrait(255 - portrait.picture, (portrait.landmarks + [6, -4, 0]).astype(np.float32))
    one, other = speech_of(0.2, 1), speech_of(0.3, 2)
    every = [
        (portrait, one, 25, Options()), (other_face, one, 25, Options()), (portrait, other, 25, Options(shift=-1.0)),
        (portrait, other, 25, Options(shift=1.0)), (portrait, other, Fraction(30000, 1001), Options(smoothing=0.3)),
        (portrait, one, 25, Options()),
    ]  # fmt: skip

    def made(engine: MuseTalkLips, asked: tuple) -> tuple[list[bytes], dict, list[str]]:
        told = Told()
        frames = [frame.tobytes() for frame in frames_of(engine, *asked, told)]
        return frames, *without_seconds(told)

    apart = []
    for asked in every:
        with MuseTalkLips.load(threads=1) as engine:
            apart.append(made(engine, asked))
    loads = count_loads(monkeypatch)
    with MuseTalkLips.load(threads=1) as engine:
        for asked, expected in zip(every, apart, strict=True):
            next(frames_of(engine, other_face, speech_of(1)))
            assert made(engine, asked) == expected
    assert loads == ["load_unet", "load_vae", "load_encoder"]
    assert apart[0] == apart[-1] and len({tuple(frames) for frames, *_ in apart}) == 5


def count_loads(monkeypatch) -> list[str]:
    """The names of the checkpoint's loaders, each time that one is called."""
    loads: list[str] = []

    def counted(load):
        return lambda *arguments: loads.append(load.__name__) or load(*arguments)

    for name in ("load_unet", "load_vae", "load_encoder"):
        monkeypatch.setattr(checkpoint, name, counted(getattr(checkpoint, name)))
    return loads


def without_seconds(told: Told) -> tuple[dict, list[str]]:
    return {name: value for name, value in told.facts.items() if name != "seconds"}, told.notes


def test_a_sheet_loads_the_networks_once(portrait, monkeypatch):
    loads = count_loads(monkeypatch)
    with MuseTalkLips.load(threads=1) as engine:
        shift_sheet(engine, portrait, speech_of(0.2), columns=1)
        assert len(loads) == 3


def test_float32_ends_with_its_video_and_the_next_is_drawn_as_by_a_new_engine(portrait):
    half = replace(hardware.profile_named("cpu"), dtype="float16", lips_batch=4)
    speech = speech_of(0.24)

    def second_video(first_runs_over: bool) -> tuple[list[bytes], Told]:
        first, second = Told(), Told()
        with MuseTalkLips.load(half, threads=1) as engine:
            networks = engine._models.unet, engine._models.vae.decoder, engine._models.ear.encoder
            if first_runs_over:
                hooks = [network.register_forward_hook(runs_over_in_half_precision) for network in networks]
            list(frames_of(engine, portrait, speech, told=first))
            if first_runs_over:
                for hook in hooks:
                    hook.remove()
            assert sum(network.dtype == torch.float32 for network in (networks[0], networks[2])) == 2 * first_runs_over
            frames = [frame.tobytes() for frame in frames_of(engine, portrait, speech, told=second)]
        assert sum("went on in float32" in note for note in first.notes) == 3 * first_runs_over
        return frames, second

    plain, after = second_video(False), second_video(True)
    assert plain[0] == after[0] and without_seconds(plain[1]) == without_seconds(after[1])
    assert plain[1].facts["dtype"] == "float16" and plain[1].notes == []


def runs_over_in_half_precision(module, inputs, result) -> None:
    """A hook: no number of a network's result is finite while its weights are in half precision."""
    tensor = result if isinstance(result, torch.Tensor) else next(iter(result.values()))
    if tensor.dtype == torch.float16:
        tensor.fill_(torch.inf)


def test_a_batch_that_did_not_fit_is_not_tried_again_and_told_once(portrait):
    profile = replace(hardware.profile_named("cpu"), lips_batch=4)
    first, second = Told(), Told()
    with MuseTalkLips.load(profile, threads=1) as engine:
        engine._models.unet.register_forward_pre_hook(refuse_more_than_two)
        list(frames_of(engine, portrait, speech_of(0.2), told=first))
        list(frames_of(engine, portrait, speech_of(0.2), told=second))
    assert first.notes == ["out of memory with 4 frames a step; went on with 2."] and second.notes == []
    assert first.facts["frames_a_step"] == second.facts["frames_a_step"] == 2


def refuse_more_than_two(module, inputs) -> None:
    """A hook that asks the real allocator for more than any host has, for more than two frames."""
    if len(inputs[0]) > 2:
        torch.empty(1 << 60, dtype=torch.uint8)
