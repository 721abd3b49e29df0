"""The mouth of one frame: opening, width, lift and tuck in, moved lips out."""

from __future__ import annotations

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import MOUTHS_OWN_PX, FaceFrame, box_around, face_frame, with_sway
from avatar.lips.warp.mouth_corners import corner_light, lip_colour
from avatar.lips.warp.mouth_fields import LipLines, MouthFields, lip_lines, lower_face_box, mouth_fields
from avatar.lips.warp.mouth_interior import mouth_interior
from avatar.lips.warp.mouth_light import mouth_light
from avatar.lips.warp.mouth_reading import read_opening
from avatar.lips.warp.mouth_shift import MouthShift
from avatar.lips.warp.mouth_skin import MouthSkin
from avatar.lips.warp.sampling import Movement, Positions, finer, in_picture, read_field, read_finer
from avatar.lips.warp.ycbcr import Patch

# Shares of the face's width: how far lips part at opening 1. A smile leaves the jaw a little less room.
APERTURE_SMILING, APERTURE_CLOSED = 0.12, 0.13
JAW_SHARE = 0.88  # of the aperture is the lower lip going down, the rest the upper lip going up
LIFT = 0.05  # share of the mouth's width that the upper lip rises at lift 1
TUCK = 0.045  # share of the mouth's width that the lower lip rises at tuck 1
# The two shares, of the lower and the upper lip, with which the layers close an open mouth: that of a smile, and that of
# a jaw that hangs. They sum to a little over 1: lips press, no gap is left.
CLOSE_SMILE, CLOSE_JAW = (0.56, 0.466), (0.64, 0.386)
SPREAD = 0.13  # horizontal scale at width +1
ROUND_SMILING, ROUND_CLOSED = 0.38, 0.50  # and at width -1; a smile has been made narrower already (CALM_SMILE)
FLATTEN = 0.8  # share of a hanging lower lip's sag that rounding takes away
PUCKER = 0.40  # how much thicker lips become at width -1
LIP_OVER_TEETH = 0.10  # share of the mouth's width that a closed lower lip stands over a portrait's own lower teeth
MOST_CHEEK_STRETCH = 0.68  # at 1 it would fold
CALM_SMILE = 0.10  # a smile is made narrower by this while it speaks
# Share of a smile's rise at the corners that is taken away: always, at opening 1, at width -1.
SETTLE_SMILE, SETTLE_OPEN, SETTLE_ROUND = 0.30, 0.40, 0.60
ROUND_JAW = 0.25  # how much less a jaw drops behind fully rounded lips
LEAST_ROUNDED = 0.05  # less than this lights no corner so that it could be seen
NARROW_OPEN = 0.12  # a dropped jaw draws the corners in

# The lips' shadow on what is behind them takes the least red, or teeth would look grey.
SHADOW_RGB = np.array([0.20, 0.27, 0.31], np.float32)
ROUND_RGB = np.array([0.70, 0.76, 0.78], np.float32)  # and how much fully rounded lips take wherever they part
ROUND_RECEDES = 0.03  # share of the mouth's width that they hide of both rows of teeth by coming forward
SHADOW_REACH = 0.035  # share of the mouth's width


class Mouth:
    """The layers of one portrait's mouth, made once; `shift` and `lips` are called per frame."""

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        height, width = picture.shape[:2]
        self.frame: FaceFrame = face_frame(landmarks)
        self.box: Box = lower_face_box(self.frame, (width, height))
        self.lines: LipLines = lip_lines(self.frame, self.box)
        source = np.ascontiguousarray(picture[self.box.rows_columns])
        light = mouth_light(picture, landmarks)
        lips = lip_colour(source, self.frame, self.box)
        self.opening = read_opening(source, self.lines, light, lips, self.frame.mouth_width)
        jaw_open = self.opening.jaw_open
        self.fields: MouthFields = mouth_fields(self.frame, self.box, self.lines, (width, height), jaw_open)
        self.around = MouthSkin(self.frame, self.fields, (width, height))
        self.lips_box = self._lips_box(width, height)
        self._near_lips = with_sway(self.lips_box, width, height, MOUTHS_OWN_PX).within(self.box)
        self._lip_fields = self.fields.part(self._near_lips)
        self._close_lower, self._close_upper = CLOSE_JAW if jaw_open else CLOSE_SMILE
        self._most_narrowing = self._narrowing_without_folds()
        self._gap = float(self.lines.gap.max())
        self._shadow, self._round_shadow = light.colour.of_light(SHADOW_RGB), light.colour.of_light(ROUND_RGB)
        self._skin = finer(source)
        self._corner_light = corner_light(source, self.frame, self.box, self.lines)
        interior = mouth_interior(source, self.frame, self.lines, light, self.opening)
        self._skull, self._jaw = finer(interior.skull), finer(interior.jaw)

    def _lips_box(self, width: int, height: int) -> Box:
        """Where the layers may part: around both lips' inner edges at their widest and most open, the head at rest."""
        frame, lines = self.frame, self.lines
        aperture = self._aperture(1.1)
        half = 1.25 * frame.mouth_width / 2
        top = float(lines.upper.min()) - (1 - JAW_SHARE) * aperture - LIFT * frame.mouth_width
        bottom = float(lines.lower.max()) + JAW_SHARE * aperture
        corners = np.array([[-half, top], [half, top], [-half, bottom], [half, bottom]])
        return with_sway(box_around(frame.to_picture(corners), 0, width, height), width, height, MOUTHS_OWN_PX)

    def _narrowing_without_folds(self) -> float:
        """The horizontal scale at which the cheek beside the corners is stretched as far as it may be."""
        down_the_rows, along_the_rows = np.gradient(self.fields.widen)
        along = along_the_rows * self.frame.right[0] + down_the_rows * self.frame.right[1]
        return MOST_CHEEK_STRETCH / max(float(-along.min()), 1e-3)

    def _aperture(self, opening: float) -> float:
        return (APERTURE_SMILING if self.lines.smiling else APERTURE_CLOSED) * self.frame.face_width * opening

    def shift(self, pose: np.ndarray) -> MouthShift:
        """The movement for one pose (4,): opening 0..1, width -1..1, lift 0..1, tuck 0..1."""
        opening, width, lift, tuck = (float(value) for value in pose)
        frame = self.frame
        rounded = max(-width, 0.0)
        aperture = self._aperture(opening) * (1 - ROUND_JAW * max(2 * rounded - 1, 0))
        narrowing = ROUND_SMILING if self.lines.smiling else ROUND_CLOSED
        scale = (SPREAD if width > 0 else narrowing) * width - NARROW_OPEN * opening
        settle = SETTLE_OPEN * opening + SETTLE_ROUND * rounded
        if self.lines.smiling:
            scale -= CALM_SMILE
            settle += SETTLE_SMILE

        scale = max(scale, -self._most_narrowing)
        rise = (1 - JAW_SHARE) * aperture + LIFT * frame.mouth_width * lift
        drop = JAW_SHARE * aperture
        upper = {
            "settle": settle,
            "close_upper": self._close_upper,
            "pucker_upper": PUCKER * rounded,
            "lift": -rise,
            "lift_rounded": -rise * rounded,
        }
        lower = {
            "settle": settle,
            "close_lower": -self._close_lower,
            "pucker_lower": PUCKER * rounded,
            "jaw": drop,
            "jaw_rounded": drop * rounded,
            "flatten": -FLATTEN * rounded,
            "tuck": -TUCK * frame.mouth_width * tuck,
        }
        # The jaw's bone goes as far as the lower lip in the middle, without what the lip does by itself.
        jaw = drop - self._close_lower * self._gap
        if self.opening.lower_teeth:  # as the mouth closes the lip comes up over them again
            jaw += LIP_OVER_TEETH * frame.mouth_width * max(1 - opening, 0)
        return MouthShift({"widen": scale}, upper, lower, jaw, rounded)

    def lips(self, head: Movement, shift: MouthShift) -> Patch | None:
        """Interior, lower and upper layer, in this order, where the lips may part: there the head has brought them."""
        box = head.brings(self.lips_box).to_even()
        if box.empty:
            return None
        there = head.read_at(box)
        near, own = there.relative_to(self._near_lips), there.relative_to(self.box)
        along, upper, lower = (read_field(move, near) for move in shift.over(self._lip_fields))
        upper_at = own.minus(in_picture(self.frame, along, upper))
        lower_at = own.minus(in_picture(self.frame, along, lower))
        upper_alpha = read_field(self.fields.upper_outline, upper_at)
        lower_alpha = read_field(self.fields.lower_outline, lower_at)
        above, below = _rows_of_one(upper_alpha, lower_alpha)
        lips = np.empty((box.height, box.width, 3), np.float32)
        for layer_at, first, last in ((upper_at, 0, above), (lower_at, below, box.height)):
            if first < last:  # across a tilted mouth both layers are seen in every row
                lips[first:last] = self._lip(layer_at.rows(first, last), shift.rounded)
        if above < below:
            between = lips[above:below]
            self._draw_inside(between, own, np.maximum(upper_alpha, lower_alpha), above, shift)
            for layer_at, alpha in ((lower_at, lower_alpha), (upper_at, upper_alpha)):
                layer = self._lip(layer_at.rows(above, below), shift.rounded)
                between += (layer - between) * alpha[above:below, :, None]
        return Patch(box, lips)

    def _draw_inside(
        self, lips: np.ndarray, own: Positions, covered: np.ndarray, first: int, shift: MouthShift
    ) -> None:
        """What is behind the lips, where it can be seen, into their rows from `first` on."""
        lips[:] = 0
        part = _where_open(covered)
        if part is None:
            return
        rows, columns = part
        interior = self._interior(Positions(own.x[part], own.y[part]), shift)
        shaded = self._shaded(interior, self._lips_shadow(covered)[part], shift.rounded)
        lips[rows.start - first : rows.stop - first, columns] = shaded

    def _lip(self, layer_at: Positions, rounded: float) -> np.ndarray:
        """A layer's skin: uint8 (height, width, 3)."""
        skin = read_finer(self._skin, layer_at)
        if rounded < LEAST_ROUNDED:
            return skin
        return cv2.addWeighted(skin, 1.0, read_field(self._corner_light, layer_at), rounded, 0.0)

    def _interior(self, own: Positions, shift: MouthShift) -> np.ndarray:
        """Upper teeth before the tongue and the lower teeth, each where its bone is: float32 (height, width, 3)."""
        down_x, down_y = self.frame.down
        recede = ROUND_RECEDES * self.frame.mouth_width * shift.rounded
        down = shift.jaw + recede
        jaw = read_finer(self._jaw, Positions(own.x - down * down_x, own.y - down * down_y))
        skull = read_finer(self._skull, Positions(own.x + recede * down_x, own.y + recede * down_y))
        alpha = skull[..., 3:] * np.float32(1 / 255)
        return jaw + (skull[..., :3].astype(np.float32) - jaw) * alpha

    def _lips_shadow(self, covered: np.ndarray) -> np.ndarray:
        """How much of it lies on each pixel of their box, 0..1: blurred at half the size, since it is soft."""
        height, width = covered.shape
        small = cv2.resize(covered, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        return cv2.resize(cv2.GaussianBlur(small, (0, 0), SHADOW_REACH * self.frame.mouth_width / 2), (width, height))

    def _shaded(self, interior: np.ndarray, shadow: np.ndarray, rounded: float) -> np.ndarray:
        """The interior in the shadow of the lips: darkest at their edges, and darker between lips pushed forward."""
        lit = 1 - rounded**2 * self._round_shadow
        return interior * ((1 - self._shadow * shadow[..., None]) * lit)


def _rows_of_one(upper: np.ndarray, lower: np.ndarray) -> tuple[int, int]:
    """Up to which row only the upper layer is seen, and from which on only the lower one."""
    others = np.flatnonzero(upper.min(axis=1) < 1)
    above = int(others[0]) if len(others) else len(upper)
    others = np.flatnonzero((upper.max(axis=1) > 0) | (lower.min(axis=1) < 1))
    return above, max(above, int(others[-1]) + 1 if len(others) else 0)


def _where_open(covered: np.ndarray) -> tuple[slice, slice] | None:
    """The rows and columns between which anything of the inside can be seen; None: the lips are shut."""
    rows = np.flatnonzero(covered.min(axis=1) < 1)
    if not len(rows):
        return None
    columns = np.flatnonzero(covered[rows[0] : rows[-1] + 1].min(axis=0) < 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
