"""Any sound file as mono samples, decoded by the FFmpeg program, never more of it than asked for."""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from avatar.errors import InputError
from avatar.media.ffmpeg import ffmpeg_program, file_argument

CLIPPED = 0.99  # of full scale: 8 bit files end at 0.992
# Rates that pass as they are; anything else is converted to the next of them, so that memory is bounded by the length.
SAMPLE_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
# FFmpeg's readers of files that hold sound themselves. Others follow playlists, to further files and to addresses.
FORMATS = "wav,w64,aiff,au,caf,flac,mp3,aac,ogg,mov,matroska,asf,avi,mpegts,amr"
MENDS = "give a WAV, FLAC, MP3, M4A or OGG file"
# Sun AU, which FFmpeg writes to a pipe: magic, offset of the data, size, encoding (6: float32), sample rate, channels.
AU_HEADER = struct.Struct(">4sIIIII")


@dataclass(frozen=True)
class Sound:
    """samples: float32 (n,), the mean of the channels, in -1..1. channels: of the file. peak: over all channels, before
    the samples were brought into that range. clipped_fraction: of the samples of all channels. complaint: what FFmpeg
    found wrong in data that it could decode, or an empty string."""

    samples: np.ndarray
    sample_rate: int  # Hz
    channels: int
    peak: float
    clipped_fraction: float
    complaint: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


def read_sound(path: Path, longest_s: float) -> Sound:
    """Decode the first sound track of a file.

    Raises InputError when there is no such file, it holds no sound, less than it promises, or more than longest_s: by
    its header where that tells, else when the decoding gets there.
    """
    _check_file(path)
    header_s, is_promise = _header_seconds(path)
    if header_s is not None and header_s > longest_s:
        raise _too_long(path, header_s, longest_s)
    sound = _decode(path, longest_s + 1)
    if sound.seconds > longest_s:
        raise _too_long(path, sound.seconds, longest_s)
    promised_s = _wav_seconds(path) or (header_s if is_promise else None) or 0.0
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
        raise InputError(
            f"cannot read the recording {str(path)!r}: {error.strerror}; check its permissions."
        ) from error
    if is_empty:
        raise InputError(f"the recording {path.name!r} is empty (0 bytes); copy or download it again.")


def _header_seconds(path: Path) -> tuple[float | None, bool]:
    """The length that FFmpeg reads from the header, None where it tells none, and whether the sound should be as long:
    not where FFmpeg estimated it from the file's size, nor where a picture may last longer."""
    process = subprocess.run(_ffmpeg(path, "info"), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    report = process.stderr.decode(errors="replace")
    if "Input #0" not in report:
        reason = _last_complaint(report) or "FFmpeg does not know what it is"
        raise InputError(f"{path.name!r} is not a sound file, or is damaged ({reason}); {MENDS}.")
    if "Audio:" not in report:
        raise InputError(f"{path.name!r} holds no sound; {MENDS}.")
    found = re.search(r"Duration: (\d+):(\d\d):(\d\d\.\d+)", report)
    if not found:
        return None, False
    hours, minutes, seconds = found.groups()
    is_promise = "Estimating duration" not in report and "Video:" not in report
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds), is_promise


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


def _decode(path: Path, at_most_s: float) -> Sound:
    """Decode up to so many seconds, block by block: only the mean of the channels is kept."""
    rates = "|".join(map(str, SAMPLE_RATES))
    output = ["-map", "0:a:0", "-t", f"{at_most_s:g}", "-af", f"aformat=sample_rates={rates}"]
    command = [*_ffmpeg(path, "error"), *output, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with tempfile.TemporaryFile() as messages:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages, start_new_session=True
        ) as process:
            assert process.stdout  # it is a pipe
            try:
                decoded = _read_au(process.stdout)
            finally:
                process.kill()  # a no-op unless reading failed or was interrupted
        messages.seek(0)
        complaint = _last_complaint(messages.read().decode(errors="replace"))
    if decoded is None:
        raise InputError(f"no sound could be decoded from {path.name!r} ({complaint or 'it has no samples'}); {MENDS}.")
    return replace(decoded, complaint=complaint)


def _read_au(stream: IO[bytes]) -> Sound | None:
    """Read AU data to its end; None where it has no samples."""
    header = stream.read(AU_HEADER.size)
    if len(header) < AU_HEADER.size:
        return None
    _, offset, _, _, sample_rate, channels = AU_HEADER.unpack(header)
    stream.read(offset - AU_HEADER.size)
    parts: list[np.ndarray] = []
    peak = 0.0
    clipped = total = 0
    while block := stream.read(4 * channels * sample_rate):
        samples = np.nan_to_num(np.frombuffer(block, ">f4").astype(np.float32).reshape(-1, channels))
        loudness = np.abs(samples)
        peak = max(peak, float(loudness.max()))
        clipped += int(np.count_nonzero(loudness >= CLIPPED))
        total += samples.size
        parts.append(samples.mean(axis=1))
    if not parts:
        return None
    samples = np.concatenate(parts)
    samples /= max(1.0, peak)
    return Sound(samples, sample_rate, channels, peak, clipped / total, "")


def _ffmpeg(path: Path, level: str) -> list[str]:
    """FFmpeg reading one file, and nothing that the file may point to."""
    quiet = [ffmpeg_program(), "-hide_banner", "-nostdin", "-loglevel", level]
    return [*quiet, "-format_whitelist", FORMATS, "-protocol_whitelist", "file", "-i", file_argument(path)]


def _last_complaint(report: str) -> str:
    """The last line in which FFmpeg said what is wrong, without the part of the program and the address before it."""
    lines = [re.sub(r"^(\[[^]]*\] )+", "", line.strip()) for line in report.splitlines()]
    says_nothing = ("Error opening input", "Last message", "Format not on whitelist")
    lines = [line for line in lines if line and not line.startswith(says_nothing)]
    return lines[-1] if lines else ""


def _too_long(path: Path, seconds: float, longest_s: float) -> InputError:
    length = f"{seconds / 60:.0f} min" if seconds > 120 else f"{seconds:.0f} s"
    most = f"{longest_s / 60:g} min"
    return InputError(f"the recording {path.name!r} is over {length} long; {most} is the most, cut out the best part.")
