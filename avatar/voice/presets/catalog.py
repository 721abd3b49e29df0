"""The preview stack's voices by name. No model library is imported until a class is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from avatar.errors import RequestError
from avatar.voice.presets import styles
from avatar.voice.presets.kokoro_presets import KOKORO, Spoken

if TYPE_CHECKING:
    from avatar.voice.presets.onnx_voice import OnnxVoice
    from avatar.voice.recording import Recording

ANY_USE = "any use"
DEFAULT_PRESET = "heart"  # the bundled portrait is a woman
MEN_BELOW_HZ = 160.0  # between the usual ranges of men and women


@dataclass(frozen=True)
class Preset:
    """median_f0_hz: measured over its speech."""

    description: str
    languages: tuple[str, ...]
    median_f0_hz: float
    voice: tuple[str, str]  # module and name of its class
    sex: str = "female"
    licence: str = "Apache-2.0"
    use: str = ANY_USE  # what its speech may be used for
    untrained: tuple[str, ...] = ()  # languages that it speaks without having been trained on them
    style: str = ""  # Kokoro's, which is fetched; "" where the wheels hold all that it needs
    accent: str = "us"  # of its English

    @property
    def speaks(self) -> tuple[str, ...]:
        return (*self.languages, *self.untrained)

    @property
    def is_here(self) -> bool:
        return not self.style or styles.is_here(self.style)

    def voice_class(self) -> type[OnnxVoice]:
        module, name = self.voice
        return getattr(import_module(module), name)

    def open(self, threads: int = 2) -> OnnxVoice:
        """Its voice, for a `with` block. Raises EnvironmentProblem where a file that it needs is not here."""
        voice = self.voice_class()(threads=threads)
        voice.choose(self)
        return voice


def _kokoro(name: str, spoken: Spoken) -> Preset:
    voice = ("avatar.voice.presets.kokoro", "KokoroVoice")
    return Preset(
        f"{spoken.sex}, {spoken.origin}, Kokoro-82M",
        spoken.languages,
        spoken.median_f0_hz,
        voice,
        sex=spoken.sex,
        untrained=spoken.untrained,
        style=name,
        accent=spoken.accent,
    )


PRESETS = {
    "heart": Preset("female, American, hibari", ("en",), 202.0, ("avatar.voice.presets.hibari", "HibariVoice")),
    "joe": Preset(
        "male, VITS, the faster one",
        ("en",),
        95.0,
        ("avatar.voice.presets.vits", "VitsVoice"),
        sex="male",
        licence="CC0 by its card",
        use="previews; ask a lawyer before you sell its speech (NOTICE.md)",
    ),
    **{name: _kokoro(name, spoken) for name, spoken in KOKORO.items()},
}

# Where no preset is asked for; the bundled portrait is a woman.
DEFAULTS = {
    "en": DEFAULT_PRESET, "es": "ef_dora", "fr": "ff_siwis", "it": "if_sara", "pt": "pf_dora", "de": "if_sara",
}  # fmt: skip


def presets_of(language: str) -> dict[str, Preset]:
    return {name: preset for name, preset in PRESETS.items() if language in preset.speaks}


def facts(language: str | None = None) -> list[dict]:
    """What users are told of each preset, or of those that speak a language. Raises RequestError where none does."""
    found = PRESETS if language is None else presets_of(language)
    if not found:
        raise RequestError(
            f"no preset speaks {language!r}; they speak {', '.join(DEFAULTS)}, and the full stack 15 languages.",
            ("language",),
        )
    told = ("description", "languages", "untrained", "accent", "sex", "licence", "use", "is_here")
    return [
        {"name": name, **{key: getattr(preset, key) for key in told}, "is_default": name in DEFAULTS.values()}
        for name, preset in found.items()
    ]


def nearest_preset(reference: Recording, language: str = "en") -> str:
    """The preset of the language, of those that are here, that is nearest in pitch on a logarithmic scale, a man's below
    MEN_BELOW_HZ and else a woman's where there are such; the language's default where the recording has too little
    voiced speech to tell, or none is here."""
    pitch = reference.median_f0_hz
    here = {name: preset for name, preset in presets_of(language).items() if preset.is_here}
    if pitch is None or not here:
        return DEFAULTS.get(language, DEFAULT_PRESET)
    sex = "male" if pitch < MEN_BELOW_HZ else "female"
    alike = [name for name in here if here[name].sex == sex] or list(here)
    return min(alike, key=lambda name: abs(math.log(pitch / here[name].median_f0_hz)))
