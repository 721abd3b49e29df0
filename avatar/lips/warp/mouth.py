"""The mouth of one frame: opening, width, lift and tuck in, moved lips out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from avatar.lips.box import Box
from avatar.lips.warp.geometry import FaceFrame, box_around, face_frame
from avatar.lips.warp.mouth_fields import LipLines, MouthFields, lip_lines, lower_face_box, mouth_fields
from avatar.lips.warp.mouth_interior import mouth_interior
from avatar.lips.warp.sampling import Positions, finer, read_field, read_finer
from avatar.portrait.facts import colour_of

# Shares of the face's width: how far lips part at opening 1. A smile leaves the jaw a little less room.
APERTURE_SMILING, APERTURE_CLOSED = 0.12, 0.13
JAW_SHARE = 0.88  # of the aperture is the lower lip going down, the rest the upper lip going up
LIFT = 0.05  # share of the mouth's width that the upper lip rises at lift 1
TUCK = 0.045  # share of the mouth's width that the lower lip rises at tuck 1
# The two shares with which the layers close a smile. They sum to a little over 1: lips press, no gap is left.
CLOSE_LOWER, CLOSE_UPPER = 0.56, 0.466
SPREAD, ROUND = 0.13, 0.34  # horizontal scale at width +1 and at width -1
PUCKER = 0.40  # how much thicker lips become at width -1
CALM_SMILE = 0.10  # a smile is made narrower by this while it speaks
# Share of a smile's rise at the corners that is taken away: always, at opening 1, at width -1.
SETTLE_SMILE, SETTLE_OPEN, SETTLE_ROUND = 0.30, 0.40, 0.40
NARROW_OPEN = 0.12  # a dropped jaw draws the corners in
SWAY_MARGIN_PX = 16  # how far the head may move what a box holds (avatar/lips/warp/liveliness.py stays below)

# The lips' shadow on what is behind them takes the least red, or teeth would look grey.
SHADOW_RGB = np.array([0.20, 0.27, 0.31], np.float32)
ROUND_SHADOW = 1.0  # how much deeper it is between fully rounded lips
SHADOW_REACH = 0.035  # share of the mouth's width


@dataclass(frozen=True)
class MouthShift:
    """How far each pixel of the lower face has moved in one frame, in x and y of the picture, over the mouth's box."""

    upper: Positions  # the layer of the upper lip
    lower: Positions  # the layer of the lower lip and the jaw
    skin: Positions  # each pixel's own layer
    interior: Positions  # what is behind the lips
    rounded: float  # 0..1, how far the lips are pushed forward


class Mouth:
    """The layers of one portrait's mouth, made once; `shift` and `draw_lips` are called per frame."""

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        height, width = picture.shape[:2]
        self.frame: FaceFrame = face_frame(landmarks)
        self.box: Box = lower_face_box(self.frame, (width, height))
        self.lines: LipLines = lip_lines(self.frame, self.box)
        self.fields: MouthFields = mouth_fields(self.frame, self.box, self.lines, (width, height))
        self.moved_box = box_around(np.array([self.box[:2], self.box[2:]]), SWAY_MARGIN_PX, width, height)
        self.lips_box = self._lips_box(width, height)
        self._skin = finer(np.ascontiguousarray(picture[self.box.rows_columns]))
        self._shadow = colour_of(picture, landmarks).of_light(SHADOW_RGB)
        self._interior = finer(mouth_interior(picture, landmarks, self.frame, self.lines, self.box))

    def _lips_box(self, width: int, height: int) -> Box:
        """Where the layers may part: around both lips' inner edges at their widest and most open."""
        frame, lines = self.frame, self.lines
        aperture = self._aperture(1.1)
        half = 1.25 * frame.mouth_width / 2
        top = float(lines.upper.min()) - (1 - JAW_SHARE) * aperture - LIFT * frame.mouth_width
        bottom = float(lines.lower.max()) + JAW_SHARE * aperture
        corners = np.array([[-half, top], [half, top], [-half, bottom], [half, bottom]])
        return box_around(frame.to_picture(corners), SWAY_MARGIN_PX, width, height)

    def _aperture(self, opening: float) -> float:
        return (APERTURE_SMILING if self.lines.smiling else APERTURE_CLOSED) * self.frame.face_width * opening

    def shift(self, pose: np.ndarray) -> MouthShift:
        """The movement for one pose (4,): opening 0..1, width -1..1, lift 0..1, tuck 0..1."""
        opening, width, lift, tuck = (float(value) for value in pose)
        fields, frame = self.fields, self.frame
        rounded = max(-width, 0.0)
        aperture = self._aperture(opening)
        scale = (SPREAD if width > 0 else ROUND) * width - NARROW_OPEN * opening
        settle = SETTLE_OPEN * opening + SETTLE_ROUND * rounded
        if self.lines.smiling:
            scale -= CALM_SMILE
            settle += SETTLE_SMILE

        along = scale * fields.widen
        both = settle * fields.settle
        rise = (1 - JAW_SHARE) * aperture + LIFT * frame.mouth_width * lift
        upper = both + CLOSE_UPPER * fields.close_upper + PUCKER * rounded * fields.pucker_upper
        upper -= rise * (fields.lift + rounded * fields.lift_rounded)
        lower = both - CLOSE_LOWER * fields.close_lower + PUCKER * rounded * fields.pucker_lower
        lower += JAW_SHARE * aperture * (fields.jaw + rounded * fields.jaw_rounded)
        lower -= TUCK * frame.mouth_width * tuck * fields.tuck
        return MouthShift(
            upper=self._in_picture(along, upper),
            lower=self._in_picture(along, lower),
            skin=self._in_picture(along, np.where(fields.below, lower, upper)),
            interior=self._in_picture(along, np.zeros_like(along)),
            rounded=rounded,
        )

    def _in_picture(self, along: np.ndarray, down: np.ndarray) -> Positions:
        """Movement along u and v -> movement in x and y."""
        (right_x, right_y), (down_x, down_y) = self.frame.right, self.frame.down
        return Positions(along * right_x + down * down_x, along * right_y + down * down_y)

    def move_skin(self, head: Positions, shift: MouthShift) -> Positions:
        """The positions of the whole picture with the mouth's movement added to the head's."""
        skin = Positions(head.x.copy(), head.y.copy())
        x, y = skin.part(self.moved_box)
        own = Positions(x, y).relative_to(self.box)
        x -= read_field(shift.skin.x, own)
        y -= read_field(shift.skin.y, own)
        return skin

    def draw_lips(self, canvas: np.ndarray, head: Positions, shift: MouthShift) -> None:
        """Draw interior, lower and upper layer, in this order, where the lips may part."""
        own = head.part(self.lips_box).relative_to(self.box)
        upper_at, lower_at = self._moved(own, shift.upper), self._moved(own, shift.lower)
        upper_alpha = read_field(self.fields.upper_outline, upper_at)
        lower_alpha = read_field(self.fields.lower_outline, lower_at)
        interior = read_finer(self._interior, self._moved(own, shift.interior))
        lips = self._shaded(interior, np.maximum(upper_alpha, lower_alpha), shift.rounded)
        for layer_at, alpha in ((lower_at, lower_alpha), (upper_at, upper_alpha)):
            lips += (read_finer(self._skin, layer_at) - lips) * alpha[..., None]
        canvas[self.lips_box.rows_columns] = np.rint(lips)

    @staticmethod
    def _moved(at: Positions, move: Positions) -> Positions:
        return at.minus(Positions(read_field(move.x, at), read_field(move.y, at)))

    def _shaded(self, interior: np.ndarray, covered: np.ndarray, rounded: float) -> np.ndarray:
        """The interior in the shadow of the lips: darkest at their edges, and darker between lips pushed forward."""
        reach = SHADOW_REACH * self.frame.mouth_width
        shadow = cv2.GaussianBlur(covered, (0, 0), reach) + ROUND_SHADOW * rounded
        return interior * (1 - self._shadow * shadow[..., None])
