"""The full stack's lips: MuseTalk 1.5 draws the lower face of a portrait or of a clip to the speech."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from avatar.device import memory, need
from avatar.lips.musetalk.clip import Clip
from avatar.lips.musetalk.options import Options
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech
from avatar.weights import store

if TYPE_CHECKING:
    from avatar.lips.musetalk.blending import Blending
    from avatar.lips.musetalk.drawing import Drawing
    from avatar.lips.musetalk.plan import Plan
    from avatar.lips.musetalk.source import Source

MODELS = ("musetalk-v15", "sd-vae-ft-mse", "whisper-tiny")  # in models.lock
SOFT_ABOVE = 350  # pixels: a larger box shows that the network draws 256 x 256


class MuseTalkLips:
    """Use in a `with` block, which holds the models on the device.

    source: a framed portrait, or a Clip, which is framed here to 512 x 512. seed: nothing is drawn by chance here; it
    is taken because every engine takes one. threads: of the CPU, because sums differ in their last digits with their
    number. facts (for the report) and notes (for the user) are complete at the end of the block.
    """

    name = "musetalk-1.5"
    version = "1"
    models: ClassVar[tuple[str, ...]] = MODELS

    def __init__(self, source: Portrait | Clip, seed: int, options: Options | None = None, threads: int = 2) -> None:
        self._source = source
        self._options = options or Options()
        self._threads = threads
        self._cuda_graphs = memory.cuda_graphs()
        self._stream: Iterator[np.ndarray] = (frame for frame in ())
        self.facts: dict = {}
        self.notes: list[str] = []

    @staticmethod
    def check() -> None:
        """Refuse what cannot work before a model loads. Raises RequestError."""
        memory.cuda_graphs()

    def __enter__(self) -> MuseTalkLips:
        import torch

        from avatar.lips.musetalk.models import Models

        device = memory.device()
        dtype = memory.dtype_for(device)
        batch = memory.profile().lips_batch
        with contextlib.ExitStack() as entered:
            entered.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(self._threads)
            self._usage = entered.enter_context(
                memory.measured("lips (MuseTalk 1.5)", need_bytes(batch, dtype.itemsize))
            )
            self._models = Models.load(device, dtype)
            self._entered = entered.pop_all()
        self._steps = memory.StepDown(halvings(batch), what="frames a step")
        self.facts = {
            "dtype": str(dtype).removeprefix("torch."),
            "weights": [store.facts(name) for name in MODELS],
            "options": asdict(self._options),
        }
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()  # a video that was not finished would hold the models
        self.notes += self._models.notes + self._steps.notes
        self.facts["frames_a_step"] = self._steps.batch
        del self._models
        self._entered.close()
        self.facts["memory"] = self._usage.as_facts()
        self.notes += self._usage.notes

    def frames(self, speech: Speech, frame_rate: int | Fraction) -> Iterator[np.ndarray]:
        """The frames that the speech fills, each a new uint8 RGB (height, width, 3), at any exact frame rate.

        MuseTalk was trained at 25 frames/s; other rates work and are off what it learned. Threads share the work:
        the next pictures are cut out, the next faces drawn and the next frames blended while the caller has this one.
        """
        self._stream = self._frames(speech, Fraction(frame_rate))
        return self._stream

    def _frames(self, speech: Speech, rate: Fraction) -> Iterator[np.ndarray]:
        from avatar.lips.musetalk.audio_features import AudioFeatures, samples_at_16k
        from avatar.lips.musetalk.blending import Blending
        from avatar.lips.musetalk.drawing import Drawing
        from avatar.lips.musetalk.plan import plan_frames
        from avatar.lips.musetalk.source import opened

        count = speech.frame_count(rate)
        samples = samples_at_16k(speech)
        started = time.perf_counter()
        with opened(self._source, rate, count) as source:
            if isinstance(self._source, Clip):
                memory.release(self._models.device)  # its face reader is gone: 50 MB
            plan = plan_frames(source, samples, rate, count, self._options)
            features = AudioFeatures(self._models.ear, samples, self._options.overlap_s)
            drawing = Drawing(self._models, source, features, plan, rate, self._options, self._steps, self._cuda_graphs)
            blending = Blending(source, plan, drawing.prepared)
            preparing_s = time.perf_counter() - started
            yield from self._pictures(drawing, blending)
            seconds = {"preparing": preparing_s, "blending": blending.seconds, **drawing.seconds}
            self.facts["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
            self._tell(source, plan, drawing)

    def _pictures(self, drawing: Drawing, blending: Blending) -> Iterator[np.ndarray]:
        """The frames in order. Threads are before this one: one cuts out faces, one has the device draw, some blend."""
        from avatar.lips.musetalk.ahead import ahead
        from avatar.lips.musetalk.blending import blending_threads

        with (
            contextlib.closing(ahead(drawing.batches())) as batches,
            contextlib.closing(ahead(drawing.faces(batches))) as drawn,
            contextlib.closing(blending.pictures(drawn, blending_threads())) as pictures,
        ):
            yield from pictures

    def save_motion(self, folder: Path) -> None:
        """Writes nothing: what MuseTalk intends is not known before it is drawn."""

    def _tell(self, source: Source, plan: Plan, drawing: Drawing) -> None:
        """Facts and notes of a finished video."""
        drawn = np.flatnonzero(plan.opacity > 0)
        self.facts["source_frames"] = len(source)
        self.facts["drawn_frames"] = len(drawn)
        passed = int(np.count_nonzero(source.opacity[plan.shows] == 0))
        if passed:
            self.notes.append(f"{passed} frames show no face that lips can be drawn on and stay as they were.")
        if len(drawn):
            box = drawing.prepared[plan.shows[drawn[0]]].box
            self.facts["face_box"] = list(box)
            if box.width * box.height > SOFT_ABOVE**2:
                self.notes.append(
                    f"the face is {box.width}x{box.height} pixels, MuseTalk draws 256x256: the mouth may look soft; "
                    "a portrait that shows more of the shoulders is sharper."
                )


def need_bytes(batch: int, item_bytes: int) -> int:
    """What the device must have for `batch` frames at once: weights (float32 in their files) and working memory."""
    files = [path for name in MODELS for path in store.require(name).values()]
    weights = sum(path.stat().st_size for path in files) * item_bytes // 4
    dtype = "float16" if item_bytes == 2 else "float32"
    return need.lips(batch, dtype, on_gpu=item_bytes == 2, weights=weights).total


def halvings(batch: int) -> list[int]:
    """Batch sizes from this one down to 1, each half of the one before: 8 4 2 1."""
    return [batch >> shift for shift in range(batch.bit_length())]
