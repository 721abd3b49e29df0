"""From speech to the plan of the motion: phones or sound in, curves of the mouth, blinks and sway out."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from avatar.lips.warp.loudness import loudness_envelope, mouth_curves_from_sound, relative_loudness
from avatar.lips.warp.motion import Motion, plan_motion
from avatar.lips.warp.visemes import LEAD_S, VISEME_OF, VISEMES, mouth_curves, shown_visemes
from avatar.voice.speech import Phone, Speech

OPENING, WIDTH, LIFT, TUCK = range(4)
RATE = 16_000


def phones_of(*timed: tuple[str, float], start_s: float = 0.3) -> list[Phone]:
    """Phones one after another from (symbol, seconds)."""
    phones = []
    for symbol, seconds in timed:
        phones.append(Phone(symbol, start_s, start_s + seconds))
        start_s += seconds
    return phones


def frame_showing(phone: Phone, frame_rate: float = 25) -> int:
    """The frame whose middle is nearest to the moment when the phone is shown."""
    return round(((phone.start_s + phone.end_s) / 2 - LEAD_S) * frame_rate - 0.5)


def syllables(seconds: float, rate: int = RATE) -> np.ndarray:
    """A buzz with speech's formants, three times a second from silence to loud and back."""
    time = np.arange(round(seconds * rate)) / rate
    harmonics = 120 * np.arange(1, 40)
    strength = np.exp(-(((harmonics - 600) / 500) ** 2)) + 0.5 * np.exp(-(((harmonics - 1500) / 500) ** 2))
    voice = sum(level * np.sin(2 * np.pi * hertz * time) for level, hertz in zip(strength, harmonics, strict=True))
    return (0.05 * voice * (0.5 - 0.5 * np.cos(2 * np.pi * 3 * time))).astype(np.float32)


def test_every_ipa_symbol_has_one_viseme_within_the_ranges():
    assert sum(len(viseme.ipa) for viseme in VISEMES.values()) == len(VISEME_OF)
    for viseme in VISEMES.values():
        assert 0 <= min(viseme.opening, viseme.lift, viseme.tuck) <= max(viseme.opening, viseme.lift, viseme.tuck) <= 1
        assert -1 <= viseme.width <= 1 and viseme.weight > 0


@pytest.mark.parametrize("bilabial", "pbm")
@pytest.mark.parametrize("seconds", [0.03, 0.06, 0.12])
@pytest.mark.parametrize("start_s", [0.300, 0.313, 0.327])
def test_bilabials_close_and_vowels_open_wherever_the_frames_fall(bilabial, seconds, start_s):
    phones = phones_of(("ɑ", 0.12), (bilabial, seconds), ("ɑ", 0.12), start_s=start_s)
    opening = mouth_curves(phones, 1.0)[:, OPENING]
    closed = frame_showing(phones[1])
    assert opening[closed] < 0.1
    assert opening[:closed].max() > 0.55 and opening[closed:].max() > 0.55


def test_a_closure_lowers_the_lip_that_its_neighbours_lift():
    phones = phones_of(("f", 0.12), ("p", 0.06), ("f", 0.12))
    lift = mouth_curves(phones, 1.0)[:, LIFT]
    assert lift.max() > 0.4 and lift[frame_showing(phones[1])] < 0.1


@pytest.mark.parametrize("start_s", np.arange(0.3, 0.38, 0.02))
def test_a_frame_shows_even_a_short_closure_at_a_low_frame_rate(start_s):
    phones = phones_of(("ɑ", 0.3), ("p", 0.02), ("ɑ", 0.3), start_s=float(start_s))
    assert mouth_curves(phones, 1.2, 12)[frame_showing(phones[1], 12), OPENING] < 0.1


def test_curves_are_one_pose_per_frame_within_the_ranges():
    symbols = [symbol for symbol in VISEME_OF if symbol not in ".!?"] * 3
    phones = phones_of(*((symbol, 0.06) for symbol in symbols))
    curves = mouth_curves(phones, phones[-1].end_s, 25)
    assert curves.shape == (round(phones[-1].end_s * 25), 4) and curves.dtype == np.float32
    assert curves[:, [OPENING, LIFT, TUCK]].min() >= 0 and curves[:, [OPENING, LIFT, TUCK]].max() <= 1
    assert np.abs(curves[:, WIDTH]).max() <= 1


def test_lips_round_spread_and_tuck():
    phones = phones_of(("u", 0.15), ("t", 0.08), ("i", 0.15), ("f", 0.10), ("ɑ", 0.15))
    curves = mouth_curves(phones, 1.5)
    u, _, i, f, a = (curves[frame_showing(phone)] for phone in phones)
    assert u[WIDTH] < -0.6 and i[WIDTH] > 0.4
    assert f[TUCK] > 0.8 and f[LIFT] > 0.4 and f[OPENING] < 0.15
    assert a[TUCK] < 0.3


def test_a_consonant_takes_colour_from_its_vowels():
    rounded = phones_of(("u", 0.12), ("t", 0.06), ("u", 0.12))
    spread = phones_of(("i", 0.12), ("t", 0.06), ("i", 0.12))
    difference = mouth_curves(spread, 1.0) - mouth_curves(rounded, 1.0)
    assert difference[frame_showing(rounded[1]), WIDTH] > 0.6


def test_the_mouth_moves_before_the_sound():
    phones = phones_of(("t", 0.1), ("ɑ", 0.1), ("t", 0.1))
    widest_s = (mouth_curves(phones, 1.0, 200)[:, OPENING].argmax() + 0.5) / 200
    assert widest_s == pytest.approx(0.45 - LEAD_S, abs=0.006)


def test_the_mouth_rests_before_and_after_the_speech_and_in_pauses():
    phones = phones_of(("ɑ", 0.2), (",", 0.5), ("ɑ", 0.2), start_s=0.5)
    opening = mouth_curves(phones, 2.4)[:, OPENING]
    for rest_s in (0.2, 0.95, 1.8, 2.3):
        assert opening[round(rest_s * 25)] < 0.1
    assert opening[round(0.6 * 25)] > 0.8
    assert (mouth_curves([], 1.0)[:, OPENING] < 0.1).all()


def test_marks_and_unknown_symbols_lengthen_the_phone_before_them():
    phones = phones_of(("ˈ", 0.1), ("ɑ", 0.1), ("ː", 0.1), ("☃", 0.1), (" ", 0.05), ("t", 0.1), (" ", 0.4), ("i", 0.1))
    shown = [(viseme, round(end_s - start_s, 2)) for viseme, start_s, end_s in shown_visemes(phones, 1.35)]
    assert shown == [("sil", 0.4), ("aa", 0.35), ("DD", 0.1), ("sil", 0.4), ("iy", 0.1)]


def test_two_letters_in_one_phone_share_its_time():
    assert shown_visemes([Phone("aɪ", 0.0, 0.2)], 0.2) == [("aa", 0.0, 0.1), ("ih", 0.1, 0.2)]


def test_loudness_is_the_root_mean_square_around_each_frame():
    samples = np.concatenate([np.zeros(RATE), np.full(RATE, 0.5)]).astype(np.float32)
    envelope = loudness_envelope(samples, RATE, 25, 60)
    assert envelope.shape == (60,) and envelope.dtype == np.float32
    assert envelope[10] == 0 and envelope[35] == pytest.approx(0.5) and envelope[55] == 0  # the sound ends at frame 50
    assert not relative_loudness(np.zeros(5, np.float32)).any()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_mouth_without_phones_follows_the_loudness(rate):
    samples = syllables(4, rate)
    curves = mouth_curves_from_sound(samples, rate)
    assert curves.shape == (100, 4) and curves.dtype == np.float32
    assert np.corrcoef(curves[:, OPENING], loudness_envelope(samples, rate))[0, 1] > 0.9
    assert curves[:, OPENING].max() > 0.7 and curves[:, OPENING].min() < 0.2


def test_a_mouth_without_phones_stays_closed_in_silence_and_hiss():
    hiss = np.diff(np.random.default_rng(1).normal(0, 0.1, 2 * RATE + 1))  # mostly high frequencies
    assert not mouth_curves_from_sound(np.zeros(RATE, np.float32), RATE)[:, OPENING].any()
    sounds = np.concatenate([syllables(2), hiss]).astype(np.float32)
    opening = mouth_curves_from_sound(sounds, RATE)[:, OPENING]
    assert opening[55:95].max() < 0.2 < 0.7 < opening[:50].max()


def speech_of(seconds: float, *, with_phones: bool = True) -> Speech:
    phones = phones_of(*((symbol, 0.08) for _ in range(int(seconds / 0.5)) for symbol in "mɑtik "), start_s=0.0)
    return Speech(syllables(seconds), RATE, phones if with_phones else [])


@pytest.mark.parametrize("with_phones", [True, False])
def test_a_plan_of_two_minutes(with_phones):
    motion = plan_motion(speech_of(120, with_phones=with_phones), 3000, 25, seed=7)
    assert motion.mouth.shape == (3000, 4) and motion.blink.shape == (3000,) and motion.sway.shape == (3000, 6)
    for array in (motion.mouth, motion.blink, motion.sway):
        assert array.dtype == np.float32 and np.isfinite(array).all()
    assert motion.mouth[:, OPENING].min() >= 0 and 0.8 < motion.mouth[:, OPENING].max() <= 1.05
    blinks = ((motion.blink[1:] > 0) & (motion.blink[:-1] == 0)).sum()
    assert 25 <= blinks <= 55 and motion.blink.min() == 0 and motion.blink.max() > 0.99


def test_soft_speech_opens_the_mouth_less_than_loud_speech():
    samples = syllables(4)
    samples[: 2 * RATE] *= 0.3
    speech = Speech(samples, RATE, speech_of(4).phones)
    opening = plan_motion(speech, 100, 25, seed=7).mouth[:, OPENING]
    assert opening[:50].mean() < 0.8 * opening[50:].mean()


def test_the_caller_decides_the_number_of_frames():
    for frame_count in (0, 1, 30, 90):
        motion = plan_motion(speech_of(2), frame_count, 25, seed=7)
        assert len(motion) == len(motion.mouth) == len(motion.sway) == frame_count
    assert (motion.mouth[60:, OPENING] < 0.1).all()  # the speech is over


def test_the_same_seed_plans_the_same_motion_and_another_one_does_not():
    speech = speech_of(6)
    first, second, other = (plan_motion(speech, 150, 25, seed) for seed in (7, 7, 8))
    for name in ("mouth", "blink", "sway"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert not np.array_equal(first.blink, other.blink) and not np.array_equal(first.sway, other.sway)
    assert np.array_equal(first.mouth, other.mouth)


def test_a_saved_motion_has_the_same_bytes_every_time(tmp_path):
    motion = plan_motion(speech_of(2), 50, 25, seed=7)
    motion.save(tmp_path / "a.npz")
    motion.save(tmp_path / "b")  # the name is kept as it is
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    again = Motion.load(tmp_path / "a.npz")
    assert np.array_equal(again.mouth, motion.mouth) and np.array_equal(again.sway, motion.sway)
