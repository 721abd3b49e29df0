"""How long a speech comes out, before all of it is spoken: what is sure to be too long is refused early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from avatar.errors import RequestError
from avatar.limits import LONGEST_S

FASTEST = 1.2  # pace at which the preview's voices still sound natural, measured on the sound; 1 is their own
GUESSES_S = 5.0  # the guesses weigh as much as so many seconds of speech that is known
SURE = 0.5  # what is not known takes at least so much of what is expected of it
ENOUGH = 1.15  # and hardly more than that


class Expected(NamedTuple):
    """s of speech without its pauses: what it is sure to take, about what it takes, and what will be enough for it."""

    least_s: float
    likely_s: float
    enough_s: float


def expected(known_s: Sequence[float | None], guessed_s: Sequence[float]) -> Expected:
    """Of a text whose sentences take this long. known_s: None for one that was not spoken yet; guessed_s: of each, from
    its letters. Those that are known say by how much the guesses are wrong for this voice."""
    known = [(known, guess) for known, guess in zip(known_s, guessed_s, strict=True) if known is not None]
    spoken_s = sum(each for each, _ in known)
    rate = (spoken_s + GUESSES_S) / (sum(guess for _, guess in known) + GUESSES_S)
    rest_s = rate * sum(guess for known, guess in zip(known_s, guessed_s, strict=True) if known is None)
    return Expected(spoken_s + SURE * rest_s, spoken_s + rest_s, spoken_s + ENOUGH * rest_s)


def refuse_longest(least_s: float, likely_s: float) -> None:
    """Raises RequestError for speech that is sure to be longer than anybody may ask for."""
    if least_s > LONGEST_S:
        raise RequestError(
            f"the speech is about {likely_s:.0f} s long; {LONGEST_S:.0f} s is the most, split it into parts."
        )


def does_not_fit(seconds: float, needed_s: float) -> RequestError:
    """For a text that the preview's voices cannot speak in so many seconds."""
    needed_s = math.ceil(needed_s * 10) / 10
    return RequestError(
        f"the text does not fit into {seconds:g} s of speech; allow {needed_s:.1f} s or more, or shorten the text."
    )
