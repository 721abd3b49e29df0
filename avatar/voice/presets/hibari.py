"""The preset heart: hibari (Apache-2.0), int8, distilled from the voice af_heart of Kokoro-82M, from the wheel
hibari-tts.

Only the model, its letters and its front end are taken from the wheel. Its other voices, which its own code downloads
when they are asked for, are never reached.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from avatar.environment.packaged import package_file
from avatar.script.reader import Script
from avatar.voice.presets.english import English, letters
from avatar.voice.presets.hibari_sound import SAMPLE_RATE, STEP, Spectra, samples_of
from avatar.voice.presets.onnx_outputs import output_declaration
from avatar.voice.presets.onnx_session import open_session, read_blocks
from avatar.voice.presets.onnx_voice import OnnxVoice
from avatar.voice.presets.pronunciation import Line, pronounce
from avatar.voice.presets.timeline import Utterance

FRAME_SAMPLES = 2 * STEP  # one step of the duration predictor; durations x 600 is the length of the sound, always
DURATIONS = "/Clip_output_0"  # float (1, ids): frames per id, of the model's graph
OUTPUTS = ["lh", "theta", "ln", "lr", "phi", "f0", DURATIONS]
EDGE = 0  # the id before and after every line

# The sound runs ahead of the durations, as the voice does that it was distilled from: over a minute of speech, shifted in
# steps of 2.5 ms, the envelope of 100 to 1,200 Hz correlates best with what the phones' kinds let expect, and that of
# 4 to 10 kHz with the sibilants, 42 to 45 ms earlier than counted.
SOUND_LEADS_S = 0.045


class HibariVoice(OnnxVoice):
    """Female, American, 24 kHz. The noise of a line is drawn from the seed and the line itself, so that a sentence
    sounds the same wherever it stands. One thread: sums differ with their number, and it is the faster one."""

    name = "hibari"
    version = "hibari-tts 0.2.1"
    sample_rate = SAMPLE_RATE
    longest_line = 400

    def __init__(self, threads: int = 1):
        super().__init__(threads=1)
        self._english = English("us")

    def __exit__(self, *exception: object) -> None:
        self._english = English("us")  # without its dictionaries
        super().__exit__(*exception)

    def _pronounce(self, text: str, language: str = "en") -> tuple[list[Line], Script]:
        with ThreadPoolExecutor(1) as beside:  # the model loads meanwhile, in code that lets Python's go on
            loading = beside.submit(self._make_ready)
            pronounced = pronounce(text, longest=self.longest_line, english=self._english)
            loading.result()
        return pronounced

    def _load(self) -> None:
        vocabulary = package_file("hibari", "assets/vocab.json")
        self._ids: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
        blocks = [*read_blocks(package_file("hibari", "assets/hibari.onnx")), output_declaration(DURATIONS)]
        self._session = open_session(blocks, threads=1)

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        known = [self._ids.get(letter) for letter in letters(symbols)]
        ids = np.array([[EDGE, *(each for each in known if each is not None), EDGE]], np.int64)
        *spectra, frames = self._run(OUTPUTS, {"ids": ids, "speed": np.array([pace], np.float32)})
        samples = samples_of(Spectra(*(each[0] for each in spectra)), self._generator(ids))
        lasting = iter((frames.ravel()[1:-1] * FRAME_SAMPLES / SAMPLE_RATE).tolist())
        lengths_s = [0.0 if each is None else next(lasting) for each in known]
        begin_s = float(frames.ravel()[0]) * FRAME_SAMPLES / SAMPLE_RATE - SOUND_LEADS_S
        boundaries_s = np.maximum(0.0, begin_s + np.cumsum([0.0, *lengths_s]))
        return Utterance(samples, boundaries_s, self.sample_rate)
