"""From phones to the shape of the mouth: which shape each phone has, and how the shapes flow into each other.

A viseme is a phone as it is seen. Each has a pose of four numbers, and a weight with which it holds its ground against its
neighbours. The blend is that of Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993): every phone
has a dominance that falls off around its middle, and the pose at a time is the mean of all poses weighted by dominance. So
vowels colour the consonants between them, and a strong consonant still reaches its own shape.

The viseme names are those of the usual fifteen (sil PP FF TH DD kk CH SS RR ...), with the vowels split further. The numbers
were set by eye on rendered frames and checked by re-measuring the mouth on them; they are no measurement of speakers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from avatar.voice.speech import Phone


class Viseme(NamedTuple):
    """The pose a phone strives for."""

    opening: float  # 0 lips closed .. 1 widest vowel
    width: float  # -1 rounded .. 0 .. +1 spread
    lift: float  # 0..1: the upper lip is raised and shows teeth
    tuck: float  # 0..1: the lower lip is drawn up to the upper teeth
    weight: float  # dominance over the neighbours


VISEMES = {
    #            opening  width  lift  tuck  weight
    "sil": Viseme(0.04, 0.00, 0.00, 0.0, 0.6),  # a pause: at rest, not pressed
    "PP": Viseme(0.00, 0.00, 0.00, 0.0, 3.0),  # the one shape that every viewer checks: it must win
    "FF": Viseme(0.12, 0.05, 0.60, 1.0, 2.0),  # lower lip under the upper teeth
    "TH": Viseme(0.22, 0.10, 0.10, 0.0, 1.0),
    "DD": Viseme(0.22, 0.15, 0.10, 0.0, 0.7),  # made behind the teeth: the vowels around it rule the lips
    "kk": Viseme(0.28, 0.10, 0.05, 0.0, 0.6),
    "SS": Viseme(0.16, 0.35, 0.25, 0.0, 1.1),  # teeth together and seen
    "CH": Viseme(0.20, -0.45, 0.30, 0.0, 1.2),
    "RR": Viseme(0.22, -0.40, 0.10, 0.0, 0.8),
    "WW": Viseme(0.16, -0.85, 0.10, 0.0, 1.3),
    "LL": Viseme(0.30, 0.15, 0.10, 0.0, 0.7),
    "HH": Viseme(0.30, 0.00, 0.00, 0.0, 0.3),  # has no shape of its own: takes the next vowel's
    "JJ": Viseme(0.26, 0.50, 0.10, 0.0, 0.6),
    "aa": Viseme(1.00, 0.10, 0.15, 0.0, 1.0),
    "ah": Viseme(0.62, 0.05, 0.10, 0.0, 1.0),
    "ae": Viseme(0.85, 0.45, 0.20, 0.0, 1.0),
    "eh": Viseme(0.58, 0.40, 0.15, 0.0, 1.0),
    "ih": Viseme(0.36, 0.50, 0.15, 0.0, 1.0),
    "iy": Viseme(0.28, 0.80, 0.15, 0.0, 1.0),
    "er": Viseme(0.36, -0.25, 0.10, 0.0, 1.0),
    "ao": Viseme(0.75, -0.50, 0.10, 0.0, 1.0),
    "ow": Viseme(0.50, -0.75, 0.10, 0.0, 1.0),
    "uh": Viseme(0.34, -0.60, 0.10, 0.0, 1.0),
    "uw": Viseme(0.24, -0.95, 0.10, 0.0, 1.1),
}
