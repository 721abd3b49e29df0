"""The small visible mark of a synthetic video, drawn into each frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

OPACITY = 0.75


def marked(frames: Iterable[np.ndarray], width: int, height: int, text: str) -> Iterator[np.ndarray]:
    """frames, each uint8 (height, width, 3) RGB, with `text` in the lower left corner; frames are changed in place.

    The text is drawn once, white with a dark edge so that it reads on any picture, and blended into its own corner.
    """
    scale = height / 512 * 0.45
    (text_width, text_height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    margin = max(2, round(height / 64))
    top = height - margin - text_height - baseline
    corner = (slice(top, height - margin + 2), slice(margin, min(width, margin + text_width + 4)))
    shape = (corner[0].stop - corner[0].start, corner[1].stop - corner[1].start)
    edge, letters = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for layer, thickness in ((edge, 3), (letters, 1)):
        cv2.putText(layer, text, (2, text_height + 1), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
    keep = 1 - OPACITY * np.maximum(edge, letters)[..., None].astype(np.float32) / 255
    add = OPACITY * letters[..., None].astype(np.float32)
    for frame in frames:
        frame[corner] = (frame[corner] * keep + add).astype(np.uint8)
        yield frame
