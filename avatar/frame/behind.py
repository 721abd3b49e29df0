"""A video for a background: cropped to cover the frame, at the frame's rate, written down without loss for as long as it is seen.

It is decoded in FFmpeg's closed child, as every file that somebody gave; one picture is in memory at a time.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import InputError
from avatar.media.ffmpeg import BITEXACT, KEPT, RGB, TO_YCBCR, command, file_argument, raw_frames, running
from avatar.media.frames import CONTAINERS, at_rate, video_frames
from avatar.portrait.clip import SUFFIXES, first_frame, is_clip
from avatar.portrait.heic import is_avif
from avatar.portrait.picture import KINDS, is_picture, moves, read_picture

if TYPE_CHECKING:
    import numpy as np
READERS = f"{CONTAINERS},gif,apng,webp_anim"


def is_video(path: Path) -> bool:
    """Whether a background moves: it is an animation, or has the name of a video and does not begin as a picture. Raises as
    read_picture does."""
    return (moves(path) and not _is_avif(path)) if is_picture(path) else is_clip(path)


def stands_still(path: Path) -> bool:
    """Whether it is an animation of which the first picture is shown: FFmpeg takes an AVIF for that alone."""
    return is_picture(path) and moves(path) and _is_avif(path)


def _is_avif(path: Path) -> bool:
    with open(path, "rb") as file:
        return is_avif(file.read(64))


def still(path: Path) -> np.ndarray:
    """A background that stands still: a picture, or the first one of a video; uint8 RGB."""
    return read_picture(path) if is_picture(path) else first_frame(path)


def refuse_unusable(path: Path) -> None:
    """Raises InputError for a background that is no picture and no video, or cannot be read as what it is."""
    try:
        if is_video(path):
            with contextlib.closing(video_frames(path, containers=READERS)) as frames:
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
        TO_YCBCR[RGB],
        *KEPT,
        "-xerror",
        *BITEXACT,
        "-f",
        "mp4",
        file_argument(target.absolute()),
    ]
    frames = video_frames(
        path, cover, f"crop={width}:{height}", pick=at_rate(rate), seconds=float(seconds), containers=READERS
    )
    with contextlib.closing(frames), running(command(raw_frames(width, height, rate), output=output), target) as stdin:
        for frame in frames:
            stdin.write(frame.data)
