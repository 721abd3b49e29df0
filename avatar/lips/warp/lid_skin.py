"""The skin of a lid that is shut: its colour and light, from the skin around that very eye.

An open eye shows hardly any of the lid that comes down in a blink: a strip in the shade of its fold, behind lashes,
often under a brow or a rim. Stretched over the eye, that strip shows its shade, lashes and glints as patches. So what
is smooth of a shut lid (colour, light) goes over from the skin above the eye to that below and beside it, and only
what is fine (lashes, wrinkles, grain) comes from the strip itself, as a share of the smooth skin where it was.
"""

from __future__ import annotations

import cv2
import numpy as np

from avatar.lips.warp.geometry import smoothstep
from avatar.portrait.facts import LUMA

# Logs of the light, from the middle of that skin: what is further off is hair, rim or glint.
DARKER, LIGHTER = 0.45, 0.26
OTHER_HUE = 0.24  # the same of red over blue
WHITE = 0.10, 0.12  # lighter than that skin by so much and less red: a glint, and no light on skin
OTHER_LIGHT = 0.3  # how much darker the skin over an eye may be than that below it
FEWEST = 0.02  # of the box; with less skin than this around it the colour of an eye's skin is not known
LEAST_LIGHT = 6.0  # of 255, added to every colour: below it shares are noise
RELIEF = (0.28, 1.40)  # the least and the most of the smooth skin's light that what is fine has
LINE = 0.22  # of the eye's width: dark lines thinner than this are lashes
SMOOTH = 0.06  # share of the eye's width
SOFTENED = (0.09, 0.14)  # the most that a broad shade and a broad light keep, in logs of the light
GLINT = (
    0.34,
    0.46,
)  # what is broadly lighter by so much is a glint: from the first on it fades, at the second it is gone
FINEST = 0.15  # the same of what is finer: wrinkles, grain, the fold
# Of the eye's width, how far a lid takes on what it ends at; in logs, how much of its light and its hue
RIM, RIM_SHARE, RIM_HUE = 0.05, (-0.60, 0.18), 0.06


def smooth_skin(skin: np.ndarray, trusted: np.ndarray, above: np.ndarray, eye_width: float) -> np.ndarray | None:
    """The skin as if there were no eye: float32 (height, width, 3), 0..255.

    skin: uint8 RGB (height, width, 3); trusted: bool (height, width), where skin may be; above: those above the eye.
    None where too little of it is.
    """
    if not trusted.any():
        return None
    blurred = cv2.GaussianBlur(skin, (0, 0), 1.0).astype(np.float32) + np.float32(LEAST_LIGHT)
    luma, hue = np.log(blurred @ LUMA), np.log(blurred[..., 0] / blurred[..., 2])
    middle, usual_hue = np.median(luma[trusted]), np.median(hue[trusted])
    over = trusted & above
    if over.mean() > FEWEST:  # the skin over an eye may lie in another light than the cheek, and is skin all the same
        darker = np.clip(np.median(luma[over]), middle - OTHER_LIGHT, middle)
        redder = np.clip(np.median(hue[over]), usual_hue, usual_hue + 0.5 * OTHER_HUE)
        middle, usual_hue = np.where(above, darker, middle), np.where(above, redder, usual_hue)
    # The darker the less: folds and the feet of lashes are skin too, and are not what is looked for.
    like = trusted * np.clip((luma - middle + DARKER) / DARKER, 0, 1) ** 2
    like *= np.clip(2 * (middle + LIGHTER - luma) / LIGHTER, 0, 1)
    like *= np.clip(2 - 2 * np.abs(hue - usual_hue) / OTHER_HUE, 0, 1)
    # The edge of a glint, half in the shade, has the light of skin.
    white = (luma - middle > WHITE[0]) & (usual_hue - hue > WHITE[1])
    like *= cv2.dilate(white.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    if like.mean() < FEWEST:
        return None
    filled = _filled(skin.astype(np.float32), like.astype(np.float32))
    return cv2.GaussianBlur(filled, (0, 0), SMOOTH * eye_width)


def without_lines(skin: np.ndarray, where: np.ndarray, eye_width: float) -> np.ndarray:
    """The skin without thin dark lines, uint8: lashes that stand out beyond a corner would stay there as hooks.

    where: 0..1 (height, width).
    """
    size = 2 * round(0.5 * LINE * eye_width) + 1
    closed = cv2.morphologyEx(skin, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    closed = cv2.GaussianBlur(closed, (0, 0), 0.2 * LINE * eye_width).astype(np.float32)
    return np.rint(skin + (closed - skin) * where[..., None]).astype(np.uint8)


def meeting_its_rim(smooth: np.ndarray, skin: np.ndarray, rim: np.ndarray, eye_width: float) -> np.ndarray:
    """The smooth skin, which at the rim of the lid goes over into what the picture shows there.

    rim: bool (height, width): the skin, brow or glasses that the lid ends at. A lid in a colour of its own up to its end
    would be a plate laid over the eye; one that took a black brow's colour for long, dirty.
    """
    share = np.log((skin + np.float32(LEAST_LIGHT)) / (smooth + np.float32(LEAST_LIGHT)))
    around = rim.astype(np.float32)
    far = RIM * eye_width
    near = cv2.GaussianBlur(around, (0, 0), far)
    found = cv2.GaussianBlur(share * around[..., None], (0, 0), far) / np.maximum(near, 1e-3)[..., None]
    light = (found @ LUMA)[..., None]  # a shade is no other colour
    taken = np.clip(light, *RIM_SHARE) + np.clip(found - light, -RIM_HUE, RIM_HUE)
    taken *= np.clip(2 * near, 0, 1)[..., None]
    return (smooth + np.float32(LEAST_LIGHT)) * np.exp(taken) - np.float32(LEAST_LIGHT)


def relief(skin: np.ndarray, smooth: np.ndarray, calm: np.ndarray, tight: np.ndarray, eye_width: float) -> np.ndarray:
    """What the skin has over the smooth skin, as a share of it: float32 (height, width, 3), about 1.

    calm: 0..1 (height, width): where it is 1 shades and lights are softened, for one that is drawn out is a patch.
    tight: 0..1 (height, width): where it is 1 all that is left is taken away, for it would be drawn out to stripes.
    """
    share = np.log((skin + np.float32(LEAST_LIGHT)) / (smooth + np.float32(LEAST_LIGHT)))
    broad = cv2.GaussianBlur(share, (0, 0), 0.5 * SMOOTH * eye_width)
    most = np.where(broad < 0, SOFTENED[0], SOFTENED[1])
    soft = most * np.tanh(broad / most) + np.clip(share - broad, -FINEST, FINEST)
    soft *= 1 - smoothstep((broad @ LUMA - GLINT[0]) / (GLINT[1] - GLINT[0]))[..., None]
    soft *= (1 - tight)[..., None]
    found = np.clip(np.exp(share + (soft - share) * calm[..., None]), *RELIEF).astype(np.float32)
    level = cv2.GaussianBlur(found, (0, 0), SMOOTH * eye_width, sigmaY=0.3)
    return found + (level - found) * tight[..., None].astype(np.float32)


def _filled(colours: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Colours (height, width, 3) where the weight is 1; elsewhere what a coarser picture of them has, and so on up."""
    if min(weight.shape) <= 2 or weight.min() >= 0.99:
        total = float(weight.sum())
        mean = (colours * weight[..., None]).sum(axis=(0, 1)) / max(total, 1e-6)
        return colours * weight[..., None] + mean * (1 - weight[..., None])
    half = (-(-weight.shape[1] // 2), -(-weight.shape[0] // 2))
    known = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(colours * weight[..., None], half, interpolation=cv2.INTER_AREA)
    mean /= np.maximum(known, 1e-6)[..., None]
    coarse = _filled(mean, np.minimum(2 * known, 1))
    around = cv2.resize(coarse, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return around + (colours - around) * weight[..., None]
