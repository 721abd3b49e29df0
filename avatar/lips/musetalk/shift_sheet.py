"""Several shifts of the box side by side, to choose one by eye: only the picture tells which mouth suits a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from avatar.engines import Told
from avatar.limits import FRAME_RATE
from avatar.lips.musetalk.audio_features import samples_at_16k
from avatar.lips.musetalk.engine import MuseTalkLips
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.silence import loudness
from avatar.portrait.clip import Clip
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech

SECONDS = 0.4  # of the loudest speech, in each row


def shift_sheet(
    engine: MuseTalkLips,
    source: Portrait | Clip,
    speech: Speech,
    options: Options | None = None,
    shifts: Sequence[float] = (-1.0, 0.0, 1.0),
    columns: int = 5,
) -> np.ndarray:
    """One row of `columns` frames a shift, uint8 RGB (rows * height, columns * width, 3), all at the same moments.

    engine: loaded; all rows are drawn with it.
    """
    loudest = loudest_part(speech)
    every = max(loudest.frame_count(FRAME_RATE) // columns, 1)
    rows = []
    for shift in shifts:
        shifted = replace(options or Options(), shift=shift)
        drawn = engine.frames(source, loudest, FRAME_RATE, 0, shifted, Told())
        frames = [frame for number, frame in enumerate(drawn) if number % every == 0]
        rows.append(np.concatenate(frames[:columns], axis=1))
    return np.concatenate(rows)


def loudest_part(speech: Speech) -> Speech:
    """The SECONDS around the loudest frame; all of a speech that is shorter."""
    levels = loudness(samples_at_16k(speech), Fraction(FRAME_RATE), speech.frame_count(FRAME_RATE))
    length = round(SECONDS * speech.sample_rate)
    middle = round((int(np.argmax(levels)) + 0.5) / FRAME_RATE * speech.sample_rate)
    start = min(max(middle - length // 2, 0), max(len(speech.samples) - length, 0))
    return Speech(speech.samples[start : start + length], speech.sample_rate)
