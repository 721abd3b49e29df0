"""The pictures of a video, decoded by the FFmpeg program; one is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.media.pipes import FromPipe
from avatar.media.reading import reading

# A list of files under a video's name would have FFmpeg open others: only these containers are read.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"


def video_frames(
    path: Path, *filters: str, seconds: float | None = None, containers: str = CONTAINERS, whole: bool = True
) -> Iterator[np.ndarray]:
    """The pictures of a video through FFmpeg's filters: uint8 (height, width, 3) RGB, one by one.

    seconds: of the video, no more is read. containers: that may be read. whole: raise InputError
    when FFmpeg can read none, or gave up; without it that is the end of the pictures. Either way a damaged video is shown
    as far as it can be read. Raises TemporaryProblem when the host ended FFmpeg.
    """
    output = ["-map", "0:v:0", "-vf", ",".join([*filters, "format=rgb24"]), "-fps_mode", "passthrough"]
    output += ["-c:v", "ppm", "-f", "image2pipe", "pipe:1"]
    output += ["-xerror"] if whole else []
    found = False
    with reading(path, *output, formats=containers, seconds=seconds) as ffmpeg:
        while (picture := _read_ppm(ffmpeg.stdout)) is not None:
            found = True
            yield picture
        status = ffmpeg.finish()
        said = ffmpeg.said().strip().splitlines()[-1:] or ["it shows no picture"]
    if whole and (status or not found):
        raise InputError(f"cannot read the video {str(path)!r}: {said[0]}; convert it to an mp4 (H.264).")


def _read_ppm(stream: FromPipe) -> np.ndarray | None:
    """The next picture of a stream of binary PPM, which says its size before its bytes; None at the end."""
    if stream.readline() != b"P6\n":
        return None
    width, height = map(int, stream.readline().split())
    stream.readline()  # the largest value, 255
    content = stream.read(width * height * 3)
    return np.frombuffer(content, np.uint8).reshape(height, width, 3) if len(content) == width * height * 3 else None
