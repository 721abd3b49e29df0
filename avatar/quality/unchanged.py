"""What lips may not change: the picture outside the mask, and where the rest of the face is. For a still portrait."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from avatar.errors import InputError
from avatar.limits import FRAME_RATE
from avatar.lips.musetalk.options import Options
from avatar.lips.musetalk.prepared import prepare
from avatar.media.ffmpeg import encode_frames
from avatar.media.frames import video_frames
from avatar.media.mark import layer
from avatar.portrait.face import FaceReader
from avatar.portrait.framing import Portrait
from avatar.portrait.landmarks import LEFT_EYE, MESH, RIGHT_EYE

# A video is coded, so even what was not touched differs by a few levels of 255. So the still portrait is coded in the
# same way and compared in blocks, over which the coder's noise cancels. Measured, worst block / all blocks: the portrait
# coded twice 2.4 / 0.2; a full-stack video 2.9 / 0.5; all colours one level up 3.6 / 1.1; moved by a pixel 13.6 / 2.6.
BLOCK = 16  # pixels
MOST_BLOCK = 6.0  # levels, of the block that differs most
MOST_OVERALL = 0.9  # levels, root mean square over the blocks
CONTROL_FRAMES = 12  # of the coded portrait; its last one is compared with
CODED_AROUND = 16  # pixels around the mask that are not looked at: the coder spreads what it holds over blocks
# Of the distance between the eyes; measured 0.014 where noise was drawn for a mouth, 0.002 on a still.
MOST_MOVED = 0.03


def check_unchanged(path: Path, portrait: Portrait, options: Options, mark: str | None, encoder: str = "x264") -> dict:
    """Figures and failed limits of a video against the portrait that it was made of.

    mark: the visible mark's words; encoder: of ffmpeg.ENCODERS, which made the video.

    outside_block, outside_overall: levels of 255 by which blocks outside the mask differ, the worst block and all of
    them, in the worst frame. moved: how far landmarks outside the mask are from where the portrait has them, median
    over the points, of the worst frame; None where a frame shows no face.
    """
    height, width = portrait.picture.shape[:2]
    still, words = portrait.picture, layer(width, height, mark) if mark else None
    outside = outside_mask(portrait, options)
    blocks = block_means(outside[..., None])[..., 0] == 1
    control = block_means(coded(still, encoder, words))
    worst, overall, moved = [], [], []
    with FaceReader() as reader:
        read = reader.largest(portrait.picture)
        if read is None:
            raise InputError("the portrait shows no face to compare the video's with.")
        there = points_outside(read.landmarks, outside)
        for frame in video_frames(path):
            if frame.shape != still.shape:
                raise InputError(f"{str(path)!r} is {frame.shape[1]}x{frame.shape[0]}, the portrait {width}x{height}.")
            difference = np.abs(block_means(frame) - control)[blocks]
            worst.append(difference.max())
            overall.append(np.sqrt(np.square(difference).mean()))
            face = reader.largest(frame)
            moved.append(distance(face.landmarks, read.landmarks, there) if face else np.nan)
    report = {
        "frames": len(worst),
        "outside_share": round(float(outside.mean()), 4),
        "outside_block": round(float(max(worst)), 2),
        "outside_overall": round(float(max(overall)), 2),
        "points": len(there),
        "moved": None if np.isnan(moved).any() else round(max(moved), 4),
    }
    return report | {"failed": [*picture_failures(report), *face_failures(report)]}


def picture_failures(report: dict) -> list[str]:
    block, overall = report["outside_block"], report["outside_overall"]
    if block <= MOST_BLOCK and overall <= MOST_OVERALL:
        return []
    return [
        f"outside the mask the picture is not the portrait's: a block differs by {block:.1f} levels ({MOST_BLOCK:g} is "
        f"the most), all of them by {overall:.1f} ({MOST_OVERALL:g} is the most)"
    ]


def face_failures(report: dict) -> list[str]:
    if report["moved"] is None:
        return ["a frame shows no face, so whether it kept its shape cannot be told"]
    if report["moved"] > MOST_MOVED:
        return [
            f"the face moved where nothing was drawn, by {report['moved']:.3f} of the distance between the eyes "
            f"({MOST_MOVED} is the most)"
        ]
    return []


def outside_mask(portrait: Portrait, options: Options) -> np.ndarray:
    """Where the lips may change nothing, bool (height, width): away from the mask by what the coder spreads."""
    prepared = prepare(portrait.picture, portrait.landmarks, options)
    drawn = np.zeros(portrait.picture.shape[:2], np.uint8)
    drawn[prepared.box.rows_columns][prepared.mask.top :] = prepared.mask.alpha
    side = 2 * CODED_AROUND + 1
    return cv2.dilate(drawn, np.ones((side, side), np.uint8)) == 0


def points_outside(landmarks: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The numbers of the mesh's points that lie outside the mask: forehead, brows, eyes, the upper nose."""
    height, width = outside.shape
    x, y = np.round(landmarks[:MESH, :2]).astype(int).T
    inside_picture = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return np.flatnonzero(inside_picture & outside[y.clip(0, height - 1), x.clip(0, width - 1)])


def distance(landmarks: np.ndarray, others: np.ndarray, points: np.ndarray) -> float:
    """Median distance of the same points of two readings, as a share of the distance between the eyes."""
    between_eyes = np.linalg.norm(others[LEFT_EYE, :2] - others[RIGHT_EYE, :2])
    return float(np.median(np.linalg.norm((landmarks - others)[points, :2], axis=1)) / between_eyes)


def block_means(picture: np.ndarray) -> np.ndarray:
    """float64 (height / BLOCK, width / BLOCK, channels): the mean of each block; what is left at the edges is not used."""
    height, width = (side // BLOCK * BLOCK for side in picture.shape[:2])
    blocks = picture[:height, :width].astype(np.float64).reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, -1)
    return blocks.mean(axis=(1, 3))


def coded(picture: np.ndarray, encoder: str, mark: np.ndarray | None) -> np.ndarray:
    """A picture and the mark over it as they come back from the encoder that made the video: uint8 (height, width, 3) RGB."""
    height, width = picture.shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "still.mp4")
        encode_frames([picture] * CONTROL_FRAMES, width, height, Fraction(FRAME_RATE), path, encoder, mark=mark)
        (*_, last) = video_frames(path)
    return last
