"""The full stack's lips: MuseTalk 1.5 draws the lower face of a portrait or of a clip to the speech."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from avatar.device import memory, need
from avatar.device.libraries import DIFFUSERS, FACES, FFMPEG, TORCH
from avatar.device.smaller_steps import StepDown
from avatar.device.threads import opencv_threads, torch_threads
from avatar.engines import Told
from avatar.lips.musetalk.options import Options
from avatar.media import READS_CLIPS, READS_SOUND
from avatar.media.ffmpeg import RGB
from avatar.portrait.clip import Clip
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech
from avatar.weights import store

if TYPE_CHECKING:
    from avatar.device.hardware import Profile
    from avatar.lips.musetalk.blending import Blending
    from avatar.lips.musetalk.drawing import Drawing
    from avatar.lips.musetalk.models import Models
    from avatar.lips.musetalk.plan import Plan
    from avatar.lips.musetalk.source import Source

MODELS = ("musetalk-v15", "sd-vae-ft-mse", "whisper-tiny")  # in models.lock
SOFT_ABOVE = 350  # pixels: a larger box shows that the network draws 256 x 256


class MuseTalkLips:
    """Holds the networks on the device; `load` makes one. One video at a time: the next ends the one before it."""

    name: ClassVar[str] = "musetalk-1.5"
    version: ClassVar[str] = "2"
    models: ClassVar[tuple[str, ...]] = MODELS
    # MediaPipe and FFmpeg are for clips.
    libraries: ClassVar[tuple[str, ...]] = tuple(sorted({*TORCH, *DIFFUSERS, *FACES, *FFMPEG}))
    code: ClassVar[tuple[str, ...]] = (
        "lips/__init__.py", "lips/box.py", "lips/musetalk", "portrait/clip.py", "portrait/face.py", "portrait/facts.py",
        "portrait/framing.py", "portrait/heic.py", "portrait/landmarks.py", "portrait/mediapipe_calls.py",
        "portrait/moving_head.py", "portrait/picture.py", "portrait/seen_again.py", "voice/speech.py", *READS_CLIPS,
        *READS_SOUND,
    )  # fmt: skip
    # A batch of one and one of eight differ in last digits: by one level in some pixels.
    uses: ClassVar[tuple[str, ...]] = ("device", "dtype", "lips_batch")
    pixels: ClassVar[str] = RGB

    def __init__(self, models: Models, steps: StepDown, usage: memory.Usage, cuda_graphs: bool) -> None:
        """steps: how many frames the device takes at once; cuda_graphs: on a CPU that changes nothing."""
        from avatar.lips.musetalk.graph import Graphs

        self.notes: list[str] = []
        self._models = models
        self._steps = steps
        self._usage = usage
        self._graphs = Graphs(models.notes) if cuda_graphs and models.device.type == "cuda" else None
        self._stream: Generator[np.ndarray] = (frame for frame in ())

    @staticmethod
    def check() -> None:
        """Refuse what cannot work before a model loads. Raises RequestError."""
        memory.cuda_graphs()

    @classmethod
    @contextlib.contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 2) -> Iterator[Self]:
        """The engine with its networks on the profile's device, until the block ends.

        threads: of the CPU, because sums differ in their last digits with their number. Raises EnvironmentProblem for
        missing or wrong weights, and for too small a device.
        """
        import torch

        from avatar.lips.musetalk.models import Models

        cuda_graphs = memory.cuda_graphs()
        profile = profile or memory.profile()
        device, dtype, batch = memory.device(profile), getattr(torch, profile.dtype), profile.lips_batch
        needed = need_bytes(batch, dtype.itemsize)
        with (
            torch_threads(threads),
            opencv_threads(1),
            memory.measured("lips (MuseTalk 1.5)", needed, device, profile) as usage,
        ):
            steps = StepDown(halvings(batch), "frames a step", profile)
            engine = cls(Models.load(device, dtype), steps, usage, cuda_graphs)
            engine.notes += engine._models.notes  # what is so for all videos
            try:
                yield engine
            finally:
                engine._stream.close()  # a video that was not finished would hold the models
                engine._graphs = None
                del engine._models
        engine.notes += usage.notes

    def frames(
        self,
        source: Portrait | Clip,
        speech: Speech,
        frame_rate: int | Fraction,
        seed: int,
        options: Options | None,
        told: Told,
    ) -> Iterator[np.ndarray]:
        """The frames that the speech fills, each a new uint8 RGB (height, width, 3), at any exact frame rate.

        source: a framed portrait; or a Clip, which is framed here to 512 x 512, or shown as it is. seed: nothing is drawn by chance here;
        it is taken because every engine takes one. MuseTalk was trained at 25 frames/s; other rates work and are off
        what it learned. Threads share the work: the next pictures are cut out, the next faces drawn and the next
        frames blended while the caller has this one. Raises InputError when the source shows no usable face.
        """
        self._stream.close()
        self._stream = self._frames(source, speech, Fraction(frame_rate), options or Options(), told)
        return self._stream

    def _frames(
        self, shown: Portrait | Clip, speech: Speech, rate: Fraction, options: Options, told: Told
    ) -> Generator[np.ndarray]:
        from avatar.lips.musetalk.audio_features import AudioFeatures, samples_at_16k
        from avatar.lips.musetalk.blending import Blending
        from avatar.lips.musetalk.drawing import Drawing
        from avatar.lips.musetalk.plan import plan_frames
        from avatar.lips.musetalk.source import opened

        self._begin_anew()
        known, stepped = len(self._models.notes), len(self._steps.notes)
        count = speech.frame_count(rate)
        samples = samples_at_16k(speech)
        started = time.perf_counter()
        with opened(shown, rate, count) as source:
            if isinstance(shown, Clip):
                memory.release(self._models.device)  # its face reader is gone: 50 MB
            plan = plan_frames(source, samples, rate, count, options)
            features = AudioFeatures(self._models.ear, samples, options.overlap_s)
            drawing = Drawing(self._models, source, features, plan, rate, options, self._steps, self._graphs)
            blending = Blending(source, plan, drawing.prepared)
            preparing_s = time.perf_counter() - started
            with contextlib.closing(self._pictures(drawing, blending)) as pictures:
                yield from source.whole.with_lips(pictures, plan.shows) if source.whole else pictures
            seconds = {"preparing": preparing_s, "blending": blending.seconds, **drawing.seconds}
            told.facts |= self._facts(options)
            told.facts["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
            tell_of_video(told, source, plan, drawing)
            told.notes += self._models.notes[known:] + self._steps.notes[stepped:]

    def _begin_anew(self) -> None:
        """The networks as they were loaded. A batch that did not fit is not tried again."""
        if self._models.begin_anew() and self._graphs:
            self._graphs.drop()  # they would go on with the weights in float32

    def _facts(self, options: Options) -> dict:
        return {
            "dtype": str(self._models.dtype).removeprefix("torch."),
            "weights": [store.facts(name) for name in MODELS],
            "options": asdict(options),
            "frames_a_step": self._steps.batch,
            "memory": self._usage.as_facts(),
        }

    def _pictures(self, drawing: Drawing, blending: Blending) -> Generator[np.ndarray]:
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


def tell_of_video(told: Told, source: Source, plan: Plan, drawing: Drawing) -> None:
    """Facts and notes of a finished video."""
    drawn = np.flatnonzero(plan.opacity > 0)
    told.facts["source_frames"] = len(source)
    told.facts["drawn_frames"] = len(drawn)
    if source.start_s:
        told.notes.append(f"the clip shows no usable face in its first {source.start_s:g} s and is used from there on.")
    if source.outside_s:
        told.notes.append(
            f"the head moves further than the square reaches: it is cut off or not seen in {source.outside_s:g} s of the "
            "clip; --size source shows all of it."
        )
    passed = int(np.count_nonzero(source.opacity[plan.shows] == 0))
    if passed:
        told.notes.append(f"{passed} frames show no face that lips can be drawn on and stay as they were.")
    if len(drawn):
        first = int(plan.shows[drawn[0]])
        box = drawing.prepared[first].box
        left, top = source.whole.windows[first][:2] if source.whole else (0, 0)
        told.facts["face_box"] = [box.left + left, box.top + top, box.right + left, box.bottom + top]
        if box.width * box.height > SOFT_ABOVE**2:
            told.notes.append(
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
