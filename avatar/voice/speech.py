"""What every voice engine returns: sound, and when each phone and word of it is spoken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Phone(NamedTuple):
    """One IPA symbol (or one of `, . ! ? ; :` and space, which are pauses) and its time in the speech."""

    symbol: str
    start_s: float
    end_s: float


class Word(NamedTuple):
    """One word as written in the text (with its punctuation) and its time in the speech."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Speech:
    """Mono speech. samples: float32 (n,) in -1..1; phones and words are empty where an engine has no timings."""

    samples: np.ndarray
    sample_rate: int  # Hz
    phones: list[Phone] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate
