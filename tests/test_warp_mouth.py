"""The mouth in figures: what moves with which bone, in what light, and how far lips and corners go."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from avatar.lips.warp.mouth import Mouth
from avatar.lips.warp.mouth_light import mouth_light
from avatar.lips.warp.sampling import in_picture, read_field
from avatar.lips.warp.warp import WarpLips
from avatar.portrait.facts import LUMA
from avatar.portrait.framing import Portrait
from avatar.portrait.landmarks import LOWER_LIP_INNER, UPPER_LIP_INNER
from testing.shown_frame import shown
from tests.still_head import still_positions
from tests.test_lips import PORTRAITS, STILL, mouth_size, portraits, pose, reader, warps

__all__ = ["portraits", "reader", "warps"]  # fixtures

REST = np.array([0.05, 0, 0, 0])
UPPER_SIDES, LOWER_SIDES = (40, 270), (91, 321)  # of the lips' outer edges, next to the corners
CORNERS = (61, 291)


def place_of(mouth: Mouth, shift, layer: str, landmark: int) -> np.ndarray:
    """u, v of the pixel in which a landmark of the portrait is drawn."""
    box, frame = mouth.box, mouth.frame
    at = still_positions(box.right - box.left, box.bottom - box.top)
    along, upper, lower = shift.over(mouth.fields)
    source = at.minus(in_picture(mouth.frame, along, {"upper": upper, "lower": lower}[layer]))
    (x, y) = frame.to_picture(frame.points[[landmark]])[0]
    distance = np.hypot(source.x + box.left - x, source.y + box.top - y)
    row, column = np.unravel_index(int(distance.argmin()), distance.shape)
    return np.array([mouth.lines.u[row, column], mouth.lines.v[row, column]])


def width_of(mouth: Mouth, posed: np.ndarray, layer: str, sides: tuple[int, int]) -> float:
    left, right = (place_of(mouth, mouth.shift(posed), layer, side) for side in sides)
    return float(right[0] - left[0])


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize(("layer", "sides"), [("upper", UPPER_SIDES), ("lower", LOWER_SIDES), ("upper", CORNERS)])
@pytest.mark.parametrize("vowel", ["uw", "WW", "ow"])
def test_rounding_pulls_the_corners_of_both_lips_in(name, layer, sides, vowel, warps):
    mouth = warps[name].mouth
    rounded, rest = (width_of(mouth, posed, layer, sides) for posed in (pose(vowel), REST))
    assert 0.5 < rounded / rest <= 0.8


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_rounded_lower_lip_is_no_v(name, warps):
    """Its inner edge is an arch: half way to the corner it still hangs at more than half of its depth."""
    mouth = warps[name].mouth
    shift = mouth.shift(pose("ow"))
    lip = [place_of(mouth, shift, "lower", landmark)[1] for landmark in (95, 178, 14, 402, 324)]
    corner, side = (lip[0] + lip[4]) / 2, (lip[1] + lip[3]) / 2
    assert (side - corner) / (lip[2] - corner) > 0.55


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("vowel", ["uw", "WW", "ow"])
def test_a_rounded_mouth_is_also_seen_to_be_narrow(name, vowel, warps, reader):
    rest, rounded = (mouth_size(reader, shown(warps[name].frame(posed, 0, STILL)))[1] for posed in (REST, pose(vowel)))
    assert rounded / rest < 0.78  # 0.70 to 0.76 while the corners of a smile stayed dark


def test_dark_corners_of_a_smile_do_not_stay_as_notches_beside_a_round_mouth(portraits):
    picture, landmarks = portraits["smiling"].picture.copy(), portraits["smiling"].landmarks
    corners = landmarks[[78, 308], :2]
    middle = corners.mean(axis=0)
    for corner in corners:  # from within the lips to a little outside them
        ends = (middle + (corner - middle) * reach for reach in (0.86, 1.06))
        cv2.line(picture, *(tuple(int(value) for value in end.round()) for end in ends), (15, 8, 8), 3)
    darkest = {}
    with WarpLips(picture, landmarks) as warp:
        for name, posed in (("rest", REST), ("round", pose("uw"))):
            frame, shift = shown(warp.frame(posed, 0, STILL)) @ LUMA, warp.mouth.shift(posed)
            places = [place_of(warp.mouth, shift, "upper", corner) for corner in (78, 308)]
            centre = float(warp.mouth.frame.points[[78, 308], 0].mean())
            x, y = warp.mouth.frame.to_picture(np.array(places) + [centre, 0]).round().astype(int).T
            darkest[name] = max(float(frame[b - 3 : b + 4, a - 2 : a + 3].min()) for a, b in zip(x, y, strict=True))
    assert darkest["rest"] < 40 and darkest["round"] > 70


@pytest.mark.parametrize("name", PORTRAITS)
def test_no_slit_opens_beside_the_corners(name, warps):
    """Outside the lips' own opening both layers together cover everything, whatever the mouth does."""
    mouth = warps[name].mouth
    at = still_positions(512, 512).part(mouth.lips_box).relative_to(mouth.box)
    for extreme in itertools.product((0, 0.5, 1.05), (-1, 0, 1), (0, 1), (0, 1)):
        assert uncovered_beside_the_corners(mouth, at, mouth.shift(np.array(extreme))) < 0.02, extreme


def uncovered_beside_the_corners(mouth: Mouth, at, shift) -> float:
    along, upper, lower = (read_field(move, at) for move in shift.over(mouth.fields))
    alphas = [
        read_field(outline, at.minus(in_picture(mouth.frame, along, move)))
        for outline, move in ((mouth.fields.upper_outline, upper), (mouth.fields.lower_outline, lower))
    ]
    source_u = read_field(mouth.lines.u, at) - along
    half = float(np.abs(mouth.lines.u[mouth.lines.inside]).max())
    beside = np.abs(source_u) > 1.02 * half
    return float((1 - np.maximum(*alphas))[beside].max())


def test_a_small_face_whose_lip_reaches_past_its_corner_has_no_slit(portraits):
    """A reader's landmarks of a small face: the lower lip begins outside the corner and below it."""
    portrait = portraits["smiling"]
    landmarks = portrait.landmarks.copy()
    landmarks[[95, 324], :2] = landmarks[[78, 308], :2] + np.float32([[-4, 5], [4, 5]])
    with WarpLips(portrait.picture, landmarks) as warp:
        mouth = warp.mouth
        at = still_positions(512, 512).part(mouth.lips_box).relative_to(mouth.box)
        for name in ("aa", "ao", "iy", "uw"):
            assert uncovered_beside_the_corners(mouth, at, mouth.shift(pose(name))) < 0.02


def speaking(portraits) -> Portrait:
    """The bundled face with its jaw down: dark above, a row of lower teeth below, no upper teeth. Drawn here."""
    portrait = portraits["smiling"]
    with WarpLips(portrait.picture, portrait.landmarks) as warp:
        mouth = warp.mouth
        opened = shown(warp.frame(np.array([1.0, 0, 0, 0]), 0, STILL))
        shift = mouth.shift(np.array([1.0, 0, 0, 0]))
        places = {}
        for layer, lip in (("upper", UPPER_LIP_INNER), ("lower", LOWER_LIP_INNER)):
            places[layer] = np.array([place_of(mouth, shift, layer, point) for point in lip])
        landmarks = portrait.landmarks.copy()
        for layer, lip in (("upper", UPPER_LIP_INNER), ("lower", LOWER_LIP_INNER)):
            landmarks[lip, :2] = mouth.frame.to_picture(
                places[layer] + [float(mouth.frame.points[[78, 308], 0].mean()), 0]
            )
        outline = np.concatenate([landmarks[UPPER_LIP_INNER, :2], landmarks[LOWER_LIP_INNER[::-1], :2]])
        cv2.fillPoly(opened, [outline.round().astype(np.int32)], (35, 15, 15))
        bottom = landmarks[LOWER_LIP_INNER[2:-2], :2]
        row = np.concatenate([bottom - [0, 9], bottom[::-1]])
        cv2.fillPoly(opened, [row.round().astype(np.int32)], (225, 215, 200))
    return Portrait(opened, landmarks)


def test_a_speaking_mouth_is_read_for_what_it_shows(portraits, warps):
    smile = warps["smiling"].mouth.opening
    assert (smile.upper_teeth, smile.lower_teeth, smile.jaw_open) == (True, False, False)
    closed = warps["closed"].mouth.opening
    assert not closed.upper.any() and not closed.lower.any() and not closed.jaw_open
    portrait = speaking(portraits)
    with WarpLips(portrait.picture, portrait.landmarks) as warp:
        opening = warp.mouth.opening
    assert (opening.upper_teeth, opening.lower_teeth, opening.jaw_open) == (False, True, True)


def test_lower_teeth_go_with_the_jaw_and_upper_teeth_stay(portraits, warps):
    portrait = speaking(portraits)
    with WarpLips(portrait.picture, portrait.landmarks) as warp:
        rows = [lightest_row(warp, opening) for opening in (0.6, 1.0)]
        jaw = [warp.mouth.shift(np.array([opening, 0, 0, 0])).jaw for opening in (0.6, 1.0)]
    assert jaw[1] - jaw[0] > 4
    assert rows[1] - rows[0] == pytest.approx(jaw[1] - jaw[0], abs=2)

    warp = warps["smiling"]
    x, y = portraits["smiling"].landmarks[[13, 14], :2].mean(axis=0).round().astype(int)
    teeth = np.s_[y - 3 : y + 4, x - 20 : x + 20]  # in the middle of the smile's own teeth
    half, wide = (
        shown(warp.frame(np.array([opening, 0, 0, 0]), 0, STILL))[teeth].astype(float) for opening in (0.6, 1.0)
    )
    assert np.abs(half - wide).mean() < 15 < 150 < wide.mean()  # the shadow of the lips differs


def lightest_row(warp: WarpLips, opening: float) -> float:
    """The mean height, in the middle of the mouth, of what is as light as teeth between the lips."""
    frame = shown(warp.frame(np.array([opening, 0, 0, 0]), 0, STILL))
    x, y = warp.mouth.frame.origin.round().astype(int)
    column = frame[y - 60 : y + 60, x - 4 : x + 5].astype(np.float32).mean(axis=1) @ LUMA
    dark = int(column.argmin())
    light = np.flatnonzero(column[dark : dark + 40] > 0.75 * column[dark : dark + 40].max())
    return dark + float(light[0])


def test_what_is_drawn_has_the_light_of_the_picture(portraits):
    portrait = portraits["closed"]
    plain = mouth_light(portrait.picture, portrait.landmarks)
    assert plain.deep @ LUMA < plain.cavity @ LUMA < plain.tongue @ LUMA < plain.enamel @ LUMA
    assert np.ptp(plain.enamel) < 0.3 * plain.enamel.max()
    for tint in ([0.55, 1.0, 0.6], [1.0, 0.55, 0.45]):
        tinted = mouth_light((portrait.picture * np.array(tint)).astype(np.uint8), portrait.landmarks)
        ratio = tinted.enamel / plain.enamel
        assert ratio[1] / ratio[0] == pytest.approx(tint[1] / tint[0], rel=0.4)
        assert (ratio[1] > ratio[0]) == (tint[1] > tint[0])
    dark = mouth_light((portrait.picture * 0.4).astype(np.uint8), portrait.landmarks)
    assert dark.enamel @ LUMA == pytest.approx(0.4 * (plain.enamel @ LUMA), rel=0.15)


def test_a_black_and_white_mouth_is_drawn_without_colour(portraits):
    portrait = portraits["closed"]
    grey = np.repeat(cv2.cvtColor(portrait.picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    light = mouth_light(grey, portrait.landmarks)
    for drawn in (light.enamel, light.tongue, light.cavity, light.deep):
        assert np.ptp(drawn) < 0.5


def test_lips_throw_a_shadow_on_what_is_behind_them(portraits):
    """Most at their edges: teeth below the upper lip are darker than they are drawn, those in the middle hardly."""
    portrait, wide = portraits["smiling"], np.array([1.0, 0, 0, 0])
    with WarpLips(portrait.picture, portrait.landmarks) as warp:
        shaded = shown(warp.frame(wide, 0, STILL)) @ LUMA
        warp.mouth._shadow = np.zeros_like(warp.mouth._shadow)
        darker = (shown(warp.frame(wide, 0, STILL)) @ LUMA) - shaded
    assert darker.min() > -2 and darker.max() > 20
    column = darker[:, round(float(portrait.landmarks[[78, 308], 0].mean()))]  # between the corners
    below = np.flatnonzero(column > 2)
    assert column[below[0] : below[0] + 6].mean() > 1.5 * np.median(column[below])
