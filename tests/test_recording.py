"""Recordings that users give: what is read, what is refused, and what is only warned of. Decoded by the real FFmpeg."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avatar.errors import InputError
from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.lufs import loudness
from avatar.media.sound_file import read_sound
from avatar.voice.pitch import median_f0_hz
from avatar.voice.presets.catalog import PRESETS, nearest_preset
from avatar.voice.presets.vits import VitsVoice
from avatar.voice.recording import Recording, check_reference, read_speech, trim

TEXT = "Hello there, and welcome. The big black bag was packed by people who had never been paid."


@pytest.fixture(scope="module")
def speech() -> tuple[np.ndarray, int]:
    """About 5.5 s of the voice joe, float32 mono, and its sample rate."""
    with VitsVoice() as voice:
        spoken = voice.speak(TEXT)
    return spoken.samples, spoken.sample_rate


@pytest.fixture(scope="module")
def folder(tmp_path_factory, speech) -> Path:
    """The speech as speech.wav, .mp3, .flac, .m4a and .ogg, and those cut in half."""
    folder = tmp_path_factory.mktemp("recordings")
    soundfile.write(folder / "speech.wav", *speech)
    for kind in ("mp3", "flac", "m4a", "ogg"):
        command = [ffmpeg_program(), "-v", "error", "-i", folder / "speech.wav", folder / f"speech.{kind}"]
        subprocess.run(command, check=True)
    for kind in ("wav", "mp3", "flac", "m4a"):
        content = (folder / f"speech.{kind}").read_bytes()
        (folder / f"half.{kind}").write_bytes(content[: len(content) // 2])
    return folder


@pytest.fixture
def write(tmp_path):
    """Write samples to a file of this test and return its path."""

    def write(samples: np.ndarray, sample_rate: int, name: str = "given.wav", **options) -> Path:
        soundfile.write(tmp_path / name, samples, sample_rate, **options)
        return tmp_path / name

    return write


def refusal(path: Path, read=check_reference) -> str:
    with pytest.raises(InputError) as error:
        read(path)
    assert path.name in str(error.value) or repr(path.name)[1:-1] in str(error.value)
    assert str(error.value).endswith(".")
    return str(error.value)


def warnings_of(path: Path) -> str:
    return " | ".join(check_reference(path).warnings)


# --- what is read


def test_a_good_recording_is_measured_as_it_is(folder, speech):
    recording = check_reference(folder / "speech.wav")
    samples, sample_rate = speech
    assert recording.warnings == ()
    assert (recording.sample_rate, recording.channels) == (sample_rate, 1)
    assert np.abs(read_sound(folder / "speech.wav", 60).samples - samples).max() <= 1 / 32768
    assert recording.samples.dtype == np.float32
    assert recording.lufs == pytest.approx(loudness(samples, sample_rate), abs=0.01)
    assert recording.peak == pytest.approx(0.85, abs=1e-3)
    assert recording.rms_dbfs == pytest.approx(20 * np.log10(np.sqrt(np.mean(samples**2))), abs=0.1)
    assert 0.5 * recording.seconds < recording.speech_seconds < 0.95 * recording.seconds
    assert recording.clipped_fraction == 0
    assert recording.snr_db > 40


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "ogg"])
def test_other_formats_hold_the_same(folder, kind):
    recording, original = check_reference(folder / f"speech.{kind}"), check_reference(folder / "speech.wav")
    assert recording.warnings == ()
    assert recording.seconds == pytest.approx(original.seconds, abs=0.1)
    assert recording.rms_dbfs == pytest.approx(original.rms_dbfs, abs=1)
    assert recording.median_f0_hz == pytest.approx(original.median_f0_hz, rel=0.03)


@pytest.mark.parametrize("name", ["-dash.wav", '"quotes" and space.wav', "new\nline.wav", "http:colon.wav", "%d.wav"])
def test_a_name_is_only_a_name(write, speech, name, monkeypatch):
    path = write(*speech, name)
    monkeypatch.chdir(path.parent)
    assert check_reference(Path(name)).seconds == pytest.approx(len(speech[0]) / speech[1])


def test_channels_become_one(tmp_path, write, speech):
    samples, sample_rate = speech
    stereo = check_reference(write(np.stack([samples, np.zeros_like(samples)], axis=1), sample_rate))
    assert (stereo.channels, stereo.warnings) == (2, ())
    assert np.abs(read_sound(tmp_path / "given.wav", 60).samples - samples).max() <= 1 / 32768
    path = write(np.stack([samples] * 6, axis=1), sample_rate)
    six = read_speech(path)
    assert six.channels == check_reference(path).channels == 6
    assert np.abs(read_sound(path, 60).samples - samples).max() <= 2 / 32768
    assert "6 channels" in six.warnings[0]
    with pytest.raises(InputError, match="9 channels, 8 is the most"):
        check_reference(write(np.stack([samples] * 9, axis=1), sample_rate))


def test_channels_that_cancel_are_told(write, speech):
    samples, sample_rate = speech
    turned = check_reference(write(np.stack([samples, -samples], axis=1), sample_rate))
    assert turned.lufs == pytest.approx(loudness(samples, sample_rate), abs=0.01)
    assert ["cancel" in warning for warning in turned.warnings] == [True]


def test_samples_over_full_scale_are_scaled_into_range(write, speech):
    path = write(speech[0] * 4, speech[1], subtype="FLOAT")
    assert check_reference(path).peak == pytest.approx(3.4, abs=0.01)
    assert np.abs(read_sound(path, 60).samples).max() == pytest.approx(1.0)


def test_an_unusual_rate_is_converted(write, speech):
    """Its length stays; 96 kHz would double the memory for nothing."""
    recording = check_reference(write(speech[0], 96_000, "fast.flac"))
    assert recording.sample_rate == 48_000
    assert recording.seconds == pytest.approx(len(speech[0]) / 96_000, abs=0.01)


def test_a_wav_that_a_program_wrote_to_a_pipe_is_whole(write, speech):
    """Its header could not know the length: 0, or all ones."""
    path = write(*speech)
    content = path.read_bytes()
    for unknown in (0, 0xFFFF_FFFF):
        path.write_bytes(content[:40] + struct.pack("<I", unknown) + content[44:])
        assert check_reference(path).seconds == pytest.approx(len(speech[0]) / speech[1])


# --- how loud it becomes


@pytest.mark.parametrize("gain_db", [-36, -20, -1, 1])
def test_recordings_become_equally_loud(write, speech, gain_db):
    """Users are told where it is much. Given speech comes by a gain alone: the lips follow it before its peaks are limited."""
    samples, sample_rate = speech
    path = write(samples * 10 ** (gain_db / 20), sample_rate, subtype="FLOAT")
    reference, given = check_reference(path), read_speech(path)
    assert loudness(reference.samples, sample_rate) == pytest.approx(-19, abs=0.5)
    assert loudness(given.samples, sample_rate) == pytest.approx(-19, abs=1.5)
    assert np.corrcoef(given.samples, samples)[0, 1] > 0.9999999
    assert np.abs(given.samples).max() <= 1
    for recording in (reference, given):
        assert ["was raised" in note for note in recording.warnings] == [True] * (gain_db < -3)


def test_a_loud_recording_is_lowered(write, speech):
    samples, sample_rate = speech
    path = write(np.tanh(samples * 12) * 0.9, sample_rate)
    assert "lowered by" in warnings_of(path)
    assert loudness(check_reference(path).samples, sample_rate) == pytest.approx(-19, abs=0.1)


def test_a_kept_recording_is_not_changed_again(write, speech):
    samples, sample_rate = speech
    once = check_reference(write(samples * 0.1, sample_rate))
    twice = check_reference(write(once.samples, sample_rate, "kept.wav"))
    assert twice.warnings == ()
    assert np.abs(twice.samples - once.samples).max() < 0.03


# --- what is refused


def test_a_file_without_sound_is_refused(tmp_path, write, speech):
    path = tmp_path / "given.wav"
    path.write_bytes(b"")
    assert "0 bytes" in refusal(path)
    for content in (b"hello\n", np.random.default_rng(0).bytes(5000), b"RIFF\0\0\0\0WAVE"):
        path.write_bytes(content)
        assert "not a sound file" in refusal(path)
    assert "no sound could be decoded" in refusal(write(speech[0][:0], speech[1]))
    assert "no file" in refusal(tmp_path / "none.wav")
    (tmp_path / "sub").mkdir()
    assert "is a folder" in refusal(tmp_path / "sub")


def test_a_picture_and_a_silent_film_are_no_recordings(tmp_path):
    picture, film = tmp_path / "picture.png", tmp_path / "film.mp4"
    for path, frames in ((picture, "1"), (film, "5")):
        source = ["-f", "lavfi", "-i", "color=s=64x64", "-frames:v", frames, path]
        subprocess.run([ffmpeg_program(), "-v", "error", *source], check=True)
    assert "not a sound file" in refusal(picture)
    assert "holds no sound" in refusal(film)


def test_a_playlist_does_not_lead_to_another_file(folder):
    """FFmpeg would follow it, also to an address."""
    playlists = {
        "list.ffconcat": "ffconcat version 1.0\nfile speech.mp3\n",
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nspeech.mp3\n#EXT-X-ENDLIST\n",
    }
    for name, text in playlists.items():
        (folder / name).write_text(text)
        assert "is a list of other files" in refusal(folder / name)


def test_too_short_is_refused(write, speech):
    samples, sample_rate = speech
    spoken = samples[round(0.4 * sample_rate) :]
    assert "0.10 s" in refusal(write(spoken[: sample_rate // 10], sample_rate))
    assert "6 to 30 s" in refusal(write(spoken[: round(0.99 * sample_rate)], sample_rate))
    assert read_speech(write(spoken[: round(0.6 * sample_rate)], sample_rate)).seconds == pytest.approx(0.6, abs=0.001)
    assert "0.40 s" in refusal(write(spoken[: round(0.4 * sample_rate)], sample_rate), read_speech)


def test_hardly_any_speech_is_told_as_that(write, speech):
    samples, rate = speech
    late = np.concatenate([np.zeros(150 * rate, np.float32), samples])
    assert "is silent, or nearly all of it (95 of 100 parts are below " in refusal(write(late, rate), check_reference)


@pytest.mark.parametrize("read", [check_reference, read_speech])
def test_silence_is_refused(write, read):
    noise = np.random.default_rng(0).normal(0, 10 ** (-65 / 20), 3 * 24_000)
    assert "silent" in refusal(write(noise * 0, 24_000), read)
    assert "silent" in refusal(write(noise, 24_000), read)


def test_a_recording_that_is_cut_short_says_how_much_is_there(folder, speech):
    half_s = len(speech[0]) / speech[1] / 2
    for kind in ("wav", "mp3", "flac"):
        message = refusal(folder / f"half.{kind}")
        assert "cut short" in message
        there_s, promised_s = (float(word) for word in message.split() if word.replace(".", "").isdigit())
        assert there_s == pytest.approx(half_s, rel=0.25)
        assert promised_s == pytest.approx(2 * half_s, abs=0.1)
    assert "is damaged" in refusal(folder / "half.m4a")  # its index is at the end


def hours_long(path: Path, speech: tuple[np.ndarray, int], size_in_header: int) -> Path:
    """Three hours of 16 bit mono, sparse on disk: speech at its start, then nothing."""
    samples, sample_rate = speech
    soundfile.write(path, samples, sample_rate)
    content = path.read_bytes()
    path.write_bytes(content[:40] + struct.pack("<I", size_in_header) + content[44:])
    with path.open("r+b") as file:
        file.truncate(44 + 3 * 3600 * 2 * sample_rate)
    return path


def test_three_hours_are_refused_by_the_header(tmp_path, speech):
    path = hours_long(tmp_path / "long.wav", speech, 3 * 3600 * 2 * speech[1])
    assert "180 min long; 10 min is the most" in refusal(path)
    assert "180 min long; 2 min is the most" in refusal(path, read_speech)


def test_a_length_that_no_header_tells_is_found_in_bounded_memory(tmp_path):
    """As a live stream is recorded: 20 minutes of sound, and no length."""
    path = tmp_path / "live.mka"
    tone = ["-f", "lavfi", "-i", "sine=d=1200:r=16000", "-c:a", "flac", "-live", "1", "-f", "matroska", path]
    subprocess.run([ffmpeg_program(), "-v", "error", *tone], check=True)
    code = (
        "import sys; from pathlib import Path; from avatar.errors import InputError\n"
        "from avatar.voice.recording import read_speech\n"
        "try: read_speech(Path(sys.argv[1]))\n"
        "except InputError as error: print(error)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    message, peak_kib = subprocess.check_output([sys.executable, "-c", code, path], text=True).splitlines()
    assert "2 min is the most" in message
    assert int(peak_kib) < 150 * 1024  # all of it would take 77 MB more


# --- what is warned of


def test_a_short_reference_is_warned_of(write, speech):
    path = write(speech[0][: 2 * speech[1]], speech[1])
    assert "2.0 s long; 3 s are the least" in warnings_of(path)
    assert read_speech(path).warnings == ()


def test_telephone_quality_is_refused_for_a_voice_and_warned_of_in_speech(write, speech):
    path = write(speech[0][::3], 8_000)
    assert "8000 Hz" in " ".join(read_speech(path).warnings)
    with pytest.raises(InputError, match="8000 Hz"):
        check_reference(path)


def test_clipping_is_warned_of(write, speech):
    path = write(np.clip(speech[0] * 6, -1, 1), speech[1])
    assert "clipped" in warnings_of(path)
    assert 0.01 < check_reference(path).clipped_fraction < 0.2


@pytest.mark.parametrize(("noise", "is_noisy"), [(0.001, False), (0.05, True)])
def test_noise_is_warned_of(write, speech, noise, is_noisy):
    samples, sample_rate = speech
    noisy = samples + np.random.default_rng(0).normal(0, noise, len(samples))
    assert ("noisy" in warnings_of(write(noisy, sample_rate))) == is_noisy


def test_no_voice_is_warned_of(write):
    hiss = np.random.default_rng(0).normal(0, 0.1, 4 * 24_000)
    assert "no voiced speech" in warnings_of(write(hiss, 24_000))


@pytest.mark.parametrize("name", ["hole.aac", "hole.m4a"])
def test_damage_that_leaves_the_length_is_warned_of(tmp_path, write, speech, name):
    """An AAC stream promises no length; of ALAC not the decoder complains, but who asks it. What FFmpeg says is told."""
    path = tmp_path / name
    coding = "alac" if name.endswith("m4a") else "aac"
    subprocess.run([ffmpeg_program(), "-v", "error", "-i", write(*speech), "-c:a", coding, path], check=True)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = np.random.default_rng(0).bytes(300)
    path.write_bytes(content)
    assert "damage" in warnings_of(path)


# --- trimming and pitch


@pytest.mark.parametrize("noise", [0, 0.003])
def test_trim_leaves_a_tenth_of_a_second(write, speech, noise):
    samples, sample_rate = speech
    silence = np.zeros(2 * sample_rate, np.float32)
    longer = np.concatenate([silence, samples, silence])
    longer += np.random.default_rng(0).normal(0, noise, len(longer)).astype(np.float32)
    recording = check_reference(write(longer, sample_rate))
    assert 0.4 * len(samples) < recording.speech_seconds * sample_rate < 0.95 * len(samples)
    trimmed = trim(recording)
    loud = np.flatnonzero(np.abs(trimmed.samples) > 0.05) / sample_rate
    assert 0.05 < loud[0] < 0.2
    assert 0.05 < trimmed.seconds - loud[-1] < 0.4
    assert len(samples) / sample_rate - 0.6 < trimmed.seconds < len(samples) / sample_rate
    assert trimmed.sample_rate == sample_rate


@pytest.mark.parametrize("pitch", [70, 110, 180, 260, 380])
@pytest.mark.parametrize("harmonics", [[1], [1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6]])
def test_pitch_is_found_in_the_right_octave(pitch, harmonics):
    """Also where the fundamental is missing, as on a telephone."""
    times_s = np.arange(2 * 16_000) / 16_000
    tone = sum(np.sin(2 * np.pi * pitch * harmonic * times_s) / harmonic for harmonic in harmonics)
    if harmonics == [1] and pitch == 70:
        tone += 0.05 * np.random.default_rng(0).normal(size=len(times_s))
    assert median_f0_hz(tone, 16_000) == pytest.approx(pitch, rel=0.02)


@pytest.mark.filterwarnings("error")
def test_a_wire_that_lies_at_a_level_has_no_pitch():
    assert median_f0_hz(np.full(120_000, 0.5, np.float32), 20_000) is None


def test_noise_and_silence_have_no_pitch():
    assert median_f0_hz(np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000) is None
    assert median_f0_hz(np.zeros(32_000), 16_000) is None
    assert median_f0_hz(np.zeros(100), 16_000) is None


def test_the_nearest_preset_is_the_voice_itself(folder):
    recording = check_reference(folder / "speech.wav")
    assert recording.median_f0_hz == pytest.approx(PRESETS["joe"].median_f0_hz, rel=0.1)
    assert nearest_preset(recording) == "joe"


@pytest.mark.parametrize(
    ("pitch", "preset"), [(95, "joe"), (150, "joe"), (170, "heart"), (270, "heart"), (None, "heart")]
)
def test_presets_meet_at_160_hz(pitch, preset):
    recording = Recording(np.zeros(1, np.float32), 16_000, 1, 0.5, -20, 5, 0, 40, pitch)
    assert nearest_preset(recording) == preset
