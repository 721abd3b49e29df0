"""`avatar serve`: voices and portraits that it keeps, and a speaker's consent."""

from __future__ import annotations

import io
import json
import os
from fractions import Fraction

import numpy
import pytest
from PIL import Image

from avatar import portraits
from avatar.media.ffmpeg import encode_frames
from avatar.portrait.bundled import bundled_picture
from tests.conftest import run_command
from tests.served import Server, serving

pytest.importorskip("openai", reason="wants the full environment: ./run --full pytest")
TEXT = "Hello. Peter bought a map."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), "--private-webhooks") as served:
        yield served


def test_voice_is_cloned_with_consent_alone(server: Server, tmp_path):
    assert run_command("speak", TEXT * 3, "--preset", "joe", "-o", tmp_path / "me.wav").returncode == 0
    recording = (tmp_path / "me.wav").read_bytes()
    sample = {"audio_sample": ("me.wav", recording, "audio/wav")}
    refused = server.post("/v1/audio/voices", data={"name": "me"}, files=sample)
    assert refused.json()["error"]["code"] == "consent_needed"
    agreed = server.post(
        "/v1/audio/voice_consents", data={"name": "Me", "language": "en"}, files={"recording": ("c.wav", recording)}
    )
    assert agreed.status_code == 201
    consent = agreed.json()["id"]
    made = server.post("/v1/audio/voices", data={"name": "me", "consent": consent}, files=sample)
    assert (made.status_code, made.json()["kind"]) == (201, "clone"), made.text
    assert "me" in [each["id"] for each in server.get("/v1/audio/voices").json()["data"]]
    assert server.get("/v1/audio/voices/me/sample").content[:4] == b"RIFF"
    spoken = server.post("/v1/videos", json={"prompt": "In my voice.", "voice": {"id": "me"}})
    assert server.ended(spoken.json()["id"])["status"] == "completed"
    assert server.get(f"/v1/videos/{spoken.json()['id']}/request").json()["voice"] == "me"
    (tmp_path / "me.mp4").write_bytes(server.get(f"/v1/videos/{spoken.json()['id']}/content").content)
    told = run_command(
        "verify", tmp_path / "me.mp4", "--json", env={**os.environ, "AVATAR_HOME": str(server.home)}
    ).stdout
    assert json.loads(told)["says"]["consent"]["ids"] == [consent]
    for_sale = server.post("/v1/audio/speech", json={"input": "Hello.", "voice": "joe", "commercial": True})
    assert for_sale.status_code == 400 and "'joe' is for previews" in for_sale.json()["error"]["message"]
    at_home = {**os.environ, "AVATAR_HOME": str(server.home)}
    assert run_command("voice", "update", "me", "--no-consent", env=at_home).returncode == 0
    for refused in (
        server.post("/v1/videos", json={"prompt": "In my voice.", "voice": "me"}),
        server.post("/v1/audio/speech", json={"input": "In my voice.", "voice": "me"}),
        server.post("/v1/text-to-speech/me", json={"text": "In my voice."}),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "consent_needed")
        assert "voice update me --consent" in refused.json()["error"]["message"]
    assert server.delete("/v1/audio/voices/me").json()["deleted"]
    assert server.get("/v1/audio/voices/me").status_code == 404
    assert server.delete("/v1/audio/voices/joe").status_code == 404
    assert server.delete(f"/v1/audio/voice_consents/{consent}").json()["deleted"]


def test_portraits_are_kept(server: Server):
    picture = io.BytesIO()
    Image.fromarray(bundled_picture()).save(picture, format="JPEG")
    sent = {"picture": ("me.jpg", picture.getvalue(), "image/jpeg")}
    made = server.post("/v1/portraits", data={"name": "Me"}, files=sent)
    assert made.status_code == 201, made.text
    assert Image.open(io.BytesIO(server.get(made.json()["url"]).content)).size == (512, 512)
    video = server.post("/v1/videos", json={"prompt": "Hello.", "voice": "joe", "portrait": made.json()["id"]}).json()
    assert server.ended(video["id"])["status"] == "completed"
    assert server.get(f"/v1/videos/{video['id']}/request").json()["portrait"] == made.json()["id"]
    blank = io.BytesIO()
    Image.new("RGB", (600, 600), "white").save(blank, format="PNG")
    nobody = server.post("/v1/portraits", files={"picture": ("no.png", blank.getvalue())})
    assert (nobody.status_code, nobody.json()["error"]["type"]) == (422, "invalid_request_error")
    assert len(server.get("/v1/portraits").json()["data"]) == 1
    assert server.delete(f"/v1/portraits/{made.json()['id']}").json()["deleted"]
    gone = server.post("/v1/videos", json={"prompt": "Hello.", "portrait": made.json()["id"]})
    assert (gone.status_code, gone.json()["error"]["param"]) == (404, "portrait")


def test_a_clip_is_kept_as_a_portrait_of_the_full_stack(server: Server, tmp_path):
    encode_frames([bundled_picture()] * 10, 512, 512, Fraction(25), tmp_path / "me.mp4")
    sent = {"picture": ("me.mp4", (tmp_path / "me.mp4").read_bytes())}
    kept = server.post("/v1/portraits", data={"name": "Moving"}, files=sent)
    assert kept.status_code == 201 and "full stack alone" in kept.json()["notes"][0], kept.text
    assert server.get(kept.json()["url"]).content.startswith(b"\x89PNG")
    refused = server.post("/v1/videos", json={"prompt": TEXT, "portrait": kept.json()["id"]})
    assert refused.status_code == 400 and "full stack" in refused.json()["error"]["message"]
    assert server.delete(f"/v1/portraits/{kept.json()['id']}").json()["deleted"]


def test_portraits_of_the_command_line_are_those_of_the_api(server: Server, tmp_path):
    face = bundled_picture()
    Image.fromarray(numpy.hstack([face, face])).save(tmp_path / "two.png")
    kept = portraits.create(server.home, "ann", tmp_path / "two.png", face=2)
    (listed,) = server.get("/v1/portraits").json()["data"]
    assert listed == server.get("/v1/portraits/ann").json()
    assert (listed["id"], listed["name"], listed["face"]) == ("ann", "ann", 2)
    assert server.get(listed["url"]).content == portraits.framed_of(server.home, "ann").read_bytes()
    video = server.post("/v1/videos", json={"prompt": "Hi there.", "voice": "joe", "portrait": "ann"}).json()
    fields = server.get(f"/v1/videos/{video['id']}/request").json()
    assert (fields["portrait"], fields["face"]) == ("ann", 2)
    other = server.post(
        "/v1/videos", data={"prompt": "Hi there.", "voice": "joe", "face": "2"},
        files={"input_reference": ("two.png", (tmp_path / "two.png").read_bytes())},
    ).json()  # fmt: skip
    assert other["id"] == video["id"], "the same request as by its file"
    table = "name,text,preset,portrait\nfirst,Row one.,joe,ann\nsecond,Row two.,joe,nobody\n"
    first, second = server.post("/v1/tables", files={"table": ("t.csv", table)}).json()["data"]
    assert server.get(f"/v1/videos/{first['video']['id']}/request").json()["face"] == 2
    assert "names a file" in second["error"]["message"] and str(server.home) not in second["error"]["message"]
    sent = {"picture": ("two.png", (tmp_path / "two.png").read_bytes())}
    made = server.post("/v1/portraits", data={"face": "1"}, files=sent).json()
    assert (made["face"], made["name"]) == (1, "two.png")
    assert portraits.picture_of(server.home, made["id"]).read_bytes() == (tmp_path / "two.png").read_bytes()
    for face in ("0", "x", "1.5"):
        refused = server.post("/v1/portraits", data={"face": face}, files=sent)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "face")
    for name in (made["id"], kept["name"]):
        assert server.delete(f"/v1/portraits/{name}").json()["deleted"]
    assert server.get("/v1/portraits/ann").status_code == 404
    assert not list((server.home / "uploads").iterdir())
