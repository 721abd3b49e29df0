"""Which face of a picture is meant, and the head-and-shoulders frame around it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.limits import SMALLEST_FACE
from avatar.portrait.face import Face
from avatar.portrait.facts import Colour, brow_room, colour_of, glasses, mouth_gap
from avatar.portrait.landmarks import CHIN, FACE_OVAL, LEFT_EYE, MOUTH_LEFT, MOUTH_RIGHT, NOSE_TIP, RIGHT_EYE

FACE_SHARE = 0.46  # of the frame's width: head and shoulders
EYES_AT = 0.40  # of the frame's height, from the top
MOST_TURNED = 40  # degrees to a side; there the nose reaches the outline of the far cheek
MOST_TILTED = 45  # degrees
MOST_OUTSIDE, OUTSIDE_TOLD = 0.20, 0.03  # shares of the face's area outside the picture: refused, told
SHARPEN_ABOVE = 1.3  # times enlarged

MUST_SHOW = [LEFT_EYE, RIGHT_EYE, NOSE_TIP, MOUTH_LEFT, MOUTH_RIGHT, CHIN]


@dataclass(frozen=True)
class Place:
    """Where a head's square lies: left, top and side, in pixels of a picture of width x height. is_standing: the picture's
    lower edge cuts through a body that is cut out, and belongs on the frame's own."""

    left: int
    top: int
    side: int
    width: int
    height: int
    is_standing: bool = False


@dataclass(frozen=True)
class Portrait:
    """A framed head: `picture` uint8 (size, size, 3) RGB and its face's `landmarks` float32 (478, 3) in pixels.

    place: where it was cut from; None where it is the whole picture. opacity: of each pixel, uint8 (size, size), where some
    are clear: the picture lies over grey there; None where none is.
    """

    picture: np.ndarray
    landmarks: np.ndarray
    place: Place | None = None
    opacity: np.ndarray | None = None

    @cached_property
    def colour(self) -> Colour:
        """How colourful it is; a black-and-white one is grey."""
        return colour_of(self.picture, self.landmarks)

    @property
    def mouth_gap(self) -> float:
        """How far its mouth is open, as a share of the mouth's width."""
        return mouth_gap(self.landmarks)

    @cached_property
    def glasses(self) -> float:
        """How surely it wears glasses, 0..1."""
        return glasses(self.picture, self.landmarks)

    @property
    def brow_room(self) -> tuple[float, float]:
        """How far the brows lie above the upper lids, in heights of the eye's opening: the left, the right one."""
        return brow_room(self.landmarks)

    def save(self, folder: Path) -> None:
        """Write portrait.png, landmarks.npy and, of one that was cut from a picture, place.json; the same bytes for the same
        portrait. What portrait.png has for a clear pixel is the grey that it lies over, and beside it how clear it is."""
        from PIL import Image

        image = Image.fromarray(self.picture)
        if self.opacity is not None:
            image.putalpha(Image.fromarray(self.opacity))
        image.save(folder / "portrait.png", optimize=False, compress_level=6)
        np.save(folder / "landmarks.npy", self.landmarks.astype("<f4"), allow_pickle=False)
        if self.place:
            told = {name: value for name, value in asdict(self.place).items() if value is not False}
            (folder / "place.json").write_text(json.dumps(told, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Portrait:
        from PIL import Image

        with Image.open(folder / "portrait.png") as image:
            picture = np.asarray(image.convert("RGB"))
            opacity = np.asarray(image.getchannel("A")) if image.mode == "RGBA" else None
        known = folder / "place.json"
        place = Place(**json.loads(known.read_text())) if known.exists() else None
        return cls(picture, np.load(folder / "landmarks.npy", allow_pickle=False), place, opacity)


def choose_face(faces: list[Face], which: int | None, width: int, height: int) -> Face:
    """The face to animate, of faces in order from the left in a picture of width x height pixels.

    which: its number from the left, from 1; None where there is one. Faces too small to use do not count beside
    larger ones. Raises InputError for no face, several without `which`, one too small, cut off, turned or tilted
    too far, and for a number that is not there.
    """
    if not faces:
        raise InputError(
            "no face was found in the picture; give one where the face is upright, lit, seen from the front, not "
            f"covered, and at least {SMALLEST_FACE} pixels wide."
        )
    usable = [face for face in faces if face.width >= SMALLEST_FACE]
    if not usable:
        largest = max(faces, key=lambda face: face.width)
        raise InputError(
            f"the face in the picture is {largest.width:.0f} pixels wide; at least {SMALLEST_FACE} are needed, give a "
            "larger picture."
        )
    if which is None and len(usable) > 1:
        raise InputError(
            f"the picture shows {len(usable)} faces: {describe(usable)}; choose one by its number.", mend={"face": "N"}
        )
    if which is not None and not 1 <= which <= len(usable):
        raise InputError(f"there is no face {which}: the picture shows {len(usable)}: {describe(usable)}.", ("face",))
    face = usable[(which or 1) - 1]
    refuse_unusable(face, width, height)
    return face


def describe(faces: list[Face]) -> str:
    """The faces in a row, with their numbers and where they are, for a message."""
    rows = []
    for number, face in enumerate(faces, start=1):
        x, y = face.landmarks[NOSE_TIP, :2]
        rows.append(f"{number} at x {x:.0f}, y {y:.0f} ({face.width:.0f} pixels wide)")
    return ", ".join(rows)


def refuse_unusable(face: Face, width: int, height: int) -> None:
    """Raises InputError for a face that cannot be animated well: turned, tilted, or cut off by the picture's edge."""
    if abs(face.turn) > MOST_TURNED:
        raise InputError(
            f"the face is turned about {abs(face.turn):.0f} degrees to the side; {MOST_TURNED} is the most, give a "
            "picture from the front."
        )
    if abs(face.tilt) > MOST_TILTED:
        raise InputError(
            f"the head is tilted by about {abs(face.tilt):.0f} degrees; {MOST_TILTED} is the most, rotate the picture."
        )
    outside = share_outside(face, width, height)
    points = face.landmarks[MUST_SHOW, :2]
    if (points < 0).any() or (points > [width - 1, height - 1]).any():
        raise InputError(
            f"the face is cut off by the edge of the picture, {outside:.0%} of it lies outside; eyes, mouth and chin "
            "must be inside it."
        )
    if outside > MOST_OUTSIDE:
        raise InputError(
            f"{outside:.0%} of the face lies outside the picture, {MOST_OUTSIDE:.0%} is the most; give one that shows "
            "the whole face."
        )


def outside_note(face: Face, width: int, height: int) -> str | None:
    """What to say of a face that can be used while a part of it is outside the picture."""
    outside = share_outside(face, width, height)
    if outside < OUTSIDE_TOLD:
        return None
    return f"{outside:.0%} of the face lies outside the picture; a picture that shows the whole face looks better."


def share_outside(face: Face, width: int, height: int) -> float:
    """How much of the face's outline, by area, lies outside a picture of width x height: 0..1."""
    import cv2

    outline = cv2.convexHull(face.landmarks[list(FACE_OVAL), :2])
    edges = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - np.float32(0.5)
    whole = cv2.contourArea(outline)
    inside = cv2.intersectConvexConvex(outline, edges)[0]
    return 1 - inside / whole if whole else 0.0


def frame_portrait(rgb: np.ndarray, landmarks: np.ndarray, size: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """The square head-and-shoulders frame around a face, inside the picture.

    rgb: uint8 (height, width, 3); landmarks: float32 (478, 3) in its pixels. Returns the frame, uint8
    (size, size, 3), and the landmarks in the frame's pixels. A frame that had to be enlarged is sharpened a little.
    """
    import cv2

    left, top, side = frame_box(rgb.shape[1], rgb.shape[0], landmarks)
    scale = size / side
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    picture = cv2.resize(rgb[top : top + side, left : left + side], (size, size), interpolation=way)
    if scale > SHARPEN_ABOVE:
        picture = sharpened(picture)
    framed = landmarks * np.float32(scale)
    framed[:, :2] = (landmarks[:, :2] - [left, top] + 0.5) * scale - 0.5  # pixel centres lie at whole numbers
    return picture, framed


def sharpened(picture: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.addWeighted(picture, 1.45, cv2.GaussianBlur(picture, (0, 0), 1.6), -0.45, 0)


def frame_box(width: int, height: int, landmarks: np.ndarray, side: int | None = None) -> tuple[int, int, int]:
    """Left, top and side of the frame in whole pixels of a picture of width x height. side: another than the usual one."""
    face = Face(landmarks)
    side = side or min(round(face.width / FACE_SHARE), width, height)
    x, y = face.between_eyes
    left = min(max(round(x - side / 2), 0), width - side)
    top = min(max(round(y - EYES_AT * side), 0), height - side)
    return left, top, side
