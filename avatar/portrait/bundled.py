"""The portrait that speaks when none is given."""

from __future__ import annotations

import io

import numpy as np

from avatar.environment.packaged import package_bytes

BUNDLED_SHA256 = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
BUNDLED_NOTE = (
    "The bundled portrait is NASA's official photograph of the astronaut Eileen Collins (public domain, from "
    "scikit-image). She is a real person: what the video says is synthetic, and neither she nor NASA endorses it."
)


def bundled_picture() -> np.ndarray:
    """The bundled portrait, uint8 (512, 512, 3) RGB. Raises EnvironmentProblem when it is not the locked file."""
    from PIL import Image

    content = package_bytes("skimage", "data/astronaut.png", BUNDLED_SHA256)
    return np.asarray(Image.open(io.BytesIO(content), formats=["PNG"]).convert("RGB"))
