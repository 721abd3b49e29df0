"""Blinks: the upper lid as a layer that is stretched down over the eye.

What is stretched is the skin between the lid's edge and the brow, or the rim of glasses, or whatever else ends the
skin first: that itself never moves. The lashes and the end at the brow keep their shape, the skin between gives way.
Where there is too little skin for a whole blink, as under a low brow, the portrait does not blink at all: half a blink
shows a tired face, and a brow drawn over the eye a broken one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, box_around, face_frame, from_left_to_right, inner_window, smoothstep
from avatar.lips.warp.lid_room import lid_room
from avatar.lips.warp.mouth import SWAY_MARGIN_PX
from avatar.lips.warp.sampling import Positions, finer, read_field, read_finer
from avatar.portrait.facts import LUMA
from avatar.portrait.landmarks import EYES, EyeLandmarks

LID_LIGHT, MOST_LIGHTER = 0.85, 0.55  # of the skin below the eye; how much at most
LID_SHADE = 0.08  # a lowered lid faces down, away from most light
WINDOW_PX = 6.0  # nothing moves on the border of an eye's box
LEAST_BLINK = 0.02  # less than this moves nothing that could be seen
LASHES, LASHES_OF_ROOM = 0.16, 0.45  # their height over the eye's, and at most over the room
SMOOTHED = 0.045  # share of the eye's width
MOST_STRETCH = 3.6  # the skin of a lid that is shut, over its height when open; more shows as a smear
LEAST_SHUT = 0.75  # a lid that could come down no further than this share of the eye's height stays up
OVERSHOOT = 0.12  # of the eye's height: a shut lid covers the lower edge too


@dataclass(frozen=True)
class Eyelid:
    """One upper lid over `box`, float32 (height, width) each, in pixels along v."""

    box: Box
    drawn_box: Box  # the same with room for the head's movement
    skin: np.ndarray  # the box's part of the portrait, made finer
    lashes: float  # their height
    gap: np.ndarray  # how far the lid's edge falls at blink 1, by the u of the pixel
    room: np.ndarray  # the height of the skin above the edge that is stretched
    below_top: np.ndarray  # how far the pixel lies below the top of that skin
    lighter: np.ndarray  # by how much of its own light the skin gains at blink 1
    inside: np.ndarray  # 0..1: 0 on the border of the box and beside the eye


class Eyelids:
    """Both upper lids of one portrait, made once; `draw` is called per frame."""

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        self._frame = face_frame(landmarks)
        made = (_eyelid(picture, self._frame, eye) for eye in EYES)
        lids = [lid for lid in made if lid is not None]
        # One eye that blinks alone would be a wink.
        self.lids = lids if all(_has_room(lid) for lid in lids) else []

    def draw(self, canvas: np.ndarray, head: Positions, blink: float) -> None:
        """Lower both lids by blink 0..1 on a canvas whose pixels come from the positions of the head."""
        blink = float(blink)  # a NumPy scalar would turn the float32 maps into float64
        if blink < LEAST_BLINK:
            return
        for lid in self.lids:
            self._draw_lid(canvas[lid.drawn_box.rows_columns], head.part(lid.drawn_box), lid, blink)

    def _draw_lid(self, canvas: np.ndarray, head: Positions, lid: Eyelid, blink: float) -> None:
        own = head.relative_to(lid.box)
        fall = blink * (1 + OVERSHOOT) * read_field(lid.gap, own)
        room, below_top = read_field(lid.room, own), read_field(lid.below_top, own)
        drop, opaque = _stretched(below_top, room, fall, lid.lashes)
        opaque *= read_field(lid.inside, own) * np.clip(fall / 0.5, 0, 1)
        down_x, down_y = self._frame.down
        skin_at = own.minus(Positions(drop * down_x, drop * down_y))
        shade = LID_SHADE * np.clip(below_top / np.maximum(room + fall, 1), 0, 1)
        light = 1 + blink * (read_field(lid.lighter, skin_at) - shade)
        skin = np.minimum(read_finer(lid.skin, skin_at) * light[..., None], 255)
        canvas[:] = np.rint(canvas + (skin - canvas) * opaque[..., None])


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
    curved = np.clip(2 * (0.8 * stretched / np.maximum(fall, 1e-3) - 1), 0, 1)
    drop = fall * (share + curved * (smoothstep(share) - share))
    edge = np.clip((height - below_top + 0.5) / 1.2 + 0.5, 0, 1) * np.clip(below_top / 1.5, 0, 1)
    return drop.astype(np.float32), edge.astype(np.float32)


def _has_room(lid: Eyelid) -> bool:
    """Whether the skin of the middle of the lid can shut the eye."""
    middle = lid.gap > 0.7 * lid.gap.max()
    if not middle.any():
        return False
    stretch = 1 + LEAST_SHUT * lid.gap[middle] / np.maximum(lid.room[middle], 0.1)
    return float(np.median(stretch)) <= MOST_STRETCH


def _lighter(skin: np.ndarray, fields: dict[str, np.ndarray], below_eye: np.ndarray) -> np.ndarray:
    """An open eye's lid lies in the shade of its fold and lashes; shut, it is nearly as light as the skin below."""
    luma = skin.astype(np.float32) @ LUMA
    if not below_eye.any():
        return np.zeros_like(luma)
    wanted = LID_LIGHT * float(np.median(luma[below_eye]))
    gain = np.clip(wanted / np.maximum(cv2.GaussianBlur(luma, (0, 0), 1.5), 1) - 1, 0, MOST_LIGHTER)
    return gain * _stretched_most(fields)


def _stretched_most(fields: dict[str, np.ndarray]) -> np.ndarray:
    """1 in the middle of the lid's skin, 0 at its edge and its top."""
    share = np.clip(fields["below_top"] / np.maximum(fields["room"], 1), 0, 1)
    most = (4 * share * (1 - share)) * (fields["gap"] > 0)
    return cv2.GaussianBlur(most.astype(np.float32), (0, 0), 1.0)


def _calmed(skin: np.ndarray, fields: dict[str, np.ndarray], reach: float) -> np.ndarray:
    """The skin, smoothed sideways where it is stretched most: single lashes and wrinkles would become stripes."""
    most = _stretched_most(fields)[..., None]
    smooth = cv2.GaussianBlur(skin, (0, 0), reach, sigmaY=0.4).astype(np.float32)
    return np.ascontiguousarray(np.rint(skin + (smooth - skin) * most).astype(np.uint8))


def _eyelid(picture: np.ndarray, frame: FaceFrame, eye: EyeLandmarks) -> Eyelid | None:
    """The lid's edge falls by the eye's height at each u."""
    size = (picture.shape[1], picture.shape[0])
    upper, lower, brow = (from_left_to_right(frame.points[numbers]) for numbers in eye)
    eye_width = float(upper[-1, 0] - upper[0, 0])
    box = box_around(frame.to_picture(np.concatenate([upper, lower, brow])), 0.3 * eye_width, *size)
    if box.empty:
        return None
    u, v = frame.grid(box)
    upper_edge, lower_edge = (np.interp(u, line[:, 0], line[:, 1]) for line in (upper, lower))
    gap = np.maximum(lower_edge - upper_edge, 0) * ((u > upper[0, 0]) & (u < upper[-1, 0]))
    room = lid_room(picture, frame, eye, u)
    fields = {
        "gap": gap,
        "room": room,
        "below_top": v - (upper_edge - room),
        "inside": inner_window(box, size, WINDOW_PX),
    }
    below_eye = (v > lower_edge + 0.3 * gap.max()) & (v < lower_edge + 0.9 * gap.max()) & (gap > 0)
    fields["lighter"] = _lighter(picture[box.rows_columns], fields, below_eye)
    return Eyelid(
        box=box,
        drawn_box=box_around(np.array([box[:2], box[2:]]), SWAY_MARGIN_PX, *size),
        skin=finer(_calmed(picture[box.rows_columns], fields, SMOOTHED * eye_width)),
        lashes=LASHES * float(gap.max()),
        **{name: field.astype(np.float32) for name, field in fields.items()},
    )
