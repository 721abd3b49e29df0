"""The sound as SyncNet hears it, against the same sums written out by hand. tests/test_syncnet.py has upstream's numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avatar.quality import mfcc
from avatar.quality.mfcc import mel_filters

pytestmark = pytest.mark.usefixtures("full_environment")  # the engine has scipy's cosines

SOUND = np.random.default_rng(2).integers(-20_000, 20_000, 1000).astype(np.int16)


def by_hand(sound: list[int], step: int) -> list[float]:
    """One row, by the definition: pre-emphasis, spectrum, triangles in mel, logarithm, cosines, lifter, energy."""
    emphasised = [float(sound[0])] + [after - 0.97 * before for before, after in zip(sound, sound[1:])]
    window = (emphasised + [0.0] * 400)[160 * step : 160 * step + 400]
    power = []
    for bin in range(257):
        angles = [2 * math.pi * bin * n / 512 for n in range(400)]
        real = sum(x * math.cos(a) for x, a in zip(window, angles))
        imaginary = sum(x * math.sin(a) for x, a in zip(window, angles))
        power.append((real**2 + imaginary**2) / 512)
    top = 2595 * math.log10(1 + 8000 / 700)
    corners = [math.floor(513 * 700 * (10 ** (top * k / 27 / 2595) - 1) / 16000) for k in range(28)]
    bands = []
    for left, middle, right in zip(corners, corners[1:], corners[2:]):
        rising = sum(power[b] * (b - left) / (middle - left) for b in range(left, middle))
        falling = sum(power[b] * (right - b) / (right - middle) for b in range(middle, right))
        bands.append(math.log(rising + falling or 2**-52))
    row = [math.log(sum(power) or 2**-52)]
    for k in range(1, 13):
        cosines = sum(band * math.cos(math.pi * k * (2 * n + 1) / 52) for n, band in enumerate(bands))
        row.append(math.sqrt(2 / 26) * cosines * (1 + 11 * math.sin(math.pi * k / 22)))
    return row


@pytest.mark.parametrize("step", [0, 2, 4])
def test_a_row_is_what_its_definition_gives(step):
    """The last one is filled with zeros."""
    np.testing.assert_allclose(mfcc.mfcc(SOUND)[step], by_hand(SOUND.tolist(), step), atol=1e-8)


@pytest.mark.parametrize(("samples", "steps"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (1000, 5)])
def test_there_is_a_row_for_every_160_samples_begun_after_400(samples, steps):
    assert mfcc.mfcc(SOUND[:samples]).shape == (steps, 13)


def test_the_last_step_is_filled_with_zeros():
    whole = np.concatenate([SOUND[:300], np.zeros(100, np.int16)])
    short = mfcc.mfcc(SOUND[:300])[0]
    emphasis_ends = mfcc.mfcc(whole)[0]  # the sample after the last differs: zero less 0.97 of it
    assert (
        short.shape == (13,)
        and not np.allclose(short, emphasis_ends)
        and np.allclose(short, by_hand(SOUND[:300].tolist(), 0))
    )


def test_silence_has_the_energy_of_the_smallest_step():
    assert mfcc.mfcc(np.zeros(400, np.int16))[0] == pytest.approx([math.log(2**-52)] + [0] * 12, abs=1e-9)


def test_filters_are_triangles_that_overlap_by_half():
    filters = mel_filters()
    assert filters.shape == (26, 257) and filters.min() == 0 and filters.max() == 1
    assert (filters.max(axis=1) == 1).all() and filters[:, 0].max() == 0 and filters[:, 256].max() == 0
    first, last = filters.argmax(axis=1)[[0, -1]]
    np.testing.assert_allclose(filters[:, first : last + 1].sum(axis=0), 1)  # between the first peak and the last
