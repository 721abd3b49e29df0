"""Whether a portrait's mouth or eyes are covered: by a mask, a scarf, a hand, a microphone, sunglasses.

The reader answers with 478 points on a masked face too, so the mouth is judged by five signs, of which MOST_SIGNS must
agree; no sign alone tells a mask from a beard, dark skin, side light or a black-and-white picture. Of 404 pictures of free
faces 2 were told to be covered (dark and noisy ones), of 333 real masks 287 (bench/NOTES.md). A hand is found only
sometimes, a microphone before the lower lip is not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from avatar.portrait.face import Face, FaceReader
from avatar.portrait.facts import LUMA, lightness
from avatar.portrait.landmarks import (
    BETWEEN_EYES,
    CHIN,
    EYES,
    FACE_OVAL,
    LEFT_EYE,
    LOWER_LIP,
    LOWER_LIP_INNER,
    LOWER_LIP_OUTER,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE_TIP,
    RIGHT_EYE,
    UPPER_LIP,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
)

# The signs, each with its limit, chosen on the pictures of bench/NOTES.md.
LEAST_REDDER = 0.06  # the lips are no redder than the skin around them: log of red over green, their difference
MOST_MOVED = 0.014  # the mirrored picture has its mouth elsewhere: face widths
LEAST_SURE = 0.90  # the detector is less sure of the face, 0..1
MOST_UNLIKE = 0.12  # the lower face has another colour than the bridge of the nose: logs of red and blue over green
LEAST_SPREAD = 0.15  # the lips are plain: log of their light, standard deviation
MOST_SIGNS = 4  # of the five: that many are believed

STANDS_OUT = 0.16  # the same, with the log of the light: from here on a covering's outline can be seen
HIDDEN_EYE = 0.4  # of the other eye's spread
DARK_LENS, PLAIN_EYE = -0.25, 0.3  # log of the light under an eye, against cheeks and nose; spread of it in the eye
DARK = 4.0  # of 255, added to every colour: below it colours are noise

BETWEEN_BROWS = 9
BRIDGE = (
    BETWEEN_BROWS,
    8,
    BETWEEN_EYES,
    6,
    193,
    417,
    122,
    351,
    197,
    188,
    412,
)  # from between the brows to the middle of the nose
NOSE_TIP_AROUND = (NOSE_TIP, 5, 45, 275, 1)
LOWER_FACE = (
    (207, 187, 192, 214, 212, 216), (427, 411, 416, 434, 432, 436),  # beside the mouth
    (164, 167, 393, 97, 326, 2), (18, 200, 199, 208, 428, 83, 313),  # above it; the chin
)  # fmt: skip
CHEEKS = ((205, 50, 36, 207, 187), (425, 280, 266, 427, 411))
UNDER_EYES = ((31, 228, 229, 230, 231, 232, 120, 119, 118), (261, 448, 449, 450, 451, 452, 349, 348, 347))
MIDDLE_OF_LIPS = (0, UPPER_LIP, LOWER_LIP, 17)
LIPS = ((*UPPER_LIP_OUTER, *UPPER_LIP_INNER[::-1]), (*LOWER_LIP_OUTER, *LOWER_LIP_INNER[::-1]))


class Covering(NamedTuple):
    part: str  # "mouth" or "eyes"
    share: float | None  # of the face's outline, by area, 0..1; None where its colour does not stand out from skin


class Patch(NamedTuple):
    """What a part of the face shows. hue: logs of red and blue over green, (2,); light: log; spread: of the light."""

    hue: np.ndarray
    light: float
    spread: float


def covered_note(reader: FaceReader, picture: np.ndarray, landmarks: np.ndarray) -> str | None:
    """What to say of a portrait whose mouth or eyes seem covered; None where they are free, or in doubt."""
    found = coverings(reader, picture, landmarks)
    if not found:
        return None
    said = " and ".join(_said(each) for each in found)
    lips = "the lips are drawn over it, and " if found[0].part == "mouth" else ""
    return f"{said}; {lips}a picture that shows the whole face looks better."


def _said(covering: Covering) -> str:
    if covering.share is None:
        return f"the {covering.part} seem{'s' if covering.part == 'mouth' else ''} covered"
    return f"about {5 * max(round(20 * covering.share), 1)}% of the face seems covered ({covering.part})"


def coverings(reader: FaceReader, picture: np.ndarray, landmarks: np.ndarray) -> list[Covering]:
    """What is covered of a framed portrait: picture uint8 RGB (size, size, 3), landmarks (478, 3) in its pixels."""
    look = Look(picture, landmarks)
    found, dark_lenses = [], wears_dark_lenses(look)
    signs = sum(signs_of_a_covered_mouth(reader, picture, landmarks, look))
    if signs >= MOST_SIGNS + dark_lenses:  # the detector and the mirror doubt a face without eyes, too
        found.append(Covering("mouth", look.share_like(LOWER_FACE, BETWEEN_EYES, CHIN)))
    if dark_lenses:
        found.append(Covering("eyes", look.share_like(UNDER_EYES, BETWEEN_BROWS, NOSE_TIP)))
    return found


def signs_of_a_covered_mouth(reader: FaceReader, picture: np.ndarray, landmarks: np.ndarray, look: Look) -> list[bool]:
    """The five signs in the order of their limits."""
    bridge = look.patch(BRIDGE)
    around = [look.patch(points) for points in LOWER_FACE]
    lips = [look.patch(points, convex=False) for points in LIPS]
    redness = np.nanmedian([patch.hue[0] for patch in around])
    unlike = [np.hypot(*(patch.hue - bridge.hue)) for patch in (look.patch(NOSE_TIP_AROUND), *around)]
    return [
        bool(np.nanmax([lip.hue[0] for lip in lips]) - redness < LEAST_REDDER),
        moved_when_mirrored(reader, picture, landmarks) > MOST_MOVED,
        reader.sureness(picture) < LEAST_SURE,
        bool(np.nanmedian(unlike) > MOST_UNLIKE),
        bool(np.nanmin([lip.spread for lip in lips]) < LEAST_SPREAD),
    ]


def moved_when_mirrored(reader: FaceReader, picture: np.ndarray, landmarks: np.ndarray) -> float:
    """How far the mouth lies elsewhere in the mirrored picture, in face widths: a hidden one is guessed anew."""
    readings = reader.read(np.ascontiguousarray(picture[:, ::-1]), search=False)
    if not readings:
        return 1.0
    mirrored, far = np.array([-1, 1, 1], np.float32), np.array([picture.shape[1] - 1, 0, 0], np.float32)
    back = [face.landmarks * mirrored + far for face in readings]
    nearest = min(back, key=lambda read: float(np.linalg.norm((read - landmarks)[NOSE_TIP, :2])))
    here, there = [*MIDDLE_OF_LIPS, MOUTH_LEFT, MOUTH_RIGHT], [*MIDDLE_OF_LIPS, MOUTH_RIGHT, MOUTH_LEFT]
    moved = np.linalg.norm((nearest[there] - landmarks[here])[:, :2], axis=1)
    return max(float(moved[:-2].mean()), float(moved[-2:].mean())) / Face(landmarks).width


def wears_dark_lenses(look: Look) -> bool:
    """Whether both eyes lie in a dark surface in which neither white nor iris is seen."""
    skin = np.nanmedian([look.patch(points).light for points in (*CHEEKS, NOSE_TIP_AROUND)])
    under = [look.patch(points).light - skin for points in UNDER_EYES]
    seen = [look.contrast((*eye.upper_lid, *eye.lower_lid)) for eye in EYES]
    return bool(max(under) < DARK_LENS and min(seen) < PLAIN_EYE)


def hides_an_eye(look: Look) -> bool:
    """Whether neither white nor iris is seen in one eye, and much more in the other: hair or a hand lies over it."""
    seen = [look.contrast((*eye.upper_lid, *eye.lower_lid)) for eye in EYES]
    return bool(min(seen) < PLAIN_EYE and min(seen) < HIDDEN_EYE * max(seen))


class Look:
    """A portrait's pixels by parts of the face. Noise is averaged away over a fiftieth of the face's width."""

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        import cv2

        left, top = np.maximum(np.floor(landmarks[:, :2].min(axis=0)), 0).astype(int)
        right, bottom = np.ceil(landmarks[:, :2].max(axis=0)).astype(int)
        picture = np.ascontiguousarray(picture[top : bottom + 1, left : right + 1])
        self._landmarks = landmarks = landmarks - np.array([left, top, 0], np.float32)
        size = max(3, int(Face(landmarks).width / 50) | 1)
        colours = cv2.blur(picture, (size, size)).astype(np.float32) + np.float32(DARK)
        hues = np.log(colours[..., ::2] / colours[..., 1:2])
        self._features = np.dstack([hues, np.log(colours @ LUMA)])
        self._finer = lightness(picture, landmarks)

    def inside(self, points: tuple[int, ...], convex: bool = True) -> np.ndarray:
        """Which pixels lie between these landmarks: bool (height, width)."""
        import cv2

        inside = np.zeros(self._features.shape[:2], np.uint8)
        corners = np.rint(self._landmarks[list(points), :2]).astype(np.int32)
        if convex:
            cv2.fillConvexPoly(inside, cv2.convexHull(corners), 1)
        else:
            cv2.fillPoly(inside, [corners], 1)
        return inside > 0

    def patch(self, points: tuple[int, ...], convex: bool = True) -> Patch:
        """nan where it has too few pixels to say anything."""
        pixels = self._features[self.inside(points, convex)]
        if len(pixels) < 8:
            return Patch(np.full(2, np.nan), np.nan, np.nan)
        middle = np.median(pixels, axis=0)
        return Patch(middle[:2], float(middle[2]), float(pixels[:, 2].std()))

    def contrast(self, points: tuple[int, ...]) -> float:
        """Of the light between these landmarks: the log's 90th percentile less its 10th."""
        light = self._finer[self.inside(points)]
        return float(np.ptp(np.percentile(light, [10, 90]))) if len(light) else np.nan

    def share_like(self, covered: tuple[tuple[int, ...], ...], first: int, last: int) -> float | None:
        """How much of the face, by area, looks rather like these parts than like the bridge of the nose, and goes on
        from them.

        first, last: landmarks at whose height, along the face, that begins and ends. None where the parts' colour is
        too near to the skin's to say.
        """
        import cv2

        skin = np.median(self._features[self.inside(BRIDGE)], axis=0)
        medians = [
            np.median(self._features[self.inside(points)], axis=0) for points in covered if self.inside(points).any()
        ]
        others = [each for each in medians if np.linalg.norm(each - skin) > STANDS_OUT]
        if len(others) * 2 <= len(covered):
            return None
        face = self.inside(FACE_OVAL)
        to_others = np.min([np.linalg.norm(self._features - other, axis=2) for other in others], axis=0)
        like = face & self._between(first, last) & (to_others < np.linalg.norm(self._features - skin, axis=2))
        pieces = cv2.connectedComponents(like.astype(np.uint8))[1]
        starts = np.unique(pieces[np.any([self.inside(points) for points in covered], axis=0)])
        return float(np.isin(pieces, starts[starts > 0]).sum() / face.sum())

    def _between(self, first: int, last: int) -> np.ndarray:
        """Which pixels lie between the heights of two landmarks, as the face stands: bool (height, width)."""
        points = self._landmarks[:, :2]
        right = points[RIGHT_EYE] - points[LEFT_EYE]
        down = np.array([-right[1], right[0]])
        y, x = np.mgrid[: self._features.shape[0], : self._features.shape[1]]
        height = x * down[0] + y * down[1]
        return (height >= points[first] @ down) & (height <= points[last] @ down)
