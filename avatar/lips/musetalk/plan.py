"""What each frame of the video shows, settled before any is drawn: small arrays, a few bytes a frame."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.silence import talking
from avatar.lips.musetalk.source import Source, order


class Plan(NamedTuple):
    """All (frames,)."""

    shows: np.ndarray  # int: which source frame
    opacity: np.ndarray  # float32 0..1: how much of the drawn face is seen; a frame with 0 is the source's own
    sound: np.ndarray  # float32 0..1: how much of the speech is heard, the rest being silence
    begins: np.ndarray  # bool: nothing may be carried over from the frame before


def plan_frames(source: Source, samples: np.ndarray, frame_rate: Fraction, frame_count: int, options: Options) -> Plan:
    """The plan of a video of frame_count frames; samples: float32 (n,) at 16 kHz.

    Where nobody speaks, a source whose mouth is closed is shown as it is, which is the surest closed mouth there is;
    one whose mouth is open is drawn to silence.
    """
    shows = np.array([order(frame, len(source), options.loop) for frame in range(frame_count)], int)
    if options.rest_in_silence:
        quiet = 1 - talking(samples, frame_rate, frame_count)
    else:
        quiet = np.zeros(frame_count, np.float32)
    closed = source.closed[shows]
    opacity = source.opacity[shows] * (1 - quiet * closed)
    return Plan(shows, opacity, 1 - quiet * (1 - closed), _begins(shows, opacity, source.shot[shows]))


def _begins(shows: np.ndarray, opacity: np.ndarray, shot: np.ndarray) -> np.ndarray:
    """Which frames follow a jump in the source, a cut, or a frame that was not drawn: bool (frames,)."""
    begins = np.ones(len(shows), bool)
    jumps = (np.abs(np.diff(shows)) > 1) | (np.diff(shot) != 0)
    begins[1:] = jumps | (opacity[:-1] == 0)
    return begins
