"""The preview stack's voices by name. No model library is imported until a class is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avatar.voice.presets.onnx_voice import OnnxVoice
    from avatar.voice.recording import Recording

DEFAULT_PRESET = "heart"  # the bundled portrait is a woman
MEN_BELOW_HZ = 160.0  # between the usual ranges of men and women


@dataclass(frozen=True)
class Preset:
    """median_f0_hz: measured over a minute of its speech."""

    description: str
    languages: tuple[str, ...]
    median_f0_hz: float
    voice: tuple[str, str]  # module and name of its class

    def voice_class(self) -> type[OnnxVoice]:
        module, name = self.voice
        return getattr(import_module(module), name)


PRESETS = {
    "heart": Preset("female, American, hibari", ("en",), 202.0, ("avatar.voice.presets.hibari", "HibariVoice")),
    "jf_alpha": Preset("female, Kokoro-82M", ("en",), 270.0, ("avatar.voice.presets.kokoro", "KokoroVoice")),
    "joe": Preset("male, VITS, the faster one", ("en",), 95.0, ("avatar.voice.presets.vits", "VitsVoice")),
}


def nearest_preset(reference: Recording) -> str:
    """The man's voice or the woman's, by the median pitch; the default one where the recording has too little voiced
    speech to tell."""
    pitch = reference.median_f0_hz
    return "joe" if pitch is not None and pitch < MEN_BELOW_HZ else DEFAULT_PRESET
