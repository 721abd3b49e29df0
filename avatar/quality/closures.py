"""Do the lips shut at p, b and m? The mouth's opening against the phones of the sound."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from avatar.media.sound_file import FROM_ZERO_RATE, sound_from_zero
from avatar.voice.speech import Phone

BILABIALS = "pbm"
AROUND_S = 0.04  # before and after the phone: one frame, by which lips may come early or late
# Shut is under 8 % of the widest opening, and what the reader sees of closed lips besides: on 31 closed mouths it read
# 0.000 to 0.012 of the distance between the eyes, up to 0.03 on rough ones (bench/results/judge-limits.json).
SHUT, READ_OF_SHUT = 0.08, 0.02
WIDEST_PERCENTILE = 97
LONGEST_HEARD_S = 120  # of a recording's sound
FEWEST = 4  # of p, b and m, from which a share says anything
# Of those whose phones are known, and of those that were heard in the sound alone, a third of which are none.
LEAST_SPOKEN, LEAST_HEARD = 0.8, 0.5


def heard_phones(path: Path) -> list[Phone]:
    """The phones of a file's sound by an English recogniser, with times from the file's beginning; its first minutes."""
    from avatar.voice.given.timing import timed

    samples, count = [], 0
    for block in sound_from_zero(path):
        samples.append(block)
        count += len(block)
        if count >= LONGEST_HEARD_S * FROM_ZERO_RATE:
            break
    return timed(np.concatenate(samples), FROM_ZERO_RATE, None, "en").phones if count else []


def figures(
    opening: np.ndarray, phones: Iterable[Phone], frame_rate: float, start_s: float, heard: bool
) -> dict | None:
    """opening: of each frame, over the distance between the eyes, NaN where there is no face.

    phones: with times from the beginning of the file; start_s: when the first frame is shown. "share" of the p, b and m
    has its lips shut; None where there are too few.
    """
    least = [_least(opening, phone, frame_rate, start_s) for phone in phones if phone.symbol[:1] in BILABIALS]
    least = [value for value in least if value is not None]
    known = opening[np.isfinite(opening)]
    if len(least) < FEWEST or not known.size:
        return None
    shut = SHUT * float(np.percentile(known, WIDEST_PERCENTILE)) + READ_OF_SHUT
    return {"count": len(least), "share": round(float(np.mean(np.array(least) <= shut)), 3), "heard": heard}


def failures(found: dict | None) -> list[str]:
    if found is None:
        return []
    least = LEAST_HEARD if found["heard"] else LEAST_SPOKEN
    if found["share"] >= least:
        return []
    return [
        f"the lips shut at {found['share']:.0%} of {found['count']} sounds p, b and m"
        f"{', as far as they can be heard' if found['heard'] else ''}; {least:.0%} is the least"
    ]


def _least(opening: np.ndarray, phone: Phone, frame_rate: float, start_s: float) -> float | None:
    """The narrowest opening of the frames that are shown during a phone or just beside it."""
    first = max(int((phone.start_s - AROUND_S - start_s) * frame_rate), 0)
    last = int(np.ceil((phone.end_s + AROUND_S - start_s) * frame_rate))
    shown = opening[first:last]
    shown = shown[np.isfinite(shown)]
    return float(shown.min()) if shown.size else None
