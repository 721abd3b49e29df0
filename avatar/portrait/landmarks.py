"""The points of MediaPipe's face mesh that anything here goes by, by number; left and right are those of the image.

478 points: the mesh, then five of each iris.
"""

from __future__ import annotations

from typing import NamedTuple

LANDMARKS = 478
MESH = 468  # the mesh's own; the ten after them are the irises

# On the face's middle line, from above
FOREHEAD_TOP = 10  # of the outline, below the hair
BETWEEN_EYES = 168  # the nasion, where the nose begins
NOSE_BRIDGE = 5
NOSE_TIP = 4
NOSE_BASE = 2  # where the nose meets the upper lip
UPPER_LIP = 13  # its inner edge
LOWER_LIP = 14  # its inner edge
CHIN = 152  # of the outline

# To both sides of it
LEFT_EYE, RIGHT_EYE = 33, 263  # their outer corners
LEFT_CHEEK, RIGHT_CHEEK = 234, 454  # of the outline, in front of the ears: the face is that wide
ON_LEFT_CHEEK = 50  # well inside the outline, lit as the face is
ON_RIGHT_CHEEK = 280  # the same on the other side
MOUTH_LEFT, MOUTH_RIGHT = 61, 291  # the corners of the mouth

# The inner and outer contours of both lips, each from the left corner of the mouth to the right one
UPPER_LIP_INNER = [78, 191, 80, 81, 82, UPPER_LIP, 312, 311, 310, 415, 308]
LOWER_LIP_INNER = [78, 95, 88, 178, 87, LOWER_LIP, 317, 402, 318, 324, 308]
LOWER_LIP_OUTER = [MOUTH_LEFT, 146, 91, 181, 84, 17, 314, 405, 321, 375, MOUTH_RIGHT]
UPPER_LIP_OUTER = [MOUTH_LEFT, 185, 40, 39, 37, 0, 267, 269, 270, 409, MOUTH_RIGHT]
LIPS = (*LOWER_LIP_OUTER, *UPPER_LIP_OUTER[-2:0:-1])  # their outer edge, all the way round

NOSE = (195, 48, 115, 220, 64, 98, 97, NOSE_BASE, 326, 327, 294, 278, 344, 440)  # the lower half's outline, in order
FACE_OVAL = (
    FOREHEAD_TOP, 338, 297, 332, 284, 251, 389, 356, RIGHT_CHEEK, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    CHIN, 148, 176, 149, 150, 136, 172, 58, 132, 93, LEFT_CHEEK, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip  # the outline of the face, in order


class EyeLandmarks(NamedTuple):
    """Each from left to right."""

    upper_lid: list[int]
    lower_lid: list[int]
    brow: list[int]  # its lower edge


EYES = (
    EyeLandmarks(
        [LEFT_EYE, 246, 161, 160, 159, 158, 157, 173, 133],
        [LEFT_EYE, 7, 163, 144, 145, 153, 154, 155, 133],
        [46, 53, 52, 65, 55],
    ),
    EyeLandmarks(
        [362, 398, 384, 385, 386, 387, 388, 466, RIGHT_EYE],
        [362, 382, 381, 380, 374, 373, 390, 249, RIGHT_EYE],
        [276, 283, 282, 295, 285],
    ),
)
