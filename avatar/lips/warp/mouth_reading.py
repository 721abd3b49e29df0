"""What a portrait shows between its open lips: which of it is fixed to the skull and which goes with the jaw.

A smile shows the upper teeth. A speaking mouth may show lower teeth, a tongue or only the dark as well; kept in place
with the upper teeth, they would float while the jaw moves. So the opening is read from above, in rows from the upper
lip (0) to the lower one (1): the darkest row parts what hangs from above from what stands below.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.warp.geometry import smoothstep
from avatar.lips.warp.mouth_fields import LipLines
from avatar.lips.warp.mouth_light import MouthLight
from avatar.portrait.facts import LUMA

ROWS = 24
FIRST_DARK = 7  # above this row the dark is the upper lip's shadow on its teeth
MIDDLE = 0.6  # only the middle of the mouth is looked at: the corners are dark in every mouth
TEETH_LIGHT, TEETH_RED = 0.36, 1.42  # over the lightest of the opening; red over green under white light
# In light whose colour the eyes do not tell, as behind sunglasses, teeth are still lighter than the lips, and less red.
LIGHTER_THAN_LIPS, RED_OF_LIPS = 1.15, 0.85
BETWEEN_TEETH = 0.04  # share of the mouth's width
SEEN = 0.30  # share of a row that must be teeth
VALLEY = 0.72  # the dark row's light over that of the teeth beside it
AS_LIGHT_AS_LIPS = 0.8  # over the lips' light: an opening without teeth that is no darker is lips, read as parted
SLIT = 0.15  # an opening lower than this share of the mouth's width without teeth is lips that do not quite meet


@dataclass(frozen=True)
class Opening:
    """Over the mouth's box: float32 (height, width) each, 0..1."""

    upper: np.ndarray  # the portrait's own pixels that are fixed to the skull
    lower: np.ndarray  # those that go with the jaw
    upper_teeth: bool
    lower_teeth: bool
    # The jaw hangs, as in speech: the mouth is shut by the jaw, and not by lips drawn over teeth.
    jaw_open: bool


def read_opening(
    picture: np.ndarray, lines: LipLines, light: MouthLight, lips: np.ndarray, mouth_width: float
) -> Opening:
    """picture: the box's part of the portrait, uint8 RGB; lips: their usual colour (3,)."""
    none = np.zeros(lines.u.shape, np.float32)
    if not lines.smiling:
        return Opening(none, none, upper_teeth=False, lower_teeth=False, jaw_open=False)
    between = np.clip((lines.v - lines.upper) / 1.5 + 0.3, 0, 1) * np.clip((lines.lower - 1 - lines.v) / 2.5, 0, 1)
    between = (between * lines.inside).astype(np.float32)
    luma, teeth = _teeth(picture, between, light, lips)
    height = np.clip((lines.v - lines.upper) / np.maximum(lines.gap, 1), 0, 1)
    looked_at = (between > 0.9) & (lines.t < MIDDLE)
    rows = np.minimum((height[looked_at] * ROWS).astype(int), ROWS - 1)
    light_of, teeth_of = _by_row(rows, luma[looked_at]), _by_row(rows, teeth[looked_at])
    split, upper_teeth, lower_teeth = _parted(light_of, teeth_of)
    lips_alone = looked_at.any() and float(np.median(luma[looked_at])) > AS_LIGHT_AS_LIPS * float(lips @ LUMA)
    if not upper_teeth and not lower_teeth and (lips_alone or float(lines.gap.max()) < SLIT * mouth_width):
        return Opening(none, none, upper_teeth=False, lower_teeth=False, jaw_open=False)

    if upper_teeth and lower_teeth:
        above = 1 - smoothstep((height - split) * ROWS / 2 + 0.5)
    elif upper_teeth:
        # What comes below the first dark is the light of the lip, or the tip of a lower tooth.
        # The dark between two teeth beside each other does not count.
        beside = np.ones((1, 2 * round(BETWEEN_TEETH * mouth_width) + 1), np.uint8)
        unbroken = np.minimum.accumulate(np.where(height < 0.55, 1, cv2.dilate(teeth, beside)), axis=0)
        above = cv2.GaussianBlur(unbroken.astype(np.float32), (0, 0), 0.8)
    else:
        above = none
    below = between * (1 - above) if lower_teeth or not upper_teeth else none
    return Opening(
        (between * above).astype(np.float32), below, upper_teeth, lower_teeth, lower_teeth or not upper_teeth
    )


def _teeth(
    picture: np.ndarray, between: np.ndarray, light: MouthLight, lips: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The luma of each pixel, and how far it looks like a tooth: light and not red."""
    pixels = cv2.GaussianBlur(picture, (0, 0), 0.8).astype(np.float32)
    luma = pixels @ LUMA
    seen = luma[between > 0.9]
    lightest = max(float(np.percentile(seen, 92)) if len(seen) else 0.0, 0.45 * float(light.enamel @ LUMA), 1.0)
    balanced = pixels / light.white
    red = balanced[..., 0] / np.maximum(balanced[..., 1], 1)
    lip_red = (lips[0] / light.white[0]) / max(lips[1] / light.white[1], 1)
    most_red = np.where(luma > LIGHTER_THAN_LIPS * float(lips @ LUMA), max(TEETH_RED, RED_OF_LIPS * lip_red), TEETH_RED)
    teeth = smoothstep((luma / lightest - TEETH_LIGHT) / 0.25) * smoothstep((most_red - red) / 0.2)
    return luma, teeth


def _by_row(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mean of each row; a row without pixels has its neighbours'."""
    count = np.bincount(rows, minlength=ROWS)
    mean = np.bincount(rows, values, ROWS) / np.maximum(count, 1)
    known = np.flatnonzero(count)
    return np.interp(np.arange(ROWS), known, mean[known]) if len(known) else mean


def _parted(light: np.ndarray, teeth: np.ndarray) -> tuple[float, bool, bool]:
    """Where the opening's darkest row is, 0..1, and whether teeth are seen above it and below it."""
    dark = int(np.argmin(light[FIRST_DARK : ROWS - 1])) + FIRST_DARK
    above, below = teeth[:dark].max(), teeth[dark + 1 :].max() if dark + 1 < ROWS else 0.0
    brightest_below = light[dark + 1 :].max() if dark + 1 < ROWS else 0.0
    upper = bool(above > SEEN)
    lower = bool(below > SEEN and dark < 0.8 * ROWS and light[dark] < VALLEY * brightest_below)
    if not upper and not lower and below > SEEN:
        upper = True  # one row of teeth, whose upper half lies in the lip's shadow
    if upper and lower and light[dark] > VALLEY * light[:dark].max():
        upper = False  # no dark between them: one row of teeth, that stands below
    return (dark + 0.5) / ROWS, upper, lower
