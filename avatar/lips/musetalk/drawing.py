"""Draws the frames of one video: a batch of faces on the device, then each into its picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import torch

from avatar.lips.musetalk.audio_features import AudioFeatures, silent_window
from avatar.lips.musetalk.audio_windows import window
from avatar.lips.musetalk.blend import fit_to_box, paste
from avatar.lips.musetalk.crop import SIDE, network_inputs
from avatar.lips.musetalk.models import Models
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import Plan
from avatar.lips.musetalk.prepared import Kept, Prepared, prepare
from avatar.lips.musetalk.source import Source
from avatar.lips.musetalk.tone import ToneFollower
from avatar.memory import StepDown

# Source frames of a clip whose results are kept. Latents are dear to compute and small (32 kB in float32; 30 s);
# boxes and masks are cheap (5 ms) and large (130 kB).
KEPT_LATENTS, KEPT_MASKS = 750, 64


class Drawing:
    """Give it the frames in order: tone and smoothing follow from one to the next."""

    def __init__(
        self,
        models: Models,
        source: Source,
        features: AudioFeatures,
        plan: Plan,
        frame_rate: Fraction,
        options: Options,
    ) -> None:
        self._models = models
        self._source = source
        self._features = features
        self._plan = plan
        self._frame_rate = frame_rate
        self._options = options
        self._silence = silent_window(models.ear) if (plan.sound < 1).any() else None
        self._last_latents: torch.Tensor | None = None
        self._tone = ToneFollower()
        # One block: made one by one between larger passing tensors, they would leave holes of twice their own size.
        most = min(len(source), KEPT_LATENTS)
        self._latents = torch.empty(most, 8, SIDE // 8, SIDE // 8, dtype=models.vae.dtype, device=models.device)
        self._latents_of = np.full(most, -1)  # the source frame of each
        self.prepared = Kept(self._prepare, KEPT_MASKS)

    def faces(self, frames: list[int], steps: StepDown) -> np.ndarray:
        """The drawn faces of some frames, uint8 (n, 256, 256, 3) RGB; `steps`: how many the device takes at once."""
        latents = torch.stack([self._picture_latents(self._plan.shows[frame]) for frame in frames])
        tokens = self._models.tokens(torch.stack([self._heard(frame) for frame in frames]))
        predicted = steps.run(
            lambda batch: torch.cat([self._models.predict(*pair) for pair in _batches(batch, latents, tokens)])
        )
        smoothed = self._smoothed(predicted, frames)
        decoded = steps.run(lambda batch: torch.cat([self._models.decode(*one) for one in _batches(batch, smoothed)]))
        return decoded.numpy()

    def frame(self, frame: int, face: np.ndarray) -> np.ndarray:
        """The whole picture of a frame with its drawn face in it: uint8 (height, width, 3) RGB, a new array."""
        shows = self._plan.shows[frame]
        prepared: Prepared = self.prepared[shows]
        drawn = fit_to_box(face, prepared.box)[prepared.mask.top :]
        if self._plan.begins[frame]:
            self._tone.restart()
        drawn = self._tone.corrected(drawn, prepared.ring, prepared.skin, prepared.box)
        return paste(self._source.pictures[shows], drawn, prepared.box, prepared.mask, float(self._plan.opacity[frame]))

    def _heard(self, frame: int) -> torch.Tensor:
        """The window of sound of a frame, mixed with silence where the plan says so: (WINDOW_STEPS, layers, width)."""
        heard = self._features.between(*window(frame, self._frame_rate))
        share = float(self._plan.sound[frame])
        return heard if share == 1 else share * heard + (1 - share) * self._silence

    def _smoothed(self, predicted: torch.Tensor, frames: list[int]) -> torch.Tensor:
        """Latents that keep a share of the frame before: (n, 4, h, w)."""
        share = self._options.smoothing
        if not share:
            return predicted
        smoothed = []
        for latents, frame in zip(predicted, frames):
            if self._last_latents is not None and not self._plan.begins[frame]:
                latents = (1 - share) * latents + share * self._last_latents
            self._last_latents = latents
            smoothed.append(latents)
        return torch.stack(smoothed)

    def _picture_latents(self, shows: int) -> torch.Tensor:
        """The UNet's picture input of a source frame: (8, 32, 32), the masked crop's latents, then the whole one's."""
        slot = shows % len(self._latents)
        if self._latents_of[slot] != shows:
            inputs = network_inputs(self._source.pictures[shows], self.prepared[shows].box)
            self._latents[slot] = self._models.encode(torch.from_numpy(inputs)).flatten(0, 1)
            self._latents_of[slot] = shows
        return self._latents[slot]

    def _prepare(self, shows: int) -> Prepared:
        return prepare(self._source.pictures[shows], self._source.landmarks[shows], self._options)


def _batches(size: int, *tensors: torch.Tensor) -> Iterator[tuple[torch.Tensor, ...]]:
    """The tensors in slices of at most `size` along their first axis; the last one may be smaller."""
    for start in range(0, len(tensors[0]), size):
        yield tuple(tensor[start : start + size] for tensor in tensors)
