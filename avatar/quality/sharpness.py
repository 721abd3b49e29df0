"""Is the mouth as sharp as the face above it?"""

from __future__ import annotations

import cv2
import numpy as np

from avatar.portrait.landmarks import FACE_OVAL, NOSE_BASE
from avatar.quality.upright import HEIGHT, UprightFace

EACH = 8  # of so many frames one is looked at
AROUND_PX = 4  # of the cut-out, around the lips
FINE, COARSE = (
    1.0,
    3.0,
)  # pixels, sigma: detail is what a blur of these takes away; sharpness is the share of the fine one
# The mouth's sharpness over the upper face's. Measured (bench/results/judge-limits.json, judge-limits-held-out.json): 0.80 to
# 1.34; the same mouths blurred by a sigma of 2.5 pixels 0.33 to 0.75, by 1.5 pixels 0.40 to 0.86.
LEAST = 0.77


def look(face: UprightFace) -> float:
    """Of one frame; NaN where the upper face is quite plain."""
    grey = cv2.cvtColor(face.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, coarse = (np.square(grey - cv2.GaussianBlur(grey, (0, 0), sigma)) for sigma in (FINE, COARSE))
    upper = face.inside(FACE_OVAL) & (np.arange(HEIGHT)[:, None] < face.points[NOSE_BASE, 1])
    mouth, above = (
        float(np.sqrt(fine[area].mean() / max(float(coarse[area].mean()), 1e-6))) if area.any() else 0.0
        for area in (face.lips(AROUND_PX), upper)
    )
    return mouth / above if above > 0 else float("nan")


def figures(looks: list[float]) -> dict:
    known = [value for value in looks if np.isfinite(value)]
    return {"mouth_sharpness": round(float(np.median(known)), 2) if known else None}


def failures(seen: dict) -> list[str]:
    if seen["mouth_sharpness"] is None or seen["mouth_sharpness"] >= LEAST:
        return []
    return [f"the mouth is blurred: {seen['mouth_sharpness']:.0%} as sharp as the upper face, {LEAST:.0%} is the least"]
