"""Any sound file as mono samples, decoded by the FFmpeg program, never more of it than asked for; WAV files of our own."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.files import file_digest, refuse_host_failure, refuse_larger
from avatar.limits import LONGEST_JUDGED_S
from avatar.media.channels import Channels
from avatar.media.pipes import FromPipe
from avatar.media.reading import OF_SOUND, SOUND_FORMATS, Reading, reading
from avatar.media.streams import declared_seconds, input_report

CLIPPED = 0.99  # of full scale: 8 bit files end at 0.992
# Rates that pass as they are; anything else is converted to the next of them, so that memory is bounded by the length.
SAMPLE_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
MENDS = "give a WAV, FLAC, MP3, M4A or OGG file"
# Sun AU, which FFmpeg writes to a pipe: magic, offset of the data, size, encoding (6: float32), sample rate, channels.
AU_HEADER = struct.Struct(">4sIIIII")
MOST_CHANNELS = 16  # what recorders of many tracks have; the temporary file of two minutes of them takes 370 MB
FROM_ZERO_RATE = 16_000  # Hz, of `samples_from_zero`
ONE_OR_TWO = "aformat=channel_layouts=mono|stereo"


@dataclass(frozen=True)
class Sound:
    """samples: float32 (n,), the channels as one (channels.py), in -1..1. channels: of the file. cancels: one of them was
    left out because it would have cancelled another. peak: over all channels, before the samples were brought into that
    range. clipped_fraction: of the samples of all channels. complaint: what FFmpeg found wrong in data that it could
    decode, or an empty string."""

    samples: np.ndarray
    sample_rate: int  # Hz
    channels: int
    cancels: bool
    peak: float
    clipped_fraction: float
    complaint: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


def read_sound(path: Path, longest_s: float, most_channels: int = MOST_CHANNELS) -> Sound:
    """Decode the first sound track of a file.

    The last recording is remembered by its bytes: a command that checks one, copies it and then uses it decodes it once.
    Raises InputError when there is no such file, it holds no sound, less than it promises, or more than longest_s: or has
    more channels than most_channels: by its header where that tells, else when the decoding gets there; TemporaryProblem when the host ended FFmpeg.
    """
    _check_file(path)
    refuse_larger(path, "recording")
    try:
        decoded = _decoded(_File(path, file_digest(path), path.suffix), longest_s, most_channels)
    except _TooLong as error:
        raise _too_long(path, error.seconds, longest_s) from None
    except _TooManyChannels as error:
        raise InputError(
            f"the recording {path.name!r} has {error.count} channels, {most_channels} is the most; export the one that "
            "holds the speaker, as mono or stereo."
        ) from None
    sound = replace(decoded.sound, samples=decoded.sound.samples.copy())  # whoever gets them may write into them
    promised_s = _wav_seconds(path) or decoded.promised_s or 0.0
    if promised_s - sound.seconds > max(0.25, 0.02 * promised_s):
        raise InputError(
            f"the recording {path.name!r} is cut short: it holds {sound.seconds:.1f} s of the {promised_s:.1f} s that "
            "it promises; copy or download it again."
        )
    return sound


def _check_file(path: Path) -> None:
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise InputError(f"the recording {str(path)!r} is {kind}; check the path.")
    try:
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        refuse_host_failure(error, f"reading {str(path)!r}")
        raise InputError(
            f"cannot read the recording {str(path)!r}: {error.strerror}; check its permissions."
        ) from error
    if is_empty:
        raise InputError(f"the recording {path.name!r} is empty (0 bytes); copy or download it again.")


@dataclass(frozen=True)
class _File:
    """Equal to another one of the same bytes and suffix, which FFmpeg looks at too, wherever it is."""

    path: Path = field(compare=False)
    sha256: str
    suffix: str


@dataclass(frozen=True)
class _Decoded:
    """promised_s: the length that the header promises; None where it tells none, or the sound need not be as long."""

    sound: Sound
    promised_s: float | None


class _TooLong(Exception):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class _TooManyChannels(Exception):
    def __init__(self, count: int) -> None:
        self.count = count


@lru_cache(maxsize=1)
def _decoded(file: _File, longest_s: float, most_channels: int) -> _Decoded:
    """Decode a file, block by block: its channels as one are kept. Raises InputError, _TooLong, _TooManyChannels."""
    rates = "|".join(map(str, SAMPLE_RATES))
    output = ["-map", "0:a:0", "-t", f"{longest_s + 1:g}", "-af", f"aformat=sample_rates={rates}"]
    output += ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with reading(file.path, *output, level="level+info", formats=SOUND_FORMATS, within=OF_SOUND) as ffmpeg:
        header = ffmpeg.stdout.read(AU_HEADER.size)  # by then FFmpeg has told what it knows of the file
        header_s, is_promise = _header_seconds(ffmpeg, is_over=len(header) < AU_HEADER.size, path=file.path)
        if header_s is not None and header_s > longest_s:
            raise _TooLong(header_s)
        sound = _read_au(header, ffmpeg.stdout, most_channels)
        ffmpeg.finish()
        complaint = _last_complaint(ffmpeg.said())
    if sound is None:
        raise InputError(
            f"no sound could be decoded from {file.path.name!r} ({complaint or 'it has no samples'}); {MENDS}."
        )
    if sound.seconds > longest_s:
        raise _TooLong(sound.seconds)
    return _Decoded(replace(sound, complaint=complaint), header_s if is_promise else None)


def _header_seconds(ffmpeg: Reading, is_over: bool, path: Path) -> tuple[float | None, bool]:
    """The length that FFmpeg reads from the header, None where it tells none, and whether the sound should be as long:
    not where FFmpeg estimated it from the file's size, nor where a picture may last longer.

    is_over: FFmpeg wrote nothing, so it has ended, or is about to.
    """
    if is_over:
        ffmpeg.finish()
    report = input_report(_without_levels(ffmpeg.said()))
    if "Input #0" not in report:
        reason = _last_complaint(ffmpeg.said()) or "FFmpeg does not know what it is"
        raise InputError(f"{path.name!r} is not a sound file, or is damaged ({reason}); {MENDS}.")
    if "Audio:" not in report:
        raise InputError(f"{path.name!r} holds no sound; {MENDS}.")
    return declared_seconds(report), "Estimating duration" not in report and "Video:" not in report


def _wav_seconds(path: Path) -> float | None:
    """The length that a WAV header promises (FFmpeg goes by the file's size where that is less), or None.

    A program that wrote to a pipe could not know the length and left 0, or the largest number.
    """
    with path.open("rb") as file:
        riff, _, wave = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        if (riff, wave) != (b"RIFF", b"WAVE"):
            return None
        bytes_per_second = 0
        while len(chunk := file.read(8)) == 8:
            kind, size = struct.unpack("<4sI", chunk)
            if kind == b"data":
                is_known = 0 < size < 0x7FFF_0000 and bytes_per_second
                return size / bytes_per_second if is_known else None
            content = file.read(min(size, 64))
            if kind == b"fmt " and len(content) >= 12:
                bytes_per_second = struct.unpack_from("<I", content, 8)[0]
            file.seek(size - len(content) + size % 2, 1)
    return None


def _au_rate_and_channels(header: bytes | bytearray, stream: FromPipe) -> tuple[int, int]:
    """From AU's header, which is read to its end."""
    _, offset, _, _, sample_rate, channels = AU_HEADER.unpack(header)
    stream.read(offset - AU_HEADER.size)
    return sample_rate, channels


def _au_seconds(stream: FromPipe, sample_rate: int, channels: int) -> Iterator[np.ndarray]:
    """AU's data, a second at a time: float32 (n, channels)."""
    while len(block := stream.read(4 * channels * sample_rate)) >= 4 * channels:
        count = len(block) // (4 * channels) * channels  # an FFmpeg that is killed leaves a part of the last ones
        yield np.nan_to_num(np.frombuffer(block, ">f4", count).astype(np.float32).reshape(-1, channels))


def _read_au(header: bytes | bytearray, stream: FromPipe, most_channels: int) -> Sound | None:
    """Read AU data to its end, after its header; None where it has no samples. Raises _TooManyChannels."""
    if len(header) < AU_HEADER.size:
        return None
    sample_rate, channels = _au_rate_and_channels(header, stream)
    if channels > most_channels:
        raise _TooManyChannels(channels)
    peak = 0.0
    clipped = total = 0
    with Channels(channels, sample_rate) as heard:
        for samples in _au_seconds(stream, sample_rate, channels):
            loudness = np.abs(samples)
            peak = max(peak, float(loudness.max()))
            clipped += int(np.count_nonzero(loudness >= CLIPPED))
            total += samples.size
            heard.add(samples)
        if not total:
            return None
        mix = heard.mix()
        samples = heard.mixed(mix)
    samples /= max(1.0, peak)
    return Sound(samples, sample_rate, channels, mix.cancels, peak, clipped / total, "")


def _without_levels(said: str) -> str:
    """FFmpeg's messages without their levels, which "-loglevel level+info" puts before each."""
    return re.sub(r"^((?:\[[^]]*\] )?)\[[a-z]+\] ", r"\1", said, flags=re.MULTILINE)


def _last_complaint(said: str) -> str:
    """The last line in which FFmpeg said what is wrong, without the part of the program and the address before it."""
    lines = [line for line in said.splitlines() if re.match(r"(\[[^]]*\] )*\[(error|fatal|panic)\] ", line)]
    lines = [re.sub(r"^(\[[^]]*\] )+", "", line.strip()) for line in lines]
    says_nothing = ("Error opening input", "Last message", "Format not on whitelist")
    lines = [line for line in lines if line and not line.startswith(says_nothing)]
    return lines[-1] if lines else ""


def _too_long(path: Path, seconds: float, longest_s: float) -> InputError:
    length = f"{seconds / 60:.0f} min" if seconds > 120 else f"{seconds:.0f} s"
    most = f"{longest_s / 60:g} min"
    return InputError(f"the recording {path.name!r} is over {length} long; {most} is the most, cut out the best part.")


# ---------------------------------------------------------------- sound on a video's clock


def sound_from_zero(path: Path) -> Iterator[np.ndarray]:
    """The first sound stream of a file in mono at FROM_ZERO_RATE, a second at a time: float64 (n,) in -1..1, from the
    file's time 0 on: a late start is silence. Raises InputError when FFmpeg cannot decode it."""
    for block in _from_zero(path):
        yield block.astype(np.float64)


def samples_from_zero(path: Path) -> np.ndarray:
    """The same as int16 (n,). Raises InputError when FFmpeg cannot decode it."""
    return np.concatenate(
        [np.clip(np.rint(block * 32768), -32768, 32767).astype(np.int16) for block in _from_zero(path)]
    )


def _from_zero(path: Path) -> Iterator[np.ndarray]:
    # More than two channels become two, which may cancel in no other way than two do.
    to_au = ["-map", "0:a:0", "-af", f"aresample={FROM_ZERO_RATE}:async=1:first_pts=0,{ONE_OR_TWO}"]
    to_au += ["-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    found = False
    with reading(path, *to_au, within=OF_SOUND) as ffmpeg:
        header = ffmpeg.stdout.read(AU_HEADER.size)
        if len(header) == AU_HEADER.size:
            _, channels = _au_rate_and_channels(header, ffmpeg.stdout)
            for block in _as_one(_judged(ffmpeg.stdout, channels, path), channels):
                found = True
                yield block
        status = ffmpeg.finish()
    if status or not found:
        raise InputError(f"{str(path)!r} has no sound that can be decoded; it has none, or is damaged or cut short.")


def _judged(stream: FromPipe, channels: int, path: Path) -> Iterator[np.ndarray]:
    left = round(FROM_ZERO_RATE * LONGEST_JUDGED_S)
    for block in _au_seconds(stream, FROM_ZERO_RATE, channels):
        left -= len(block)
        if left < 0:
            raise InputError(f"{str(path)!r} has over {LONGEST_JUDGED_S / 60:g} min of sound, the most; cut it.")
        yield block


def _as_one(blocks: Iterator[np.ndarray], channels: int) -> Iterator[np.ndarray]:
    """One channel passes as it comes; of several the end is awaited."""
    if channels == 1:
        yield from (block[:, 0] for block in blocks)
        return
    with Channels(channels, FROM_ZERO_RATE) as heard:
        for block in blocks:
            heard.add(block)
        yield from heard.mixed_blocks(heard.mix())


# ---------------------------------------------------------------- WAV files of our own


def write_wav(path: Path, samples: np.ndarray, sample_rate: int) -> None:
    """Write float32 (n,) in -1..1 as a WAV file of 16 bit, whatever the file's name."""
    import soundfile

    soundfile.write(path, samples, sample_rate, subtype="PCM_16", format="WAV")


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    """float32 (n,), the mean of the channels, and the sample rate in Hz; without FFmpeg. Raises InputError."""
    import soundfile

    try:
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise InputError(f"cannot read {str(path)!r}: {error}.") from error
    return samples.mean(axis=1), sample_rate
