"""What a living head does besides speaking: it blinks and is never quite still. Seeded, so that it can be repeated."""

from __future__ import annotations

import numpy as np

from avatar.lips.warp.emphasis import Stress, phrase_starts, stresses
from avatar.lips.warp.geometry import smoothstep

LID_DOWN_S, LID_HOLD_S, LID_UP_S = 0.08, 0.04, 0.14  # a blink takes about a quarter of a second
FIRST_BLINK_S = (0.8, 1.6)
BETWEEN_BLINKS_S = (2.2, 4.2)  # people who speak blink 15 to 25 times a minute

# Columns of the sway, and how far each goes: (Hz of a slow drift, its amplitude, a phrase's turn to a side, a nod).
SWAY = (
    (0.17, 0.9, 3.0, 0.0),  # shift in x, pixels
    (0.21, 0.8, 0.8, 2.6),  # shift in y, pixels
    (0.13, 0.004, 0.013, 0.002),  # roll, radians
    (0.19, 0.010, 0.042, 0.0),  # turn, pixels per pixel of depth
    (0.23, 0.006, 0.010, 0.030),  # nod, pixels per pixel of depth
    (0.11, 0.2, 0.0, 0.0),  # brows, pixels upward
)
OVERTONES = np.array([1.0, 1.7, 2.3])  # of the drift, each at 1/overtone of the amplitude
TURN_S, TURN_LEAD_S = 0.75, 0.25  # a head turns within this, and begins so much before the phrase
# A nod's way down, ending at the syllable, and back; a brow's way up, and down again after a while
NOD_DOWN_S, NOD_UP_S = 0.20, 0.36
BROWS_UP_S, BROWS_HOLD_S, BROWS_DOWN_S = 0.16, 0.22, 0.42
BROWS_PX = 3.8
NODS_SHARE, BROWS_SHARE, BROWS_PHRASE_SHARE = 0.65, 0.25, 0.40  # of the stresses, of the phrases
MOST = np.array([4.0, 4.2, 0.017, 0.055, 0.042, 4.0])  # so that what moves stays within the margin of the boxes


def plan_blinks(frame_count: int, frame_rate: float, seed: int) -> np.ndarray:
    """How far the lids are down at each frame: float32 (frames,), 0 open .. 1 closed. None is cut off by the end."""
    random = np.random.default_rng([seed, 1])
    time = np.arange(frame_count) / frame_rate
    blink = np.zeros(frame_count)
    start = random.uniform(*FIRST_BLINK_S)
    while start < frame_count / frame_rate - 0.4:
        since = time - start
        down = smoothstep(since / LID_DOWN_S)
        up = smoothstep((since - LID_DOWN_S - LID_HOLD_S) / LID_UP_S)
        blink = np.maximum(blink, down - up)
        start += random.uniform(*BETWEEN_BLINKS_S)
    return blink.astype(np.float32)


def plan_sway(loudness: np.ndarray, frame_rate: float, seed: int) -> np.ndarray:
    """The head and the brows: float32 (frames, 6), columns as in SWAY.

    The head turns a little to another side with each phrase and nods at stressed syllables, the brows rise at some of
    them, and none of it is ever quite still.
    """
    random = np.random.default_rng([seed, 2])
    time = np.arange(len(loudness)) / frame_rate
    sway = np.zeros((len(loudness), len(SWAY)))
    for column, (hertz, drift, *_) in enumerate(SWAY):
        phases = random.uniform(0, 2 * np.pi, len(OVERTONES))
        waves = np.sin(2 * np.pi * hertz * OVERTONES * time[:, None] + phases) / OVERTONES
        sway[:, column] = drift / 1.8 * waves.sum(axis=1)
    _add_phrases(sway, time, phrase_starts(loudness, frame_rate), random)
    _add_stresses(sway, time, stresses(loudness, frame_rate), random)
    return np.clip(sway, -MOST, MOST).astype(np.float32)


def _add_phrases(sway: np.ndarray, time: np.ndarray, starts: list[float], random: np.random.Generator) -> None:
    """To each phrase a side of its own; the shift, the roll and the turn go together, as a neck makes them."""
    before = np.zeros(len(SWAY))
    for start in starts:
        side, height = random.uniform(-1, 1), random.uniform(-1, 1)
        amounts = np.array([side, height, 0.6 * side + 0.4 * height, side, height, 0.0])
        target = amounts * [phrase for _, _, phrase, _ in SWAY]
        sway += smoothstep((time - start + TURN_LEAD_S) / TURN_S)[:, None] * (target - before)
        before = target
        if random.uniform() < BROWS_PHRASE_SHARE:
            _raise_brows(sway, time, start, random.uniform(0.6, 1.0))


def _add_stresses(sway: np.ndarray, time: np.ndarray, found: list[Stress], random: np.random.Generator) -> None:
    nod = np.array([amount for *_, amount in SWAY])
    for stress in found:
        chance, depth, brows = random.uniform(size=3)
        if chance < NODS_SHARE * stress.strength:
            down = smoothstep((time - stress.at_s + NOD_DOWN_S) / NOD_DOWN_S)
            up = smoothstep((time - stress.at_s) / NOD_UP_S)
            sway += ((down - up) * (0.4 + 0.6 * depth))[:, None] * nod
        if brows < BROWS_SHARE * stress.strength:
            _raise_brows(sway, time, stress.at_s, 0.5 + 0.5 * depth)


def _raise_brows(sway: np.ndarray, time: np.ndarray, at_s: float, share: float) -> None:
    up = smoothstep((time - at_s + BROWS_UP_S) / BROWS_UP_S)
    down = smoothstep((time - at_s - BROWS_HOLD_S) / BROWS_DOWN_S)
    sway[:, 5] = np.maximum(sway[:, 5], BROWS_PX * share * (up - down))
