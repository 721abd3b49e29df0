"""The preview stack's voice: one of two presets. It cannot clone, and says so."""

from __future__ import annotations

from pathlib import Path

from avatar.errors import RequestError
from avatar.voice.presets.presets import DEFAULT_PRESET, PRESETS, nearest_preset
from avatar.voice.recording import check_reference
from avatar.voice.speech import Speech


class PreviewVoice:
    """Speaks with the preset asked for, or the one nearest in pitch to a reference, or the default.

    facts (for the report) and notes (for the user) are filled when it has been entered.
    """

    name = "preview-voice"
    version = "1"

    def __init__(self, reference: Path | None, preset: str | None, seed: int, threads: int = 2):
        self.reference, self.preset, self.seed, self.threads = reference, preset, seed, threads
        self.facts: dict = {}
        self.notes: list[str] = []

    @staticmethod
    def check(reference: Path | None, preset: str | None, language: str) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        if preset and preset not in PRESETS:
            raise RequestError(f"there is no preset {preset!r}; there are: {', '.join(PRESETS)}.")
        known = PRESETS[preset or DEFAULT_PRESET].languages
        if language not in known:
            raise RequestError(
                f"the preview voices speak {', '.join(known)}, not {language!r}; the full stack speaks 15 languages, "
                f"and a text in {known[0]!r} wants --language {known[0]}."
            )
        if reference:
            check_reference(reference)

    def __enter__(self) -> PreviewVoice:
        preset = self.preset or DEFAULT_PRESET
        if self.reference:
            recording = check_reference(self.reference)
            preset = nearest_preset(recording)
            self.notes = [
                f"the preview stack cannot clone a voice: it speaks with its preset {preset!r}, the nearest in pitch; "
                "the full stack clones.",
                *recording.warnings,
            ]
            self.facts["voice_match"] = "nearest preset"
            self.facts["reference_median_f0_hz"] = recording.median_f0_hz and round(recording.median_f0_hz, 1)
        self.facts["preset"] = preset
        self._engine = PRESETS[preset].engine()(threads=self.threads, seed=self.seed)
        self._engine.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._engine.__exit__(*exception)
        del self._engine

    def speak(self, text: str, language: str, seconds: float | None) -> Speech:
        """Speech of the whole text; `seconds` fits it to a length. Raises RequestError where it cannot be spoken so."""
        return self._engine.speak(text, language=language, seconds=seconds)
