"""What the preview voices have in common: a text, a language and perhaps a length in; speech with its timings out."""

from __future__ import annotations

import math
from typing import ClassVar, Self

from avatar.errors import RequestError
from avatar.voice.pronunciation import Line, pronounce
from avatar.voice.speech import Speech
from avatar.voice.timeline import LEAD_IN_S, Piece, Utterance, cut_out, join, with_length

FASTEST = 1.2  # paces at which both voices still sound natural; 1 is their own
SLOWEST = 1 / 1.08
LARGEST_PAD = 0.12  # of the wanted length: so much silence at the end is better than another pace


class PresetVoice:
    """Base of the preview voices. Use in a `with` block: the model is loaded when it is entered and dropped at its end.

    The same text, seed and threads give the same bytes, when `speak` is the first call after entering: the model draws
    its noise from one sequence.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    languages: ClassVar[tuple[str, ...]] = ("en",)
    presets: ClassVar[tuple[str, ...]]
    sample_rate: ClassVar[int]  # Hz
    longest_line: ClassVar[int]  # symbols of one call

    def __init__(self, threads: int = 2, seed: int = 7):
        self.threads, self.seed = threads, seed

    def __enter__(self) -> Self:
        self._load()
        return self

    def __exit__(self, *exception: object) -> None:
        del self._session

    def _load(self) -> None:
        """Set self._session, and whatever else `_utter` needs."""
        raise NotImplementedError

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        """Run the model over one line."""
        raise NotImplementedError

    def speak(self, text: str, language: str = "en", seconds: float | None = None) -> Speech:
        """Speech of the whole text with the times of its phones, which fill all of it, and of its words.

        seconds: the wanted length, kept to the sample; the pace is changed only as far as it stays natural (1.2 times
        faster, 1.08 times slower), the rest is silence at the end. Raises RequestError for a language other than
        English, for a text without anything to say, and for one that does not fit.
        """
        if language not in self.languages:
            raise RequestError(
                f"the preview voices speak {', '.join(self.languages)}, not {language!r}; the full stack speaks 17 languages."
            )
        lines, words = pronounce(text, longest=self.longest_line)
        pieces = self._say(lines, pace=1.0)
        if seconds is not None:
            pieces = self._fitted(lines, pieces, seconds)
        speech = join(pieces, lines, words)
        return speech if seconds is None else with_length(speech, round(seconds * self.sample_rate))

    def _say(self, lines: list[Line], pace: float) -> list[Piece]:
        return [cut_out(self._utter(line.symbols, pace), line) for line in lines]

    def _fitted(self, lines: list[Line], pieces: list[Piece], seconds: float) -> list[Piece]:
        """The pieces spoken at the pace that brings them into the wanted length: these, where they fit already."""
        fixed_s = LEAD_IN_S + sum(line.pause_s for line in lines[:-1])
        room_s = seconds - fixed_s
        natural_s = spoken_s = _seconds(pieces)
        least_s = (1 - LARGEST_PAD) * seconds - fixed_s
        pace = 1.0
        if spoken_s < least_s <= spoken_s / SLOWEST:
            pace = max(SLOWEST, spoken_s / (0.97 * room_s))
            pieces = self._say(lines, pace)
            spoken_s = _seconds(pieces)
        # Phones last whole frames, so speech shrinks less than the pace grows: try, measure, correct.
        while spoken_s > room_s and pace < FASTEST and natural_s <= room_s * FASTEST:
            pace = min(FASTEST, pace * spoken_s / room_s * 1.01)
            pieces = self._say(lines, pace)
            spoken_s = _seconds(pieces)
        if spoken_s > room_s:
            shortest_s = spoken_s if pace == FASTEST else natural_s / FASTEST * 1.04
            needed_s = math.ceil((fixed_s + shortest_s) * 10) / 10
            raise RequestError(
                f"the text does not fit into {seconds:g} s of speech; allow {needed_s:.1f} s or more, or shorten the text."
            )
        return pieces


def _seconds(pieces: list[Piece]) -> float:
    return sum(piece.seconds for piece in pieces)
