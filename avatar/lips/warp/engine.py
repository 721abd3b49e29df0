"""The preview stack's lips: the landmark warp, driven by a plan made from the speech."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from avatar.lips.warp.motion import plan_motion
from avatar.lips.warp.warp import WarpLips
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech


class PreviewLips:
    """Use in a `with` block, which holds the layers of the portrait. options: there are none.

    One thread by default: pictures of this size gain nothing from a second one on a quiet machine, and where FFmpeg has
    the other core the threads wait for each other (measured: 80 frames a second with two, 290 with one, beside a busy
    process).
    """

    name = WarpLips.name
    version = WarpLips.version

    def __init__(self, portrait: Portrait, seed: int, options: None = None, threads: int = 1) -> None:
        self.seed = seed
        self.facts: dict = {}
        self.notes: list[str] = []
        self._warp = WarpLips(portrait.picture, portrait.landmarks, threads)

    def __enter__(self) -> PreviewLips:
        self._warp.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._warp.__exit__(*exception)

    def frames(self, speech: Speech, frame_rate: int) -> Iterator[np.ndarray]:
        """The frames that the speech fills, each uint8 RGB (height, width, 3)."""
        self._motion = plan_motion(speech, speech.frame_count(frame_rate), frame_rate, self.seed)
        return self._warp.frames(self._motion)

    def save_motion(self, folder: Path) -> None:
        """Write motion.npz, what the latest `frames` was asked to show."""
        self._motion.save(folder / "motion.npz")
