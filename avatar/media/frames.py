"""The pictures of a video in their canonical form, decoded by the FFmpeg program; one is in memory at a time."""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.limits import MOST_FRAMES
from avatar.media.canonical import LARGEST_SIDE, filters, shown_size
from avatar.media.pipes import FromPipe
from avatar.media.reading import reading
from avatar.media.streams import Streams, probe

# A list of files under a video's name would have FFmpeg open others: only these containers are read.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"
CUT_SHORT = ("File ended prematurely",)  # what FFmpeg says of one, and goes on with exit status 0


def video_frames(
    path: Path,
    *after: str,
    pick: str = "",
    start: float = 0.0,
    seconds: float | None = None,
    containers: str = CONTAINERS,
    whole: bool = True,
    called: str = "",
) -> Generator[np.ndarray]:
    """The pictures of a video, upright, in square pixels: uint8 (height, width, 3) RGB, one by one. See canonical.py.

    after: FFmpeg's filters for these pictures. pick: its filter that chooses some of them. start: where to begin in the
    video. seconds: from there on, no more is read. containers: that may be read. whole: raise InputError
    when FFmpeg can read none, or gave up; without it that is the end of the pictures. Either way a damaged
    video is shown as far as it can be read. called: how messages name the video, its path where it is "".
    Raises InputError for frames that are too large, TemporaryProblem when the host ended FFmpeg.
    """
    called = called or f"the video {str(path)!r}"
    streams = _streams(path, containers)
    refuse_too_large(streams, called)
    chain = [f"trim=start={start:.6f}", "setpts=PTS-STARTPTS"] if start else []
    if streams.first_frame and streams.video_codec:
        chain += filters(streams.first_frame, streams.video_codec, pick, after)
    output = ["-map", "0:V:0", "-vf", ",".join([*chain, "format=rgb24"]), "-fps_mode", "passthrough"]
    output += ["-c:v", "ppm", "-f", "image2pipe", "pipe:1"]
    output += ["-xerror"] if whole else []
    until, found = (start + seconds if seconds else None), 0
    with reading(path, *output, formats=containers, seconds=until, options=streams.options) as ffmpeg:
        while (picture := _read_ppm(ffmpeg.stdout)) is not None:
            found += 1
            if found > MOST_FRAMES:
                raise InputError(f"{called} has over {MOST_FRAMES:,} pictures, the most; cut it.")
            yield picture
        status = ffmpeg.finish()
        said = ffmpeg.complaint()
    if whole and status and "matches no streams" in said:
        raise InputError(f"{called} shows no picture, only sound; give another one.")
    if whole and (status or not found or said in CUT_SHORT):
        raise InputError(f"cannot read {called}: {said or 'it shows no picture'}; convert it to an mp4 (H.264).")


def at_rate(frame_rate: Fraction) -> str:
    """To pick: as many pictures a second, whatever the video has, and however unevenly."""
    return f"fps={frame_rate.numerator}/{frame_rate.denominator}"


def size_and_rate(path: Path) -> tuple[int, int, Fraction | None]:
    """Width and height of a video's upright pictures in square pixels, and how many a second it says it has, None where that
    is not known. Raises InputError for one that cannot be read, or is too large."""
    streams = _streams(path, CONTAINERS)
    refuse_too_large(streams, f"the video {str(path)!r}")
    if streams.audio_codec and not streams.video_codec:
        raise InputError(f"the video {str(path)!r} shows no picture, only sound; give another one.")
    if streams.first_frame is None:
        raise InputError(f"cannot read the video {str(path)!r}: it shows no picture; convert it to an mp4 (H.264).")
    return *shown_size(streams.first_frame), streams.frame_rate


def refuse_too_large(streams: Streams, called: str) -> None:
    if (frame := streams.first_frame) and max(frame.width, frame.height) > LARGEST_SIDE:
        raise InputError(
            f"{called} is {frame.width}x{frame.height}; {LARGEST_SIDE} a side is the most, convert it to a smaller one."
        )


def _streams(path: Path, containers: str) -> Streams:
    """As far as they are known; FFmpeg itself says what is wrong with a file that it cannot read."""
    try:
        status = path.stat()
        return _probed(path, status.st_size, status.st_mtime_ns, containers)
    except (OSError, InputError):
        return Streams(None, None)


@lru_cache(maxsize=4)  # a clip is read three times: to check it, to frame it, and for its frames
def _probed(path: Path, size: int, changed_ns: int, containers: str) -> Streams:
    return probe(path, containers)


def _read_ppm(stream: FromPipe) -> np.ndarray | None:
    """The next picture of a stream of binary PPM, which says its size before its bytes; None at the end."""
    if stream.readline() != b"P6\n":
        return None
    width, height = map(int, stream.readline().split())
    stream.readline()  # the largest value, 255
    content = stream.read(width * height * 3)
    return np.frombuffer(content, np.uint8).reshape(height, width, 3) if len(content) == width * height * 3 else None
