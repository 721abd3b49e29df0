"""What the preset voices have in common: a text, a language and perhaps a length in; speech with its timings out."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

import numpy as np

from avatar.device import freed_memory
from avatar.errors import RequestError
from avatar.progress import Progress
from avatar.voice.kept import KeptSpeech, Sound
from avatar.voice.length import FASTEST, does_not_fit, expected, refuse_longest
from avatar.voice.presets.pronunciation import Line, pronounce
from avatar.voice.presets.timeline import Piece, Utterance, cut_out, join, with_length
from avatar.voice.speech import LEAD_IN_S, Speech

if TYPE_CHECKING:
    import onnxruntime

    from avatar.script.reader import Script
    from avatar.voice.presets.catalog import Preset

# espeak-ng's voice for each language.
ESPEAK_VOICE = {"en": "en-us", "es": "es", "fr": "fr", "it": "it", "pt": "pt-br", "de": "de"}

# espeak-ng's letters that are another sound in the language than in IPA: what the mouth shows of them.
SHOWN_AS = {"pt": {"y": "ɪ", "æ": "ɐ"}, "de": {"ɜ": "ɐ"}}

SLOWEST = 1 / 1.08  # as FASTEST: a pace at which the voices still sound natural
LINE_S, SYMBOL_S = 0.3, 0.05  # about how long a line takes, and each of its symbols
MOST_TRIES = 4
PACE_OFF = 0.02  # a speed is met so well: phones last whole frames
LARGEST_PAD = 0.12  # of the wanted length: so much silence at the end is better than another pace


class OnnxVoice:
    """Base of the preset voices. Use in a `with` block: the model is loaded at the first speech and dropped at the end.

    The same text, seed and threads give the same bytes, whatever was spoken before; and a line sounds the same wherever it
    stands, so one that is kept is not spoken again.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    languages: ClassVar[tuple[str, ...]] = ("en",)
    sample_rate: ClassVar[int]  # Hz
    longest_line: ClassVar[int]  # symbols of one call

    def __init__(self, threads: int = 2):
        self.threads = threads
        self._session: onnxruntime.InferenceSession | None = None
        self._seed = 0
        self._kept = KeptSpeech()

    def choose(self, preset: Preset) -> None:
        """Speak as this preset from now on. Raises EnvironmentProblem where a file that it needs is not here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session = None
        freed_memory.hand_back()  # the weights are gone: 120 MB

    def _load(self) -> None:
        """Set self._session, and whatever else `_utter` needs."""
        raise NotImplementedError

    def _make_ready(self) -> None:
        if self._session is None:
            self._load()

    def _run(self, outputs: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """What the model makes of the inputs, by their names in it."""
        assert self._session is not None, "`_make_ready` comes first"
        return cast("list[np.ndarray]", self._session.run(outputs, inputs))  # these models have tensors alone

    def _pronounce(self, text: str, language: str = "en") -> tuple[list[Line], Script]:
        return pronounce(text, longest=self.longest_line, language=language, voice=ESPEAK_VOICE[language])

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        """Run the model over one line."""
        raise NotImplementedError

    def _generator(self, ids: np.ndarray) -> np.random.Generator:
        """Draws the noise of a line: from the seed and what the model is given of it, wherever it stands."""
        return np.random.default_rng([self._seed, zlib.crc32(ids.tobytes())])

    def speak(
        self,
        text: str,
        language: str = "en",
        seconds: float | None = None,
        seed: int = 7,
        speed: float = 1.0,
        *,
        progress: Progress | None = None,
        kept: KeptSpeech | None = None,
    ) -> Speech:
        """Speech of the whole text with the times of its phones, which fill all of it, and of its words.

        seconds: the wanted length, kept to the sample; the pace is changed only as far as it stays natural (1.2 times
        faster, 1.08 times slower), the rest is silence at the end. speed: of its own pace, with the
        pauses; without `seconds`. progress: counts the lines. kept: what was spoken before. Raises RequestError for a
        language that it does not speak, for a text without anything to say, and for one that does not fit, as soon as that
        is sure.
        """
        if language not in self.languages:
            raise RequestError(
                f"the preview voices speak {', '.join(self.languages)}, not {language!r}; "
                "the full stack speaks 15 languages."
            )
        self._seed, self._kept = seed, kept or KeptSpeech()
        lines, script = self._pronounce(text, language)
        pieces = self._say_all(lines, speed, seconds, progress or Progress())
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

    def _say_all(self, lines: list[Line], speed: float, seconds: float | None, progress: Progress) -> list[Piece]:
        """Each line at the voice's own pace. speed, seconds: at which they are wanted, for what is sure to be too long."""
        own = [self._found(line, 1.0) for line in lines]
        pieces = []
        for number, line in enumerate(progress.count(lines, total=len(lines))):
            if (piece := own[number]) is None:
                refuse_too_long(lines, own, speed, seconds)
                piece = own[number] = self._say(line, 1.0)
            pieces.append(piece)
        return pieces

    def _found(self, line: Line, pace: float) -> Piece | None:
        """The line as it was spoken before, where that is kept."""
        sound = self._kept.find({"symbols": line.symbols, "pace": pace})
        if sound is None or sound.boundaries_s is None or len(sound.boundaries_s) != len(line.symbols) + 1:
            return None
        return cut_out(Utterance(sound.samples, sound.boundaries_s, self.sample_rate), line)

    def _say(self, line: Line, pace: float) -> Piece:
        """The line, spoken before or now."""
        if piece := self._found(line, pace):
            return piece
        self._make_ready()
        said = self._utter(line.symbols, pace)
        self._kept.keep({"symbols": line.symbols, "pace": pace}, Sound(said.samples, said.boundaries_s))
        return cut_out(said, line)

    def _fitted(self, lines: list[Line], pieces: list[Piece], seconds: float) -> list[Piece]:
        """The pieces, spoken at a pace that brings them into the wanted length; these ones, where they fit already."""
        fixed_s = LEAD_IN_S + sum(line.pause_s for line in lines[:-1])
        room_s = seconds - fixed_s
        least_s = (1 - LARGEST_PAD) * seconds - fixed_s
        natural_s = _seconds(pieces)
        if natural_s > room_s * FASTEST:
            raise does_not_fit(seconds, fixed_s + natural_s / FASTEST)
        if natural_s > room_s:
            pieces = self._paced(lines, natural_s, 0.99 * room_s, 0.0, room_s)
        elif natural_s < least_s <= natural_s / SLOWEST:
            pieces = self._paced(lines, natural_s, min(natural_s / SLOWEST, 0.97 * room_s), least_s, room_s)
        if _seconds(pieces) > room_s:
            raise does_not_fit(seconds, fixed_s + _seconds(pieces))
        return pieces

    def _paced(
        self, lines: list[Line], natural_s: float, target_s: float, least_s: float, most_s: float
    ) -> list[Piece]:
        """The lines spoken so that they last from least_s to most_s, near target_s.

        All at one pace: the models' lengths jump with it (heart asked for 1.3 speaks 1.1 times as fast, for 1.4 1.5 times),
        and sentences that were each brought to a speed would not be equally fast. It is a whole hundredth, so that a word
        that is changed seldom changes it, and with it the sound of all lines.
        Phones last whole frames, so speech shrinks less than the pace grows (joe asked for 1.2 speaks 1.09 times as
        fast): the second and later tries take the exponent that the try before has shown.
        """
        pace, tried, pieces = natural_s / target_s, 0.0, []
        for _ in range(MOST_TRIES):
            pace = math.ceil(round(100 * pace, 6)) / 100
            if pace == tried:
                break
            tried = pace
            pieces = [self._say(line, pace) for line in lines]
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


def refuse_too_long(lines: list[Line], own: list[Piece | None], speed: float, seconds: float | None) -> None:
    """Raises RequestError as soon as it is sure that the lines come out too long. own: those that are known."""
    known_s = [None if piece is None else piece.seconds for piece in own]
    least_s, likely_s, enough_s = expected(known_s, [LINE_S + SYMBOL_S * len(line.symbols) for line in lines])
    fixed_s = LEAD_IN_S + sum(line.pause_s for line in lines[:-1])
    if seconds is None:
        refuse_longest(*((fixed_s + each) / speed for each in (least_s, likely_s)))
    elif least_s > (seconds - fixed_s) * FASTEST:
        raise does_not_fit(seconds, fixed_s + enough_s / FASTEST)


def _seconds(pieces: list[Piece]) -> float:
    return sum(piece.seconds for piece in pieces)
