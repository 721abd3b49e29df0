"""Do the parts of the mouth hold together? Dark slits beside its corners, and teeth that float between the lips."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.portrait.landmarks import LOWER_LIP, MOUTH_LEFT, MOUTH_RIGHT, UPPER_LIP
from avatar.quality.upright import UprightFace

# Where slits are looked for, in mouth widths: outward from each corner, and above and below it.
FROM_CORNER, TO, ABOVE = 0.03, 0.30, 0.12
COLUMNS, ROWS = 19, 25
THIN = 11  # rows: a dark line thinner than this is a slit, 0.05 of the mouth's width
DARK = 8.0  # of 255, added to the light: below it all is black
# How much darker, as a share of the skin's light, than when the mouth is shut; on both sides at once, for a fold or a
# shadow may be on one. Measured (bench/results/judge-limits.json): 0.25 on a face with slits, 0.47 and more where they were drawn, at
# most 0.08 on all others.
MOST_SLIT = 0.15

# The light between the lips, down its middle: a band of teeth that begins this far below the upper lip (0) on its way to
# the lower one (1), and does not go down with the lower lip (0 stays, 1 goes with it), floats. Measured: bands begin at
# 0.00 to 0.09 where upper teeth are seen; lower ones at 0.26 to 0.61, and go with the jaw by 0.88 to 0.94; those of
# portraits with an open mouth floated at 0.43 to 0.52, and went along by 0.0 to 0.4; where they were drawn by 0.16 to 0.51,
# once by 0.57, which is also what the shine of a lip did.
MOST_BELOW, LEAST_ALONG = 0.25, 0.55
LINE, HALF = 24, 0.16  # points from lip to lip; how far to either side of the middle, in mouth widths
SEEN = 0.8  # of the face's light: what is darker is no band of teeth
FEWEST = 6  # frames, from which it is told what a band goes with


def slits(face: UprightFace) -> tuple[float, float]:
    """How dark the darkest thin line beside the left and the right corner is, as a share of the light around it."""
    grey = cv2.cvtColor(face.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    points, width = face.points, face.mouth_width
    along = (points[MOUTH_RIGHT] - points[MOUTH_LEFT]) / width
    down = np.array([-along[1], along[0]])
    rows = np.linspace(-ABOVE, ABOVE, ROWS)[:, None, None] * width * down
    found = []
    for corner, way in ((MOUTH_LEFT, -1), (MOUTH_RIGHT, 1)):
        columns = way * np.linspace(FROM_CORNER, TO, COLUMNS)[None, :, None] * width * along
        places = points[corner] + columns + rows
        beside = face.sample(grey, places[..., 0], places[..., 1])
        line = cv2.morphologyEx(beside, cv2.MORPH_BLACKHAT, np.ones((THIN, 1), np.uint8))
        found.append(float(np.percentile(line.max(axis=0), 90) / (np.median(beside) + DARK)))
    return found[0], found[1]


def teeth_band(face: UprightFace) -> tuple[float, float, float] | None:
    """Where the brightest band between the lips begins, 0 at the upper lip .. 1 at the lower; its middle and the lower
    lip, in rows. None where nothing is bright there."""
    upper, lower = face.points[UPPER_LIP], face.points[LOWER_LIP]
    grey = cv2.cvtColor(face.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    y = np.linspace(upper[1], lower[1], LINE)[:, None]
    x = (upper[0] + lower[0]) / 2 + np.linspace(-HALF, HALF, 15)[None] * face.mouth_width
    light = face.sample(grey, x, y).mean(axis=1)
    brightest = 2 + int(np.argmax(light[2:-2]))
    skin = float(np.median(grey[face.skin()][::4]))
    if light[brightest] < SEEN * skin:
        return None
    bright = light > (light[brightest] + light.min()) / 2
    dark = np.flatnonzero(~bright)
    begins = max(dark[dark < brightest], default=-1) + 1
    ends = min(dark[dark > brightest], default=LINE) - 1
    middle = upper[1] + (lower[1] - upper[1]) * (begins + ends) / 2 / (LINE - 1)
    return begins / (LINE - 1), float(middle), float(lower[1])


def figures(open_slits: np.ndarray, shut_slits: np.ndarray, bands: np.ndarray) -> dict:
    """open_slits, shut_slits: `slits` of frames with the mouth open and shut, (frames, 2); bands: `teeth_band` of those
    with it open, (frames, 3)."""
    slit = None
    if len(open_slits) and len(shut_slits):
        more = open_slits - np.median(shut_slits, axis=0)
        slit = round(max(float(more.min(axis=1).max()), 0.0), 3)
    begins = along = None
    if len(bands) >= FEWEST:
        widest = bands[np.argsort(bands[:, 2])[-len(bands) // 3 :]]
        begins = round(float(np.median(widest[:, 0])), 2)
        along = round(float(np.polyfit(bands[:, 2], bands[:, 1], 1)[0]), 2) if np.ptp(bands[:, 2]) > 1 else None
    return {"corner_slits": slit, "teeth_begin": begins, "teeth_with_jaw": along}


def failures(seen: dict) -> list[str]:
    failed = []
    if (slit := seen["corner_slits"]) is not None and slit > MOST_SLIT:
        failed.append(
            f"dark slits open beside the corners of the mouth: {slit:.0%} of the skin's light, {MOST_SLIT:.0%} is the most"
        )
    begins, along = seen["teeth_begin"], seen["teeth_with_jaw"]
    if begins is not None and along is not None and begins > MOST_BELOW and along < LEAST_ALONG:
        failed.append(
            f"teeth float in the mouth: they begin at {begins:.0%} of the way to the lower lip and go {along:.0%} of its "
            "way, neither with the skull nor with the jaw"
        )
    return failed
