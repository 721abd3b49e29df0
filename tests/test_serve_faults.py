"""What goes wrong around the server: clients that go away or lie, folders that are removed, disks that are full, clocks, kills."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests import namespaces
from tests.conftest import ROOT
from tests.queued import until
from tests.served import Server, requests, serving

ASKED = {"prompt": "Hello.", "voice": "joe"}
LONG = {"prompt": "This takes a while to say. " * 20, "voice": "joe"}
SERVICE = ROOT / ".venv/service/bin/python"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("faults")) as served:
        yield served


@pytest.fixture(scope="module")
def done(server: Server):
    """A video that is there."""
    video = server.ended(server.post("/v1/videos", json=ASKED).json()["id"])
    assert video["status"] == "completed", video
    return video


def connected(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), 30)


def told(server: Server, request: bytes) -> bytes:
    """What is answered to these bytes, until the server closes or rests."""
    with connected(server) as connection:
        connection.sendall(request)
        connection.settimeout(3)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            while more := connection.recv(1 << 16):
                answer += more
    return answer


def head(server: Server, *lines: str, path: str = "/v1/videos") -> bytes:
    host = server.url.removeprefix("http://")
    return "\r\n".join([f"POST {path} HTTP/1.1", f"host: {host}", *lines, "", ""]).encode()


# ---------------------------------------------------------------- clients


def test_upload_that_ends_half_way_leaves_nothing(server: Server):
    form = b'--x\r\ncontent-disposition: form-data; name="input_reference"; filename="a.png"\r\n\r\n' + bytes(3 << 20)
    uploads = server.home / "uploads"
    with connected(server) as connection:
        kind = "content-type: multipart/form-data; boundary=x"
        connection.sendall(head(server, kind, f"content-length: {8 << 20}") + form)
        until(lambda: uploads.is_dir() and any(uploads.iterdir()))
    until(lambda: not any(uploads.iterdir()), 20)
    assert server.get("/health").status_code == 200
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/audio/speech", "/v1/videos/dry-run"])
def test_body_in_chunks_that_is_larger_than_allowed(server: Server, path):
    chunks = (b"x" * (1 << 16) for _ in range(20))
    refused = server.post(path, data=chunks, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_bodies_and_headers_that_lie(server: Server):
    kind = "content-type: application/json"
    longer = told(server, head(server, kind, "content-length: 2") + b"{}" + b"x" * 1000)
    assert longer.startswith(b"HTTP/1.1 400") and b"give a text" in longer
    assert told(server, head(server, kind, "content-length: 2", "content-length: 9") + b"{}").startswith(
        b"HTTP/1.1 400"
    )
    assert told(server, head(server, kind, "content-length: -1") + b"{}").startswith(b"HTTP/1.1 400")
    assert told(server, head(server, f"x-large: {'x' * (1 << 20)}")).startswith((b"HTTP/1.1 400", b"HTTP/1.1 431", b""))
    assert told(server, b"\x16\x03\x01\x02\x00\x01" + bytes(100)).startswith(b"HTTP/1.1 400")
    assert server.get("/health").status_code == 200
    assert "Traceback" not in server.log.read_text()


def test_clients_that_never_end_their_request_hold_nobody_up(server: Server):
    with contextlib.ExitStack() as held:
        for _ in range(200):
            held.enter_context(connected(server)).sendall(b"GET /health HTTP/1.1\r\nhost: local")
        began = time.monotonic()
        assert server.get("/health").status_code == 200
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "name", ["..", "..%2f..%2fetc%2fpasswd", "%2e%2e/serve.lock", "%00", "a%00b", "x" * 5000, "%ff", "."]
)
def test_names_lead_to_nothing_but_what_is_kept(server: Server, name):
    for place in (
        "videos/{}", "videos/{}/content", "videos/{}/report", "videos/{}/events", "videos/{}/webhooks", "portraits/{}",
        "portraits/{}/picture", "audio/voices/{}", "audio/voices/{}/sample", "audio/voice_consents/{}",
    ):  # fmt: skip
        request = requests.Request("GET", server.url).prepare()
        request.url = f"{server.url}/v1/{place.format(name)}"  # as it stands: requests would tidy it
        with requests.Session() as session:
            answer = session.send(request, timeout=30)
        assert 400 <= answer.status_code < 500 or answer.json().get("object") == "list", (place, answer.status_code)
        assert answer.headers["content-type"] == "application/json"
    assert "Traceback" not in server.log.read_text()


# ---------------------------------------------------------------- the home


def test_symlinks_in_the_home_are_not_followed(server: Server, done, tmp_path):
    jobs, outside = server.home / "jobs", tmp_path / "outside"
    shutil.copytree(jobs / done["id"], outside)
    (jobs / "linked-0123456789").symlink_to(outside)
    copied = jobs / "copied-0123456789"
    shutil.copytree(jobs / done["id"], copied)
    (copied / "video.mp4").unlink()
    (copied / "video.mp4").symlink_to("/etc/passwd")
    signed = jobs / "signed-0123456789"
    shutil.copytree(jobs / done["id"], signed)
    (signed / "signed.mp4").unlink(missing_ok=True)
    (signed / "signed.mp4").symlink_to("/etc/passwd")
    (server.home / "portraits").mkdir(exist_ok=True)
    (server.home / "portraits/portrait_0123456789abcdef").symlink_to(outside)
    try:
        for path in ("videos/linked-0123456789", "videos/linked-0123456789/content", "videos/copied-0123456789/content",
                     "portraits/portrait_0123456789abcdef"):  # fmt: skip
            assert server.get(f"/v1/{path}").status_code == 404, path
        given = server.get("/v1/videos/signed-0123456789/content")
        assert given.status_code == 200 and given.content[4:8] == b"ftyp", "it is signed anew"
        assert "linked-0123456789" not in [each["id"] for each in server.get("/v1/videos").json()["data"]]
    finally:
        (jobs / "linked-0123456789").unlink()
        (server.home / "portraits/portrait_0123456789abcdef").unlink()
        shutil.rmtree(copied)
        shutil.rmtree(signed)


def test_job_that_is_removed_while_somebody_looks_on(server: Server, tmp_path):
    name = server.post("/v1/videos", json=LONG).json()["id"]
    with server.get(f"/v1/videos/{name}/events", stream=True) as answer:
        lines = answer.iter_lines()
        next(lines)
        (server.home / "jobs" / name).rename(tmp_path / name)  # in one step: the worker writes meanwhile
        assert b"event: removed" in list(lines)
    assert server.get(f"/v1/videos/{name}").status_code == 404
    assert server.get(f"/v1/videos/{name}/events").status_code == 404
    assert (
        server.ended(server.post("/v1/videos", json={"prompt": "Next.", "voice": "joe"}).json()["id"])["status"]
        == "completed"
    )


@pytest.fixture
def small(tmp_path):
    """A server whose home is a disk of its own of 320 MB, of which 256 have to be free; and a way to run a command where that disk is seen."""
    namespaces.need_mounts()
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size=320m none '{disk}' && cd '{ROOT}' && exec ./run avatar serve --port 0"
    with serving(disk / "home", start=[*namespaces.UNSHARE, "sh", "-c", script]) as served:
        inside = ["nsenter", "-t", str(served.process.pid), "--user", "--mount", "--preserve-credentials", "sh", "-c"]
        yield (
            served,
            lambda command: subprocess.run([*inside, command], check=True, capture_output=True, text=True).stdout,
        )


def test_full_disk(small):
    server, within = small
    name = server.post("/v1/videos", json=ASKED).json()["id"]
    assert server.ended(name)["status"] == "completed"
    within(f"dd if=/dev/zero of='{server.home}/filler' bs=1M 2>/dev/null || true")
    jobs = within(f"ls -A '{server.home}/jobs'")
    for key in ("a", None):
        refused = server.post(
            "/v1/videos", json={"prompt": "No room.", "voice": "joe"}, headers={"idempotency-key": key}
        )
        assert refused.status_code == 503 and refused.headers["x-should-retry"] == "true", refused.text
    assert within(f"ls -A '{server.home}/jobs'") == jobs
    assert server.get("/ready").status_code == 503
    assert server.get(f"/v1/videos/{name}/content").status_code == 200
    within(f"rm '{server.home}/filler'")
    again = server.post("/v1/videos", json={"prompt": "No room.", "voice": "joe"}, headers={"idempotency-key": "a"})
    assert server.ended(again.json()["id"])["status"] == "completed"
    assert "Traceback" not in server.log.read_text()


def test_home_that_may_no_longer_be_written(small):
    server, within = small
    name = server.post("/v1/videos", json=ASKED).json()["id"]
    assert server.ended(name)["status"] == "completed"
    disk = server.home.parent
    within(f"mount --bind '{disk}' '{disk}' && mount -o remount,bind,ro '{disk}'")
    refused = server.post("/v1/videos", json={"prompt": "Another.", "voice": "joe"})
    assert refused.status_code == 503, refused.text
    for answer in (server.post("/v1/portraits", files={"picture": b"x"}), server.delete(f"/v1/videos/{name}")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "host"), answer.text
    assert server.get("/ready").status_code == 503
    assert server.get(f"/v1/videos/{name}/content").status_code == 200
    within(f"umount -l '{disk}'")
    until(lambda: server.get("/ready").status_code == 200)  # a worker that ended is started again after a while
    assert (
        server.ended(server.post("/v1/videos", json={"prompt": "Another.", "voice": "joe"}).json()["id"])["status"]
        == "completed"
    )


# ---------------------------------------------------------------- ends


def children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError, ValueError):
            state, above = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(above) == parent and state != "Z":
                found.append(int(entry.name))
    return found


def is_there(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_server_that_ends_with_a_job_running(tmp_path, number):
    with serving(tmp_path / "home") as first:
        name = first.post("/v1/videos", json=LONG, headers={"idempotency-key": "a"}).json()["id"]
        until(lambda: first.get(f"/v1/videos/{name}").json()["status"] == "in_progress")
        kids = children(first.process.pid)
        assert len(kids) == 2, "the worker and the process that accepts"
        (first.home / "uploads").mkdir(exist_ok=True)
        (first.home / "uploads/left").write_text("by a server that was killed")
        first.process.send_signal(number)
        first.process.wait(30)
        until(lambda: not any(map(is_there, kids)), 1)
        entry = json.loads((first.home / "jobs" / name / "queue.json").read_text())
        assert entry["state"] == "queued" and entry["attempts"] == (0 if number == signal.SIGTERM else 1)
        with serving(tmp_path / "home") as second:
            again = second.post("/v1/videos", json=LONG, headers={"idempotency-key": "a"})
            assert (again.status_code, again.json()["id"]) == (202, name)
            assert not any((second.home / "uploads").iterdir())
            assert second.ended(name)["status"] == "completed"


def test_process_that_accepts_is_killed(server: Server, done):
    for kid in children(server.process.pid):
        if b"checking" in Path(f"/proc/{kid}/cmdline").read_bytes():
            os.kill(kid, signal.SIGKILL)
    answers = [server.post("/v1/videos", json=ASKED) for _ in range(2)]
    assert answers[-1].status_code == 202, answers[-1].text
    assert all(each.status_code in (202, 503) for each in answers)


# ---------------------------------------------------------------- clocks and keys


def in_the_server(home: Path, code: str) -> str:
    """What code of the web process prints, in its environment."""
    lines = (
        "import sys, time\nfrom pathlib import Path\nfrom avatar.jobs.job import Job\nhome = Path(sys.argv[1])\n" + code
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "AVATAR_HOME": str(home)}
    made = subprocess.run([SERVICE, "-P", "-c", lines, home], capture_output=True, text=True, env=env)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_key_of_a_request_that_was_killed_half_way_is_taken_again(server: Server, done, tmp_path):
    code = f"""
from avatar.web import notes
from avatar.web.once import once
with once(home, "key", "said") as known:
    print(known.job(home))
    ask = known.asked()
    notes.write_key(ask["path"], ask["digest"], {done["id"]!r}, is_taken=False)
"""
    job = tmp_path / "jobs" / done["id"]
    shutil.copytree(server.home / "jobs" / done["id"], job)  # which is there from another day
    assert in_the_server(tmp_path, code) == "None", "not known"
    assert in_the_server(tmp_path, code) == "None", "it was not queued since"
    entry = json.loads((job / "queue.json").read_text())
    (job / "queue.json").write_text(json.dumps(entry | {"submitted": time.time() + 1}))
    assert in_the_server(tmp_path, code) == done["id"], "it was, and whoever asked was not told"
    (job / "queue.json").unlink()
    assert in_the_server(tmp_path, code) == "None", "a folder alone is no accepted job"


def test_clock_that_is_set_back(tmp_path):
    """What was to be tried later by a clock that was a year ahead is tried now, and a key of it is still known."""
    code = """
from avatar.service import queue
from avatar.web import notes, webhooks
from avatar.web.once import once
year = 365 * 86400
job = Job(home / "jobs" / "a-0123456789"); job.folder.mkdir(parents=True)
(job.folder / "request.json").write_text('{"created": 1.0, "request": {"text": "a"}}')
entry = queue.QueueEntry(submitted=1.0, state="done", ended=2.0)
queue._write(job, entry)
url = "http://127.0.0.1:1/"
notes.write(job, url, is_waiting=False)
later = {url: notes.ToAddress(not_before=time.time() + year)}
notes.write_deliveries(job, notes.Deliveries(ended=2.0, id="evt", to=later))
webhooks.tell_due(home, True, {})
print(len(notes.read_deliveries(job).to[url].attempts))
now, time.time = time.time, lambda: now() + year
with once(home, "k", "said") as known:
    known.keep(job.id)
time.time = now
with once(home, "k", "said") as known:
    print(known.job(home))
"""
    assert in_the_server(tmp_path, code).split() == ["1", "a-0123456789"]
