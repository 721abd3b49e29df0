"""Blinks: the upper lid as a layer that comes down over the eye."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, box_around, face_frame, from_left_to_right, inner_window, smoothstep
from avatar.lips.warp.mouth import SWAY_MARGIN_PX
from avatar.lips.warp.sampling import Positions, finer, read_field, read_finer
from avatar.portrait.landmarks import EYES, EyeLandmarks

LID_SHADE = 0.08  # a lowered lid faces down, away from most light
WINDOW_PX = 6.0  # nothing moves on the border of an eye's box
LEAST_BLINK = 0.02  # less than this moves nothing that could be seen


@dataclass(frozen=True)
class Eyelid:
    """One upper lid over `box`: how far each pixel comes down at blink 1, and where the lid is opaque."""

    box: Box
    drawn_box: Box  # the same with room for the head's movement
    skin: np.ndarray  # the box's part of the portrait, made finer
    drop: np.ndarray  # float32 (height, width), pixels along v
    shade: np.ndarray  # float32 (height, width), share of light lost at blink 1
    opaque: np.ndarray  # float32 (height, width), 0..1


class Eyelids:
    """Both upper lids of one portrait, made once; `draw` is called per frame."""

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        self._frame = face_frame(landmarks)
        lids = (_eyelid(picture, self._frame, eye) for eye in EYES)
        self.lids = [lid for lid in lids if lid is not None]

    def draw(self, canvas: np.ndarray, head: Positions, blink: float) -> None:
        """Lower both lids by blink 0..1 on a canvas whose pixels come from the positions of the head."""
        blink = float(blink)  # a NumPy scalar would turn the float32 maps into float64
        if blink < LEAST_BLINK:
            return
        for lid in self.lids:
            self._draw_lid(canvas[lid.drawn_box.rows_columns], head.part(lid.drawn_box), lid, blink)

    def _draw_lid(self, canvas: np.ndarray, head: Positions, lid: Eyelid, blink: float) -> None:
        own = head.relative_to(lid.box)
        drop = blink * read_field(lid.drop, own)
        down_x, down_y = self._frame.down
        skin_at = own.minus(Positions(drop * down_x, drop * down_y))
        light = 1 - blink * read_field(lid.shade, skin_at)
        alpha = read_field(lid.opaque, skin_at)
        skin = read_finer(lid.skin, skin_at) * light[..., None]
        canvas[:] = np.rint(canvas + (skin - canvas) * alpha[..., None])


def _eyelid(picture: np.ndarray, frame: FaceFrame, eye: EyeLandmarks) -> Eyelid | None:
    """The lid's edge falls by the eye's height at each u, and the skin above it less and less, up to the brow."""
    size = (picture.shape[1], picture.shape[0])
    upper, lower, brow = (from_left_to_right(frame.points[numbers]) for numbers in eye)
    eye_width = float(upper[-1, 0] - upper[0, 0])
    box = box_around(frame.to_picture(np.concatenate([upper, lower, brow])), 0.3 * eye_width, *size)
    if box.empty:
        return None
    u, v = frame.grid(box)
    upper_edge, lower_edge, brow_edge = (np.interp(u, line[:, 0], line[:, 1]) for line in (upper, lower, brow))
    gap = np.maximum(lower_edge - upper_edge, 0) * ((u > upper[0, 0]) & (u < upper[-1, 0]))

    # The skin between lid and brow is stretched over at least a little more than the eye's height, so it never folds.
    reach = np.maximum(0.95 * (upper_edge - brow_edge), 1.15 * gap.max())
    above = np.clip((upper_edge - v) / reach, 0, 1)
    drop = gap * (1 - above)
    # Away from the lid's edge the arch of the eye is smoothed out, or its steep ends would streak the skin.
    smooth = cv2.GaussianBlur(drop, (0, 0), 0.10 * eye_width)
    drop += (smooth - drop) * smoothstep(above / 0.5)
    drop *= inner_window(box, size, WINDOW_PX)

    opaque = np.clip((upper_edge + 0.5 - v) / 1.2 + 0.5, 0, 1) * np.clip(drop / 0.5, 0, 1)
    opaque = cv2.GaussianBlur(opaque, (0, 0), 0.7)
    return Eyelid(
        box=box,
        drawn_box=box_around(np.array([box[:2], box[2:]]), SWAY_MARGIN_PX, *size),
        skin=finer(np.ascontiguousarray(picture[box.rows_columns])),
        drop=drop.astype(np.float32),
        shade=(LID_SHADE * drop / max(gap.max(), 1)).astype(np.float32),
        opaque=opaque.astype(np.float32),
    )
