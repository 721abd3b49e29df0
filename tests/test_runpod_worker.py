"""RunPod's worker: served by the SDK's own server and loop, it makes the bytes of the command and tells why it does not."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from avatar import asking
from avatar.errors import EnvironmentProblem, RequestError
from avatar.files import file_digest
from avatar.limits import MOST_BYTES
from avatar.service import runpod_files
from avatar.service.runpod_worker import Handler, Teller
from avatar.work import Made
from tests.conftest import ROOT, SHORT_TEXT, heed_signals, without_manifest
from tests.runpod_platform import Platform
from tests.test_bad_input import SKIMAGE

COMMAND = [str(ROOT / "run"), "avatar", "worker", "runpod"]
HELLO = {"text": "Hello.", "preset": "joe"}


class Served:
    """The worker as a process of its own, and what strace saw it and its children ask the network."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.home, self.log = folder / "home", folder / "log.txt"
        self.trace = folder / "trace.txt" if shutil.which("strace") else None
        traced = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(self.trace)] * bool(self.trace)
        mine = {**os.environ, "AVATAR_HOME": str(self.home), "AVATAR_RUNPOD_VOLUME": str(folder / "volume")}
        # Its environment is there before it is watched: making it asks an index.
        subprocess.run([ROOT / "run", "avatar", "worker", "--help"], check=True, capture_output=True)
        with open(self.log, "w") as said:
            self.process = subprocess.Popen(
                [*traced, *COMMAND, *options], cwd=folder, stdout=said, stderr=said, env=mine | environment,
                start_new_session=True, preexec_fn=heed_signals,
            )  # fmt: skip

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)


class Local(Served):
    """The SDK's local server."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        super().__init__(folder, "--rp_serve_api", "--rp_api_host", "127.0.0.1", "--rp_api_port", str(self.port),
                         **environment)  # fmt: skip
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def run(self, **given: object) -> dict:
        body = json.dumps({"input": given}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/runsync", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return json.load(answer)


def hosts_asked(served: Served) -> set[str]:
    """Where the worker and its children connected to, or sent to."""
    if not served.trace:
        pytest.skip("wants strace")
    return set(re.findall(r'sin6?_port=.*?inet_\w+\((?:AF_INET6?, )?"([^"]*)"', served.trace.read_text()))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    served = Local(tmp_path_factory.mktemp("local"))
    yield served
    served.stop()


@pytest.fixture
def platform():
    platform = Platform()
    yield platform
    platform.server.shutdown()
    platform.server.server_close()


# ---------------------------------------------------------------- on this host


def test_a_video_has_the_bytes_of_the_command(local, finished_job):
    answer = local.run(text=SHORT_TEXT, preset="joe", subtitles=True)
    assert answer["status"] == "COMPLETED", answer
    video, report = base64.b64decode(answer["output"]["video"]), answer["output"]["report"]
    assert without_manifest(video) == finished_job.video.read_bytes()
    assert report["video_sha256"] == file_digest(finished_job.video)
    assert answer["output"]["sha256"] == hashlib.sha256(video).hexdigest() and answer["output"]["bytes"] == len(video)
    assert "-->" in answer["output"]["subtitles"]
    assert not list((local.home / "jobs").glob("[!.]*")), "a worker that is never idle fills its disk"


def test_a_picture_comes_in_base64_and_from_the_volume(local, avatar, tmp_path):
    picture = (SKIMAGE / "astronaut.png").read_bytes()
    assert avatar("pipeline", "run", "--text", "Hello.", "--preset", "joe", "--portrait", SKIMAGE / "astronaut.png",
                  "-o", tmp_path / "v.mp4").code == 0  # fmt: skip
    volume = local.home.parent / "volume"
    volume.mkdir(exist_ok=True)
    (volume / "me.png").write_bytes(picture)
    encoded = base64.b64encode(picture).decode()
    for given in (encoded, f"data:image/png;base64,{encoded}", str(volume / "me.png")):
        answer = local.run(**HELLO, portrait=given)
        assert without_manifest(base64.b64decode(answer["output"]["video"])) == without_manifest(tmp_path / "v.mp4")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"text": " "}, "request: text: the text is empty; write at least one word."),
        ({"text": "Hello.", "profile": "6GB"},
         "request: profile: this is for the full stack; choose that one (stack: full)."),
        ({"text": "Hello.", "colour": "red"}, "request: colour: there is no field 'colour'"),
        ({"text": "Hello.", "portrait": "http://127.0.0.1:1/me.png"}, "nothing is fetched from an address"),
        ({"text": "Hello.", "portrait": base64.b64encode(b"no picture at all").decode()}, "input: "),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_told_in_a_sentence(local, given, told):
    answer = local.run(**given)
    assert answer["status"] == "FAILED" and told in answer["error"]
    assert "Traceback" not in answer["error"] and "--" not in answer["error"]


def test_the_worker_asks_nobody_else(local):
    """RunPod's SDK, Sentry, OpenTelemetry, FastAPI: none of them sends anything anywhere."""
    local.run(**HELLO)
    assert hosts_asked(local) <= {"127.0.0.1", "::1"}


# ---------------------------------------------------------------- on the platform


def test_progress_and_the_result_reach_the_platform_and_a_large_video_the_volume(platform, tmp_path):
    (tmp_path / "volume").mkdir()
    served = Served(tmp_path, **platform.environment(), AVATAR_RUNPOD_ANSWER_BYTES="1000")
    try:
        platform.jobs.put({"id": "job-1", "input": HELLO})
        result, progress = platform.until_done("job-1")
        assert {each["stage"] for each in progress} == {"portrait", "voice", "lips", "video"}
        assert all(each["of"] == 4 for each in progress)
        path = Path(result["output"]["path"])
        assert path == tmp_path / "volume" / "avatar" / "job-1.mp4"
        assert path.stat().st_size == result["output"]["bytes"] > 1000 and "video" not in result["output"]
        assert "error" not in result and "stopPod" not in result
        platform.jobs.put({"id": "job-2", "input": {"text": ""}})
        result, _ = platform.until_done("job-2")
        assert result["error"].startswith("request: text: ") and result["output"] == {"kind": "request"}
    finally:
        served.stop()
    assert hosts_asked(served) == {"127.0.0.1"}, "the platform, and nobody else"


def test_a_job_that_a_client_cancels_is_stopped_and_the_next_one_made(platform, tmp_path):
    served = Served(tmp_path, **platform.environment())
    try:
        platform.jobs.put({"id": "long", "input": {"text": " ".join(["word"] * 300), "preset": "joe"}})
        of, told = platform.told.get(timeout=60)
        assert (of, told["status"]) == ("long", "IN_PROGRESS")
        platform.stops.put("long")
        platform.jobs.put({"id": "next", "input": HELLO})
        result, _ = platform.until_done("next", 30)
        assert result["output"]["video"]
    finally:
        served.stop()


def test_a_large_video_goes_into_a_bucket(platform, tmp_path):
    """By the SDK's own client of S3, which asks nobody for its keys or its region."""
    served = Served(tmp_path, **platform.environment(), **platform.with_bucket(), AVATAR_RUNPOD_ANSWER_BYTES="0")
    try:
        platform.jobs.put({"id": "job-3", "input": HELLO})
        result, _ = platform.until_done("job-3")
    finally:
        served.stop()
    assert "/avatar/job-3.mp4?" in result["output"]["url"], served.log.read_text()
    with urllib.request.urlopen(result["output"]["url"]) as answer:
        assert hashlib.sha256(answer.read()).hexdigest() == result["output"]["sha256"]
    assert hosts_asked(served) == {"127.0.0.1"}


# ---------------------------------------------------------------- in this process


def test_a_card_that_failed_has_the_worker_refreshed(tmp_path, monkeypatch, home):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'avatar.worker' in ' '.join(sys.orig_argv):\n"
        "    import avatar.pipeline\n"
        "    def fail(*_): raise RuntimeError('CUDA error: an illegal memory access was encountered\\nCompile with …')\n"
        "    avatar.pipeline.render = fail\n"
    )
    handler = Handler(lambda job, told: None, upload=print)
    with monkeypatch.context() as changed:
        changed.setenv("PYTHONPATH", str(tmp_path))
        told = handler.answer({"id": "1", "input": HELLO})
    assert told["refresh_worker"] is True and told["kind"] == "device"
    assert "the card failed (an illegal memory access was encountered)" in told["error"]
    assert "\n" not in told["error"]
    assert handler.answer({"id": "2", "input": HELLO})["video"], "by a child that holds nothing of it"
    handler.let_go()


def test_a_child_that_is_killed_is_told_as_something_that_may_pass(tmp_path, monkeypatch, home):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'avatar.worker' in ' '.join(sys.orig_argv): os.kill(os.getpid(), 9)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = Handler(lambda job, told: None, upload=print).answer({"id": "1", "input": HELLO})
    assert told["error"].startswith("temporary: ") and told["error"].endswith("may work when it is tried again.")
    assert "refresh_worker" not in told


def test_engines_stay_loaded_from_one_job_to_the_next(tmp_path, monkeypatch, home):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'avatar.worker' in ' '.join(sys.orig_argv):\n"
        "    from avatar.loading import Kept\n"
        "    use = Kept.use\n"
        "    def noted(self, engine, profile):\n"
        f"        with open({str(tmp_path / 'used')!r}, 'a') as file:\n"
        "            print('held' if (engine, profile) in self._held else 'loaded', file=file)\n"
        "        return use(self, engine, profile)\n"
        "    Kept.use = noted\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    handler = Handler(lambda job, told: None, upload=print)
    for text in ("One.", "Two."):
        assert handler.answer({"id": text, "input": {"text": text, "preset": "joe"}})["video"]
    handler.let_go()
    used = (tmp_path / "used").read_text().split()
    assert used == ["loaded"] * (len(used) // 2) + ["held"] * (len(used) // 2) and used


def test_a_large_video_goes_to_the_bucket_to_the_volume_or_is_told(tmp_path, monkeypatch):
    video = Made(tmp_path / "video.mp4", 1.0, 1.0, (), {})
    video.path.write_bytes(bytes(runpod_files.MOST_ANSWER_BYTES))
    assert len(json.dumps(runpod_files.answer_with(video, "7", upload=print))) < 10_000_000
    video.path.write_bytes(bytes(runpod_files.MOST_ANSWER_BYTES + 1))
    monkeypatch.setenv("AVATAR_RUNPOD_VOLUME", str(tmp_path / "volume"))
    with pytest.raises(EnvironmentProblem, match="7.0 MB, more than an answer may hold"):
        runpod_files.answer_with(video, "7", upload=print)
    (tmp_path / "volume").mkdir()
    assert runpod_files.answer_with(video, "7", upload=print)["path"] == str(tmp_path / "volume/avatar/7.mp4")
    for name in runpod_files.BUCKET:
        monkeypatch.setenv(name, "x")
    told = runpod_files.answer_with(video, "7", upload=lambda name, path, prefix: f"https://bucket/{prefix}/{name}")
    assert told["url"] == "https://bucket/avatar/7.mp4" and "path" not in told


def test_a_video_is_known_by_its_address_and_what_is_kept_by_its_name(tmp_path, home):
    given = base64.b64encode(b"anything").decode()
    for address, name in (("data:video/mp4;base64,", "backdrop.mp4"), ("data:video/quicktime;base64,", "backdrop.mov"),
                          ("data:video/webm;codecs=vp9;base64,", "backdrop.webm"), ("data:image/png;base64,", "backdrop"),
                          ("data:../x;base64,", "backdrop"), ("", "backdrop")):  # fmt: skip
        path = runpod_files.as_file("backdrop", address + given, tmp_path)
        assert path == tmp_path / name and path.read_bytes() == b"anything"
    (home / "portraits/meme").mkdir(parents=True)
    (home / "portraits/meme/picture.png").write_bytes(b"a picture")
    known = {"name": "meme", "created_at": 1, "notes": []}
    (home / "portraits/meme/portrait.json").write_text(json.dumps(known))
    asked = {"text": "Hi.", "portrait": "meme", "backdrop": "meme"}
    told = runpod_files.asked_for(asked, tmp_path)
    assert told["portrait"] == "meme" and told["backdrop"] == str(tmp_path / "backdrop"), "of backdrops none are kept"
    assert asking.request_of(text="Hi.", portrait=told["portrait"]).portrait == home / "portraits/meme/picture.png"


def test_no_voice_is_cloned_without_its_speakers_consent(tmp_path, home):
    for name, consent in (("anna", True), ("ben", False)):
        (home / f"voices/{name}").mkdir(parents=True)
        (home / f"voices/{name}/reference.wav").write_bytes(b"a recording")
        profile = {"name": name, "language": "en", "consent": consent, "reference_sha256": "0" * 64}
        (home / f"voices/{name}/profile.json").write_text(json.dumps(profile))
    recording = base64.b64encode(b"a recording").decode()
    assert runpod_files.asked_for({"text": "Hi.", "voice": "anna"}, tmp_path)["voice"] == "anna"
    for asked in ({"voice": "ben"}, {"voice": recording}, {"voice": recording, "consent": "yes"}):
        with pytest.raises(RequestError, match='send "consent": true'):
            runpod_files.asked_for({"text": "Hi.", **asked}, tmp_path)
    for asked in ({"voice": "ben"}, {"voice": recording}):
        told = runpod_files.asked_for({"text": "Hi.", "consent": True, **asked}, tmp_path)
        assert "consent" not in told and told["voice"]


def test_a_file_that_leads_out_of_the_volume_or_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_RUNPOD_VOLUME", str(tmp_path / "volume"))
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume/link.png").symlink_to("/etc/passwd")
    for path in ("../secret.png", "link.png"):
        with pytest.raises(RequestError, match="leads out of") as raised:
            runpod_files.as_file("portrait", f"{tmp_path}/volume/{path}", tmp_path)
        assert raised.value.fields == ("portrait",)
    monkeypatch.setitem(MOST_BYTES, "recording", 3 << 20)
    with pytest.raises(RequestError, match="more than 3 MiB"):
        runpod_files.as_file("voice", "A" * (5 << 20), tmp_path)
    for given in (7, ["x"], {"path": "x"}):
        with pytest.raises(RequestError, match="a file is a text"):
            runpod_files.as_file("audio", given, tmp_path)
    with pytest.raises(RequestError, match="no request"):
        runpod_files.asked_for("Hello.", tmp_path)


def test_progress_is_told_now_and_then():
    from avatar.progress import Event

    told = []
    tell = Teller(told.append)
    for event in [Event("voice", 2), *(Event("lips", 3, done, 250) for done in range(251)), Event("video", 4)]:
        tell(event)
    assert [(each["stage"], each["done"]) for each in told] == [("voice", 0), ("lips", 0), ("video", 0)]


def test_where_the_sdk_is_missing_it_is_told(avatar):
    if sys.modules.get("runpod"):
        pytest.skip("it is here")
    said = avatar("worker", "runpod")
    assert said.code == 1 and "RunPod's SDK does not load" in said.stderr
