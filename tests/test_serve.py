"""`avatar serve` by its unmodified clients: OpenAI's package, curl's way, a webhook's receiver."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import queue as queues
import threading

import numpy
import pytest
from PIL import Image

from avatar.media import fonts
from avatar.media.frames import video_frames
from avatar.portrait.bundled import bundled_picture
from tests.conftest import run_command, without_manifest
from tests.moving import moving_video as video_of_frames
from tests.served import Server, requests, serving

openai = pytest.importorskip("openai", reason="wants the full environment: ./run --full pytest")

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API")
TEXT = "Hello. Peter bought a map."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), "--private-webhooks") as served:
        yield served


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def video(client):
    return client.videos.create_and_poll(
        prompt=TEXT, model="avatar-preview", extra_body={"voice": "joe", "subtitles": True}
    )


def test_openai_client_makes_and_downloads_a_video(server: Server, client, video, tmp_path):
    assert (video.status, video.progress, video.object, video.prompt) == ("completed", 100, "video", TEXT)
    assert float(video.seconds) > 1 and video.size == "512x512" and video.completed_at >= video.created_at
    client.videos.download_content(video.id).write_to_file(tmp_path / "api.mp4")
    done = run_command("pipeline", "run", "--text", TEXT, "--preset", "joe", "--subtitles", "-o", tmp_path / "cli.mp4")
    assert done.returncode == 0, done.stderr
    assert without_manifest(tmp_path / "api.mp4") == without_manifest(tmp_path / "cli.mp4")
    assert video.id in [each.id for each in client.videos.list()]


def test_openai_client_is_refused_with_the_command_lines_sentence(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt=" ", model="avatar-preview")
    assert refused.value.param == "prompt" and "the text is empty; write at least one word" in str(refused.value)
    with pytest.raises(openai.NotFoundError, match="there is no model 'sora-9'"):
        client.videos.create(prompt="Hello.", model="sora-9")
    with pytest.raises(openai.NotFoundError, match="there is no video"):
        client.videos.retrieve("nothing")


def test_openai_client_asks_for_a_size_and_words_in_the_picture(server: Server, client, tmp_path):
    more = {"voice": "joe", "captions": "burned", "caption_style": "box"}
    made = client.videos.create(prompt=TEXT, model="avatar-preview", size="256x384", extra_body=more)
    assert made.size == "256x384" and server.ended(made.id)["status"] == "completed"
    client.videos.download_content(made.id).write_to_file(tmp_path / "api.mp4")
    frame = next(video_frames(tmp_path / "api.mp4"))
    assert frame.shape == (384, 256, 3)
    for fields, name in (
        ({"size": "99x1"}, "size"),
        ({"background": "/etc/passwd"}, "background"),
        ({"font": "x.ttf"}, "font"),
    ):
        refused = server.post("/v1/videos", json={"prompt": TEXT, **fields})
        assert refused.status_code == 400 and refused.json()["error"]["param"] == name, fields


def test_a_picture_that_is_sent_speaks(server: Server, client, tmp_path):
    picture = io.BytesIO()
    Image.fromarray(bundled_picture()).save(picture, format="PNG")
    picture.name = "me.png"
    picture.seek(0)
    made = client.videos.create(
        prompt=TEXT, model="avatar-preview", input_reference=picture, extra_body={"voice": "joe"}
    )
    assert server.ended(made.id)["status"] == "completed"
    thumbnail = server.get(f"/v1/videos/{made.id}/content?variant=thumbnail")
    assert Image.open(io.BytesIO(thumbnail.content)).size == (512, 512)
    assert [path.name for path in (server.home / "uploads").iterdir()] == []
    broken = {"input_reference": ("me.png", b"\x89PNG nothing", "image/png")}
    refused = server.post("/v1/videos", data={"prompt": TEXT}, files=broken)
    told = refused.json()["error"]
    assert (refused.status_code, told["code"], told["param"]) == (422, "unusable_file", "input_reference")
    assert str(server.home) not in told["message"] and "input_reference.png" in told["message"]


def test_a_background_and_a_font_that_are_sent_are_in_the_video(server: Server, tmp_path):
    """With the bytes of the command line; what is none is refused by its field, and nothing of this host's is named."""
    beach, font = video_of_frames(tmp_path / "beach.mp4"), fonts.bundled().path.with_name("DejaVuSans.ttf")
    told = {"voice": "joe", "size": "320x180", "fit": "pad", "captions": "burned"}
    sent = {"backdrop": ("b.mp4", beach.read_bytes()), "font": ("f.ttf", font.read_bytes())}
    plan = server.post("/v1/videos/dry-run", data={"prompt": TEXT, **told}, files=sent)
    assert plan.status_code == 200, plan.text
    made = server.post("/v1/videos", data={"prompt": TEXT, **told}, files=sent).json()
    assert server.ended(made["id"])["status"] == "completed"
    (tmp_path / "api.mp4").write_bytes(server.get(f"/v1/videos/{made['id']}/content").content)
    line = [
        "--preset",
        "joe",
        "--size",
        "320x180",
        "--fit",
        "pad",
        "--captions",
        "burned",
        "--background",
        beach,
        "--font",
        font,
    ]
    done = run_command("pipeline", "run", "--text", TEXT, *line, "-o", tmp_path / "cli.mp4")
    assert done.returncode == 0, done.stderr
    assert without_manifest(tmp_path / "api.mp4") == without_manifest(tmp_path / "cli.mp4")
    remixed = server.post(f"/v1/videos/{made['id']}/remix", json={"prompt": "Good bye."}).json()
    assert server.ended(remixed["id"])["status"] == "completed"
    for name, content in (("backdrop", b"no video"), ("font", b"no font")):
        files = {name: ("x.mp4", content)}
        refused = server.post("/v1/videos", data={"prompt": TEXT, **told}, files=files)
        error = refused.json()["error"]
        assert (refused.status_code, error["param"]) == (422, name), error
        assert str(server.home) not in error["message"] and name in error["message"]
    assert [path.name for path in (server.home / "uploads").iterdir()] == []


def test_a_picture_without_a_face_is_never_accepted(server: Server, tmp_path):
    """In the command line's sentence, by the plan and by the queue, as a file and as a kept portrait of two people."""
    face = bundled_picture()
    for name, picture in {"nobody": face[:100, :100], "two": numpy.hstack([face, face])}.items():
        path = tmp_path / f"{name}.png"
        Image.fromarray(picture).save(path)
        said = run_command("pipeline", "run", "--text", TEXT, "--preset", "joe", "--portrait", path).stderr
        said = said.splitlines()[-1].removeprefix("avatar: ").partition(";")[0]
        before = server.get("/v1/videos").json()["first_id"]
        for route in ("/v1/videos/dry-run", "/v1/videos"):
            sent = {"input_reference": (path.name, path.read_bytes())}
            refused = server.post(route, data={"prompt": TEXT, "voice": "joe"}, files=sent)
            told = refused.json()["error"]
            assert (refused.status_code, told["code"]) == (422, "unusable_file"), refused.text
            assert len(said) > 20 and told["message"].startswith(said), (said, told)
        assert server.get("/v1/videos").json()["first_id"] == before
    sent = {"input_reference": ("two.png", (tmp_path / "two.png").read_bytes())}
    plan = server.post("/v1/videos/dry-run", data={"prompt": TEXT, "face": "2"}, files=sent)
    assert plan.status_code == 200, plan.text


def test_parts_of_a_video(server: Server, video):
    address = f"/v1/videos/{video.id}/content"
    whole = server.get(address)
    digest = hashlib.sha256(whole.content).hexdigest()
    assert (whole.headers["content-type"], whole.headers["etag"]) == ("video/mp4", f'"{digest}"')
    part = server.get(address, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert server.get(address, headers={"range": "bytes=10-19", "if-range": f'"{digest}"'}).status_code == 206
    assert server.get(address, headers={"range": "bytes=10-19", "if-range": '"another"'}).content == whole.content
    assert server.get(address, headers={"range": "bytes=99999999-"}).status_code == 416
    assert server.get(address, headers={"if-none-match": f'"{digest}"'}).status_code == 304
    head = requests.head(server.url + address, timeout=30)
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")
    assert server.get(f"{address}?variant=audio").content[:4] == b"RIFF"
    assert "Peter" in server.get(f"{address}?variant=subtitles").text
    sheet = Image.open(io.BytesIO(server.get(f"{address}?variant=spritesheet").content))
    assert sheet.format == "JPEG" and sheet.size[0] == 1280
    assert server.get(f"{address}?variant=nothing").status_code == 400


def test_report_has_the_workers_fingerprint_and_no_path_of_this_host(server: Server, video):
    told = server.get(f"/v1/videos/{video.id}/report")
    status = server.get("/v1/status").json()
    assert told.json()["locked_fingerprints"]["base"] == status["environment"]["fingerprints"]["base"]
    assert str(server.home) not in told.text and status["worker"]["is_running"]


def events_of(answer) -> list[tuple[str, dict]]:
    found, kind = [], ""
    for line in answer.iter_lines(decode_unicode=True):
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            found.append((kind, json.loads(line.removeprefix("data: "))))
    return found


def test_events_are_told_as_they_come_and_again(server: Server):
    made = server.post("/v1/videos", json={"prompt": "Events are told. Each of them, once.", "voice": "joe"}).json()
    told = events_of(server.get(f"/v1/videos/{made['id']}/events", stream=True))
    assert told[-1][0] == "completed" and told[-1][1]["id"] == made["id"]
    progress = [data["progress"] for kind, data in told if kind == "progress"]
    assert progress == sorted(progress) and len(progress) > 8 and progress[-1] == 100
    again = events_of(server.get(f"/v1/videos/{made['id']}/events", stream=True))
    assert [each for each in again if each[0] == "progress"] == [each for each in told if each[0] == "progress"]
    last = events_of(server.get(f"/v1/videos/{made['id']}/events", stream=True, headers={"last-event-id": "8"}))
    assert len(last) == len(again) - 8


def test_same_key_is_taken_once(server: Server):
    asked = {"prompt": "A key is a key.", "voice": "joe"}
    first = server.post("/v1/videos", json=asked, headers={"idempotency-key": "a1"})
    second = server.post("/v1/videos", json=asked, headers={"idempotency-key": "a1"})
    assert first.status_code == second.status_code == 202 and first.json()["id"] == second.json()["id"]
    other = server.post("/v1/videos", json=asked | {"seed": 3}, headers={"idempotency-key": "a1"})
    assert (other.status_code, other.headers["x-should-retry"]) == (422, "false")
    assert server.post("/v1/videos", json=asked, headers={"idempotency-key": "ü"}).status_code == 400


def test_cancel_resume_remix_remove(server: Server, video):
    long = " ".join(f"This is sentence number {number} of a long script." for number in range(30))
    made = server.post("/v1/videos", json={"prompt": long, "voice": "joe"}).json()
    cancelled = server.post(f"/v1/videos/{made['id']}/cancel").json()
    assert (cancelled["status"], cancelled["error"]["code"]) == ("failed", "cancelled")
    assert server.post(f"/v1/videos/{made['id']}/cancel").status_code == 400
    assert server.post(f"/v1/videos/{made['id']}/resume").json()["status"] in ("queued", "in_progress")
    assert server.delete(f"/v1/videos/{made['id']}").json() == {
        "id": made["id"],
        "object": "video.deleted",
        "deleted": True,
    }
    gone = server.get(f"/v1/videos/{made['id']}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "removed")
    remixed = server.post(f"/v1/videos/{video.id}/remix", json={"prompt": "Something else."}).json()
    assert remixed["remixed_from_video_id"] == video.id
    assert server.ended(remixed["id"])["status"] == "completed"
    fields = server.get(f"/v1/videos/{remixed['id']}/request").json()
    assert fields == {"prompt": "Something else.", "preset": "joe", "model": "avatar-preview", "subtitles": True}


@pytest.fixture
def receiver():
    """Somebody who takes webhooks, the second time they are told."""
    got: queues.Queue = queues.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.put((dict(self.headers.items()), body))
            self.send_response(500 if got.qsize() < 2 else 204)
            self.end_headers()

        def log_message(self, *arguments) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/told", got
        listening.shutdown()


@pytest.mark.timeout(120)
def test_webhook_is_told_until_it_is_taken(server: Server, receiver):
    from standardwebhooks import Webhook

    url, got = receiver
    asked = {"prompt": "Tell them.", "voice": "joe", "webhook": url, "metadata": {"order": "7"}}
    made = server.post("/v1/videos", json=asked).json()
    assert server.ended(made["id"])["metadata"] == {"order": "7"}
    first, second = got.get(timeout=60), got.get(timeout=60)
    secret = (server.home / "webhook-secret").read_text().strip()
    for headers, body in (first, second):
        told = Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
        assert (told["type"], told["data"]["id"]) == ("video.completed", made["id"])
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    unwrapped = openai.OpenAI(api_key="none").webhooks.unwrap(second[1].decode(), second[0], secret=secret)
    assert (unwrapped.type, unwrapped.data.id) == ("video.completed", made["id"])
    log = server.get(f"/v1/videos/{made['id']}/webhooks").json()
    assert log["webhooks"] == [url] and [each["status"] for each in log["attempts"]][0] == 500


@pytest.mark.timeout(120)
def test_two_who_ask_for_the_same_are_both_told(server: Server, receiver):
    url, got = receiver
    for number in range(30):  # so that the next one waits
        server.post("/v1/videos", json={"prompt": f"Before it {number}.", "voice": "joe"})
    asked = {"prompt": "The same for both.", "voice": "joe", "priority": -1}
    first = server.post("/v1/videos", json=asked | {"webhook": f"{url}/a"}).json()
    second = server.post("/v1/videos", json=asked | {"webhook": f"{url}/b", "priority": 1000}).json()
    assert first["id"] == second["id"]
    assert server.ended(first["id"])["status"] == "completed"
    told = [json.loads(got.get(timeout=60)[1])["data"]["id"] for _ in range(2)]
    assert told == 2 * [first["id"]]
    assert server.get(f"/v1/videos/{first['id']}/webhooks").json()["webhooks"] == [f"{url}/a", f"{url}/b"]
    for video in server.get("/v1/videos?limit=100&status=queued").json()["data"]:
        server.post(f"/v1/videos/{video['id']}/cancel")


def test_speech_in_every_format(server: Server, client, tmp_path):
    sound = client.audio.speech.create(model="tts-1", voice="onyx", input="Hello there.", response_format="wav")
    sound.write_to_file(tmp_path / "openai.wav")
    assert run_command("speak", "Hello there.", "--preset", "joe", "-o", tmp_path / "cli.wav").returncode == 0
    assert (tmp_path / "openai.wav").read_bytes() == (tmp_path / "cli.wav").read_bytes()
    starts = {"mp3": (b"\xff", b"ID3"), "opus": (b"OggS",), "flac": (b"fLaC",), "aac": (b"\xff",), "pcm": (b"",)}
    for name, start in starts.items():
        spoken = server.post("/v1/audio/speech", json={"input": "Hello.", "voice": "joe", "response_format": name})
        assert spoken.status_code == 200 and spoken.content.startswith(start) and len(spoken.content) > 1000, name
    slow, fast = (
        len(
            server.post(
                "/v1/audio/speech", json={"input": "Hello.", "voice": "joe", "response_format": "pcm", "speed": speed}
            ).content
        )
        for speed in (1, 2)
    )
    assert 1.8 < slow / fast < 2.2
    eleven = server.post(
        "/v1/text-to-speech/joe?output_format=mp3_44100_128", json={"text": "Hello."}, headers={"xi-api-key": "x"}
    )
    assert eleven.headers["content-type"] == "audio/mpeg"
    refused = server.post("/v1/audio/speech", json={"input": "Hello.", "voice": "nobody"})
    assert refused.json()["error"]["param"] == "voice" and "joe" in refused.json()["error"]["message"]
    assert [path.name for path in (server.home / "uploads").iterdir()] == []


def test_dry_run_and_table(server: Server):
    plan = server.post("/v1/videos/dry-run", json={"prompt": TEXT}).json()
    assert plan["fits"] and 1 < plan["seconds"] < 4
    table = "name;text;preset;seed\nfirst;Row one.;joe;1\nsecond;;joe;2\nthird;Row three.;joe;3\nsecret;Row.;joe;4\n"
    rows = server.post("/v1/tables", files={"table": ("t.csv", table)}).json()["data"]
    assert [bool(row["video"]) for row in rows] == [True, False, True, True]
    assert "there is nothing to say" in rows[1]["error"]["message"]
    for row in rows:
        if row["video"]:
            assert server.ended(row["video"]["id"])["status"] == "completed"
    files = "text,portrait\nHello.,/etc/passwd\n"
    (row,) = server.post("/v1/tables", files={"table": ("t.csv", files)}).json()["data"]
    assert "names a file" in row["error"]["message"]


def test_fields_come_as_text(server: Server):
    form = {
        "prompt": "Fields as text.",
        "voice": "joe",
        "seed": "11",
        "subtitles": "true",
        "mark": "false",
        "seconds": "2.5",
    }
    made = server.post("/v1/videos", files={name: (None, value) for name, value in form.items()}).json()
    fields = server.get(f"/v1/videos/{made['id']}/request").json()
    wanted = {"preset": "joe", "seed": 11, "subtitles": True, "mark": False, "seconds": 2.5, "model": "avatar-preview"}
    assert fields == wanted | {"prompt": "Fields as text."}
    refused = server.post("/v1/videos", json={"prompt": "Hello.", "portrate": "me"})
    assert refused.json()["error"]["param"] == "portrate" and "portrait" in refused.json()["error"]["message"]


def test_models_health_and_figures(server: Server):
    models = server.get("/v1/models").json()["data"]
    assert [each["id"] for each in models[:2]] == ["avatar-preview", "avatar-full"]
    assert {each["state"] for each in models[2:]} == {"missing"} and all(each["files"] for each in models[2:])
    assert {each["id"] for each in models[2:] if not each["wanted"]} == {"pocket-en", "kokoro-voices"}
    assert server.get("/health").json()["status"] == "ok" and server.get("/ready").status_code == 200
    assert 'avatar_jobs{state="done"}' in server.get("/metrics").text
    described = server.get("/openapi.json").json()
    answers = [each["responses"] for path in described["paths"].values() for each in path.values()]
    failures = [
        answer["content"]
        for each in answers
        for status, answer in each.items()
        if status >= "400" and "content" in answer
    ]
    assert len(failures) > 100 and {tuple(content) for content in failures} == {("application/json",)}
    assert described["components"]["schemas"]["VideoRequest"]["properties"]["seed"]["exclusiveMaximum"] == 2**32


def test_a_server_that_is_stopped_ends_streams_and_leaves_the_job_queued(tmp_path):
    long = " ".join(f"This is sentence number {number} of a long script." for number in range(12))
    with serving(tmp_path / "home") as stopped:
        made = stopped.post("/v1/videos", json={"prompt": long, "voice": "joe"}).json()
        stream = stopped.get(f"/v1/videos/{made['id']}/events", stream=True)
        while stopped.get(f"/v1/videos/{made['id']}").json()["status"] == "queued":
            pass
        stopped.process.terminate()
        told = events_of(stream)
        stopped.process.wait(40)
        assert told[-1][0] != "failed" and "Traceback" not in stopped.log.read_text()
    with serving(tmp_path / "home") as again:
        assert again.ended(made["id"])["status"] == "completed"
