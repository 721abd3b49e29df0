"""Speech of a text by a model that speaks a sentence or so in one go: what XTTS-v2 and Pocket TTS have in common.

A piece that the model will not speak as a whole is tried with another seed, then cut in two. Each try has a seed of its
own, drawn from its words and from how often they stood before: a change in one sentence leaves the others' sound as it
was, but for its level, wherever they stand.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from avatar.errors import AvatarError
from avatar.progress import Progress
from avatar.voice.kept import KeptSpeech, Sound
from avatar.voice.length import expected
from avatar.voice.pieces import Piece, in_two, letter_count
from avatar.voice.seeds import occurrences, seed_of
from avatar.voice.utterances import SAMPLE_RATE, Utterance, refuse_too_long

CLONED_CODE = (  # of this module and what it stands on, and of what reads a reference
    "voice/kept.py", "voice/latents.py", "voice/length.py", "voice/pieces.py", "voice/piecewise.py", "voice/pitch.py", "voice/recording.py",
    "voice/seeds.py", "voice/speech.py", "voice/utterances.py",
)  # fmt: skip
TRIES = 2  # with seeds of their own, before a piece is cut in two
PIECE_S, LETTER_S = 0.2, 0.06  # about how long a piece takes, and each of its letters
LEAST_S_PER_LETTER = 0.02  # 50 letters a second; the fastest speakers reach about 25
SILENT_PEAK = 1e-3


@dataclass(frozen=True)
class Task:
    """One call of `speak`. speaker: of the model's own kind; notes: the caller's, of this speech alone; kept: what was
    spoken before."""

    speaker: Any
    language: str
    seed: int
    speed: float
    notes: list[str]
    kept: KeptSpeech


class Implausible(Exception):
    """What was generated cannot be the whole text."""


class NotFinite(Exception):
    """The model computed values that are not finite."""


class Piecewise:
    """A model that is told what to speak by the piece. The methods without a body are each model's own."""

    called: ClassVar[str]  # in messages
    fastest: ClassVar[float] = 1.0  # times its own pace, where a length is asked for

    def _fits(self, piece: Piece, language: str) -> bool:
        """Whether the model takes the piece in one go."""
        raise NotImplementedError

    def _spoken_form(self, piece: Piece, language: str) -> str:
        """The text that the model is given."""
        raise NotImplementedError

    def _look_for_unknown_letters(self, piece: Piece, task: Task) -> None:
        """Note what the model has no sound for. Raises RequestError where that is most of the piece."""
        raise NotImplementedError

    def _said(self, text: str, task: Task, seed: int) -> dict[str, object]:
        """What a sound is kept by, beside what is the same for the whole speech."""
        raise NotImplementedError

    def _judged(self, text: str, task: Task, seed: int) -> Sound:
        """The sound, with what is wrong with it. Raises NotFinite, and Implausible for what may go well another time."""
        raise NotImplementedError

    def _fall_back(self) -> None:
        """Go on in float32. Raises EnvironmentProblem when it was so already."""
        raise NotImplementedError

    def _say_all(self, pieces: list[Piece], task: Task, seconds: float | None, progress: Progress) -> list[Utterance]:
        """Every piece, unless what is known of their lengths says before that they take too long. seconds: what they may."""
        places = occurrences(pieces)
        known_s = [self._known_s(piece, before, task) for piece, before in places]
        guessed_s = [(PIECE_S + LETTER_S * letter_count(each.spoken)) / task.speed for each in pieces]
        pauses_s = sum(each.pause_s for each in pieces[:-1]) / task.speed
        utterances: list[Utterance] = []
        for number, (piece, before) in enumerate(progress.count(places, total=len(places))):
            self._look_for_unknown_letters(piece, task)
            if known_s[number] is None:
                refuse_too_long(expected(known_s, guessed_s), pauses_s, seconds, self.called, self.fastest)
            said = self._say(piece, task, before)
            known_s[number] = sum(len(each.samples) for each in said) / SAMPLE_RATE
            utterances += said
        return utterances

    def _known_s(self, piece: Piece, before: int, task: Task) -> float | None:
        """How long a piece is that was spoken before, as the model says it first; None where none is kept."""
        text = self._spoken_form(piece, task.language)
        sound = task.kept.find(self._said(text, task, seed_of(task.seed, text, before, 0)))
        return None if sound is None or sound.problem else len(sound.samples) / SAMPLE_RATE

    def _say(self, piece: Piece, task: Task, before: int) -> list[Utterance]:
        """The piece, whole if the model says it so, else in two. before: how often its words stood in the text before."""
        problem = f"it is too long for {self.called}"
        if fits := self._fits(piece, task.language):
            text = self._spoken_form(piece, task.language)
            for attempt in range(TRIES):
                try:
                    return [Utterance(piece, self._generate(text, task, seed_of(task.seed, text, before, attempt)))]
                except Implausible as error:
                    problem = str(error)
        halves = in_two(piece)
        if halves is None:
            raise AvatarError(
                f"{self.called} cannot speak {piece.written or piece.spoken!r}: {problem}; write it in another way"
                f"{', or try another seed' if fits else ''}.",
                mend={"seed": "N"} if fits else {},
            )
        shown = (piece.written or piece.spoken)[:40]  # of the second part of a word nothing is written
        task.notes.append(f"{shown!r}… was spoken in two parts: {problem}.")
        first, second = halves
        return [*self._say(first, task, before), *self._say(second, task, before)]

    def _generate(self, text: str, task: Task, seed: int) -> np.ndarray:
        """float32 (n,) at 24 kHz, in -1..1, made before or now. Raises Implausible for sound that cannot be the whole text."""
        sound = None
        while sound is None:
            said = self._said(text, task, seed)
            if (sound := task.kept.find(said)) is None:
                with contextlib.suppress(NotFinite):
                    sound = self._judged(text, task, seed)
                    task.kept.keep(said, sound)
            if sound is None:  # outside of the with block, whose traceback holds the model
                self._fall_back()
        if sound.problem:
            raise Implausible(sound.problem)
        return sound.samples


def problem_of(samples: np.ndarray, text: str, speed: float = 1.0) -> str:
    """What says that these samples cannot be the whole text; "" where nothing does. speed: at which it was spoken."""
    seconds = len(samples) / SAMPLE_RATE
    if seconds * speed < LEAST_S_PER_LETTER * letter_count(text):
        return f"the model stopped after {seconds:.1f} s, too soon for so much text"
    if np.abs(samples).max() < SILENT_PEAK:
        return "the model made no sound"
    return ""
