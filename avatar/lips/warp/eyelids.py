"""Blinks: the upper lid as a layer that is stretched down over the eye.

What is stretched is the skin between the lid's edge and the brow, or the rim of glasses, or whatever else ends the
skin first: that itself never moves. The lashes and the end at the brow keep their shape, the skin between gives way,
and as the lid comes down its colour and light become those of the skin around the eye (avatar/lips/warp/lid_skin.py). Where
there is next to no skin, as under a brow that lies on the lid, behind dark lenses, under hair, and where the eyes are nearly shut,
the portrait does not blink at all: half a blink shows a tired face, and a brow drawn over the eye a broken one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, box_around, face_frame, inner_window, smoothstep, with_sway
from avatar.lips.warp.lid_grain import lid_grain
from avatar.lips.warp.lid_shape import LASHES_OF_ROOM, LidShape, lid_shape
from avatar.lips.warp.lid_skin import LEAST_LIGHT, RELIEF, meeting_its_rim, relief, smooth_skin, without_lines
from avatar.lips.warp.sampling import Movement, finer, read_field, read_finer
from avatar.lips.warp.ycbcr import Patch
from avatar.portrait.covered import Look, hides_an_eye, wears_dark_lenses
from avatar.portrait.facts import glasses
from avatar.portrait.landmarks import EYES, EyeLandmarks

LOWERED = 0.7  # of a blink: a lid that has come down so far shows what is never seen of it when open
UNDER_BROW = 0.08  # a brow that lies on the lid shades it
LID_SHADE = 0.04  # a lowered lid faces down, away from most light
WINDOW_PX = 6.0  # nothing moves on the border of an eye's box
LEAST_BLINK = 0.02  # less than this moves nothing that could be seen
SMOOTHED = 0.045  # share of the eye's width
# Eye widths outside its corners and inside, between which a lowered lid begins to be drawn anew, loses its shades, and
# shows the line of its lashes
WHOLE, CALM, LINE = (0.28, 0.10), (0.12, 0.34), (0.0, 0.15)
WITH_LASHES = 0.85  # where single lashes stand out, so much less is drawn anew: they go down with the lid
BOX_MARGIN = 0.3  # of the eye's width, around the eye and its brow
MOST_STRETCH = 3.0  # the skin of a lid that is shut, over its height when open; more shows as a smear
CURVED = 0.4  # of the smooth step in how skin is drawn out: more of it would broaden the fold in the middle of the lid
LASH_LINE = 0.45  # a shut lid ends in a line that takes at least this share of its light
LEAST_SHUT = 0.75  # a lid that could come down no further than this share of the eye's height stays up
LEAST_OPEN = 0.15  # of the eye's width: eyes that are open no further do not blink (avatar/quality/lids.py)
LEAST_UNDER_RIM = 0.4  # of the lid's fall: with less skin under a rim, the rim would be drawn along
WITH_RIMS = 0.5  # from so much sureness on the face wears glasses
OVERSHOOT = 0.20  # of the eye's height: a shut lid covers the lower edge too


@dataclass(frozen=True)
class Eyelid:
    """One upper lid over `box`, float32 (height, width) each, in pixels along v."""

    box: Box
    drawn_box: Box  # the same with room for the head's movement
    skin: np.ndarray  # the box's part of the portrait, made finer
    height: float  # of the eye's opening
    lashes: float  # their height
    gap: np.ndarray  # how far the lid's edge falls at blink 1, by the u of the pixel
    room: np.ndarray  # the height of the skin above the edge that is stretched
    below_top: np.ndarray  # how far the pixel lies below the top of that skin
    smooth: np.ndarray  # (height, width, 3): the skin around the eye, as if there were none, 0..255
    relief: np.ndarray  # (height, width, 3), made finer: what is fine in the lid's skin, as a share of the smooth skin
    whole: np.ndarray  # 0..1: how far a lowered lid is drawn anew, 0 well beside the eye
    inside: np.ndarray  # 0..1: 0 on the border of the box and beside the eye


class Eyelids:
    """Both upper lids of one portrait, made once; `lowered` is called per frame."""

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        self._frame, self.lids = face_frame(landmarks), []
        if _nearly_shut(landmarks) or _hidden(picture, landmarks):
            return
        rims = glasses(picture, landmarks) > WITH_RIMS
        boxes = [_eye_box(self._frame, eye, (picture.shape[1], picture.shape[0])) for eye in EYES]
        seen = [(eye, box) for eye, box in zip(EYES, boxes, strict=True) if not box.empty]
        lids = [_eyelid(picture, self._frame, eye, box, rims) for eye, box in seen]
        # One eye that blinks alone would be a wink.
        if all(lid is not None and _has_room(lid, rims) for lid in lids):
            self.lids = [lid for lid in lids if lid is not None]

    def lowered(self, head: Movement, blink: float) -> list[Patch]:
        """Both lids, lowered by blink 0..1, to be painted over what has moved with the head."""
        blink = float(blink)  # a NumPy scalar would turn the float32 maps into float64
        if blink < LEAST_BLINK:
            return []
        return [self._lid(lid, head, blink) for lid in self.lids]

    def _lid(self, lid: Eyelid, head: Movement, blink: float) -> Patch:
        own = head.read_at(lid.drawn_box).relative_to(lid.box)
        fall = blink * (1 + OVERSHOOT) * read_field(lid.gap, own)
        room, below_top = read_field(lid.room, own), read_field(lid.below_top, own)
        drop, opaque = _stretched(below_top, room, fall, lid.lashes)
        opaque *= read_field(lid.inside, own) * np.clip(fall / 0.5, 0, 1)
        down_x, down_y = self._frame.down
        skin_at = own.minus(Movement(drop * down_x, drop * down_y))
        skin = read_finer(lid.skin, skin_at).astype(np.float32)
        lowered = smoothstep(blink / LOWERED) * read_field(lid.whole, own) * smoothstep(fall / (0.15 * lid.height))
        shade = 1 - LID_SHADE * np.clip(below_top / np.maximum(room + fall, 1), 0, 1) ** 2
        shut = (read_field(lid.smooth, own) + np.float32(LEAST_LIGHT)) * read_finer(lid.relief, skin_at) - LEAST_LIGHT
        skin += (shut * shade[..., None] - skin) * lowered[..., None]
        return Patch(lid.drawn_box, np.clip(skin, 0, 255), opaque)


def _stretched(
    below_top: np.ndarray, room: np.ndarray, fall: np.ndarray, lashes: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel, from how far above it its skin comes, and how opaque the lid is there.

    Skin of the height `room` fills room + fall. Up to the height of the lashes it moves by the whole fall, at its top
    not at all; between, a smooth step and a straight line are mixed so that no skin is stretched without end.
    """
    height = np.maximum(room + fall, 1e-3)
    stretched = np.maximum(height - np.minimum(lashes, LASHES_OF_ROOM * room), 1e-3)
    share = np.clip(below_top / stretched, 0, 1)
    curved = CURVED * np.clip(2 * (0.8 * stretched / np.maximum(fall, 1e-3) - 1), 0, 1)
    drop = fall * (share + curved * (smoothstep(share) - share))
    edge = np.clip((height - below_top + 0.5) / 1.2 + 0.5, 0, 1) * np.clip(below_top / 1.5, 0, 1)
    return drop.astype(np.float32), edge.astype(np.float32)


def _has_room(lid: Eyelid, rims: bool) -> bool:
    """Whether the skin of the middle of the lid can shut the eye; no rim of glasses may lie on it anywhere."""
    middle = lid.gap > 0.7 * lid.gap.max()
    if not middle.any():
        return False
    if rims and float(np.percentile(lid.room[middle], 10)) < LEAST_UNDER_RIM * float(lid.gap.max()):
        return False
    stretch = 1 + LEAST_SHUT * lid.gap[middle] / np.maximum(lid.room[middle], 0.1)
    return float(np.median(stretch)) <= MOST_STRETCH


def _nearly_shut(landmarks: np.ndarray) -> bool:
    """Whether the eyes look down, or laugh: a lid that comes down by so little shows as a change of its colour."""
    gaps = []
    for eye in EYES:
        upper, lower = (landmarks[lid[3:6], :2].mean(axis=0) for lid in (eye.upper_lid, eye.lower_lid))
        width = float(np.linalg.norm(landmarks[eye.upper_lid[0], :2] - landmarks[eye.upper_lid[-1], :2]))
        gaps.append(float(np.linalg.norm(upper - lower)) / max(width, 1e-6))
    return float(np.mean(gaps)) < LEAST_OPEN


def _hidden(picture: np.ndarray, landmarks: np.ndarray) -> bool:
    look = Look(picture, landmarks)
    return wears_dark_lenses(look) or hides_an_eye(look)


def _eyelid(picture: np.ndarray, frame: FaceFrame, eye: EyeLandmarks, box: Box, rims: bool) -> Eyelid | None:
    """None where no skin around the eye tells how its lid would look."""
    size = (picture.shape[1], picture.shape[0])
    shape, skin = lid_shape(picture, frame, eye, box, rims), picture[box.rows_columns]
    smooth = smooth_skin(skin, shape.may_be_skin, shape.above_eye, shape.width)
    if smooth is None:
        return None
    smooth *= 1 - UNDER_BROW * shape.tight[..., None].astype(np.float32)
    smooth = meeting_its_rim(smooth, skin, shape.rim, shape.width)
    calmed = _calmed(skin, shape)
    far, calm = shape.far_from_lashes, shape.between_corners(*CALM)
    plain = without_lines(calmed, far * np.maximum(1 - calm, shape.single_lashes), shape.width)
    fine = relief(plain, smooth, far * calm, shape.tight, shape.width)
    # Lashes are dark: what is light among them is a glint. And they end in a line.
    most = RELIEF[1] - (RELIEF[1] - 1) * shape.among_lashes - LASH_LINE * shape.edge * shape.between_corners(*LINE)
    fields = {
        "gap": shape.gap,
        "room": shape.room,
        "below_top": shape.below_top,
        "whole": shape.between_corners(*WHOLE) * (1 - WITH_LASHES * shape.single_lashes),
        "inside": inner_window(box, size, WINDOW_PX),
    }
    return Eyelid(
        box=box,
        drawn_box=with_sway(box, *size).to_even(),
        skin=finer(calmed),
        height=shape.height,
        lashes=shape.lashes,
        smooth=smooth * (1 + (lid_grain(picture, frame, shape) - 1) * shape.drawn_out)[..., None],
        relief=finer(np.minimum(fine, most[..., None].astype(np.float32))),
        **{name: field.astype(np.float32) for name, field in fields.items()},
    )


def _calmed(skin: np.ndarray, shape: LidShape) -> np.ndarray:
    """The skin, smoothed sideways where it is stretched most: single lashes and wrinkles would become stripes."""
    smooth = cv2.GaussianBlur(skin, (0, 0), SMOOTHED * shape.width, sigmaY=0.4).astype(np.float32)
    return np.ascontiguousarray(np.rint(skin + (smooth - skin) * shape.stretched_most[..., None]).astype(np.uint8))


def _eye_box(frame: FaceFrame, eye: EyeLandmarks, size: tuple[int, int]) -> Box:
    """Around an eye and its brow, in a picture of this size (width, height); empty where that is outside."""
    points = np.concatenate([frame.points[numbers] for numbers in eye])
    upper = frame.points[eye.upper_lid, 0]
    return box_around(frame.to_picture(points), BOX_MARGIN * float(np.ptp(upper)), *size)
