"""The picture behind the lips: a dark cavity with a tongue, and teeth.

A smiling portrait shows its own teeth; they are fixed to the skull, so they are kept exactly where they are. A portrait
with closed lips gets a drawn row of upper teeth, in the light of its own cheek.
"""

from __future__ import annotations

import numpy as np

from avatar.lips.geometry import CHEEK, Box, FaceFrame
from avatar.lips.mouth_fields import LipLines

# RGB. Judged by eye on rendered frames, against a cheek of brightness 170.
CAVITY_TOP = (58, 20, 20)
CAVITY_DEEP = (30, 9, 10)
TONGUE = (140, 62, 62)
ENAMEL = (222, 206, 188)
OWN_TEETH_ROOT = (167, 156, 146)
CHEEK_BRIGHTNESS = 170


def mouth_interior(picture: np.ndarray, landmarks: np.ndarray, frame: FaceFrame, lines: LipLines, box: Box) -> np.ndarray:
    """The inside of the mouth over a box of the picture: uint8 RGB (height, width, 3)."""
    light = _light(picture, landmarks)
    inside = _cavity(frame, lines, light)
    if lines.largest_gap > 0 and _shows_teeth(frame, lines):
        inside = _keep_own_teeth(inside, picture[box.rows_columns].astype(np.float32), frame, lines, light)
    else:
        inside = _draw_teeth(inside, frame, lines, light)
    return np.clip(inside, 0, 255).astype(np.uint8)
