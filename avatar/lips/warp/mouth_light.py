"""In what light a portrait's mouth lies: the colours that teeth, tongue and the dark behind them have in this picture.

Two things in every portrait tell its light: the skin, whose hue differs little between people, and the whites of the
eyes. Each alone errs (a made-up face, eyes in the shade of a brow), so both are asked. What is drawn then has the cast
of the picture, its exposure, and no more colour than it has: a black-and-white portrait is not given a red mouth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.warp.geometry import smoothstep
from avatar.portrait.facts import LUMA, Colour, colour_of
from avatar.portrait.landmarks import EYES, ON_LEFT_CHEEK, ON_RIGHT_CHEEK

# RGB over luma, under white light: of skin, of the white of an eye (a little red), and of what is drawn.
SKIN = np.array([1.25, 0.92, 0.75], np.float32)
EYE_WHITE = np.array([1.03, 0.99, 0.96], np.float32)
ENAMEL = np.array([1.03, 1.00, 0.91], np.float32)
TONGUE = np.array([1.48, 0.81, 0.72], np.float32)
CAVITY = np.array([1.70, 0.72, 0.62], np.float32)
# Luma over that of the cheek, or of the enamel for teeth
TONGUE_LIGHT, CAVITY_LIGHT, DEEP_LIGHT = 0.55, 0.17, 0.07
BRIGHTEST_TEETH, BRIGHTEST_CHANNEL = 225.0, 240.0
DARK_GLASSES = 0.4  # eyes darker than this share of the cheek are not seen
# A cast of at most this much (log of a channel) may as well be the person's skin, and is believed in part
PERSONS_OWN, SURELY_LIGHT = 0.20, 0.45
LEAST_EYE_PIXELS = 12  # of both eyes' whites; fewer say nothing


@dataclass(frozen=True)
class MouthLight:
    """Colours, float32 (3,), RGB of 0..255 each."""

    colour: Colour
    white: np.ndarray  # RGB over luma of something white
    enamel: np.ndarray
    tongue: np.ndarray
    cavity: np.ndarray
    deep: np.ndarray


def mouth_light(picture: np.ndarray, landmarks: np.ndarray) -> MouthLight:
    """picture: uint8 RGB; landmarks: float32 (at least 468, 2 or more)."""
    colour = colour_of(picture, landmarks)
    cheek = float(np.median([_patch(picture, landmarks[at]) for at in (ON_LEFT_CHEEK, ON_RIGHT_CHEEK)]))
    eyes = _eye_whites(picture, landmarks)
    white = (colour.cast / SKIN) ** 0.7
    teeth = 1.22 * cheek
    if eyes is not None and (luma := float(eyes @ LUMA)) > DARK_GLASSES * cheek:
        white = np.sqrt(colour.cast / SKIN * eyes / luma / EYE_WHITE)
        teeth = 0.5 * teeth + 0.5 * float(np.clip(1.3 * luma, 1.1 * cheek, 1.7 * cheek))
    white = _sure_part(white / (white @ LUMA))

    def drawn(hue: np.ndarray, luma: float) -> np.ndarray:
        rgb = hue * white
        return colour.on((rgb * (luma / (rgb @ LUMA))).astype(np.float32))

    return MouthLight(
        colour=colour,
        white=white,
        enamel=np.minimum(drawn(ENAMEL, min(teeth, BRIGHTEST_TEETH)), BRIGHTEST_CHANNEL),
        tongue=drawn(TONGUE, TONGUE_LIGHT * cheek),
        cavity=drawn(CAVITY, CAVITY_LIGHT * cheek),
        deep=drawn(CAVITY, DEEP_LIGHT * cheek),
    )


def _sure_part(white: np.ndarray) -> np.ndarray:
    """The cast that is the light's: a slight one in part, since skin differs, a strong one wholly."""
    logs = np.log(white)
    strength = float(np.abs(logs).max())
    share = 0.4 + 0.6 * smoothstep((strength - PERSONS_OWN) / (SURELY_LIGHT - PERSONS_OWN))
    believed = np.exp(share * logs)
    return (believed / (believed @ LUMA)).astype(np.float32)


def _patch(picture: np.ndarray, at: np.ndarray) -> float:
    """The luma of the skin around a landmark; that of a usual cheek where it lies outside the picture."""
    x, y = int(at[0]), int(at[1])
    pixels = picture[max(y - 3, 0) : max(y + 4, 0), max(x - 3, 0) : max(x + 4, 0)].reshape(-1, 3)
    return float(np.median(pixels.astype(np.float32) @ LUMA)) if len(pixels) else 150.0


def _eye_whites(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray | None:
    """The colour of the lightest part of both eyes without their brightest points, which mirror a lamp; None: unseen."""
    inside = np.zeros(picture.shape[:2], np.uint8)
    for eye in EYES:
        outline = landmarks[[*eye.upper_lid, *eye.lower_lid[-2:0:-1]], :2]
        cv2.fillPoly(inside, [np.rint(outline).astype(np.int32)], 1)
    pixels = picture[inside > 0].astype(np.float32)
    luma = pixels @ LUMA
    if len(pixels) < 4 * LEAST_EYE_PIXELS:
        return None
    low, high = np.percentile(luma, [65, 93])
    white = pixels[(luma >= low) & (luma <= high)]
    if len(white) < LEAST_EYE_PIXELS or low < 1.15 * np.percentile(luma, 15):
        return None
    return np.median(white, axis=0)
