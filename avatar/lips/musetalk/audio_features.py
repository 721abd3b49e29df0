"""Sound as MuseTalk hears it: all hidden states of Whisper-tiny's encoder, computed a segment at a time.

The encoder takes 30 s at once. Upstream cuts the sound there, so that both sides of a cut are heard without what came
before or after, and a last segment of a few samples is mostly padding. Here segments overlap, and each keeps its
middle; with no overlap the arithmetic is upstream's. Speech up to 30 s is one segment either way.

Only the segments that the present frame needs are held (23 kB a second in half precision, 1.2 MB for two).
"""

from __future__ import annotations

import numpy as np
import torch
from transformers import WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from avatar.lips.musetalk.audio_windows import SAMPLE_RATE, SAMPLES_PER_STEP, STEPS_PER_S, WINDOW_STEPS, step_count
from avatar.lips.musetalk.overflow import finite
from avatar.voice.speech import Speech

SEGMENT_STEPS = 1500  # 30 s
SEGMENTS_HELD = 2  # a window of 0.2 s reaches over one joint at most


def samples_at_16k(speech: Speech) -> np.ndarray:
    """The speech's samples at SAMPLE_RATE: float32 (n,)."""
    if speech.sample_rate == SAMPLE_RATE:
        return speech.samples
    import soxr

    return soxr.resample(speech.samples, speech.sample_rate, SAMPLE_RATE)  # the same type as it is given


class Ear:
    """Whisper's encoder with its mel front end."""

    def __init__(self, encoder: WhisperEncoder, notes: list[str]) -> None:
        """notes: where a fall back to float32 is told."""
        self.encoder = encoder
        self.notes = notes
        self.layers = encoder.config.encoder_layers + 1  # the states before, between and after the layers
        self.width = encoder.config.d_model
        # The extractor's defaults are those of openai/whisper-tiny: FFT 400, hop 160, Slaney mel bands, log10, the
        # range cut at 8 below the segment's maximum, then (x + 4) / 4.
        self._mel = WhisperFeatureExtractor(feature_size=encoder.config.num_mel_bins)

    @torch.inference_mode()
    def states(self, samples: np.ndarray) -> torch.Tensor:
        """Hidden states of at most 30 s of samples (padded with silence): (SEGMENT_STEPS, layers, width).

        The first is the sum of the convolutions and the positional table, the last has passed the final layer norm.
        """
        mel = self._mel(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features

        def run() -> torch.Tensor:
            inputs = mel.to(self.encoder.device, self.encoder.dtype)
            return torch.stack(self.encoder(inputs, output_hidden_states=True).hidden_states, dim=2)[0]

        return finite("Whisper encoder", self.encoder, run, self.notes)


class AudioFeatures:
    """The hidden states of a whole speech, by step. Ask in order of time: segments are computed when first needed."""

    def __init__(self, ear: Ear, samples: np.ndarray, overlap_s: float = 1.0) -> None:
        """samples: float32 (n,) at SAMPLE_RATE; overlap_s: how much of each side of a joint is heard and not kept."""
        self._ear = ear
        self._samples = samples
        self.steps = step_count(len(samples))
        self._overlap = round(overlap_s * STEPS_PER_S)
        self._stride = SEGMENT_STEPS - 2 * self._overlap
        self._count = max(1, -(-(self.steps - 2 * self._overlap) // self._stride))
        self._held: dict[int, torch.Tensor] = {}

    def between(self, start: int, stop: int) -> torch.Tensor:
        """Steps start to stop (exclusive), zeros where there is no sound: float32 (stop - start, layers, width)."""
        heard = torch.zeros(stop - start, self._ear.layers, self._ear.width, device=self._ear.encoder.device)
        for number in range(self._count):
            first, last = self._kept(number)
            low, high = max(start, first), min(stop, last)
            if low < high:
                origin = number * self._stride
                heard[low - start : high - start] = self._segment(number)[low - origin : high - origin]
        return heard

    def _kept(self, number: int) -> tuple[int, int]:
        """The steps of the speech that a segment answers for."""
        first = number * self._stride + self._overlap if number else 0
        last = (number + 1) * self._stride + self._overlap if number < self._count - 1 else self.steps
        return first, last

    def _segment(self, number: int) -> torch.Tensor:
        if number not in self._held:
            start = number * self._stride * SAMPLES_PER_STEP
            states = self._ear.states(self._samples[start : start + SEGMENT_STEPS * SAMPLES_PER_STEP])
            self._held[number] = states
            while len(self._held) > SEGMENTS_HELD:
                del self._held[min(self._held)]
        return self._held[number]


def silent_window(ear: Ear) -> torch.Tensor:
    """What a frame in the middle of 30 s of digital silence hears: float32 (WINDOW_STEPS, layers, width)."""
    middle = SEGMENT_STEPS // 2
    states = ear.states(np.zeros(SEGMENT_STEPS * SAMPLES_PER_STEP, np.float32))
    return states[middle : middle + WINDOW_STEPS].float().clone()
