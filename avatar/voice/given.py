"""Speech that was given: checked, mixed to mono, otherwise as it is. It has no phoneme timings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avatar.errors import RequestError
from avatar.voice.recording import read_speech
from avatar.voice.speech import Speech


class GivenSpeech:
    """Serves the voice stage when the request brings finished speech."""

    name = "given-speech"
    version = "1"

    def __init__(self, recording: Path, preset: None, seed: int):
        self.path = recording
        self.facts: dict = {}
        self.notes: list[str] = []

    @staticmethod
    def check(recording: Path, preset: None, language: str) -> None:
        """Refuse a recording that cannot be used. Raises InputError."""
        read_speech(recording)

    def __enter__(self) -> GivenSpeech:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def speak(self, text: None, language: str, seconds: float | None) -> Speech:
        """The recording as speech; `seconds` may only add silence at its end."""
        recording = read_speech(self.path)
        self.notes += recording.warnings
        samples = recording.samples
        if seconds:
            wanted = round(seconds * recording.sample_rate)
            if len(samples) > wanted:
                raise RequestError(
                    f"the given speech is {recording.seconds:.1f} s long and cannot be fitted to {seconds:g} s; "
                    "cut it, or leave --seconds away."
                )
            samples = np.pad(samples, (0, wanted - len(samples)))
        return Speech(samples, recording.sample_rate)
