"""What every voice engine returns: sound, and when each phone and word of it is spoken."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from avatar.errors import RequestError

# Of speech that an engine makes, whichever it is.
LEAD_IN_S = 0.25  # silence before the first sound: the picture begins with the mouth at rest
LEAD_OUT_S = 0.25
PEAK = 0.85  # the loudest sample


class Phone(NamedTuple):
    """One IPA symbol, two for a diphthong, or a pause (one of `, . ! ? ; :` and space), and its time in the speech."""

    symbol: str
    start_s: float
    end_s: float


class Word(NamedTuple):
    """One word as written in the text (with its punctuation) and its time in the speech.

    mark: the pause after it, one of `,.!?;:`, "" where its clause goes on; None where nobody said.
    """

    text: str
    start_s: float
    end_s: float
    mark: str | None = None


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

    def marked(self, marks: list[str]) -> Speech:
        """With what stands after each word."""
        words = [word._replace(mark=mark) for word, mark in zip(self.words, marks, strict=True)]
        return replace(self, words=words)

    def frame_count(self, frame_rate: int | Fraction) -> int:
        """How many video frames the speech fills, the last one perhaps in part."""
        return math.ceil(len(self.samples) * frame_rate / self.sample_rate)

    def padded_to_frames(self, frame_rate: int) -> Speech:
        """With silence at the end, so that sound and picture are equally long."""
        length = math.ceil(self.frame_count(frame_rate) * self.sample_rate / frame_rate)
        return replace(self, samples=np.pad(self.samples, (0, length - len(self.samples))))

    def refuse_longer_than(self, seconds: float) -> None:
        if self.seconds > seconds:
            raise RequestError(
                f"the speech is {self.seconds:.1f} s long; {seconds:.0f} s is the most, split it into parts."
            )

    def save(self, folder: Path) -> None:
        """Write speech.wav (16 bit) and timings.json."""
        self.write_wav(folder / "speech.wav")
        timings = {"phones": [_rounded(*phone) for phone in self.phones]}
        timings["words"] = [
            (*_rounded(word.text, word.start_s, word.end_s), *([] if word.mark is None else [word.mark]))
            for word in self.words
        ]
        (folder / "timings.json").write_text(json.dumps(timings, ensure_ascii=False) + "\n")

    def write_wav(self, path: Path) -> None:
        from avatar.media.sound_file import write_wav

        write_wav(path, self.samples, self.sample_rate)

    @classmethod
    def load(cls, folder: Path) -> Speech:
        from avatar.media.sound_file import read_wav

        samples, sample_rate = read_wav(folder / "speech.wav")
        timings = json.loads((folder / "timings.json").read_text())
        return cls(samples, sample_rate, [Phone(*p) for p in timings["phones"]], [Word(*w) for w in timings["words"]])


def _rounded(text: str, start_s: float, end_s: float) -> tuple:
    return text, round(start_s, 4), round(end_s, 4)
