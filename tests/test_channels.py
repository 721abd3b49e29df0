"""Several channels as one: what is spoken is there whole, whatever the wires, the layout and the other channels hold."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import soundfile

from avatar.errors import InputError, TemporaryProblem
from avatar.media import channels
from avatar.media.channels import Channels
from avatar.media.sound_file import read_sound, samples_from_zero

RATE = 24_000
LENGTH = 6 * RATE


def speech_like(seed: int = 1) -> np.ndarray:
    """Noise that falls by 6 dB an octave from 300 Hz on, in syllables: float64 (LENGTH,), 0.3 at its loudest."""
    noise = np.fft.rfft(np.random.default_rng(seed).normal(size=LENGTH))
    hertz = np.fft.rfftfreq(LENGTH, 1 / RATE)
    noise = np.fft.irfft(noise / np.maximum(hertz, 300) * (hertz > 100), LENGTH)
    syllables = np.abs(np.sin(2 * np.pi * 2 * np.arange(LENGTH) / RATE))
    return 0.3 * noise * syllables / np.abs(noise).max()


SPEECH, MUSIC = speech_like(), speech_like(2)
NOTHING = np.zeros(LENGTH)
HISS = np.random.default_rng(3).normal(0, 1e-3, LENGTH)
HUM = 0.6 * np.sin(2 * np.pi * 50 * np.arange(LENGTH) / RATE)


def mixed(*several: np.ndarray) -> tuple[np.ndarray, channels.Mix]:
    """What `Channels` makes of channels of equal length, in blocks of a second."""
    together = np.stack(several, axis=1).astype(np.float32)
    with Channels(len(several), RATE) as heard:
        for first in range(0, len(together), RATE):
            heard.add(together[first : first + RATE])
        mix = heard.mix()
        return heard.mixed(mix), mix


def share_of(wanted: np.ndarray, sound: np.ndarray) -> float:
    """How much of what is wanted is in the sound: 1 is all of it at its own level."""
    return float(sound.astype(np.float64) @ wanted / (wanted @ wanted))


def test_one_channel_stays_as_it_is():
    sound, mix = mixed(SPEECH)
    assert np.array_equal(sound, SPEECH.astype(np.float32))
    assert not mix.cancels


@pytest.mark.parametrize("count", [2, 3, 4, 6, 8])
def test_the_same_in_all_channels_stays_as_it_is(count):
    sound, mix = mixed(*[SPEECH] * count)
    assert np.abs(sound - SPEECH).max() < 1e-6
    assert not mix.cancels


@pytest.mark.parametrize(
    "other",
    [NOTHING, HISS, HUM, 0.25 * SPEECH, -0.25 * SPEECH],
    ids=["dead", "hiss", "hum", "quieter", "quieter and turned"],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_dead_or_much_quieter_channel_is_left_out(other, place):
    sound, mix = mixed(*([SPEECH, other] if place == 0 else [other, SPEECH]))
    assert np.abs(sound - SPEECH).max() < 1e-6
    assert not mix.cancels


@pytest.mark.parametrize("factor", [-1.0, -0.9, -0.5])
def test_of_channels_that_cancel_the_louder_is_taken(factor):
    for pair in ([SPEECH, factor * SPEECH], [factor * SPEECH, SPEECH]):
        sound, mix = mixed(*pair)
        assert abs(share_of(SPEECH, sound)) == pytest.approx(1)
        assert mix.cancels


def test_channels_that_cancel_for_a_part_of_the_time_are_not_mixed():
    turned = np.where(np.arange(LENGTH) < LENGTH // 2, 1, -1) * 0.9 * SPEECH
    sound, mix = mixed(SPEECH, turned)
    assert np.abs(sound - SPEECH).max() < 1e-6
    assert mix.cancels


def test_channels_that_cancel_in_a_part_of_their_tones_are_not_mixed():
    """Above 2 kHz, where little of the energy is, as with two microphones of which one is the wrong way round beside a filter: a muffled mix."""
    spectrum = np.fft.rfft(SPEECH)
    spectrum[np.fft.rfftfreq(LENGTH, 1 / RATE) > 2000] *= -1
    sound, mix = mixed(SPEECH, 0.9 * np.fft.irfft(spectrum, LENGTH))
    assert np.abs(sound - SPEECH).max() < 1e-6
    assert mix.cancels


def test_two_speakers_on_two_channels_are_both_heard():
    sound, _ = mixed(SPEECH, MUSIC)
    assert share_of(SPEECH, sound) == pytest.approx(0.5, abs=0.05)
    assert share_of(MUSIC, sound) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("count", [5, 6, 7, 8])
def test_what_is_spoken_in_the_centre_of_a_film_is_held(count):
    """Alone there it is as loud as ever; with louder music at both sides it stays in front."""
    alone = [NOTHING] * count
    alone[2] = SPEECH
    assert np.abs(mixed(*alone)[0] - SPEECH).max() < 1e-6
    film = [2 * MUSIC, 2 * MUSIC, SPEECH, *[HISS] * (count - 3)]
    assert share_of(SPEECH, mixed(*film)[0]) > 0.4
    film = [MUSIC - SPEECH, MUSIC - SPEECH, SPEECH, *[HISS] * (count - 3)]
    sound, mix = mixed(*film)
    assert share_of(SPEECH, sound) > 0.9
    assert mix.cancels


@pytest.mark.parametrize("place", range(6))
def test_a_microphone_on_any_track_of_a_recorder_is_heard(place):
    tracks = [HISS] * 6
    tracks[place] = SPEECH
    assert np.abs(mixed(*tracks)[0] - SPEECH).max() < 1e-6


def test_four_channels_of_which_two_are_turned_do_not_cancel():
    sound, mix = mixed(SPEECH, -SPEECH, SPEECH, -SPEECH)
    assert abs(share_of(SPEECH, sound)) == pytest.approx(1)
    assert mix.cancels


def test_silence_stays_silence():
    sound, mix = mixed(NOTHING, NOTHING)
    assert not sound.any()
    assert not mix.cancels


def test_many_blocks_do_not_stay_in_memory(monkeypatch):
    monkeypatch.setattr(channels, "IN_MEMORY", 1 << 20)
    block = np.zeros((RATE, 8), np.float32)
    tracemalloc.start()
    with Channels(8, RATE) as heard:
        for _ in range(60):
            heard.add(block)
        held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 4 << 20  # all of it takes 46 MB


def test_a_disk_without_room_is_the_hosts_fault():
    with Channels(2, RATE) as heard, open("/dev/full", "wb", buffering=0) as full:
        heard._aside = full
        with pytest.raises(TemporaryProblem, match="No space left"):
            heard.add(np.zeros((RATE, 2), np.float32))


def test_a_file_is_read_so(tmp_path):
    path = tmp_path / "antiphase.flac"
    soundfile.write(path, np.stack([SPEECH, -0.9 * SPEECH], axis=1), RATE)
    sound = read_sound(path, 60)
    assert (sound.channels, sound.cancels) == (2, True)
    assert np.abs(sound.samples - SPEECH).max() < 1e-4


def test_a_judged_file_is_heard_so(tmp_path):
    """What `avatar check` listens to: with channels that cancel it would be silent."""
    for name, other in (("one.flac", None), ("turned.flac", -0.9 * SPEECH)):
        together = SPEECH if other is None else np.stack([SPEECH, other], axis=1)
        soundfile.write(tmp_path / name, together, RATE)
    one, turned = (samples_from_zero(tmp_path / name) for name in ("one.flac", "turned.flac"))
    assert one.dtype == np.int16 and np.abs(one).max() > 5000
    assert np.abs(turned - one.astype(int)).max() <= 2


def test_more_channels_than_recorders_have_are_refused(tmp_path):
    path = tmp_path / "many.wav"
    soundfile.write(path, np.stack([SPEECH[:RATE]] * 17, axis=1), RATE)
    with pytest.raises(InputError, match="'many.wav' has 17 channels, 16 is the most"):
        read_sound(path, 60)
    soundfile.write(path, np.stack([SPEECH[:RATE]] * 16, axis=1), RATE)
    assert read_sound(path, 60).channels == 16
