"""The preview stack's lips: the landmark warp, driven by a plan made from the speech."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from avatar.engines import Told
from avatar.lips.warp.motion import Motion, plan_motion
from avatar.lips.warp.warp import WarpLips
from avatar.media import READS_SOUND
from avatar.media.ffmpeg import YCBCR
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech

if TYPE_CHECKING:
    from avatar.device.hardware import Profile


class WarpLipsEngine:
    """Loads nothing: the layers of a portrait are made in `frames`, and are gone after its last frame.

    One thread by default: pictures of this size gain nothing from a second one on a quiet machine, and where FFmpeg has
    the other core the threads wait for each other (measured: 80 frames a second with two, 290 with one, beside a busy
    process).
    """

    name: ClassVar[str] = WarpLips.name
    version: ClassVar[str] = WarpLips.version
    models: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "opencv-python-headless", "pillow")
    code: ClassVar[tuple[str, ...]] = (
        "lips/__init__.py", "lips/box.py", "lips/warp", "portrait/covered.py", "portrait/face.py", "portrait/facts.py", "portrait/mediapipe_calls.py",
        "portrait/framing.py", "portrait/landmarks.py", "voice/speech.py", *READS_SOUND,
    )  # fmt: skip
    uses: ClassVar[tuple[str, ...]] = ()
    pixels: ClassVar[str] = YCBCR

    def __init__(self, threads: int) -> None:
        self.notes: list[str] = []
        self._threads = threads
        self._motion: Motion | None = None
        self._stream: Generator[np.ndarray] = (frame for frame in ())

    @classmethod
    @contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 1) -> Iterator[Self]:
        """The engine, until the block ends; it runs on the CPU, whatever the profile."""
        engine = cls(threads)
        try:
            yield engine
        finally:
            engine._stream.close()

    @staticmethod
    def check() -> None:
        """There is nothing to refuse."""

    def frames(
        self, source: Portrait, speech: Speech, frame_rate: int | Fraction, seed: int, options: None, told: Told
    ) -> Iterator[np.ndarray]:
        """The frames that the speech fills, each a new uint8 (height * 3 / 2, width) as ycbcr.planes has it. There are no options."""
        self._stream.close()
        self._motion = plan_motion(speech, speech.frame_count(frame_rate), float(frame_rate), seed)
        self._stream = self._frames(WarpLips(source.picture, source.landmarks, self._threads), self._motion)
        return self._stream

    def _frames(self, lips: WarpLips, motion: Motion) -> Generator[np.ndarray]:
        with lips:
            if not lips.eyelids.lids:  # it does not blink, and motion.npz says what is shown
                self._motion = motion = replace(motion, blink=np.zeros_like(motion.blink))
            yield from lips.frames(motion)

    def save_motion(self, folder: Path) -> None:
        """Write motion.npz, what the latest `frames` was asked to show."""
        assert self._motion is not None, "`frames` comes first"
        self._motion.save(folder / "motion.npz")
