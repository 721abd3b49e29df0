"""Speech that was given: checked, mixed to mono, at the loudness of all speech.

When each of its phones and words is spoken: avatar/voice/given/.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from avatar.device.libraries import FFMPEG
from avatar.engines import Told, WantedSpeech
from avatar.errors import RequestError
from avatar.limits import LANGUAGES
from avatar.media import READS_SOUND
from avatar.progress import Progress
from avatar.script import languages
from avatar.script.guess import remark
from avatar.script.letters import script_of
from avatar.script.reader import read
from avatar.voice.given.timing import timed
from avatar.voice.recording import Recording, read_speech
from avatar.voice.speech import Speech

if TYPE_CHECKING:
    from avatar.device.hardware import Profile
    from avatar.voice.kept import KeptSpeech


class GivenSpeech:
    """Serves the voice stage when the request brings finished speech: its reference is the speech, its text None."""

    name: ClassVar[str] = "given-speech"
    version: ClassVar[str] = "2"
    models: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[tuple[str, ...]] = (*FFMPEG, "espeakng-loader", "numpy", "pocketsphinx")
    code: ClassVar[tuple[str, ...]] = (
        "script", "voice/given", "voice/given_speech.py", "voice/pitch.py", "voice/presets/espeak.py",
        "voice/recording.py", "voice/speech.py", *READS_SOUND,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ()  # it runs alike on every host

    def __init__(self) -> None:
        self.notes: list[str] = []

    @staticmethod
    def check(wanted: WantedSpeech) -> None:
        """Refuse a recording that cannot be used, or none, and a transcript without words. Raises InputError, RequestError."""
        refuse_unreadable(wanted.transcript, wanted.language)
        given(wanted)

    @staticmethod
    def inputs(wanted: WantedSpeech) -> dict:
        return {}

    @classmethod
    @contextmanager
    def load(cls, profile: Profile | None = None) -> Iterator[GivenSpeech]:
        """There is nothing to load. profile: changes nothing."""
        yield cls()

    def speak(self, wanted: WantedSpeech, told: Told, progress: Progress, kept: KeptSpeech | None = None) -> Speech:
        """The recording as speech; `seconds` may only add silence at its end. kept: nothing is spoken, nothing is kept.

        Raises RequestError, InputError.
        """
        recording = given(wanted)
        told.notes += recording.warnings
        samples = recording.samples
        if wanted.seconds:
            count = round(wanted.seconds * recording.sample_rate)
            if len(samples) > count:
                raise RequestError(
                    f"the given speech is {recording.seconds:.1f} s long and cannot be fitted to {wanted.seconds:g} s; "
                    "cut it, or ask for no length.",
                    ("seconds",),
                )
            samples = np.pad(samples, (0, count - len(samples)))
        timing = timed(samples, recording.sample_rate, wanted.transcript, wanted.language)
        told.notes += [timing.note] if timing.note else []
        told.notes += remark(wanted.transcript or "", wanted.language, "transcript")
        return Speech(samples, recording.sample_rate, timing.phones, timing.words)


def given(wanted: WantedSpeech) -> Recording:
    """The recording that is the speech. Raises RequestError where there is none, InputError for one without use."""
    if wanted.reference is None:
        raise RequestError("there is no finished speech to use; give the recording of it.")
    return read_speech(wanted.reference)


def refuse_unreadable(transcript: str | None, language: str) -> None:
    """Raises RequestError for a transcript of which nothing can be read in this language, so that there would be no captions:
    with the language whose letters it has, where there is one."""
    if transcript is None or read(transcript, language).sentences:
        return
    letters = [script_of(each) for each in transcript if each.isalpha()]
    own = {code: sum(each in languages.of(code).scripts for each in letters) for code in LANGUAGES}
    likely = max(LANGUAGES, key=lambda code: own[code])
    raise RequestError(
        f"nothing of the transcript can be read as {language!r}; say its language, or give what is said.",
        ("transcript", "language"), {"language": likely} if own[likely] else {},
    )  # fmt: skip
