"""The grain of a shut lid: pores, noise and fine lines of the skin below that very eye, mirrored at the lower lid.

Skin that is drawn out is smooth, and a smooth lid in a face with pores looks painted.
"""

from __future__ import annotations

import cv2
import numpy as np

from avatar.lips.warp.geometry import FaceFrame
from avatar.lips.warp.lid_shape import LidShape
from avatar.portrait.facts import LUMA

BELOW, HEIGHT = 0.45, 1.2  # eye heights: where that skin begins below the lower lid, and how much of it is read
FINER_THAN = 0.035  # of the eye's width
MOST = 0.07  # in logs of the light: what differs by more is no grain


def lid_grain(picture: np.ndarray, frame: FaceFrame, shape: LidShape) -> np.ndarray:
    """The grain as a share of the light, about 1: float32 (height, width) of the shape's box, from a uint8 RGB picture."""
    luma = np.log(picture.astype(np.float32) @ LUMA + 12)
    fine = np.clip(luma - cv2.GaussianBlur(luma, (0, 0), max(FINER_THAN * shape.width, 0.8)), -MOST, MOST)
    above, whole = shape.lower - shape.v, HEIGHT * shape.height
    away = np.abs((above + whole) % (2 * whole) - whole)  # there and back, without a seam
    at = np.stack([shape.u.ravel(), (shape.lower + BELOW * shape.height + whole - away).ravel()], axis=1)
    x, y = (np.ascontiguousarray(part.reshape(shape.u.shape), np.float32) for part in frame.to_picture(at).T)
    return np.exp(cv2.remap(fine, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))
