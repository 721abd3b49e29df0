"""What a stage asks of its engine: one Protocol each for portrait, voice and lips; stacks.py says which engine serves.

Loading and making are apart, so that one loaded model serves many jobs:

    with XttsVoice.load(profile) as voice:
        for wanted in many:
            speech = voice.speak(wanted, told := Told(), progress)

What an engine is asked for is one frozen value, and the cause of a stage is made of that same value (jobs/cause.py): nothing
that an engine sees can be left out of what its result is known by.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    import numpy as np

    from avatar.device.hardware import Profile
    from avatar.portrait.framing import Portrait
    from avatar.progress import Progress
    from avatar.voice.kept import KeptSpeech
    from avatar.voice.speech import Speech


@dataclass
class Told:
    """What an engine says of one thing that it made: facts for the report, notes for the user."""

    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class WantedPicture:
    """A head-and-shoulders portrait, size x size pixels: of a face in a picture, or drawn from words (prompt)."""

    path: Path | None = None  # of the picture; None is the bundled one
    face: int | None = None  # which of several, from 1 at the left
    prompt: str | None = None
    negative_prompt: str = ""
    steps: int | None = None  # of drawing; None is the profile's
    tries: int = 4  # seeds to draw until one shows a face that can be used
    seed: int = 7
    size: int = 512


@dataclass(frozen=True)
class WantedSpeech:
    """Speech of a text, in the voice of a reference recording or a preset; or the recording itself where text is None,
    with the transcript of it where somebody has one."""

    text: str | None = None
    reference: Path | None = None
    transcript: str | None = None
    preset: str | None = None
    language: str = "en"
    seconds: float | None = None  # fitted to this length, as far as the engine can
    speed: float = 1.0  # of the voice's own pace; with `seconds` always 1
    seed: int = 7


class Engine(Protocol):
    """Common to all. What `name`, `version`, `models`, `libraries` and `code` say is part of the cause of a stage."""

    name: ClassVar[str]
    version: ClassVar[str]
    models: ClassVar[tuple[str, ...]]  # names in weights/models.lock, which it loads
    libraries: ClassVar[tuple[str, ...]]  # locked distributions that it imports, and what those import
    code: ClassVar[tuple[str, ...]]  # folders and files of avatar/ that make what it makes, relative to the package
    uses: ClassVar[tuple[str, ...]]  # fields of the profile that change its bytes; () where the profile does not matter

    notes: list[str]  # what is known only when its `with` block has ended: memory that was not given back

    @classmethod
    def load(cls, profile: Profile | None = None) -> AbstractContextManager[Self]:
        """The engine with its model on the profile's device; gone from there when the block ends. None: what fits."""
        ...


class PortraitEngine(Engine, Protocol):
    @staticmethod
    def check(wanted: WantedPicture) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        ...

    def picture(self, wanted: WantedPicture, told: Told, progress: Progress) -> Portrait:
        """The portrait and its 478 landmarks. Raises RequestError and InputError for what has no usable face."""
        ...


class VoiceEngine(Engine, Protocol):
    @staticmethod
    def check(wanted: WantedSpeech) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        ...

    @staticmethod
    def inputs(wanted: WantedSpeech) -> dict[str, Any]:
        """What the speech follows from besides, as files that only some requests need; asked for after `check`."""
        ...

    def speak(self, wanted: WantedSpeech, told: Told, progress: Progress, kept: KeptSpeech | None = None) -> Speech:
        """Speech of the whole text: mono, float32, with the times of its words where they are known.

        Sentence by sentence, each of which is told to progress. kept: sounds that were made before, of which it takes
        those that it needs, and keeps there what it makes; None keeps nothing. The bytes are the same with both.
        """
        ...


class LipsEngine(Engine, Protocol):
    pixels: ClassVar[str]  # what a frame is: one of media/ffmpeg.py's kinds

    @staticmethod
    def check() -> None:
        """Refuse settings that cannot work before a model loads. Raises RequestError."""
        ...

    def frames(
        self, source: Any, speech: Speech, frame_rate: int | Fraction, seed: int, options: Any, told: Told
    ) -> Iterator[np.ndarray]:
        """The frames that the speech fills, each a new uint8 array; told is complete after the last.

        source: a Portrait, or for MuseTalk a Clip; options: of the engine's own kind, None for its defaults.
        """
        ...

    def save_motion(self, folder: Path) -> None:
        """Write motion.npz, what the latest `frames` was asked to show, where the engine knows it beforehand."""
        ...
