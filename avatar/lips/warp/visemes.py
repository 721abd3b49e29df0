"""From phones to the shape of the mouth: which shape each phone has, and how the shapes flow into each other.

A viseme is a phone as it is seen. Each strives for a pose of four numbers, with a weight by which it holds its ground
against its neighbours. The blend follows Cohen and Massaro, "Modeling coarticulation in synthetic visual speech"
(1993): every phone has a dominance that falls off on both sides of it, and the pose at a time is the mean of all poses
weighted by dominance. So vowels colour the consonants between them, and a strong consonant still reaches its own shape.

The names are those of the fifteen visemes in common use (sil, PP, FF, TH, DD, kk, CH, SS, RR ...), with the vowels and
glides told apart further. The numbers were set by eye on rendered frames; they are not measured on speakers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from avatar.limits import FRAME_RATE
from avatar.voice.speech import Phone


class Viseme(NamedTuple):
    """The pose that some phones strive for."""

    ipa: str  # the symbols that look like this
    opening: float  # 0 lips closed .. 1 the widest vowel
    width: float  # -1 rounded .. 0 .. +1 spread
    lift: float  # 0..1: the upper lip is raised and shows teeth
    tuck: float  # 0..1: the lower lip is drawn up to the upper teeth
    weight: float  # dominance over its neighbours


VISEMES = {
    #               ipa        opening width  lift  tuck weight
    "sil": Viseme(",.!?;:¡¿—…", 0.04, 0.00, 0.00, 0.0, 0.6),  # a pause: at rest, not pressed
    "PP": Viseme("pbm", 0.00, 0.00, 0.00, 0.0, 1.5),  # the shape that every viewer checks (see CLOSURES)
    "BB": Viseme("βɸʋ", 0.07, 0.00, 0.00, 0.0, 1.2),  # the lips come near each other and do not touch: Spanish "sabe"
    "FF": Viseme("fvɱ", 0.14, 0.05, 0.60, 1.0, 1.5),  # the lower lip at the upper teeth, which are seen
    "TH": Viseme("θð", 0.22, 0.10, 0.10, 0.0, 1.0),
    "DD": Viseme("tdnɾɲ", 0.22, 0.15, 0.10, 0.0, 0.7),  # made behind the teeth: the vowels beside it rule the lips
    "kk": Viseme("kɡgŋxɣʔ", 0.28, 0.10, 0.05, 0.0, 0.6),
    "SS": Viseme("szʦʣ", 0.16, 0.35, 0.25, 0.0, 1.1),  # teeth together and seen
    "CH": Viseme("ʃʒʧʤ", 0.20, -0.45, 0.30, 0.0, 1.2),  # lips pushed forward
    "RR": Viseme("ɹrʁ", 0.22, -0.40, 0.10, 0.0, 0.8),
    "WW": Viseme("wʍɥ", 0.20, -0.92, 0.10, 0.0, 1.3),
    "LL": Viseme("lɫʎ", 0.30, 0.15, 0.10, 0.0, 0.7),
    "HH": Viseme("hɦ", 0.30, 0.00, 0.00, 0.0, 0.3),  # no shape of its own: takes that of the next vowel
    "JJ": Viseme("jçʝ", 0.28, 0.40, 0.10, 0.0, 0.5),
    "aa": Viseme("ɑa", 1.00, 0.10, 0.15, 0.0, 1.0),
    "ah": Viseme("ʌəɐᵊ", 0.62, 0.05, 0.10, 0.0, 1.0),
    "ae": Viseme("æ", 0.85, 0.45, 0.20, 0.0, 1.0),
    "eh": Viseme("ɛe", 0.58, 0.40, 0.15, 0.0, 1.0),
    "ih": Viseme("ɪᵻɨ", 0.40, 0.50, 0.15, 0.0, 1.0),
    "iy": Viseme("i", 0.32, 0.80, 0.15, 0.0, 1.0),
    "er": Viseme("ɚɝɜ", 0.36, -0.25, 0.10, 0.0, 1.0),
    "ao": Viseme("ɔɒœ", 0.75, -0.50, 0.10, 0.0, 1.0),
    "ow": Viseme("oø", 0.55, -0.88, 0.10, 0.0, 1.0),
    "uh": Viseme("ʊ", 0.40, -0.60, 0.10, 0.0, 1.0),
    "uw": Viseme("uyʏɯ", 0.30, -0.95, 0.10, 0.0, 1.1),
}
VISEME_OF = {symbol: name for name, viseme in VISEMES.items() for symbol in viseme.ipa}

LEAD_S = 0.030  # a mouth moves before its sound; viewers take early lips for natural sooner than late ones
STEP_S = 0.005  # of the grid on which the poses are blended
EDGE_SHARE, EDGE_S = 0.4, 0.040  # a phone dominates fully but for this share of each half of it, and no more than this
FALL_S, FALL_PAUSE_S = 0.055, 0.070  # the time in which a dominance falls to 1/e
SMOOTHING_S = 0.012  # sigma of the last, slight smoothing
LEAST_PAUSE_S = 0.050  # a hole between two phones longer than this is a pause
LONGEST_WORD_GAP_S = 0.100  # and so is a space that lasts longer than this
# Closures must be reached whatever stands beside them: (viseme, share of the opening that is taken away).
CLOSURES = {"PP": 1.0, "FF": 0.75}
CLOSURE_SHARE, CLOSURE_FALL_S = 0.35, 0.045


class Shown(NamedTuple):
    """A viseme and when it is shown."""

    viseme: str
    start_s: float
    end_s: float


def mouth_curves(phones: Iterable[Phone], seconds: float, frame_rate: float = FRAME_RATE) -> np.ndarray:
    """The pose of the mouth at the middle of each frame: float32 (frames, 4), opening, width, lift, tuck.

    Opening, lift and tuck are in 0..1, width in -1..1; the number of frames is seconds * frame_rate, rounded.
    """
    frame_count = round(seconds * frame_rate)
    time = np.arange(round((seconds + 2 * LEAD_S) / STEP_S) + 1) * STEP_S
    total = np.zeros((len(time), 4))
    dominance = np.full(len(time), 1e-6)  # never zero: where nothing dominates the mouth is closed
    kept = np.ones(len(time))  # share of the opening that closures leave
    kept_lift = np.ones(len(time))
    for shown in shown_visemes(phones, seconds):
        viseme = VISEMES[shown.viseme]
        half = (shown.end_s - shown.start_s) / 2
        fall = FALL_PAUSE_S if shown.viseme == "sil" else FALL_S
        near, distance = _near(time, shown, reach_s=half + 6 * fall)
        weight = viseme.weight * np.exp(-((_past(distance, half - min(EDGE_SHARE * half, EDGE_S)) / fall) ** 1.5))
        total[near] += weight[:, None] * viseme[1:5]
        dominance[near] += weight
        if shown.viseme in CLOSURES:
            # At least one frame shows the closure, however short it is.
            hold = max(CLOSURE_SHARE * half, 0.5 / frame_rate)
            closed = np.exp(-((_past(distance, hold) / CLOSURE_FALL_S) ** 2))
            kept[near] = np.minimum(kept[near], 1 - CLOSURES[shown.viseme] * closed)
            if shown.viseme == "PP":
                kept_lift[near] = np.minimum(kept_lift[near], 1 - closed)
    poses = total / dominance[:, None]
    poses[:, 0] *= kept
    poses[:, 2] *= kept_lift
    middles = (np.arange(frame_count) + 0.5) / frame_rate + LEAD_S
    curves = [np.interp(middles, time, _smoothed(pose)) for pose in poses.T]
    return np.stack(curves, axis=1).astype(np.float32)


def shown_visemes(phones: Iterable[Phone], seconds: float) -> list[Shown]:
    """What is shown when: stress and length marks, word gaps and unknown symbols lengthen the phone before them."""
    shown: list[Shown] = []
    for phone in phones:
        for symbol, start_s, end_s in _single_symbols(phone):
            before = shown[-1] if shown else Shown("sil", 0.0, 0.0)
            if start_s - before.end_s > LEAST_PAUSE_S:
                _show(shown, Shown("sil", before.end_s, start_s))
            viseme = VISEME_OF.get(symbol)
            if symbol == " " and end_s - start_s > LONGEST_WORD_GAP_S:
                viseme = "sil"
            if viseme is not None:
                _show(shown, Shown(viseme, start_s, end_s))
            elif shown:
                shown[-1] = shown[-1]._replace(end_s=end_s)
    end_s = shown[-1].end_s if shown else 0.0
    if end_s < seconds:
        _show(shown, Shown("sil", end_s, seconds + 2 * LEAD_S))
    return shown


def _show(shown: list[Shown], new: Shown) -> None:
    """Append, but make one pause of two."""
    if shown and shown[-1].viseme == new.viseme == "sil":
        shown[-1] = shown[-1]._replace(end_s=new.end_s)
    else:
        shown.append(new)


def _single_symbols(phone: Phone) -> list[tuple[str, float, float]]:
    """A phone written with several known letters ("aɪ", "tʃ") shares its time among them."""
    letters = [letter for letter in phone.symbol if letter in VISEME_OF] or [" "]
    step = (phone.end_s - phone.start_s) / len(letters)
    return [
        (letter, phone.start_s + index * step, phone.start_s + (index + 1) * step)
        for index, letter in enumerate(letters)
    ]


def _near(time: np.ndarray, shown: Shown, reach_s: float) -> tuple[slice, np.ndarray]:
    """The part of the time grid that a viseme can reach, and the distance in seconds from its middle there."""
    middle = (shown.start_s + shown.end_s) / 2
    near = slice(*np.searchsorted(time, [middle - reach_s, middle + reach_s]))
    return near, np.abs(time[near] - middle)


def _past(distance: np.ndarray, hold: float) -> np.ndarray:
    return np.maximum(distance - hold, 0)


def _smoothed(curve: np.ndarray) -> np.ndarray:
    steps = np.arange(-10, 11) * STEP_S
    kernel = np.exp(-0.5 * (steps / SMOOTHING_S) ** 2)
    return np.convolve(np.pad(curve, len(steps) // 2, mode="edge"), kernel / kernel.sum(), "valid")
