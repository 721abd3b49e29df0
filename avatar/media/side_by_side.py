"""Two videos beside each other, to see which one is better."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from avatar.errors import InputError
from avatar.limits import FRAME_RATE, LONGEST_JUDGED_S
from avatar.media import ffmpeg
from avatar.media.frames import at_rate, video_frames
from avatar.media.sound_file import read_sound, write_wav
from avatar.media.streams import Streams, probe

TALLEST, WIDEST = 1080, 4096  # pixels; both are shown as high as the lower one, and a player's decoder ends at these
GAP_PX = 8
FASTEST = Fraction(60)  # frames a second
SILENCE_HZ = 16_000


def side_by_side(first: Path, second: Path, target: Path) -> int:
    """Write both as one mp4, as high as each other and as many frames a second as the faster, with the sound of the first
    that has any, as long as the longer: the other stays at its last picture. Returns the number of frames. Raises
    InputError for what is no video."""
    streams = {path: _streams(path) for path in (first, second)}
    rate = min(FASTEST, max(each.frame_rate or Fraction(FRAME_RATE) for each in streams.values()))
    one, other = (video_frames(path, pick=at_rate(rate)) for path in (first, second))
    shown = (next(one), next(other))
    aspects = [each.shape[1] / len(each) for each in shown]
    height = min(TALLEST, *map(len, shown), int((WIDEST - GAP_PX - 2) / sum(aspects))) // 2 * 2
    widths = [max(2, round(aspect * height / 2) * 2) for aspect in aspects]
    both = _beside(itertools.chain([shown[0]], one), itertools.chain([shown[1]], other), widths, height)
    with TemporaryDirectory(dir=target.parent, prefix=".compare-") as folder:
        picture, sound = Path(folder, "picture.mp4"), Path(folder, "sound.wav")
        count = ffmpeg.encode_frames(both, sum(widths) + GAP_PX, height, rate, picture)
        heard = next((path for path in (first, second) if streams[path].audio_codec), None)
        if heard:
            said = read_sound(heard, LONGEST_JUDGED_S)
            write_wav(sound, said.samples, said.sample_rate)
        else:
            write_wav(sound, np.zeros(int(count / rate * SILENCE_HZ), np.float32), SILENCE_HZ)
        ffmpeg.mux(picture, sound, count / rate, target, {"title": f"{first.name} | {second.name}"})
    return count


def _streams(path: Path) -> Streams:
    try:
        streams = probe(path)
    except InputError as error:
        raise InputError(f"{str(path)!r} is no video that can be read; give one.") from error
    if not streams.video_codec:
        raise InputError(f"{str(path)!r} shows no picture; give a video.")
    return streams


def _beside(
    one: Iterator[np.ndarray], other: Iterator[np.ndarray], widths: list[int], height: int
) -> Iterator[np.ndarray]:
    import cv2

    last: list[np.ndarray | None] = [None, None]
    gap = np.full((height, GAP_PX, 3), 128, np.uint8)
    for pair in itertools.zip_longest(one, other):
        for side, (frame, width) in enumerate(zip(pair, widths, strict=True)):
            if frame is not None:
                last[side] = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        left, right = last
        assert left is not None and right is not None, "each has a first frame"
        yield np.hstack([left, gap, right])
