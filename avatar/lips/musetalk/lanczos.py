"""Pillow's Lanczos, to the bit, in two thirds of its time or less: each axis is a product with a sparse matrix.

As there, the kernel has three lobes, is stretched where a picture shrinks, weights are whole numbers, and each axis is
rounded by itself. Sums in floats would be faster still, but round the other way where Pillow's are close to a half,
which is often in smooth skin. Threads may resize side by side: SciPy lets go of the interpreter's lock.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from scipy.sparse import csr_array

LOBES = 3
UNIT_BITS = 22  # weights are counted in 2 ** -22; with 8 bits of a pixel the sums fit int32
KEPT_WEIGHTS = 128  # 20 kB each; a portrait needs two, each frame of a clip may need two of its own


class Weights(NamedTuple):
    """What the pixels of a line, from `begin` on, give to each new one: int32 (new pixels, pixels), in 2 ** -22."""

    begin: int
    matrix: csr_array


def resized(picture: np.ndarray, width: int, height: int, first: int = 0) -> np.ndarray:
    """A picture, uint8 (h, w, 3), at another size: its rows from `first` down, uint8 (height - first, width, 3)."""
    across, down = weights(picture.shape[1], width, 0), weights(len(picture), height, first)
    part = picture[down.begin :]
    if height < len(picture) and width > picture.shape[1]:  # Pillow's order
        return cv2.transpose(_summed(across, cv2.transpose(_summed(down, part))))
    return _summed(down, cv2.transpose(_summed(across, cv2.transpose(part))))


@lru_cache(KEPT_WEIGHTS)
def weights(length: int, size: int, first: int) -> Weights:
    """For a line of `length` pixels that is to have `size`, of which those from `first` on are made."""
    scale = length / size
    stretch = max(scale, 1.0)
    centres = (np.arange(first, size) + 0.5) * scale
    begins = np.maximum(np.floor(centres - LOBES * stretch + 0.5), 0).astype(np.int32)
    ends = np.minimum(np.floor(centres + LOBES * stretch + 0.5), length).astype(np.int32)
    most = int((ends - begins).max())
    read = begins[:, None] + np.arange(most, dtype=np.int32)
    away = (read + 0.5 - centres[:, None]) / stretch
    shares = np.where((read < ends[:, None]) & (np.abs(away) < LOBES), np.sinc(away) * np.sinc(away / LOBES), 0)
    whole = np.rint(shares / shares.sum(axis=1, keepdims=True) * (1 << UNIT_BITS)).astype(np.int32)
    begin = int(begins[0])
    columns = np.minimum(read, length - 1) - begin  # what is read beyond the end has weight 0
    starts = np.arange(len(read) + 1, dtype=np.int32) * most
    return Weights(begin, csr_array((whole.ravel(), columns.ravel(), starts), shape=(len(read), length - begin)))


def _summed(line: Weights, pixels: np.ndarray) -> np.ndarray:
    """The first axis resized: uint8 (n, m, 3) -> uint8 (new n, m, 3)."""
    sums = line.matrix @ pixels.reshape(len(pixels), -1).astype(np.int32)
    sums += 1 << (UNIT_BITS - 1)
    sums >>= UNIT_BITS
    np.clip(sums, 0, 255, out=sums)
    return sums.astype(np.uint8).reshape(-1, *pixels.shape[1:])
