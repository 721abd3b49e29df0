"""The service with a worker of the full environment, on tiny checkpoints: a cloned voice, a drawn portrait."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy
import pytest
from PIL import Image

from testing import tiny
from tests.conftest import run_command
from tests.served import Server, serving

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def server(full_environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served-full")
    tiny.write_all(folder / "models")
    with serving(folder / "home", run=("--full",), **tiny.environment(folder / "models")) as served:
        yield served


def test_full_stack_is_served(server: Server, tmp_path):
    status = server.get("/v1/status").json()
    assert status["environment"]["stacks"] == ["preview", "full"]
    assert {each["state"] for each in server.get("/v1/models").json()["data"][2:]} <= {"ready", "unchecked"}
    assert (
        run_command("speak", 3 * "Peter bought a map. ", "--preset", "joe", "-o", tmp_path / "me.wav").returncode == 0
    )
    recording = (tmp_path / "me.wav").read_bytes()
    agreed = server.post(
        "/v1/audio/voice_consents", data={"name": "Me"}, files={"recording": ("c.wav", recording)}
    ).json()
    cloned = server.post(
        "/v1/audio/voices", data={"name": "me", "consent": agreed["id"]}, files={"audio_sample": ("me.wav", recording)}
    )
    assert cloned.status_code == 201, cloned.text
    asked = {"prompt": "Hello.", "model": "avatar-full", "voice": "me", "lips_shift": "0.5"}
    video = server.ended(server.post("/v1/videos", json=asked).json()["id"], seconds=300)
    assert (video["status"], video["model"]) == ("completed", "avatar-full"), (video, server.log.read_text())
    report = server.get(f"/v1/videos/{video['id']}/report").json()
    known = status["environment"]["fingerprints"]
    assert report["locked_fingerprints"] == known and set(known) == {"base", "full"}


def test_portrait_is_drawn(server: Server):
    """Tiny networks draw noise, in which no face is found: which is said, and leaves nothing."""
    drawn = server.post("/v1/portraits", data={"prompt": "an old sailor"}, files={"none": (None, "")})
    if drawn.status_code == 201:
        assert Image.open(io.BytesIO(server.get(drawn.json()["url"]).content)).size == (512, 512)
    else:
        assert drawn.status_code == 422 and "face" in drawn.json()["error"]["message"], drawn.text
        assert server.get("/v1/portraits").json()["data"] == []


def test_clip_without_a_face_is_never_accepted(server: Server, tmp_path):
    from avatar.media.ffmpeg import encode_frames

    grey = (numpy.full((256, 256, 3), 90, numpy.uint8) for _ in range(50))
    encode_frames(grey, 256, 256, Fraction(25), tmp_path / "grey.mp4")
    for route in ("/v1/videos/dry-run", "/v1/videos"):
        sent = {"input_reference": ("grey.mp4", (tmp_path / "grey.mp4").read_bytes())}
        refused = server.post(route, data={"prompt": "Hello.", "model": "avatar-full"}, files=sent)
        told = refused.json()["error"]
        assert (refused.status_code, told["code"]) == (422, "unusable_file"), refused.text
        assert "no face was found" in told["message"] and str(server.home) not in told["message"]
