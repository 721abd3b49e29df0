"""The preview stack's lips: the motion planned from the speech, drawn by the landmark warp."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.lips.motion import plan_motion
from avatar.lips.warp import WarpLips
from avatar.voice.speech import Speech

if TYPE_CHECKING:
    import numpy as np

    from avatar.portrait.framing import Portrait


class PreviewLips:
    name = "warp-lips"
    version = WarpLips.version

    def __init__(self, portrait: Portrait, seed: int, threads: int = 2):
        self.seed = seed
        self._warp = WarpLips(portrait.picture, portrait.landmarks, threads=threads)

    def __enter__(self) -> PreviewLips:
        self._warp.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._warp.__exit__(*exception)

    def frames(self, speech: Speech, frame_rate: int) -> Iterator[np.ndarray]:
        """uint8 (height, width, 3) RGB frames for the whole speech, made one at a time."""
        self.motion = plan_motion(speech, speech.frame_count(frame_rate), frame_rate, self.seed)
        yield from self._warp.frames(self.motion)

    def save_motion(self, folder: Path) -> None:
        """motion.npz: what mouth, eyes and head were asked to do; `avatar check` compares the video with it."""
        self.motion.save(folder / "motion.npz")
