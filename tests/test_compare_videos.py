"""`avatar compare`: two videos beside each other."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.frames import video_frames
from avatar.media.side_by_side import GAP_PX
from avatar.media.streams import probe


def video(path: Path, colour: str, size: str, seconds: float, sound: bool = False, rate: str = "25") -> Path:
    line = [ffmpeg_program(), "-v", "error", "-f", "lavfi", "-i", f"color={colour}:s={size}:r={rate}:d={seconds}"]
    line += ["-f", "lavfi", "-i", f"sine=440:d={seconds}"] if sound else []
    subprocess.run([*line, "-pix_fmt", "yuv420p", path], check=True)
    return path


def test_both_are_seen_and_the_shorter_one_waits(avatar, tmp_path):
    red = video(tmp_path / "red.mp4", "red", "128x96", 0.4, sound=True)
    blue = video(tmp_path / "blue.mp4", "blue", "480x960", 0.8)
    done = avatar("compare", red, blue, "-o", tmp_path / "both.mp4")
    assert done.code == 0 and done.stdout == f"{tmp_path / 'both.mp4'}\n"
    frames = list(video_frames(tmp_path / "both.mp4"))
    assert len(frames) == 20 and {frame.shape for frame in frames} == {(96, 128 + GAP_PX + 48, 3)}
    for frame in (frames[0], frames[-1]):
        assert np.abs(frame[48, 64].astype(int) - (254, 0, 0)).max() < 25
        assert np.abs(frame[48, 150].astype(int) - (0, 0, 254)).max() < 25
    assert probe(tmp_path / "both.mp4").audio_codec == "aac"
    again = avatar("compare", red, blue, "-o", tmp_path / "both.mp4")
    assert again.code == 2 and "exists" in again.stderr


def test_wide_videos_are_shrunk_to_what_players_decode(avatar, tmp_path):
    """Two of 4:1 are 8192 pixels wide together."""
    wide = video(tmp_path / "wide.mp4", "red", "4096x1024", 0.2)
    assert avatar("compare", wide, wide, "-o", tmp_path / "both.mp4").code == 0
    (first, *_) = video_frames(tmp_path / "both.mp4")
    assert 4000 <= first.shape[1] <= 4096 and not first.shape[0] % 2 and not first.shape[1] % 2


@pytest.mark.parametrize(("rate", "shown"), [("60", "60"), ("30000/1001", "30000/1001"), ("120", "60"), ("10", "25")])
def test_it_is_as_fast_as_the_faster_one(avatar, tmp_path, rate, shown):
    """Up to 60 frames a second: the other one has 25."""
    one = video(tmp_path / "one.mp4", "red", "128x96", 0.4)
    other = video(tmp_path / "other.mp4", "blue", "128x96", 0.4, rate=rate)
    both = tmp_path / "both.mp4"
    assert avatar("compare", one, other, "-o", both).code == 0
    assert probe(both).frame_rate == Fraction(shown)
    assert len(list(video_frames(both))) == round(0.4 * Fraction(shown))


def test_a_picture_is_told_as_no_video(avatar, tmp_path):
    good = video(tmp_path / "good.mp4", "red", "128x96", 0.2)
    Image.new("RGB", (64, 64)).save(tmp_path / "me.jpg")
    assert (
        "is no video that can be read" in avatar("compare", tmp_path / "me.jpg", good, "-o", tmp_path / "b.mp4").stderr
    )


@pytest.mark.parametrize("name", ["nothing.mp4", "text.mp4", "sound.wav"])
def test_what_is_no_video_is_refused_and_nothing_is_left(avatar, tmp_path, name):
    good = video(tmp_path / "good.mp4", "red", "128x96", 0.2)
    (tmp_path / "text.mp4").write_text("no video")
    subprocess.run(
        [ffmpeg_program(), "-v", "error", "-f", "lavfi", "-i", "sine=440:d=1", tmp_path / "sound.wav"], check=True
    )
    before = sorted(tmp_path.iterdir())
    done = avatar("compare", good, tmp_path / name, "-o", tmp_path / "both.mp4")
    assert done.code in (1, 2) and "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before
