"""--size source: a picture is shown whole and as large as it is, as a clip is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from avatar import framed
from avatar.media.frames import video_frames
from avatar.portrait.bundled import bundled_picture
from avatar.request import make_request


def picture(path: Path, width: int, height: int) -> np.ndarray:
    """The bundled portrait's upper part, with the head small in it, saved there."""
    whole = bundled_picture()
    shown = whole[: round(whole.shape[1] * height / width)]
    made = cv2.resize(shown, (width, height), interpolation=cv2.INTER_AREA)
    Image.fromarray(made).save(path)
    return made


@pytest.mark.parametrize(("width", "height"), [(640, 720), (512, 512)])
def test_all_of_a_picture_is_shown(avatar, tmp_path, width, height):
    given = picture(tmp_path / "me.png", width, height)
    line = ["pipeline", "run", "--text", "Hi.", "--portrait", tmp_path / "me.png", "--size", "source", "--no-mark"]
    made = avatar(*line, "-o", tmp_path / "me.mp4")
    assert made.code == 0, made.stderr
    (first, *_) = video_frames(tmp_path / "me.mp4")
    assert first.shape == given.shape
    small = [cv2.resize(each, (40, 40), interpolation=cv2.INTER_AREA).astype(int) for each in (first, given)]
    apart = np.abs(small[0] - small[1]).mean(axis=2)
    for part in (np.s_[:2], np.s_[-9:], np.s_[:, :4], np.s_[:, -8:]):  # where no head moves
        assert apart[part].mean() < 12  # the zoomed head: 60; what is left is a shift of a hundredth


def test_what_is_drawn_from_words_has_the_size_that_it_is_drawn_at():
    request = make_request(text="Hi.", stack="full", prompt="a woman with short hair", size="source")
    assert framed.frame_size(request) == (512, 512)
    assert framed.wanted(request, "").fit == "pad"
