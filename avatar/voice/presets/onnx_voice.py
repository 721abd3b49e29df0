"""What the preset voices have in common: a text, a language and perhaps a length in; speech with its timings out."""

from __future__ import annotations

import ctypes
import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

from avatar.errors import RequestError
from avatar.voice.presets.pronunciation import Line, pronounce
from avatar.voice.presets.timeline import Piece, Utterance, cut_out, join, with_length
from avatar.voice.speech import LEAD_IN_S, Speech

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime

    from avatar.script.reader import Script
    from avatar.voice.presets.catalog import Preset

# espeak-ng's voice for each language.
ESPEAK_VOICE = {"en": "en-us", "es": "es", "fr": "fr", "it": "it", "pt": "pt-br", "de": "de"}

# espeak-ng's letters that are another sound in the language than in IPA: what the mouth shows of them.
SHOWN_AS = {"pt": {"y": "ɪ", "æ": "ɐ"}, "de": {"ɜ": "ɐ"}}

FASTEST = 1.2  # paces at which both voices still sound natural, measured on the sound; 1 is their own
SLOWEST = 1 / 1.08
MOST_TRIES = 4
PACE_OFF = 0.02  # a speed is met so well: phones last whole frames
LARGEST_PAD = 0.12  # of the wanted length: so much silence at the end is better than another pace


class OnnxVoice:
    """Base of the preset voices. Use in a `with` block: the model is loaded at the first speech and dropped at the end.

    The same text, seed and threads give the same bytes, whatever was spoken before.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    languages: ClassVar[tuple[str, ...]] = ("en",)
    sample_rate: ClassVar[int]  # Hz
    longest_line: ClassVar[int]  # symbols of one call
    # onnxruntime seeds noise when a session is made, and goes on in one sequence: so a session for each speech.
    draws_noise: ClassVar[bool]

    def __init__(self, threads: int = 2):
        self.threads = threads
        self._session: onnxruntime.InferenceSession | None = None

    def choose(self, preset: Preset) -> None:
        """Speak as this preset from now on. Raises EnvironmentProblem where a file that it needs is not here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session = None
        # The weights are gone, but glibc keeps 120 MB of their small blocks for itself unless told otherwise.
        ctypes.CDLL(None).malloc_trim(0)

    def _load(self, seed: int) -> None:
        """Set self._session, and whatever else `_utter` needs."""
        raise NotImplementedError

    def _make_ready(self, seed: int) -> None:
        if self.draws_noise:
            self._session = None  # before the next one takes its own memory
        if self._session is None:
            self._load(seed)

    def _run(self, outputs: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """What the model makes of the inputs, by their names in it."""
        assert self._session is not None, "`_make_ready` comes first"
        return cast("list[np.ndarray]", self._session.run(outputs, inputs))  # these models have tensors alone

    def _pronounce(self, text: str, language: str = "en") -> tuple[list[Line], Script]:
        return pronounce(text, longest=self.longest_line, language=language, voice=ESPEAK_VOICE[language])

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        """Run the model over one line."""
        raise NotImplementedError

    def speak(
        self, text: str, language: str = "en", seconds: float | None = None, seed: int = 7, speed: float = 1.0
    ) -> Speech:
        """Speech of the whole text with the times of its phones, which fill all of it, and of its words.

        seconds: the wanted length, kept to the sample; the pace is changed only as far as it stays natural (1.2 times
        faster, 1.08 times slower), the rest is silence at the end. speed: of its own pace, with the
        pauses; without `seconds`. Raises RequestError for a language that it does not
        speak, for a text without anything to say, and for one that does not fit.
        """
        if language not in self.languages:
            raise RequestError(
                f"the preview voices speak {', '.join(self.languages)}, not {language!r}; "
                "the full stack speaks 15 languages."
            )
        lines, script = self._pronounce(text, language)
        self._make_ready(seed)
        pieces = self._say(lines, pace=1.0)
        if speed != 1:
            target_s = _seconds(pieces) / speed
            pieces = self._paced(
                lines, _seconds(pieces), target_s, (1 - PACE_OFF) * target_s, (1 + PACE_OFF) * target_s
            )
            lines = [replace(line, pause_s=line.pause_s / speed) for line in lines]
        if seconds is not None:
            pieces = self._fitted(lines, pieces, seconds)
        speech = shown(join(pieces, lines, script.written).marked(script.marks), language)
        return speech if seconds is None else with_length(speech, round(seconds * self.sample_rate))

    def _say(self, lines: list[Line], pace: float) -> list[Piece]:
        return [cut_out(self._utter(line.symbols, pace), line) for line in lines]

    def _fitted(self, lines: list[Line], pieces: list[Piece], seconds: float) -> list[Piece]:
        """The pieces, spoken at a pace that brings them into the wanted length; these ones, where they fit already."""
        fixed_s = LEAD_IN_S + sum(line.pause_s for line in lines[:-1])
        room_s = seconds - fixed_s
        least_s = (1 - LARGEST_PAD) * seconds - fixed_s
        natural_s = _seconds(pieces)
        if natural_s > room_s * FASTEST:
            raise _does_not_fit(seconds, fixed_s + natural_s / FASTEST)
        if natural_s > room_s:
            pieces = self._paced(lines, natural_s, 0.99 * room_s, 0.0, room_s)
        elif natural_s < least_s <= natural_s / SLOWEST:
            pieces = self._paced(lines, natural_s, min(natural_s / SLOWEST, 0.97 * room_s), least_s, room_s)
        if _seconds(pieces) > room_s:
            raise _does_not_fit(seconds, fixed_s + _seconds(pieces))
        return pieces

    def _paced(
        self, lines: list[Line], natural_s: float, target_s: float, least_s: float, most_s: float
    ) -> list[Piece]:
        """The lines spoken so that they last from least_s to most_s, near target_s.

        Phones last whole frames, so speech shrinks less than the pace grows (joe asked for 1.2 speaks 1.09 times as
        fast): the second and later tries take the exponent that the try before has shown.
        """
        pace, pieces = natural_s / target_s, []
        for _ in range(MOST_TRIES):
            pieces = self._say(lines, pace)
            spoken_s = _seconds(pieces)
            if least_s <= spoken_s <= most_s:
                break
            shown = math.log(natural_s / spoken_s) / math.log(natural_s / target_s)
            pace **= 1 / min(max(shown, 0.5), 2.0)
        return pieces


def shown(speech: Speech, language: str) -> Speech:
    """The speech, its phones as they are seen."""
    names = SHOWN_AS.get(language, {})
    phones = [phone._replace(symbol=names.get(phone.symbol, phone.symbol)) for phone in speech.phones]
    return replace(speech, phones=phones)


def _does_not_fit(seconds: float, needed_s: float) -> RequestError:
    needed_s = math.ceil(needed_s * 10) / 10
    return RequestError(
        f"the text does not fit into {seconds:g} s of speech; allow {needed_s:.1f} s or more, or shorten the text."
    )


def _seconds(pieces: list[Piece]) -> float:
    return sum(piece.seconds for piece in pieces)
