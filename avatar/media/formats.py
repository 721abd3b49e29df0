"""What others ask for of a finished speech or video: a sound in their format, a sheet of small pictures."""

from __future__ import annotations

import math
from pathlib import Path

from avatar.files import written_whole
from avatar.media.ffmpeg import BITEXACT, Input, command, file_argument, running

# name: FFmpeg's options for it
SOUNDS = {
    "wav": ["-f", "wav"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"],
    "opus": ["-c:a", "libopus", "-b:a", "48k", "-ar", "48000", "-f", "ogg"],
    "aac": ["-c:a", "aac", "-b:a", "128k", "-f", "adts"],
    "flac": ["-c:a", "flac", "-f", "flac"],
    "pcm": ["-c:a", "pcm_s16le", "-ac", "1", "-ar", "24000", "-f", "s16le"],  # as OpenAI's API has it
}
SMALL = 128  # pixels across, of a picture in a sheet
COLUMNS = 10


def convert(wav: Path, target: Path, sound_format: str, speed: float = 1.0) -> None:
    """Write a WAV file of ours in one of SOUNDS; speed: 0.5 to 2, at the same pitch."""
    faster = [] if speed == 1.0 else ["-af", f"atempo={speed}"]
    output = ["-xerror", "-map_metadata", "-1", *faster, *BITEXACT, *SOUNDS[sound_format]]
    with (
        written_whole(target) as partial,
        running(command(Input(wav, "wav"), output=[*output, file_argument(partial)]), target),
    ):
        pass


def write_sheet(video: Path, seconds: float, target: Path) -> None:
    """A picture of each second of a video of ours, ten in a row, as a JPEG."""
    rows = max(1, math.ceil(math.ceil(seconds) / COLUMNS))
    drawn = f"fps=1:round=up,scale={SMALL}:-2,tile={COLUMNS}x{rows}"
    output = [
        "-xerror",
        "-map",
        "0:v:0",
        "-vf",
        drawn,
        "-frames:v",
        "1",
        "-c:v",
        "mjpeg",
        "-q:v",
        "4",
        *BITEXACT,
        "-f",
        "mjpeg",
    ]
    with (
        written_whole(target) as partial,
        running(command(Input(video, "mov"), output=[*output, file_argument(partial)]), target),
    ):
        pass
