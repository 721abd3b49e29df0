"""Does the inside of the mouth belong to its picture? Its colours against those of the face."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.quality.upright import BETWEEN_LIPS, UprightFace

FEWEST = 20  # pixels between the lips, from which their colours say anything
STRONG = 90  # percentile of the chroma between the lips
# Chroma (CIELAB, the distance from grey) between the lips: at most so much, and so many times that of the face. Measured
# (bench/results/judge-limits.json): in black and white 0 to 3, with a red mouth in it 10 to 20; in colour 0.5 to 2.05
# times that of the face.
MOST_CHROMA, TIMES_THE_FACE = 8.0, 1.8

# Teeth are the brightest of what is between the lips, where that is about as bright as the face.
TEETH, AS_BRIGHT = 85, 0.9  # percentile of the lightness; of the face's lightness
DARK = 4.0  # of 255, added to every colour: below it colours are noise
# Teeth are bluer and less red than the skin in the same light: logs of red and blue over green, less those of the face.
# Measured: red -0.29 to 0.06, blue -0.03 to 0.18; teeth of white light drawn into a face in red, green or blue light
# -0.61 or 0.21 in red, -0.25 or 0.43 in blue.
TEETH_RED, TEETH_BLUE = (-0.5, 0.18), (-0.2, 0.32)


def look(face: UprightFace) -> tuple[float, ...] | None:
    """Of one frame: chroma between the lips, that of the face, teeth's red and blue beside the face's (NaN where none
    show); None where the mouth is hardly open."""
    between = face.inside(BETWEEN_LIPS)
    between = cv2.erode(between.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if between.sum() < FEWEST:
        return None
    skin = face.skin()
    inside, around = face.rgb[between], face.rgb[skin][::4]
    light, chroma = _light_and_chroma(inside)
    skin_light, skin_chroma = _light_and_chroma(around)
    teeth, lit = light >= np.percentile(light, TEETH), skin_light > np.percentile(skin_light, 40)
    hue = _hue(inside[teeth]) - _hue(around[lit])
    if light[teeth].mean() < AS_BRIGHT * np.median(skin_light):
        hue[:] = np.nan
    return float(np.percentile(chroma, STRONG)), float(np.median(skin_chroma)), float(hue[0]), float(hue[1])


def figures(looks: np.ndarray) -> dict:
    """looks: float (frames, 4), `look` of frames in which the mouth is wide open."""
    if not len(looks):
        return dict.fromkeys(("mouth_chroma", "face_chroma", "teeth_red", "teeth_blue"))
    inside, face = np.median(looks[:, :2], axis=0)
    teeth = looks[np.isfinite(looks[:, 2]), 2:]
    red, blue = np.median(teeth, axis=0) if len(teeth) * 2 > len(looks) else (None, None)
    return {
        "mouth_chroma": round(float(inside), 1),
        "face_chroma": round(float(face), 1),
        "teeth_red": None if red is None else round(float(red), 2),
        "teeth_blue": None if blue is None else round(float(blue), 2),
    }


def failures(seen: dict) -> list[str]:
    failed = []
    if seen["mouth_chroma"] is not None:
        most = MOST_CHROMA + TIMES_THE_FACE * seen["face_chroma"]
        if seen["mouth_chroma"] > most:
            failed.append(
                f"the inside of the mouth is too colourful for this picture: chroma {seen['mouth_chroma']:.0f}, "
                f"{most:.0f} is the most beside a face of {seen['face_chroma']:.0f}"
            )
    for name, (least, most) in (("red", TEETH_RED), ("blue", TEETH_BLUE)):
        found = seen[f"teeth_{name}"]
        if found is not None and not least <= found <= most:
            failed.append(
                f"the teeth are not in the light of the face: {'less' if found < least else 'more'} {name} than they "
                f"should be ({found:+.2f} beside the face; {least:+.2f} to {most:+.2f} is usual)"
            )
    return failed


def _light_and_chroma(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lightness 0..100 and chroma of pixels, uint8 RGB (n, 3)."""
    lab = cv2.cvtColor((pixels[None] / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    return lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])


def _hue(pixels: np.ndarray) -> np.ndarray:
    """Logs of red and blue over green of their mean, (2,)."""
    red, green, blue = pixels.astype(np.float64).mean(axis=0) + DARK
    return np.log(np.array([red, blue]) / green)
