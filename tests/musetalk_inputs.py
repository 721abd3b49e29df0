"""What MuseTalk's arithmetic is tried on: the bundled portrait, moved and with another face, and a tone."""

from __future__ import annotations

import numpy as np
import pytest

from avatar.lips.musetalk import mask
from avatar.portrait.given_picture import bundled_portrait

KINDS = ("jaw", "lips", "full")
SIZE = 512


@pytest.fixture(scope="module")
def portrait():
    return bundled_portrait(SIZE)


@pytest.fixture(scope="module")
def other_picture(portrait) -> np.ndarray:
    """The portrait with another lower face, standing in for a drawn one: darker, blurred by its own mirror image."""
    return (portrait.picture[:, ::-1] * 0.9).astype(np.uint8)


def moved(portrait, dx: float, dy: float, scale: float = 1.0) -> np.ndarray:
    """The portrait's landmarks elsewhere."""
    landmarks = portrait.landmarks.copy()
    centre = landmarks[:, :2].mean(axis=0)
    landmarks[:, :2] = (landmarks[:, :2] - centre) * scale + centre + [dx, dy]
    return landmarks


def edge_tolerance(box) -> float:
    """How far two masks may differ whose outlines lie 1.5 pixels apart: OpenCV's polygons hold their border, too."""
    sigma = 0.3 * ((mask.blur_size(box, 0.05) - 1) / 2 - 1) + 0.8
    return 1.5 / (np.sqrt(2 * np.pi) * sigma)


def tone_of(seconds: float, level: float = 0.2) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 200 * np.arange(int(seconds * 16000)) / 16000)).astype(np.float32)
