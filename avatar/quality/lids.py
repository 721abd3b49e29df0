"""Do the eyes close when they blink? How far the lids are apart, from the face's landmarks."""

from __future__ import annotations

import numpy as np

from avatar.portrait.landmarks import EYES

BLINKING, OPEN = 0.95, 0.05  # of a planned blink, 0 open .. 1 closed: from and up to which it counts as one or as none
LEAST_USUAL = 0.15  # lid gap over the eye's width: eyes that are open no further look down, and show no blink
# Lid gap at a planned blink over the open one, mean of both eyes. Measured (bench/results/judge-limits.json): 0.05 to
# 0.51 where the lids come down, 0.62 to 0.97 where they drag a brow or a pair of glasses with them.
MOST_GAP = 0.56
MIDDLE = slice(3, 6)  # of a lid's nine points

# Of a video whose plan is not known: a dip of the gap is a blink.
DIP, LONGEST_DIP_S = 0.75, 0.6  # below this share of the open gap, and no longer than this
STARING_S = 15.0  # people blink every three to five seconds as they speak


def lid_gap(landmarks: np.ndarray) -> float:
    """Distance of the lids over the width of the eye, mean of both; landmarks (478, 2 or more), in pixels."""
    gaps = []
    for eye in EYES:
        upper, lower = (landmarks[lid[MIDDLE], :2].mean(axis=0) for lid in (eye.upper_lid, eye.lower_lid))
        width = np.linalg.norm(landmarks[eye.upper_lid[0], :2] - landmarks[eye.upper_lid[-1], :2])
        gaps.append(np.linalg.norm(upper - lower) / max(float(width), 1e-6))
    return float(np.mean(gaps))


def figures(gaps: np.ndarray, planned: np.ndarray | None, frame_rate: float) -> dict:
    """gaps: `lid_gap` of each frame, NaN where there is no face; planned: the blink that was asked for, (frames,).

    "lids_open": the usual gap; "blinks": how many; "lids_at_blink": the gap then over the open one, None where no blink
    is known or the eyes are hardly open.
    """
    known = gaps[np.isfinite(gaps)]
    usual = float(np.median(known)) if known.size else 0.0
    if usual < LEAST_USUAL:
        return {"lids_open": round(usual, 3), "blinks": None, "lids_at_blink": None}
    if planned is not None and len(planned) == len(gaps):
        least = _at_planned(gaps, planned)
    else:
        least = [low for low in _dips(gaps / usual, round(LONGEST_DIP_S * frame_rate))]
    share = round(float(np.median(least)), 3) if least else None
    return {"lids_open": round(usual, 3), "blinks": len(least), "lids_at_blink": share}


def failures(seen: dict, planned: np.ndarray | None) -> list[str]:
    if planned is None or seen["lids_at_blink"] is None or seen["lids_at_blink"] <= MOST_GAP:
        return []
    return [
        f"the eyes stay open as they blink: the lids close to {seen['lids_at_blink']:.0%} of the open eye, "
        f"{MOST_GAP:.0%} is the most; brows or glasses may be dragged over them"
    ]


def notes(seen: dict, planned: np.ndarray | None, seconds: float) -> list[str]:
    if planned is None and seen["blinks"] == 0 and seconds >= STARING_S:
        return [f"the eyes never blink in {seconds:.0f} s"]
    return []


def _at_planned(gaps: np.ndarray, planned: np.ndarray) -> list[float]:
    """Of each planned blink its mean gap, over that of the frames without one."""
    without = gaps[(planned <= OPEN) & np.isfinite(gaps)]
    blinking = np.flatnonzero((planned >= BLINKING) & np.isfinite(gaps))
    if not blinking.size or not without.size:
        return []
    runs = np.split(blinking, np.flatnonzero(np.diff(blinking) > 1) + 1)
    return [float(gaps[run].mean() / np.median(without)) for run in runs]


def _dips(gaps: np.ndarray, longest: int) -> list[float]:
    """The lowest of each run of frames whose gap, over the open one, is low for a short while."""
    low = np.flatnonzero(gaps < DIP)
    runs = np.split(low, np.flatnonzero(np.diff(low) > 1) + 1) if low.size else []
    return [float(gaps[run].min()) for run in runs if len(run) <= longest]
