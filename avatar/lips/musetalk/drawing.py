"""Draws the faces of one video, in two steps that may each have a thread of its own; blending.py has the third.

batches   the host cuts out the faces of the pictures that come next
faces     the device draws the mouths of a batch
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import torch

from avatar.device.smaller_steps import StepDown
from avatar.lips.musetalk.audio_features import AudioFeatures, silent_window
from avatar.lips.musetalk.audio_windows import window
from avatar.lips.musetalk.crop import SIDE, network_inputs
from avatar.lips.musetalk.graph import Graphs, Network
from avatar.lips.musetalk.models import Models
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.plan import Plan
from avatar.lips.musetalk.prepared import Kept, Prepared, prepare
from avatar.lips.musetalk.source import Source
from avatar.lips.musetalk.transfer import Download

# Source frames of a clip whose results are kept. Latents are dear to compute and small (32 kB in float32; 30 s);
# boxes and masks are cheap (6 ms) and large (130 kB).
KEPT_LATENTS, KEPT_MASKS = 750, 64
BATCHES_AT_ONCE = 4  # one is blended, one is read, one is queued, one is cut out


class Batch(NamedTuple):
    """Frames that go through together. drawn: those that get a drawn face.

    crops: the networks' pictures, float32 (2, 3, SIDE, SIDE), of source frames whose latents are not kept, by the slot
    that is to keep them.
    """

    shown: range
    drawn: list[int]
    crops: dict[int, torch.Tensor]


class Queued(NamedTuple):
    """A batch that the device was given. before: the latents of the frame before it, which smoothing mixes in."""

    batch: Batch
    before: torch.Tensor | None
    download: Download


class Drawing:
    """The frames go through each step in order: tone and smoothing follow from one to the next."""

    def __init__(
        self,
        models: Models,
        source: Source,
        features: AudioFeatures,
        plan: Plan,
        frame_rate: Fraction,
        options: Options,
        steps: StepDown,
        graphs: Graphs | None = None,
    ) -> None:
        """steps: how many frames the device takes at once; graphs: the networks' recordings, None to launch them."""
        self._models = models
        self._source = source
        self._features = features
        self._plan = plan
        self._frame_rate = frame_rate
        self._options = options
        self._steps = steps
        self._graphs = graphs
        self._silence = silent_window(models.ear) if (plan.sound < 1).any() else None
        self._last_latents: torch.Tensor | None = None
        # One block: made one by one between larger passing tensors, they would leave holes of twice their own size.
        most = min(len(source), KEPT_LATENTS)
        self._latents = torch.empty(most, 8, SIDE // 8, SIDE // 8, dtype=models.vae.dtype, device=models.device)
        self.prepared = Kept(self._prepare, max(KEPT_MASKS, BATCHES_AT_ONCE * steps.batch))
        self.seconds = {"cropping": 0.0, "drawing": 0.0}  # the second with waiting for the device

    # ---------------------------------------------------------------- cut out

    def batches(self) -> Iterator[Batch]:
        """All frames of the video, as many together as the device takes."""
        kept = np.full(len(self._latents), -1)  # the source frame in each slot
        first, count = 0, len(self._plan.shows)
        while first < count:
            started = time.perf_counter()
            shown = range(first, min(first + self._steps.batch, count))
            drawn = [frame for frame in shown if self._plan.opacity[frame] > 0]
            batch = Batch(shown, drawn, self._crops(drawn, kept))
            self.seconds["cropping"] += time.perf_counter() - started
            yield batch
            first = shown.stop

    def _crops(self, drawn: list[int], kept: np.ndarray) -> dict[int, torch.Tensor]:
        """Of the source frames that are not kept yet; `kept` then says that they are."""
        crops = {}
        for shows in self._plan.shows[drawn]:
            prepared, slot = self.prepared[shows], self._slot(shows)
            if kept[slot] != shows:
                crops[shows] = torch.from_numpy(network_inputs(self._source.pictures[shows], prepared.box))
                kept[slot] = shows
        return crops

    def _slot(self, shows: int) -> int:
        return shows % len(self._latents)

    def _prepare(self, shows: int) -> Prepared:
        return prepare(self._source.pictures[shows], self._source.landmarks[shows], self._options)

    # ---------------------------------------------------------------- draw

    def faces(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, np.ndarray]]:
        """Each batch and the faces of its drawn frames: uint8 (n, 256, 256, 3) RGB.

        The next batch is queued before one is read: Python launches the UNet's kernels while the device is at work.
        """
        queue: deque[Queued] = deque()
        for batch in batches:
            started = time.perf_counter()
            queue.append(self._queued(batch))
            self.seconds["drawing"] += time.perf_counter() - started
            if len(queue) > 1:
                yield self._read(queue)
        while queue:
            yield self._read(queue)

    def _queued(self, batch: Batch) -> Queued:
        before = self._last_latents
        return Queued(batch, before, Download(*self._launched(batch)))

    @torch.inference_mode()
    def _launched(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The faces of a batch on the device, and which results were finite: the encoder's, the UNet's, the decoder's.

        Nothing in here waits for the device, but for Whisper's encoder, once in 28 s of sound.
        """
        if not batch.drawn:
            return torch.empty(0, SIDE, SIDE, 3, dtype=torch.uint8), torch.ones(3, dtype=torch.bool)
        latents, encoded, crops = [], [], dict(batch.crops)
        for shows in self._plan.shows[batch.drawn]:
            if shows in crops:
                encoded.append(self._encode(self._slot(shows), crops.pop(shows)))
            latents.append(self._latents[self._slot(shows)].clone())  # another frame of the batch may take its slot
        latents = torch.stack(latents)
        tokens = self._models.tokens(torch.stack([self._heard(frame) for frame in batch.drawn]))
        predicted, predicted_finite = self._in_steps(self._models.predict, latents, tokens)
        faces, decoded_finite = self._in_steps(self._models.decode, self._smoothed(predicted, batch.drawn))
        encoded_finite = torch.stack(encoded).all() if encoded else torch.ones_like(predicted_finite)
        return faces, torch.stack([encoded_finite, predicted_finite, decoded_finite])

    def _read(self, queue: deque[Queued]) -> tuple[Batch, np.ndarray]:
        """The oldest batch and its faces, once all of it is finite."""
        started = time.perf_counter()
        faces, finite = queue[0].download.wait()
        while not finite.all():
            encoded, predicted, _ = finite.tolist()
            self._draw_anew(queue, "UNet" if encoded and not predicted else "VAE")
            faces, finite = queue[0].download.wait()
        self.seconds["drawing"] += time.perf_counter() - started
        return queue.popleft().batch, faces.numpy()

    def _draw_anew(self, queue: deque[Queued], spoiled: str) -> None:
        """All that is queued, from its pictures on, with the network in float32 that spoiled it."""
        if self._graphs:
            self._graphs.drop()  # they would go on with the half-precision weights
        self._steps.run(lambda size: self._models.go_on_in_float32(spoiled))
        self._last_latents = queue[0].before
        for place, (batch, *_) in enumerate(queue):
            crops = self._crops(batch.drawn, kept=np.full(len(self._latents), -1))
            queue[place] = self._queued(batch._replace(crops=crops))

    def _in_steps(self, network: Network, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What a network makes of the inputs, in as large batches as the device takes; whether it is finite."""

        def run(size: int) -> tuple[torch.Tensor, torch.Tensor]:
            parts = [self._run(network, size, *part) for part in _batches(size, *inputs)]
            results, finite = zip(*parts)
            return torch.cat(results), torch.stack(finite).all()

        return self._steps.run(run)

    def _run(self, network: Network, size: int, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self._graphs.run(network, size, *inputs) if self._graphs else network(*inputs)

    def _encode(self, slot: int, crop: torch.Tensor) -> torch.Tensor:
        """Keep the latents of a source frame: (8, 32, 32), the masked crop's, then the whole one's. Whether finite."""
        latents, finite = self._models.encode(crop)
        self._latents[slot] = latents.flatten(0, 1)
        return finite

    def _heard(self, frame: int) -> torch.Tensor:
        """The window of sound of a frame, mixed with silence where the plan says so: (WINDOW_STEPS, layers, width)."""
        heard = self._features.between(*window(frame, self._frame_rate))
        share = float(self._plan.sound[frame])
        return heard if share == 1 or self._silence is None else share * heard + (1 - share) * self._silence

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


def _batches(size: int, *tensors: torch.Tensor) -> Iterator[tuple[torch.Tensor, ...]]:
    """The tensors in slices of at most `size` along their first axis; the last one may be smaller."""
    for start in range(0, len(tensors[0]), size):
        yield tuple(tensor[start : start + size] for tensor in tensors)
