"""Loudness by the standard, against tones whose loudness is known and against FFmpeg's meter; gain and limiter."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest
import soundfile

from avatar.media import level
from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.level import level_of, levelled, limiter, scaled, with_gains
from avatar.media.lufs import Meter, loudness, metered, true_peaks
from avatar.media.sound_file import SAMPLE_RATES

RATE = 24_000
STEREO_LU = 10 * np.log10(2)  # the same on two channels


def tone(decibel: float, seconds: float = 20, rate: int = 48_000, hertz: float = 1000) -> np.ndarray:
    return 10 ** (decibel / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def speech_like(seconds: float, rate: int = RATE, seed: int = 1) -> np.ndarray:
    """Falling noise in syllables, with a pause in each third second: its peaks stand 17 dB over its loudness."""
    length = round(seconds * rate)
    noise = np.fft.rfft(np.random.default_rng(seed).normal(size=length))
    hertz = np.fft.rfftfreq(length, 1 / rate)
    noise = np.fft.irfft(noise / np.maximum(hertz, 300) * (hertz > 100), length)
    times = np.arange(length) / rate
    syllables = np.abs(np.sin(2 * np.pi * 2 * times)) * (times % 3 < 2)
    return (0.3 * noise * syllables / np.abs(noise).max()).astype(np.float32)


def ffmpeg_meter(path) -> tuple[float, float]:
    """(LUFS, true peak in dB) by FFmpeg's ebur128."""
    meter = ["-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    command = [ffmpeg_program(), "-hide_banner", "-nostats", "-i", path, *meter]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    return float(re.search(r"I: +(\S+)", summary)[1]), float(re.search(r"Peak: +(\S+)", summary)[1])


# --- the meter


@pytest.mark.parametrize("rate", SAMPLE_RATES)
@pytest.mark.parametrize("decibel", [-23, -33])
def test_a_tone_of_known_loudness(rate, decibel):
    """EBU Tech 3341, cases 1 and 2: 1 kHz at -23 and -33 dB of full scale on both channels is so many LUFS."""
    assert loudness(tone(decibel, rate=rate), rate) + STEREO_LU == pytest.approx(decibel, abs=0.1)


def test_tones_one_after_the_other():
    """EBU Tech 3341, cases 3 to 5: gates leave out what is quiet."""
    third = np.concatenate([tone(-36, 10), tone(-23, 60), tone(-36, 10)])
    fourth = np.concatenate([tone(-72, 10), third, tone(-72, 10)])
    fifth = np.concatenate([tone(-26, 20), tone(-20, 20.1), tone(-26, 20)])
    for sound in (third, fourth, fifth):
        assert loudness(sound, 48_000) + STEREO_LU == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_ffmpegs_meter_says_the_same(tmp_path, rate):
    sound = speech_like(12, rate)
    soundfile.write(tmp_path / "sound.wav", sound, rate, subtype="FLOAT")
    lufs, peak_db = ffmpeg_meter(tmp_path / "sound.wav")
    assert loudness(sound, rate) == pytest.approx(lufs, abs=0.2)
    assert 20 * np.log10(true_peaks(sound, rate, rate // 1000).max()) == pytest.approx(peak_db, abs=0.3)


def test_a_peak_between_samples_is_found():
    """A quarter of the rate, each sample at 0.71 of the top."""
    sound = np.sin(np.pi / 2 * np.arange(48_000) + np.pi / 4)
    assert np.abs(sound).max() == pytest.approx(0.5**0.5)
    assert true_peaks(sound, 48_000, 48)[100:-100] == pytest.approx(1, abs=0.01)


def test_peaks_stand_where_they_are():
    sound = np.zeros(RATE * 2, np.float32)
    sound[[0, 5000, RATE + 12, 2 * RATE - 1]] = 0.5
    peaks = true_peaks(sound, RATE, 24)
    assert len(peaks) == 2000
    assert np.flatnonzero(peaks > 0.4).tolist() == [0, 208, 1000, 1999]


@pytest.mark.parametrize("silence_s", [0, 0.25, 0.7])
@pytest.mark.parametrize("seconds", [0.3, 0.5, 1.2])
def test_a_short_sound_counts_from_its_beginning_to_its_end(seconds, silence_s):
    """Its root mean square, whatever silence is around it."""
    sound = np.pad(tone(-20, seconds), round(silence_s * 48_000))
    assert loudness(sound, 48_000) == pytest.approx(-20 - STEREO_LU, abs=0.4)


def test_silence_has_no_loudness():
    assert loudness(np.zeros(RATE), RATE) is None
    assert loudness(np.zeros(5 * RATE), RATE) is None
    assert loudness(np.zeros(0), RATE) is None
    assert Meter(RATE).loudness() is None
    assert level_of(np.zeros(5 * RATE, np.float32), RATE) is None
    assert not levelled(np.zeros(5 * RATE, np.float32), RATE).any()


def test_what_is_below_the_absolute_gate_is_not_heard():
    sound = np.concatenate([tone(-62, 4), tone(-75, 60)])
    assert loudness(sound, 48_000) + STEREO_LU == pytest.approx(-62, abs=0.6)


# --- gain and limiter


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("decibel", [-60, -20, 0])
def test_all_sound_comes_to_one_loudness(tmp_path, rate, decibel):
    sound = speech_like(9, rate) * np.float32(10 ** (decibel / 20))
    soundfile.write(tmp_path / "sound.wav", levelled(sound, rate), rate, subtype="FLOAT")
    lufs, peak_db = ffmpeg_meter(tmp_path / "sound.wav")
    assert lufs == pytest.approx(level.TARGET_LUFS, abs=0.3)
    assert peak_db <= level.MOST_TRUE_PEAK_DB


def test_gain_alone_keeps_the_shape():
    sound = tone(-6, 5, RATE, 300).astype(np.float32)
    louder = levelled(sound, RATE)
    assert np.abs(louder / louder.max() - sound / sound.max()).max() < 1e-4


def test_the_gain_gives_back_what_the_limiter_takes():
    sound = speech_like(9)
    peaky = np.sign(sound) * np.abs(sound) ** 1.4
    gain_db = level_of(peaky, RATE).gain_db
    only_limited = with_gains(peaky, limiter(level_of(peaky, RATE).peaks, gain_db), 24)
    assert loudness(only_limited, RATE) < level.TARGET_LUFS - 0.15
    assert loudness(levelled(peaky, RATE), RATE) == pytest.approx(level.TARGET_LUFS, abs=0.1)


def with_clicks(over_db: float) -> np.ndarray:
    """Speech-like sound at -19 LUFS with three clicks that stand so far over the limiter's ceiling."""
    sound = levelled(speech_like(9), RATE)
    sound[[40_000, 80_000, 90_000]] = 10 ** ((level.CEILING_DB + over_db) / 20)
    return sound


def test_the_limiter_takes_six_decibels_at_most():
    clicks = [40_000, 80_000, 90_000]
    for over_db in (3, 5.9, 12):
        sound = with_clicks(over_db)
        louder, quiet = levelled(sound, RATE), slice(20_000, 39_000)
        gain_db = 20 * np.log10(np.abs(louder[quiet]).max() / np.abs(sound[quiet]).max())
        limited_db = gain_db - 20 * np.log10(louder[clicks] / sound[clicks])
        assert limited_db == pytest.approx(min(over_db, level.MOST_LIMITED_DB), abs=0.3)
        assert true_peaks(louder, RATE, 24).max() <= 10 ** (level.CEILING_DB / 20) + 1e-3
        reached = level.TARGET_LUFS - max(0, over_db - level.MOST_LIMITED_DB)
        assert loudness(louder, RATE) == pytest.approx(reached, abs=0.5)


def test_a_limiter_is_ahead_of_its_peak_and_does_nothing_far_from_it():
    peaks = np.full(1000, 0.1, np.float32)
    peaks[500] = 2.0
    gains = limiter(peaks, 0.0)
    assert gains[500] == pytest.approx(10 ** (level.CEILING_DB / 20) / 2)
    assert gains[499] == pytest.approx(gains[500]) == pytest.approx(gains[501])
    assert gains[[400, 600]] == pytest.approx(1)
    assert np.abs(np.diff(gains)).max() < 0.05  # no step that would be heard as a click


def test_gains_go_in_a_line():
    gained = with_gains(np.ones(4 * 24, np.float32), np.array([1, 1, 2, 2.0]), 24)
    assert gained[[0, 36, 95]] == pytest.approx([1, 1, 2], abs=0.03)
    assert gained[48] == pytest.approx(1.5, abs=0.03)


def test_scaled_is_a_gain_and_stays_within_full_scale():
    sound = with_clicks(3)
    part = scaled(sound * 0.01, level_of(sound * np.float32(0.01), RATE))
    assert np.abs(part).max() <= 1
    assert np.corrcoef(part, sound)[0, 1] > 0.9999999
    assert np.array_equal(scaled(sound * 0, None), sound * 0)


def test_users_are_told_of_more_than_three_decibels():
    sound = levelled(speech_like(9), RATE)
    told = {}
    for decibel in (-20, -2.5, 2.5, 20):
        told[decibel] = level_of(sound * np.float32(10 ** (decibel / 20)), RATE).note()
    assert "raised by 20 dB" in told[-20]
    assert told[-2.5] is None and told[2.5] is None
    assert "lowered by 20 dB" in told[20]
    assert "peaks stand in the way" in level_of(with_clicks(12), RATE).note()


def test_it_is_the_same_twice_and_for_parts():
    sound = speech_like(9)
    assert np.array_equal(levelled(sound, RATE), levelled(sound.copy(), RATE))
    assert metered(sound, RATE).frames.sum() == pytest.approx(metered(sound[: 8 * RATE], RATE).frames.sum(), rel=0.2)
