"""Real portraits, and the faces that are read on them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar.portrait.bundled import bundled_picture
from avatar.portrait.face import Face, FaceReader


def package(name: str) -> Path:
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


PICTURES = package("skimage") / "data"
HOPPER = package("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"  # a second portrait, with glasses


@pytest.fixture(scope="module")
def reader():
    with FaceReader() as reader:
        yield reader


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return bundled_picture()


@pytest.fixture(scope="module")
def astronaut_face(reader, astronaut) -> Face:
    (face,) = reader.read(astronaut)
    return face


def picture_of(name: str) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(PICTURES / name)), cv2.COLOR_BGR2RGB)
