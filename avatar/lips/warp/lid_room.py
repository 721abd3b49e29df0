"""How much skin a lid has: from its edge up to the brow, the rim of glasses, or whatever else crosses it first."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from avatar.lips.warp.geometry import FaceFrame, from_left_to_right, smoothstep
from avatar.portrait.facts import LUMA
from avatar.portrait.landmarks import EyeLandmarks

COLUMNS, STEPS = 25, 40  # along the eye, and from its upper edge to the brow
TO_BROW = 0.80  # of the way to the brow's landmarks: hair grows below them
BELOW, IN_SHADE = 0.6, 0.75  # eye heights below the eye; a lid is darker than the skin there by less than this, in logs
GLARE = 0.50  # what is lighter than the skin below the eye by more is the glint of glasses
# Lashes: darker than the lid's skin (this percentile of its light) by so much, in logs of the light; not all the way up
SKIN_OF_LID, DARK_LASH, MOST_OF_WAY = 75, 0.5, 0.7
# Single ones: how much the light varies from one to the next so many heights of the eye above the edge, over how much it
# does so many below the eye. Measured: 0.06 to 0.19 where they stand out, at most 0.05 elsewhere.
AMONG_LASHES, ON_CHEEK, SINGLE_LASHES = (0.2, 0.6), (0.9, 1.4), (0.05, 0.08)
MARGIN = 0.10  # of the room found is left to what ends it


class Ending(NamedTuple):
    """How that which ends a lid's skin is told from it."""

    lashes: float  # of the eye's height above the edge: dark by the lashes, and not the end of the skin
    least: float  # so much of it belongs to the lid whatever it looks like, up to the brow's landmarks
    darker: float  # in logs, the light differs by more than this from the lid's skin ...
    steps: int  # ... so many steps in a row


BROW = Ending(lashes=0.34, least=0.25, darker=0.38, steps=5)
RIM = Ending(lashes=0.15, least=0.0, darker=0.30, steps=4)  # of glasses: thin, often grey, and before the lid itself


def lid_room(
    picture: np.ndarray, frame: FaceFrame, eye: EyeLandmarks, lashes: float, u: np.ndarray, rims: bool
) -> np.ndarray:
    """In pixels along v, at each u (any shape), smooth along the lid, whose lashes are of this height.

    rims: the face wears glasses, so that what is dark just above the lashes may be a rim.
    """
    upper, lower, brow = (from_left_to_right(frame.points[numbers]) for numbers in eye)
    along = np.linspace(upper[0, 0], upper[-1, 0], COLUMNS)
    edge, low_edge, brow_edge = (np.interp(along, line[:, 0], line[:, 1]) for line in (upper, lower, brow))
    height = max(float((low_edge - edge).max()), 1.0)
    reach = np.maximum(TO_BROW * (edge - brow_edge), 0.0)
    up = np.linspace(0, 1, STEPS)[:, None] * reach
    light = _light_at(picture, frame, along, edge, up, height)
    cheek_up = np.broadcast_to(edge - low_edge - BELOW * height, (1, COLUMNS))
    cheek = float(np.median(_light_at(picture, frame, along, edge, cheek_up, height)))
    edge_of = RIM if rims else BROW
    skin_ends = _first_other(light, up, max(edge_of.lashes * height, lashes), cheek - IN_SHADE, cheek + GLARE, edge_of)
    room = np.minimum(reach, np.maximum(skin_ends, edge_of.least * height)) * (1 - MARGIN)
    # The lowest of three neighbours, then smoothed: a layer whose top jumps would tear.
    padded = np.pad(room, 1, mode="edge")
    room = np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    room = cv2.GaussianBlur(room[None].astype(np.float32), (0, 0), 2.0, borderType=cv2.BORDER_REPLICATE)[0]
    return np.interp(u, along, room)


class Lashes(NamedTuple):
    height: float  # above the lid's edge, in pixels along v
    single: float  # 0..1: how far single ones stand out, beyond that height too


NO_LASHES = Lashes(0.0, 0.0)


def lashes_of(picture: np.ndarray, frame: FaceFrame, eye: EyeLandmarks) -> Lashes:
    """What lashes and their paint darken above a lid's edge.

    A lid that is dark up to the brow lies in the shade, and tells nothing of their height: it is 0 then.
    """
    upper, lower, brow = (from_left_to_right(frame.points[numbers]) for numbers in eye)
    along = np.linspace(upper[1, 0], upper[-2, 0], COLUMNS)
    edge, low_edge, brow_edge = (np.interp(along, line[:, 0], line[:, 1]) for line in (upper, lower, brow))
    height = max(float((low_edge - edge).max()), 1.0)
    reach = np.maximum(TO_BROW * (edge - brow_edge), 0.0)
    up = np.linspace(0, 1, STEPS) * max(float(np.median(reach)), 1.0)
    light = _light_at(picture, frame, along, edge, np.repeat(up[:, None], COLUMNS, axis=1), height)
    dark = np.median(light, axis=1) < np.percentile(light, SKIN_OF_LID) - DARK_LASH
    first_light = int(np.argmin(dark)) if not dark.all() else STEPS
    among = _unevenness(light[(up > AMONG_LASHES[0] * height) & (up < AMONG_LASHES[1] * height)])
    down = np.repeat(-np.linspace(*ON_CHEEK, 10)[:, None] * height, COLUMNS, axis=1)
    found = among - _unevenness(_light_at(picture, frame, along, low_edge, down, height))
    return Lashes(
        height=float(up[first_light]) if first_light < MOST_OF_WAY * STEPS else 0.0,
        single=float(smoothstep((found - SINGLE_LASHES[0]) / (SINGLE_LASHES[1] - SINGLE_LASHES[0]))),
    )


def _unevenness(light: np.ndarray) -> float:
    """How much the light (rows, columns) varies from one column to the next, in logs; without rows 0."""
    return float((light - cv2.GaussianBlur(light, (0, 0), 2.0, sigmaY=0.01)).std(axis=1).mean()) if len(light) else 0.0


def _light_at(
    picture: np.ndarray, frame: FaceFrame, along: np.ndarray, edge: np.ndarray, up: np.ndarray, height: float
) -> np.ndarray:
    """The log of the light (steps, columns) above the lid's edge, a little smoothed."""
    u = np.broadcast_to(along, up.shape)
    at = frame.to_picture(np.stack([u.ravel(), (edge - up).ravel()], axis=1)).astype(np.float32)
    luma = cv2.GaussianBlur(picture, (0, 0), max(0.06 * height, 0.5)).astype(np.float32) @ LUMA
    x, y = (np.ascontiguousarray(part.reshape(up.shape)) for part in at.T)
    return np.log(cv2.remap(luma, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) + 12)


def _first_other(
    light: np.ndarray, up: np.ndarray, lashes: float, darkest: float, lightest: float, edge_of: Ending
) -> np.ndarray:
    """How far above the edge, in each column, the light first is not that of the lid's skin any more.

    0 where all of it is darker than skin can be: there the brow lies on the lid.
    """
    ends = up[-1].copy()
    for column in range(light.shape[1]):
        above = np.flatnonzero(up[:, column] > lashes)
        if len(above) <= edge_of.steps:
            continue
        column_light = light[above, column]
        glare = np.flatnonzero(column_light > lightest)
        if len(glare):
            ends[column] = up[above[glare[0]], column]
            column_light = column_light[: glare[0]]
        # The lid's skin is the lightest so far. Its fold is a dark line, but hair and rims are wider.
        skin = np.maximum(np.maximum.accumulate(column_light), darkest) if len(column_light) else column_light
        dark = skin - column_light > edge_of.darker
        steps = edge_of.steps
        run = np.convolve(dark, np.ones(steps), "valid") == steps if len(dark) >= steps else np.zeros(1)
        last = int(np.argmax(run)) if run.any() else len(skin) - 1
        if run.any():
            ends[column] = up[above[last], column]
        if len(skin) and skin[last] <= darkest:
            ends[column] = 0
    return ends
