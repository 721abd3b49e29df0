"""What the lips need of one source frame, computed once for as long as it is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from avatar.lips.box import Box
from avatar.lips.musetalk.crop import face_box
from avatar.lips.musetalk.mask import Mask, face_mask
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.tone import Skin, look, ring_of

Made = TypeVar("Made")


class Prepared(NamedTuple):
    box: Box
    mask: Mask
    ring: np.ndarray  # bool, of the mask's rows
    skin: Skin | None  # of the source; None where tones are not matched or the ring is too small


def prepare(picture: np.ndarray, landmarks: np.ndarray, options: Options) -> Prepared:
    """Box, mask and skin of a source frame: picture uint8 (h, w, 3) RGB, landmarks float32 (478, 3) in its pixels."""
    height, width = picture.shape[:2]
    box = face_box(landmarks, width, height, options.shift, options.margin)
    mask = face_mask(landmarks, box, options.region, options.boundary, options.feather)
    ring = ring_of(mask, box)
    rows = picture[box.rows_columns][mask.top :]
    looked = look(rows, ring) if options.match_tone else None
    return Prepared(box, mask, ring, looked and looked.skin)


class Kept(Generic[Made]):
    """The results of the last `most` different frames, oldest dropped first: memory does not grow with length.

    Threads may ask at once: one that blends wants the same boxes and masks as the one that draws ahead.
    """

    def __init__(self, make: Callable[[int], Made], most: int) -> None:
        self._make = make
        self._most = most
        self._results: OrderedDict[int, Made] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, frame: int) -> Made:
        with self._lock:
            if frame not in self._results:
                self._results[frame] = self._make(frame)
                if len(self._results) > self._most:
                    self._results.popitem(last=False)
            self._results.move_to_end(frame)
            return self._results[frame]
