"""A video for a background: cropped to cover the frame, at the frame's rate, written down without loss for as long as it is seen.

It is decoded in FFmpeg's closed child, as every file that somebody gave; one picture is in memory at a time.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import InputError
from avatar.media.ffmpeg import BITEXACT, BT709, KEPT, command, file_argument, raw_frames, running
from avatar.media.frames import at_rate, video_frames
from avatar.portrait.clip import SUFFIXES, first_frame, is_clip
from avatar.portrait.picture import KINDS, is_picture, read_picture

if TYPE_CHECKING:
    import numpy as np


def is_video(path: Path) -> bool:
    """Whether a background moves: it has the name of a video, and does not begin as a picture."""
    return is_clip(path) and not is_picture(path)


def still(path: Path) -> np.ndarray:
    """A background that stands still: a picture, or the first one of a video; uint8 RGB."""
    return first_frame(path) if is_video(path) else read_picture(path)


def refuse_unusable(path: Path) -> None:
    """Raises InputError for a background that is no picture and no video, or cannot be read as what it is."""
    try:
        if is_video(path):
            with contextlib.closing(video_frames(path)) as frames:
                next(frames)
        elif is_picture(path):
            read_picture(path)
        else:
            raise InputError(
                f"the background {str(path)!r} is neither a picture ({KINDS}) nor a video ({', '.join(SUFFIXES)}); convert "
                "it, or give a colour."
            )
    except InputError as error:
        raise type(error)(str(error), ("backdrop",)) from error


def write(path: Path, width: int, height: int, rate: Fraction, seconds: Fraction, target: Path) -> None:
    """The video's beginning, so many seconds at most, as it fills the frame: an mp4. Raises as video_frames and
    encode_frames do."""
    cover = f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=lanczos"
    output = [
        "-vf",
        f"{BT709},format=yuv420p",
        *KEPT,
        "-xerror",
        *BITEXACT,
        "-f",
        "mp4",
        file_argument(target.absolute()),
    ]
    frames = video_frames(path, cover, f"crop={width}:{height}", pick=at_rate(rate), seconds=float(seconds))
    with contextlib.closing(frames), running(command(raw_frames(width, height, rate), output=output), target) as stdin:
        for frame in frames:
            stdin.write(frame.data)
