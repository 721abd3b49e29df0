"""The preview's lips engine: a portrait and its landmarks are warped into frames, on the CPU, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

import cv2
import numpy as np

from avatar.device import freed_memory
from avatar.lips.warp.eyelids import Eyelids
from avatar.lips.warp.head_sway import HeadSway
from avatar.lips.warp.motion import Motion
from avatar.lips.warp.mouth import Mouth
from avatar.lips.warp.moved_portrait import MovedPortrait
from avatar.lips.warp.ycbcr import paint
from avatar.portrait.landmarks import MESH

PIXELS = np.array([1, 1, 0, 0, 0, 1], np.float32)  # what of a sway is a length in pixels, of a picture 512 wide


class WarpLips:
    """Frames of one portrait. Use it in a `with` block: OpenCV's thread count is set inside it and restored after.

    picture: uint8 RGB (height, width, 3) with even sides, a framed portrait. landmarks: float32 (at least 468, 3), MediaPipe's face
    mesh in the picture's pixels. The same picture, landmarks and motion give the same frames.
    """

    name = "warp"
    version = "6"

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray, threads: int = 2) -> None:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"picture must be uint8 RGB (height, width, 3), not {picture.dtype} {picture.shape}")
        if picture.shape[0] % 2 or picture.shape[1] % 2:
            raise ValueError(f"picture must have even sides, not {picture.shape[1]} x {picture.shape[0]}")
        if landmarks.ndim != 2 or len(landmarks) < MESH or landmarks.shape[1] != 3:
            raise ValueError(f"landmarks must be (at least {MESH}, 3), not {landmarks.shape}")
        self._picture = picture
        self._landmarks = landmarks
        self._threads = threads

    def __enter__(self) -> WarpLips:
        self._threads_before = cv2.getNumThreads()
        cv2.setNumThreads(self._threads)
        height, width = self._picture.shape[:2]
        self._moved = MovedPortrait(self._picture)
        self._scale = PIXELS * min(height, width) / 512 + (1 - PIXELS)
        self.head = HeadSway(self._landmarks, width, height)
        self.mouth = Mouth(self._picture, self._landmarks)
        self.eyelids = Eyelids(self._picture, self._landmarks)
        freed_memory.hand_back()  # FFmpeg, beside it, needs as much
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cv2.setNumThreads(self._threads_before)
        del self._moved, self.head, self.mouth, self.eyelids

    def frames(self, motion: Motion) -> Iterator[np.ndarray]:
        """One frame, uint8 (height * 3 / 2, width) as ycbcr.planes has it, per frame of the motion, each a new array."""
        for pose, blink, sway in zip(motion.mouth, motion.blink, motion.sway, strict=True):
            yield self.frame(pose, float(blink), sway)

    def frame(self, pose: np.ndarray, blink: float, sway: np.ndarray) -> np.ndarray:
        """One frame: first the skin of the whole head, moved; then what slides over it, the lips and the lids."""
        head = self.head.movement(sway * self._scale)
        shift = self.mouth.shift(pose)
        around = self.mouth.around
        frame = self._moved.frame(head, around.box, around.movement(head, shift))
        for patch in (self.mouth.lips(head, shift), *self.eyelids.lowered(head, blink)):
            if patch is not None:
                paint(frame, patch)
        return frame
