"""What comes out plays in a real browser: its size, its length, and the pixels of a frame, words in it included."""

from __future__ import annotations

import base64
import json

import pytest

from tests import chromium
from tests.conftest import run_command
from tests.web_page import need_chromium

SEEK = """(async () => {
  const video = document.createElement('video');
  video.muted = true; video.src = %s;
  document.body.append(video);
  await new Promise((done, failed) => { video.onloadeddata = done; video.onerror = () => failed(new Error(video.error.message)); });
  const at = %s;
  const shown = new Promise((done) => { const look = (_, frame) => {
    if (Math.abs(frame.mediaTime - at) < .05) done(); else video.requestVideoFrameCallback(look); };
    video.requestVideoFrameCallback(look); });  // a seek has ended before its frame can be drawn
  video.currentTime = at;
  await shown;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const rows = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const white = (from, to) => { let n = 0; for (let y = from; y < to; y++) for (let x = 0; x < canvas.width; x++) {
    const at = 4 * (y * canvas.width + x); if (rows[at] > 225 && rows[at + 1] > 225 && rows[at + 2] > 225) n++; } return n; };
  const h = canvas.height;
  return [video.videoWidth, h, video.duration, video.textTracks.length, white(Math.round(h * .55), Math.round(h * .98))];
})()"""


@pytest.mark.parametrize(
    ("size", "width", "height"), [("360x640", 360, 640), ("640x360", 640, 360), ("256x256", 256, 256)]
)
def test_a_browser_plays_it_with_the_words_in_the_picture(tmp_path, home, size, width, height):
    need_chromium()
    seen = {}
    for captions in ("burned", "none"):
        video = tmp_path / f"{captions}.mp4"
        options = ["--size", size, "--captions", captions, "--no-mark", "--text", "We are here."]
        done = run_command("pipeline", "run", *options, "-o", video)
        assert done.returncode == 0, done.stderr
        address = "data:video/mp4;base64," + base64.b64encode(video.read_bytes()).decode()
        with chromium.browser() as page:
            seen[captions] = page.js(SEEK % (json.dumps(address), 0.5))
    for shown in seen.values():
        assert shown[:2] == [width, height] and 0.5 < shown[2] < 4
    assert seen["burned"][4] > seen["none"][4] + 60, "white letters in the lower half"
