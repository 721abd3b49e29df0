"""The drawn face is given the colours and the sharpness of the picture it goes into.

A round trip through the VAE leaves a faint tint, and a face that is shown larger than the network's 256 pixels is soft.
Both are measured on a ring just inside the mask's edge, where picture and drawing show the same skin: mean and spread
of each Lab channel, and the strength of the finest detail. The correction is small by construction and follows slowly,
so that it cannot flicker.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.musetalk.crop import SIDE
from avatar.lips.musetalk.mask import Mask

RING = (0.036, 0.068)  # distance from the mask's edge, shares of the box's width: 8 to 15 pixels of 220
LEAST_RING = 50  # pixels; fewer say nothing
MOST_GAIN = 0.10
MOST_OFFSET = 10.0  # Lab units, of 100
MOST_SHARPENING = 0.5  # how much of the finest detail is added at most
DETAIL_SIGMA = 1.5  # pixels: detail is what a Gaussian of this size removes
FOLLOW = 0.1  # share of a new frame in the running correction; half of a change is there after 7 frames
SRGB = np.arange(256) / 255  # of each level
LINEAR_LIGHT = np.where(SRGB <= 0.04045, SRGB / 12.92, ((SRGB + 0.055) / 1.055) ** 2.4).astype(np.float32)


class Skin(NamedTuple):
    """What the ring shows: Lab mean and spread, float64 (3,), and the spread of lightness's finest detail."""

    mean: np.ndarray
    spread: np.ndarray
    detail: float


class Tone(NamedTuple):
    """lab -> (lab - pivot) * gain + pivot + offset, and `sharpening` times its finest detail added to the lightness."""

    gain: np.ndarray  # (3,)
    offset: np.ndarray  # (3,)
    pivot: np.ndarray  # (3,)
    sharpening: float


def ring_of(mask: Mask, box: Box) -> np.ndarray:
    """The pixels to compare, bool (rows, width) of the mask's rows."""
    core = np.pad(mask.core.astype(np.uint8), 1)
    depth = cv2.distanceTransform(core, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return (depth >= RING[0] * box.width) & (depth <= RING[1] * box.width)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) RGB -> float32 Lab, lightness 0..100.

    By way of linear light: from sRGB itself OpenCV reads Lab off a coarse table, up to 1.1 of 255 beside the colour.
    """
    return cv2.cvtColor(cv2.LUT(rgb, LINEAR_LIGHT), cv2.COLOR_LRGB2LAB)


def to_rgb(lab: np.ndarray) -> np.ndarray:
    """float32 Lab -> float32 RGB, 0..255; what no RGB can show is cut off. There and back is within 0.1."""
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    rgb *= 255
    return rgb


def finest_detail(lab: np.ndarray) -> np.ndarray:
    """The lightness without its coarse part: float32 (h, w)."""
    lightness = cv2.extractChannel(lab, 0)
    return cv2.subtract(lightness, cv2.GaussianBlur(lightness, (0, 0), DETAIL_SIGMA))


def tone_between(drawn: Skin, wanted: Skin, box: Box) -> Tone:
    """The limited correction that brings the drawn skin to the wanted one."""
    gain = np.clip(wanted.spread / np.maximum(drawn.spread, 1e-6), 1 - MOST_GAIN, 1 + MOST_GAIN)
    offset = np.clip(wanted.mean - drawn.mean, -MOST_OFFSET, MOST_OFFSET)
    enlarged = max(box.width, box.height) > SIDE
    lack = wanted.detail / max(drawn.detail, 1e-6) - 1 if enlarged else 0.0
    return Tone(gain, offset, drawn.mean, float(np.clip(lack, 0, MOST_SHARPENING)))


class Look(NamedTuple):
    """Rows in Lab, float32 (rows, width, 3), their lightness's finest detail, float32 (rows, width), and their skin."""

    lab: np.ndarray
    detail: np.ndarray
    skin: Skin


def look(rgb: np.ndarray, ring: np.ndarray) -> Look | None:
    """Of rows, uint8 (rows, width, 3) RGB, with the ring to look at, bool (rows, width); None where it is too small.

    Frames may be looked at side by side and in any order.
    """
    if np.count_nonzero(ring) < LEAST_RING:
        return None
    lab, seen = to_lab(rgb), ring.view(np.uint8)
    detail = finest_detail(lab)
    mean, spread = cv2.meanStdDev(lab, mask=seen)
    fine = cv2.meanStdDev(detail, mask=seen)[1].item()
    return Look(lab, detail, Skin(mean[:, 0], spread[:, 0], fine))


def apply_tone(looked: Look, tone: Tone) -> np.ndarray:
    """The corrected picture: float32 (rows, width, 3) Lab."""
    shift = tone.pivot + tone.offset - tone.pivot * tone.gain
    corrected = cv2.transform(looked.lab, np.column_stack([np.diag(tone.gain), shift]))
    if tone.sharpening:
        corrected[:, :, 0] += np.float32(tone.sharpening) * looked.detail
    return corrected


def toned(drawn: np.ndarray, looked: Look | None, tone: Tone | None) -> np.ndarray:
    """The drawn rows, uint8 (rows, width, 3) RGB, in that tone: float32, 0..255; the same array where there is none.

    Frames may be made side by side and in any order.
    """
    return drawn if looked is None or tone is None else to_rgb(apply_tone(looked, tone))


class ToneFollower:
    """The running correction of one shot. Give it the frames in order; `restart` where the picture jumps."""

    def __init__(self) -> None:
        self._tone: Tone | None = None

    def restart(self) -> None:
        self._tone = None

    def follow(self, looked: Look | None, wanted: Skin | None, box: Box) -> Tone | None:
        """The tone of the next frame; None where there is nothing to match."""
        if looked is None or wanted is None:
            return None
        new = tone_between(looked.skin, wanted, box)
        old = self._tone or new
        gain, offset, pivot = ((1 - FOLLOW) * before + FOLLOW * now for before, now in zip(old[:3], new[:3]))
        sharpening = (1 - FOLLOW) * old.sharpening + FOLLOW * new.sharpening
        self._tone = Tone(gain, offset, pivot, sharpening)
        return self._tone

    def corrected(self, drawn: np.ndarray, ring: np.ndarray, wanted: Skin | None, box: Box) -> np.ndarray:
        """The next frame's drawn rows, uint8 (rows, width, 3) RGB, in the tone of the wanted skin: as `toned`."""
        looked = look(drawn, ring) if wanted else None
        return toned(drawn, looked, self.follow(looked, wanted, box))
