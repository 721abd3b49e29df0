"""Recordings that users give: read by FFmpeg whatever their format, within bounds, checked, and made equally loud."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.limits import LONGEST_S
from avatar.media.level import Level, level_of, levelled, scaled
from avatar.media.sound_file import MOST_CHANNELS, Sound, read_sound
from avatar.voice.pitch import median_f0_hz

LONGEST_REFERENCE_S = 600.0
REFERENCE_CHANNELS = 8  # 7.1; ten minutes of them take 0.9 GB of a temporary file while they become one
SHORTEST_REFERENCE_S = 1.0
SHORTEST_SPEECH_S = 0.5
ADVISED_REFERENCE_S = 3.0  # XTTS-v2 clones from 6 to 30 s; what is shorter than 3 s loses the speaker's manner

FRAME_S = 0.020
SILENT_DBFS = -55.0  # the loudest frames of a recording without speech
SPEECH_RANGE_DB = 30.0  # frames so far below the loudest ones count as speech
SPEECH_OVER_FLOOR_DB = 6.0
NOISY_SNR_DB = 15.0
MOST_CLIPPED = 0.001
TELEPHONE_HZ = 8_000
TRIM_KEPT_S = 0.10  # silence left at both ends


@dataclass(frozen=True)
class Recording:
    """A checked recording, its channels as one, at the loudness of all speech. Figures are of the file.

    samples: float32 (n,) in -1..1. peak: 1.0 is full scale. rms_dbfs: of all samples. speech_seconds: how much of it is louder than its background. clipped_fraction: samples at full scale, in
    any channel. snr_db: level of the loud frames over that of the quiet ones, a coarse estimate. median_f0_hz: None
    where it has no voiced speech. warnings: one sentence each.
    """

    samples: np.ndarray
    sample_rate: int  # Hz
    channels: int
    peak: float
    rms_dbfs: float
    speech_seconds: float
    clipped_fraction: float
    snr_db: float
    median_f0_hz: float | None
    warnings: tuple[str, ...] = ()
    lufs: float | None = None

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


def check_reference(path: Path) -> Recording:
    """Read the recording of a voice to clone; what is poor but usable is in its warnings.

    Raises InputError when it cannot be read, is cut short, shorter than 1 s, longer than 10 min, silent, of telephone
    quality (half the voice's band is not there to clone), or has more than eight channels.
    """
    advice = "6 to 30 s of one clear speaker are best"
    recording, level = _read(path, SHORTEST_REFERENCE_S, LONGEST_REFERENCE_S, advice, REFERENCE_CHANNELS)
    if recording.sample_rate <= TELEPHONE_HZ:
        raise InputError(
            f"the recording {path.name!r} has a sample rate of {recording.sample_rate} Hz, as telephones do; a voice "
            "needs 16,000 Hz or more, record it again."
        )
    recording = replace(recording, samples=levelled(recording.samples, recording.sample_rate, level))
    if recording.seconds >= ADVISED_REFERENCE_S:
        return recording
    warning = (f"the recording is {recording.seconds:.1f} s long; {ADVISED_REFERENCE_S:.0f} s are the least "
               "for a likeness, 6 to 30 s are best")  # fmt: skip
    return replace(recording, warnings=(warning, *recording.warnings))


def read_speech(path: Path) -> Recording:
    """Read finished speech that a video is made of. Raises InputError as `check_reference` does, over 120 s.

    It comes by the gain alone, for the lips to follow; the video stage limits its peaks as those of all speech.
    """
    recording, level = _read(path, SHORTEST_SPEECH_S, LONGEST_S, f"give finished speech of up to {LONGEST_S:g} s")
    return replace(recording, samples=scaled(recording.samples, level))


def trim(recording: Recording) -> Recording:
    """Without the silence before and after the speech, but for 0.1 s of it."""
    levels = _frame_levels_db(recording.samples, recording.sample_rate)
    speech = np.flatnonzero(_is_speech(levels))
    begin_s = max(0.0, float(speech[0]) * FRAME_S - TRIM_KEPT_S)
    end_s = float(speech[-1] + 1) * FRAME_S + TRIM_KEPT_S
    samples = recording.samples[round(begin_s * recording.sample_rate) : round(end_s * recording.sample_rate)]
    return replace(recording, samples=samples)


def heard_in_part(recording: Recording, longest_s: float) -> list[str]:
    """A note where a model hears no more than the beginning of a recording."""
    seconds = len(recording.samples) / recording.sample_rate
    return (
        [f"of the recording the first {longest_s:g} s are heard, of {seconds:.0f} s"]
        if seconds > longest_s + 0.5
        else []
    )


def _read(
    path: Path, shortest_s: float, longest_s: float, advice: str, most_channels: int = MOST_CHANNELS
) -> tuple[Recording, Level | None]:
    """A recording as loud as it is, and how it comes to the loudness of all speech."""
    sound = read_sound(path, longest_s, most_channels)
    name = repr(path.name)
    if sound.seconds < shortest_s:
        raise InputError(
            f"the recording {name} is only {sound.seconds:.2f} s long; it needs {shortest_s:g} s at least; {advice}."
        )
    levels = _frame_levels_db(sound.samples, sound.sample_rate)
    loud_db, quiet_db = np.percentile(levels, (95, 10))
    if loud_db < SILENT_DBFS:
        raise InputError(
            f"the recording {name} is silent, or nearly all of it (95 of 100 parts are below {loud_db:.0f} dBFS); cut out what "
            "is spoken, or check the microphone and record it again."
        )
    level = level_of(sound.samples, sound.sample_rate)
    recording = Recording(
        samples=sound.samples,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        peak=sound.peak,
        rms_dbfs=float(10 * np.log10(np.mean(np.square(sound.samples)) + 1e-12)),
        speech_seconds=float(_is_speech(levels).sum() * FRAME_S),
        clipped_fraction=sound.clipped_fraction,
        snr_db=float(loud_db - quiet_db),
        median_f0_hz=median_f0_hz(sound.samples, sound.sample_rate),
        lufs=level and level.lufs,
    )
    note = level and level.note()
    return replace(recording, warnings=(*_warnings(recording, sound), *([note] if note else []))), level


def _warnings(recording: Recording, sound: Sound) -> list[str]:
    found = []
    if sound.cancels:
        found.append("channels of the recording cancel each other, as with a wire the wrong way round; those that go "
                     "with the louder one are used")  # fmt: skip
    if recording.channels > 2:
        found.append(f"the recording has {recording.channels} channels; they are mixed down to one")
    if recording.sample_rate <= TELEPHONE_HZ:
        found.append(f"the recording has a sample rate of {recording.sample_rate} Hz, as telephones do; "
                     "16,000 Hz or more keeps the voice's colour")  # fmt: skip
    if recording.clipped_fraction > MOST_CLIPPED:
        found.append(f"{recording.clipped_fraction:.1%} of the recording is clipped; record it at a lower level")
    if recording.snr_db < NOISY_SNR_DB:
        found.append(f"the recording is noisy (speech only {recording.snr_db:.0f} dB over its background); "
                     "record it in a quiet room")  # fmt: skip
    if recording.median_f0_hz is None:
        found.append("no voiced speech was found in the recording; check that somebody speaks in it")
    if sound.complaint:
        found.append(f"FFmpeg found damage in the recording ({sound.complaint}); listen to it")
    return found


def _frame_levels_db(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """RMS level of each 20 ms in dBFS, (frames,); what is left over at the end belongs to no frame."""
    length = round(FRAME_S * sample_rate)
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    return 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)


def _is_speech(levels_db: np.ndarray) -> np.ndarray:
    """bool (frames,): near the loud frames, and over the quiet ones where there is a difference."""
    loud_db, quiet_db = np.percentile(levels_db, (95, 10))
    floor_db = min(quiet_db + SPEECH_OVER_FLOOR_DB, loud_db)
    return levels_db >= max(loud_db - SPEECH_RANGE_DB, floor_db)
