"""How every pixel of the lower face moves, per unit of each thing a mouth can do.

The mouth is two layers that slide over a picture of the mouth's inside: the upper layer (upper lip and the skin up to
the nose) lies over the lower layer (lower lip, chin and jaw), which lies over the interior. A field of this file says,
for each pixel, how far one layer moves there; a frame's movement is a short weighted sum of fields
(avatar/lips/warp/mouth.py).

Lengths are taken in the face's own coordinates (avatar/lips/warp/geometry.py): u to the right, v down, origin between the
lips. Three quantities shape nearly everything:

- `profile`, 1 in the middle of the mouth and 0 just before its inner corners, (1 - t^2)^0.9 with t = |u| / half the
  width that opens. A jaw that drops opens the lips as this arch. It ends before the inner corners: at the outer ones
  dark flaps would open where lips in fact meet.
- the distance above the upper lip's inner edge, and below the lower lip's: every movement is full at that edge and
  fades with the distance, upward to nothing at the nose, downward to nothing below the chin.
- `gap`, the height of the opening that the portrait itself has. A smiling portrait is first closed by this gap and then
  opened by the speech, so that any portrait can say "m".

Why the lips never fold or tear: movement is continuous inside a layer and fades by less than one pixel per pixel
(tests hold it to that), so each layer is stretched and never turned over; and the layers may overlap or part freely,
because each brings its own soft outline along, moved by the very same field as its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.lips.warp.geometry import (
    Box,
    FaceFrame,
    box_around,
    from_left_to_right,
    inner_window,
    smoothstep,
)
from avatar.portrait.landmarks import (
    LEFT_CHEEK,
    LOWER_LIP_INNER,
    LOWER_LIP_OUTER,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    RIGHT_CHEEK,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
)

# A portrait whose inner lips are further apart than this share of the mouth's width shows an open (smiling) mouth.
OPEN_MOUTH_GAP = 0.06
# The lower lip of an open mouth begins this share of the mouth's width further down than its landmarks, which are not
# exact: a lip that carries a seam of teeth along shows it as a white line when the mouth is closed.
EDGE_INSET = 0.012
LINE_SMOOTHING = 0.02  # share of the mouth's width, sigma
EDGE_PX = 1.2  # width of a lip layer's soft outline
# Lips part up to this share of the way to the inner corners: landmarks reach further into the corner than lips open,
# and the last of the opening would show as a hairline on the skin.
OPENING_ENDS = 0.92
ROUND_OPENING_ENDS = 0.72  # the same of a fully rounded mouth
USUAL_SAG = 0.16  # how far the lower lip's outer edge lies below the corners, share of the mouth's width
CORNER_OVERLAP_PX = 1.6  # how far the layers overlap beyond the corners; abutting outlines would show the dark inside
UNDER_PX = 24.0
WINDOW_PX = 16.0  # all movement fades to nothing over this distance to the box's border


@dataclass(frozen=True)
class LipLines:
    """The inner edges of both lips as functions of u, over the pixels of a box (float32 arrays of the box's shape)."""

    u: np.ndarray  # from the middle between the inner corners
    v: np.ndarray
    upper: np.ndarray  # v of the upper lip's inner edge at this u
    lower: np.ndarray  # v of the lower lip's
    gap: np.ndarray  # lower - upper inside the corners, 0 outside
    t: np.ndarray  # |u| / half width between the inner corners, at most 1
    inside: np.ndarray  # bool: between the inner corners
    smiling: bool  # the portrait shows an open mouth

    @property
    def seam(self) -> np.ndarray:
        return (self.upper + self.lower) / 2


def lower_face_box(frame: FaceFrame, size: tuple[int, int]) -> Box:
    """The part of the picture (width, height) that the mouth may move: cheek to cheek, nose to below the chin."""
    half = 0.62 * frame.face_width
    top, bottom = -2 * frame.mouth_to_nose - WINDOW_PX, 2.1 * frame.mouth_to_chin
    corners = np.array([[-half, top], [half, top], [-half, bottom], [half, bottom]])
    return box_around(frame.to_picture(corners), 0, *size)


def lip_lines(frame: FaceFrame, box: Box) -> LipLines:
    u, v = frame.grid(box)
    upper_points, lower_points = (_between_corners(frame.points[lip]) for lip in (UPPER_LIP_INNER, LOWER_LIP_INNER))
    left, right = float(upper_points[0, 0]), float(upper_points[-1, 0])
    smoothing = LINE_SMOOTHING * frame.mouth_width
    upper, lower = _line(u, upper_points, smoothing), _line(u, lower_points, smoothing)
    inside = (u > left) & (u < right)
    centred = u - (left + right) / 2
    gap = np.where(inside, np.maximum(lower - upper, 0), 0).astype(np.float32)
    smiling = float(gap.max()) > OPEN_MOUTH_GAP * frame.mouth_width
    if smiling:
        inset = EDGE_INSET * frame.mouth_width * gap / gap.max()
        lower, gap = lower + inset, gap + inset
    return LipLines(
        u=centred,
        v=v,
        upper=upper,
        lower=lower,
        gap=gap,
        t=np.minimum(np.abs(centred) / ((right - left) / 2), 1),
        inside=inside,
        smiling=smiling,
    )


def _between_corners(lip: np.ndarray) -> np.ndarray:
    """A lip's points u, v from corner to corner, which both lips share.

    On a small or turned face other points may lie further out than a corner. Lines that ended there would leave a gap
    between the lips all the way out over the cheek.
    """
    inner = lip[1:-1]
    inner = inner[(inner[:, 0] > lip[0, 0] + 0.5) & (inner[:, 0] < lip[-1, 0] - 0.5)]
    return from_left_to_right(np.concatenate([lip[:1], inner, lip[-1:]]))


def _line(u: np.ndarray, points: np.ndarray, smoothing: float) -> np.ndarray:
    """v of a contour at each u: straight between its points, with the kinks at them rounded and its ends kept."""
    at = np.arange(points[0, 0], points[-1, 0], 0.5)
    distance = np.arange(-3 * smoothing, 3 * smoothing + 0.5, 0.5)
    kernel = np.exp(-0.5 * (distance / smoothing) ** 2)
    half = len(kernel) // 2
    straight = np.pad(np.interp(at, points[:, 0], points[:, 1]), half, mode="reflect", reflect_type="odd")
    rounded = np.convolve(straight, kernel / kernel.sum(), "same")[half:-half]
    return np.interp(u, at, rounded).astype(np.float32)


@dataclass(frozen=True)
class MouthFields:
    """Fields over `box`, float32 (height, width). Vertical ones are positive downward. Each says what it counts."""

    box: Box
    widen: np.ndarray  # both layers, along u: pixels per unit of horizontal scale
    settle: np.ndarray  # both layers: how far the corners of a smile stand above a level mouth, in pixels
    close_upper: np.ndarray  # upper layer: the portrait's own gap, in pixels
    close_lower: np.ndarray  # lower layer: the same gap
    jaw: np.ndarray  # lower layer: share of the jaw's drop
    jaw_rounded: np.ndarray  # lower layer: what a rounded mouth adds to `jaw` (it opens in the middle only)
    lift: np.ndarray  # upper layer: share of the upper lip's rise
    lift_rounded: np.ndarray  # upper layer: what a rounded mouth adds to `lift`
    tuck: np.ndarray  # lower layer: share of the lower lip's rise towards the upper teeth
    pucker_upper: np.ndarray  # upper layer: pixels that the outer edge of a lip of twice the thickness moves
    pucker_lower: np.ndarray  # lower layer: the same
    flatten: np.ndarray  # lower layer: how much too far the lower lip hangs below the corners, in pixels

    below: np.ndarray  # bool: belongs to the lower layer where the layers do not part
    upper_outline: np.ndarray  # 0..1: where the upper layer is opaque
    lower_outline: np.ndarray

    def part(self, box: Box) -> MouthFields:
        """Those of a smaller box, which lies within."""
        rows = slice(box.top - self.box.top, box.bottom - self.box.top)
        columns = slice(box.left - self.box.left, box.right - self.box.left)
        fields = {name: field[rows, columns] for name, field in vars(self).items() if name != "box"}
        return MouthFields(box=box, **fields)


def mouth_fields(frame: FaceFrame, box: Box, lines: LipLines, size: tuple[int, int], jaw_open: bool) -> MouthFields:
    """All fields over a box that `lower_face_box` gave for a picture of this size (width, height).

    jaw_open: the portrait's jaw hangs, so that its mouth is closed by the jaw.
    """
    below_lip = np.maximum(lines.v - lines.lower, 0)
    above_lip = np.maximum(lines.upper - lines.v, 0)
    upper_lip = _lip_thickness(frame, UPPER_LIP_INNER, UPPER_LIP_OUTER)
    lower_lip = _lip_thickness(frame, LOWER_LIP_INNER, LOWER_LIP_OUTER)
    window = inner_window(box, size, WINDOW_PX)
    profile = (1 - np.minimum(lines.t / OPENING_ENDS, 1) ** 2) ** 0.9
    # What a rounded mouth opens is nearly an ellipse, and ends well before the corners. At a lip's outer edge the arch
    # stays as wide as it was: else the lower lip would come down as a V.
    rounded = (1 - np.minimum(lines.t / ROUND_OPENING_ENDS, 1) ** 2) ** 0.75 - profile
    plump = 1 - smoothstep((lines.t - 0.45) / 0.55)
    near_upper_lip = 1 - smoothstep((above_lip / frame.mouth_to_nose - 0.25) / 0.75)
    chinward = smoothstep(below_lip / (0.75 * frame.mouth_to_chin))
    jaw_region = _jaw_region(frame, lines) * window
    upper_outline, lower_outline = _outlines(lines)
    fields = {
        "widen": _widen(frame, lines) * window,
        "settle": _settle(frame, lines) * window,
        "close_upper": lines.gap * (1 - smoothstep(above_lip / frame.mouth_to_nose)) * window,
        "close_lower": _close_lower(frame, lines, below_lip, jaw_region, jaw_open) * window,
        # At the lip the drop is the arch of the opening; towards the chin it becomes the whole width of the jaw.
        "jaw": (profile * (1 - chinward) + _jaw_width(frame, lines) * chinward) * jaw_region,
        # Spread over as much more as the jaw drops: what grows faster than the distance folds.
        "jaw_rounded": rounded * (1 - smoothstep(below_lip / (1.2 * lower_lip + 0.17 * frame.face_width))) * jaw_region,
        "lift": profile**0.7 * near_upper_lip * window,
        "lift_rounded": rounded * (1 - smoothstep(above_lip / (1.2 * upper_lip))) * near_upper_lip * window,
        "tuck": profile * (1 - smoothstep((below_lip / lower_lip - 0.5) / 1.6)) * window,
        "pucker_upper": -_pucker(above_lip, upper_lip, frame.mouth_to_nose) * plump * window,
        "pucker_lower": _pucker(below_lip, lower_lip, 0.8 * frame.mouth_to_chin) * plump * window,
        "flatten": _flatten(frame, lines, below_lip, lower_lip) * plump * window,
        "upper_outline": upper_outline,
        "lower_outline": lower_outline,
    }
    return MouthFields(
        box=box,
        below=lines.v > lines.seam,
        **{name: np.ascontiguousarray(field, np.float32) for name, field in fields.items()},
    )


def _close_lower(
    frame: FaceFrame, lines: LipLines, below_lip: np.ndarray, jaw_region: np.ndarray, jaw_open: bool
) -> np.ndarray:
    """The lip alone over the teeth of a smile; the whole chin where it hangs."""
    if not jaw_open:
        return lines.gap * (1 - smoothstep(below_lip / (0.8 * frame.mouth_to_chin)))
    chinward = smoothstep(below_lip / (0.9 * frame.mouth_to_chin))
    chin = 0.75 * float(lines.gap.max()) * _jaw_width(frame, lines)
    return (lines.gap * (1 - chinward) + chin * chinward) * jaw_region


def _jaw_width(frame: FaceFrame, lines: LipLines) -> np.ndarray:
    """How much of the chin's drop the jaw makes at each u: nearly all of it, except at its sides."""
    return np.exp(-((np.abs(lines.u) / (0.40 * frame.face_width)) ** 4))


def _jaw_region(frame: FaceFrame, lines: LipLines) -> np.ndarray:
    """1 on the jaw, fading over the neck below and over the cheeks at the sides."""
    neck = 1 - smoothstep((lines.v - 1.02 * frame.mouth_to_chin) / (0.75 * frame.mouth_to_chin))
    cheeks = 1 - smoothstep((np.abs(lines.u) - 0.30 * frame.face_width) / (0.20 * frame.face_width))
    return neck * cheeks


def _widen(frame: FaceFrame, lines: LipLines) -> np.ndarray:
    """A horizontal scale about the mouth's middle: the whole mouth by the same, fading over the cheeks around it.

    Were it to fade inside the mouth, rounded lips would keep their corners. It ends before the outline of the face,
    which would otherwise bulge.
    """
    out, dv = np.abs(lines.u) / frame.mouth_width, lines.v - lines.seam
    reach = np.where(dv < 0, 0.8 * frame.mouth_to_nose, 0.75 * frame.mouth_to_chin)
    middle = (frame.points[UPPER_LIP_INNER[0], 0] + frame.points[UPPER_LIP_INNER[-1], 0]) / 2
    left, right = middle - frame.points[LEFT_CHEEK, 0], frame.points[RIGHT_CHEEK, 0] - middle
    side = np.where(lines.u < 0, left, right) / frame.mouth_width  # of a turned head one is narrow
    ends = np.clip(0.92 * side, 0.85, 1.25)
    return lines.u * (1 - smoothstep((out - 0.34) / (ends - 0.34))) * np.exp(-((dv / reach) ** 2))


def _settle(frame: FaceFrame, lines: LipLines) -> np.ndarray:
    """How far each place of a smile would sink to make the closed lips level: the corners most, the middle not."""
    closed = lines.upper + 0.3 * lines.gap
    middle = float(closed[np.abs(lines.u) < 1].mean())
    corners = float(frame.points[[UPPER_LIP_INNER[0], UPPER_LIP_INNER[-1]], 1].mean())
    rise = max(middle - corners, 0.0)
    beyond = np.maximum(np.abs(lines.u) - 0.5 * frame.mouth_width, 0)
    dv = lines.v - lines.seam
    reach = np.where(dv < 0, 1.2 * frame.mouth_to_nose, 0.7 * frame.mouth_to_chin)
    return rise * lines.t**2 * np.exp(-((beyond / (0.3 * frame.mouth_width)) ** 2) - (dv / reach) ** 2)


def _pucker(distance: np.ndarray, thickness: float, reach: float) -> np.ndarray:
    """Lips pushed forward look thicker: growing from a lip's inner edge to its outer one, then fading over the skin."""
    return np.minimum(distance, thickness) * (1 - smoothstep((distance - thickness) / (reach - thickness)))


def _flatten(frame: FaceFrame, lines: LipLines, distance: np.ndarray, thickness: float) -> np.ndarray:
    """How far the closed lower lip's outer edge hangs lower between the corners than that of a mouth at rest.

    A smile's does: drawn together sideways alone, it would become a V. The inner edge stays, and never folds over.
    """
    middle = LOWER_LIP_OUTER[len(LOWER_LIP_OUTER) // 2]
    corners = float(frame.points[[MOUTH_LEFT, MOUTH_RIGHT], 1].mean())
    hangs = float(frame.points[middle, 1]) - corners - 0.5 * float(lines.gap.max())
    sag = min(max(hangs - USUAL_SAG * frame.mouth_width, 0.0), 0.5 * thickness)
    return sag * np.minimum(distance / thickness, 1) * (1 - smoothstep((distance / frame.mouth_to_chin - 0.25) / 0.6))


def _lip_thickness(frame: FaceFrame, inner: list[int], outer: list[int]) -> float:
    """The height of a lip in its middle, in pixels."""
    middle = len(inner) // 2
    height = abs(float(frame.points[outer[middle], 1] - frame.points[inner[middle], 1]))
    return max(height, 0.06 * frame.mouth_width)


def _outlines(lines: LipLines) -> tuple[np.ndarray, np.ndarray]:
    """Where each layer is opaque: up to its lip's inner edge, and a little further towards and beyond the corners."""
    overlap = CORNER_OVERLAP_PX * smoothstep((lines.t - 0.75) / (OPENING_ENDS - 0.75))
    upper = np.clip((lines.upper - lines.v + overlap) / EDGE_PX + 0.5, 0, 1)
    # Beyond them the lower layer lies under the upper one as far up as it may ever be drawn away: what moves both layers
    # there moves the lower one into the reach of the jaw, and a slit would open.
    half = float(np.abs(lines.u[lines.inside]).max()) if lines.inside.any() else 1.0
    under = UNDER_PX * smoothstep((np.abs(lines.u) / half - 0.96) / 0.09)
    lower = np.clip((lines.v - lines.lower + overlap + under) / EDGE_PX + 0.5, 0, 1)
    return upper, lower
