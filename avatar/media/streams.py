"""What the FFmpeg program knows of a file. The wheel brings no ffprobe: the streams are read from `ffmpeg -i`."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.media.ffmpeg import ffmpeg_program, file_argument

SAMPLE_RATE = 16_000  # Hz, of the decoded sound
BLOCK = 16  # samples, 1 ms: sound is kept as one mean square for each, so that hours need little memory

# Not a cover picture in a sound file, and not a text, which FFmpeg would show as a terminal does (codec "ansi").
_VIDEO = re.compile(r"^ +Stream #\d+:\d+.*?: Video: (?!ansi)(\w+)(?!.*\(attached pic\))", re.MULTILINE)
_AUDIO = re.compile(r"^ +Stream #\d+:\d+.*?: Audio: (\w+)", re.MULTILINE)
_DURATION = re.compile(r"^ +Duration: (\d+):(\d+):([\d.]+)", re.MULTILINE)
_FIRST_FRAME = re.compile(r"\bn: *0 .*?\bpts_time:(-?[\d.]+)")


@dataclass(frozen=True)
class Streams:
    """A file's first picture and sound stream: their codecs as FFmpeg names them, None where there is none.

    video_start_s is when the first frame is shown, in seconds after the file's beginning; nearly always 0.
    declared_s is the length that the file claims, None where it does not say.
    """

    video_codec: str | None
    audio_codec: str | None
    video_start_s: float = 0.0
    declared_s: float | None = None


def probe(path: Path) -> Streams:
    """The streams of a file. Raises InputError when it has neither picture nor sound."""
    said = _messages(path)
    video, audio = _VIDEO.search(said), _AUDIO.search(said)
    if not video and not audio:
        raise InputError(f"{str(path)!r} is not a picture, a video or a recording that can be read.")
    if not video:
        return Streams(None, audio and audio[1])
    length = _DURATION.search(said)
    declared_s = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]) if length else None
    first_frame = ["-map", "0:v:0", "-frames:v", "1", "-vf", "showinfo", "-f", "null", "-"]
    first = _FIRST_FRAME.search(_messages(path, *first_frame))
    return Streams(video[1], audio and audio[1], float(first[1]) if first else 0.0, declared_s)


def _messages(path: Path, *output: str) -> str:
    """What FFmpeg says on stderr about a file."""
    command = [ffmpeg_program(), "-hide_banner", "-nostdin", "-i", file_argument(path), *output]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).stderr.decode(errors="replace")


@dataclass(frozen=True)
class Sound:
    """The decoded sound of a file, mixed to mono: its mean square for every millisecond, and its peak (1 is full)."""

    mean_squares: np.ndarray  # float64 (milliseconds,)
    peak: float
    seconds: float

    @property
    def rms_dbfs(self) -> float | None:
        """Loudness over the whole length in dB below full scale; None for digital silence."""
        return decibels(float(np.sqrt(self.mean_squares.mean()))) if self.mean_squares.size else None

    def envelope(self, frames: int, frame_rate: float, start_s: float = 0.0, window_s: float = 0.05) -> np.ndarray:
        """RMS, float64 (frames,), in a window around the middle of each video frame; the first begins at start_s."""
        total = np.concatenate([[0.0], np.cumsum(self.mean_squares)])
        milliseconds = (start_s + (np.arange(frames) + 0.5) / frame_rate) * 1000
        first = np.clip(np.round(milliseconds - window_s * 500), 0, len(total) - 1).astype(int)
        last = np.clip(np.round(milliseconds + window_s * 500), 0, len(total) - 1).astype(int)
        return np.sqrt(np.maximum(total[last] - total[first], 0) / np.maximum(last - first, 1))


def decode_sound(path: Path) -> Sound:
    """The first sound stream of a file, from the file's time 0 on: a late start is silence. Memory stays flat.

    Raises InputError when FFmpeg cannot decode it.
    """
    command = sound_command(path, "f32le")
    blocks, count, peak = [], 0, 0.0
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout  # it is a pipe
    with process:
        while chunk := process.stdout.read(SAMPLE_RATE // BLOCK * BLOCK * 4):  # a second at a time
            samples = np.frombuffer(chunk[: len(chunk) // 4 * 4], "<f4").astype(np.float64)
            count += len(samples)
            peak = max(peak, float(np.abs(samples).max(initial=0)))
            padded = np.pad(samples, (0, -len(samples) % BLOCK))
            blocks.append(np.square(padded).reshape(-1, BLOCK).mean(axis=1))
    if process.returncode or not count:
        raise InputError(f"the sound of {str(path)!r} cannot be decoded; the file is damaged or cut short.")
    return Sound(np.concatenate(blocks), peak, count / SAMPLE_RATE)


def sound_command(path: Path, coding: str) -> list[str]:
    """What decodes a file's first sound stream to mono samples of this coding on stdout, from the file's time 0 on."""
    return [
        ffmpeg_program(), "-hide_banner", "-loglevel", "error", "-nostdin", "-i", file_argument(path), "-map", "0:a:0",
        "-af", f"aresample={SAMPLE_RATE}:async=1:first_pts=0", "-ac", "1", "-f", coding, "pipe:1",
    ]  # fmt: skip


def decibels(amplitude: float) -> float | None:
    """20 log10 of an amplitude (1 is full scale); None for 0."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else None
