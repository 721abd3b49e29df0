"""The queue whose hands are a Ray cluster: the bytes of one machine, whatever is killed, stopped or cancelled; and a server."""

from __future__ import annotations

import json
import signal
import subprocess
from functools import partial

import pytest

from avatar.service import queue
from testing.ray_cluster import command_of, end
from tests.conftest import ROOT, SHORT_TEXT, without_manifest
from tests.queued import put, states, until
from tests.served import serving

FORGETS_SOON = {"RAY_CLIENT_RECONNECT_GRACE_PERIOD": "5"}  # whoever is gone; else after 30 s


@pytest.fixture
def hands(cluster, worker):
    """Starts workers of the queue whose hands are the cluster."""
    return partial(worker, "--on", cluster.address, avatar=(ROOT / "run", "avatar"), **FORGETS_SOON)


def is_running(job) -> bool:
    return queue.place_of(job).state == "running"


def test_the_queue_is_made_there_with_the_bytes_of_one_machine(cluster, home, tmp_path, hands, finished_job):
    cluster.head.forget_jobs()
    job = put(home, SHORT_TEXT, tmp_path / "v.mp4", subtitles=True)
    (tmp_path / "there.mp4").write_bytes(b"somebody's")
    other = put(home, "Hello.", tmp_path / "there.mp4")
    worker = hands("--until-empty")
    assert worker.wait(200) == 0, worker.stderr.read()
    assert f"{job.id}: done\n" in worker.stdout.read()
    assert job.video.read_bytes() == without_manifest(tmp_path / "v.mp4") == finished_job.video.read_bytes()
    assert (tmp_path / "v.srt").read_bytes() == finished_job.file("subtitles.srt").read_bytes()
    assert job.state() == "done"
    failed = queue.place_of(other)
    assert failed.state == "failed" and "exists; name another file" in failed.entry.error.message
    assert (tmp_path / "there.mp4").read_bytes() == b"somebody's"
    told = [json.loads(line) for line in job.file("events.jsonl").read_text().splitlines()]
    assert "a node of the cluster has it." in [event["note"] for event in told]
    stages = [event["stage"] for event in told]
    assert list(dict.fromkeys(stages)) == ["portrait", "voice", "lips", "video"] and stages == sorted(
        stages, key=["portrait", "voice", "lips", "video"].index
    ), "as they come"
    assert [event["stage"] for event in told if event["is_end"]] == ["portrait", "voice", "lips", "video"]
    frames = [event["done"] for event in told if event["stage"] == "lips" and not event["is_end"]]
    assert len(frames) > 5 and frames == sorted(frames)
    notes = [event["note"] for event in told if event["note"]]
    assert len(notes) == len(set(notes)) > 1, "each is told once"
    assert not (cluster.head.home / "jobs" / job.id).exists(), "the disk of a node that is never idle fills"


def test_a_worker_that_is_killed_or_told_to_stop_loses_nothing(cluster, home, hands):
    job = put(home, "This is a text that takes a node a while to make a video of.")
    first = hands()
    until(lambda: is_running(job) and cluster.head.renders())
    first.kill()
    first.wait()
    assert queue.place_of(job).state == "queued"
    second = hands()
    until(lambda: is_running(job))
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 130, second.stderr.read()
    assert queue.place_of(job).state == "queued"
    third = hands("--until-empty")
    assert third.wait(200) == 0, third.stderr.read()
    assert queue.place_of(job).state == "done"


def test_what_is_cancelled_stops_on_its_node_and_the_next_one_is_made(cluster, home, hands):
    job, other = put(home, "This one is not wanted any more, long as it is.", priority=1), put(home, "Hello.")
    worker = hands("--until-empty")
    until(lambda: is_running(job) and cluster.head.renders())
    queue.cancel(home, job.id)
    assert worker.wait(200) == 0, worker.stderr.read()
    assert states(home) == {job.request().text: "cancelled", "Hello.": "done"}
    assert not job.video.exists() and other.video.exists()


def test_where_events_are_lost_the_work_goes_on(cluster, home, hands, finished_job):
    """The box that nodes put them into is a process of Ray's somewhere, and is killed with what is in it."""
    job = put(home, SHORT_TEXT, subtitles=True)
    worker = hands("--until-empty")
    until(lambda: cluster.head.renders())
    boxes = [pid for pid in cluster.head.processes() if command_of(pid).startswith("ray::Box")]
    assert boxes
    for pid in boxes:
        end(pid)
    assert worker.wait(200) == 0, worker.stderr.read()
    assert queue.place_of(job).state == "done"
    assert job.video.read_bytes() == finished_job.video.read_bytes()
    assert json.loads(job.file("events.jsonl").read_text().splitlines()[-1])["is_end"]


def test_a_file_that_is_wrong_fails_alone(cluster, home, tmp_path, hands):
    from PIL import Image

    Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    job = put(home, "Hello.", portrait=tmp_path / "grey.png")
    worker = hands("--until-empty")
    assert worker.wait(200) == 0
    failed = queue.place_of(job).entry
    assert (failed.state, failed.error.kind) == ("failed", "input") and "no face" in failed.error.message


def test_a_server_whose_videos_a_cluster_makes(cluster, home, finished_job):
    with serving(home, "--on", cluster.address) as server:
        asked = {"prompt": SHORT_TEXT, "voice": "joe", "subtitles": True}
        name = server.post("/v1/videos", json=asked).json()["id"]
        seen, lines = set(), server.get(f"/v1/videos/{name}/events", stream=True).iter_lines()
        for event in (json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")):
            if event.get("stage") == "lips" and 0 < event["done"] < event["total"]:
                seen.add(server.get(f"/v1/videos/{name}").json()["status"])
        assert "in_progress" in seen, "a render is seen while it goes on"
        video = server.ended(name, 200)
        assert video["status"] == "completed", video
        content = server.get(f"/v1/videos/{video['id']}/content").content
        assert without_manifest(content) == finished_job.video.read_bytes()


def test_where_there_is_no_ray_or_no_cluster_it_is_told(avatar, home):
    refused = avatar("queue", "work", "--on", "auto")
    assert refused.code == 1 and "'./run avatar queue work --on …' in a checkout makes" in refused.stderr
    command = [ROOT / "run", "avatar", "queue", "work", "--on", "ray://127.0.0.1:1", "--until-empty"]
    nobody = subprocess.run(command, capture_output=True, text=True)
    assert nobody.returncode == 75 and "can be had at ray://127.0.0.1:1 (" in nobody.stderr
    assert "Traceback" not in nobody.stderr
    for wrong in (("serve", "--port", "0"), ("queue", "work")):
        refused = subprocess.run(
            [ROOT / "run", "avatar", *wrong, "--on", "head:10001"], capture_output=True, text=True, timeout=60
        )
        assert refused.returncode == 2 and "--on: the address of a cluster is ray://HOST:PORT" in refused.stderr
