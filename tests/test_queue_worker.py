"""The queue's worker: killed, stopped, idle or short of something it loses no job, and delivers each to its places."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from avatar import work
from avatar.errors import DeviceLost, RequestError
from avatar.service import queue
from avatar.service.worker import serve
from tests.conftest import without_manifest
from tests.queued import TEXTS, put, states, until, work_off

# ---------------------------------------------------------------- kills


@pytest.mark.parametrize("stage", ["portrait", "voice", "lips", "video"])
def test_a_worker_killed_after_a_stage_is_followed_by_one_that_goes_on(home, tmp_path, worker, stage):
    job = put(home, "Hello.", tmp_path / "v.mp4")
    first = worker()
    until(job.file(f"records/{stage}.json").exists)
    first.kill()
    first.wait()
    before = {path.name: path.stat().st_mtime_ns for path in job.file("records").iterdir()}
    assert stage + ".json" in before
    second = worker("--until-empty")
    assert second.wait() == 0
    assert second.stdout.read() == f"{job.id}: done\n"
    after = {path.name: path.stat().st_mtime_ns for path in job.file("records").iterdir()}
    assert before.items() <= after.items(), "a stage was made twice"
    assert states(home) == {"Hello.": "done"}
    assert without_manifest(tmp_path / "v.mp4") == job.video.read_bytes()


def test_a_job_that_ends_its_workers_fails_in_the_end(home):
    job, now = put(home, "Hello."), time.time()
    for attempt in range(1, queue.MOST_ATTEMPTS + 1):
        pause_s = queue.AFTER_A_DEATH_S[min(attempt, len(queue.AFTER_A_DEATH_S)) - 1]
        assert queue.take(home, "cpu", ("preview",), now) == job  # and the worker is killed
        assert not pause_s or queue.take(home, "cpu", ("preview",), now + 0.9 * pause_s) is None, "others get on"
        now += pause_s
    assert queue.take(home, "cpu", ("preview",), now) is None
    (place,) = queue.every(home)
    assert place.state == "failed"
    assert f"{queue.MOST_ATTEMPTS} workers ended while they worked on it" in place.entry.error.message
    queue.resume(home, job.id)
    assert states(home) == {"Hello.": "queued"}


def test_attempts_are_counted_anew_with_each_stage_that_was_finished(home, finished_job):
    job, now = put(home, "Hello."), time.time()
    for number in range(queue.MOST_ATTEMPTS):
        assert queue.take(home, "cpu", ("preview",), now + 300 * number) == job
    work.resume(job, None, False, lambda event: None)
    assert queue.take(home, "cpu", ("preview",), now + 300 * number) == job, "not failed, and at once"


def test_a_worker_that_is_told_to_stop_leaves_its_job_queued(home, worker):
    job = put(home, "Hello there, this takes a while to say.")
    process = worker()
    until(job.file("records/portrait.json").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130
    (place,) = queue.every(home)
    assert (place.state, place.entry.attempts) == ("queued", 0)


def test_there_is_one_worker_for_a_device(home, worker):
    first = worker()
    until(lambda: list(home.glob("worker-*.lock")))
    second = worker("--until-empty")
    assert second.wait() == 75
    assert "another worker serves cpu" in second.stderr.read()
    first.kill()
    first.wait()
    assert worker("--until-empty").wait() == 0, "its lock died with it"


def test_a_look_at_a_workers_lock_keeps_no_worker_from_beginning(home):
    with open(home / "worker-cpu.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (lock.fileno(), fcntl.LOCK_UN)).start()
        with queue.serving(home, "cpu"):
            pass


def test_a_job_that_another_devices_worker_took_is_left_to_it_while_that_lives(home):
    put(home, "Hello.")
    with queue.serving(home, "cuda:0"):
        assert queue.take(home, "cuda:0", ("preview",), time.time())
        assert queue.take(home, "cpu", ("preview",), time.time()) is None
    assert queue.take(home, "cpu", ("preview",), time.time()), "its worker is gone"


# ---------------------------------------------------------------- where the videos go


def test_each_place_that_a_waiting_job_is_asked_for_at_gets_its_video(home, tmp_path):
    outputs = [tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4")]
    for output in outputs:
        job = put(home, TEXTS[0], output)
    assert work_off(home) == [(TEXTS[0], "done")]
    assert {output.read_bytes() for output in outputs} == {job.file("signed.mp4").read_bytes()}
    assert without_manifest(outputs[0]) == job.video.read_bytes()


def test_a_place_that_is_asked_for_while_the_job_is_made_gets_it_too(home, tmp_path):
    def tell(job, told) -> None:
        if not isinstance(told, str) and told.stage == "lips" and told.is_end:
            put(home, TEXTS[0], tmp_path / "b.mp4")

    put(home, TEXTS[0], tmp_path / "a.mp4")
    serve([home], tell, True)
    assert states(home) == {TEXTS[0]: "done"}
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_file_is_replaced_where_that_was_asked_for_and_nowhere_else(home, tmp_path, avatar):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_text("mine")
    options = ("pipeline", "run", "--preset", "joe", "--queue", "--text")
    assert avatar(*options, TEXTS[0], "-o", tmp_path / "a.mp4", "--overwrite").code == 0
    put(home, TEXTS[1], tmp_path / "b.mp4")
    put(home, TEXTS[2], tmp_path / "c.mp4", subtitles=True)
    (tmp_path / "c.srt").write_text("mine")
    assert work_off(home) == [(TEXTS[0], "done"), (TEXTS[1], "failed"), (TEXTS[2], "failed")]
    assert (tmp_path / "a.mp4").read_bytes() != b"mine"
    assert {(tmp_path / name).read_text() for name in ("b.mp4", "c.srt")} == {"mine"}


def test_a_job_put_in_for_no_place_leaves_the_one_of_an_earlier_run_alone(home, tmp_path):
    put(home, TEXTS[0], tmp_path / "v.mp4")
    work_off(home)
    (tmp_path / "v.mp4").write_text("mine")
    put(home, TEXTS[0])
    assert work_off(home) == [(TEXTS[0], "done")]
    assert (tmp_path / "v.mp4").read_text() == "mine"


def test_a_name_that_the_queue_cannot_keep_is_refused(home, tmp_path):
    with pytest.raises(RequestError, match="no UTF-8"):
        put(home, TEXTS[0], Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp4")))
    assert queue.every(home) == []


# ---------------------------------------------------------------- an idle worker


def test_a_worker_with_nothing_to_do_rests(home, monkeypatch):
    looks = []
    take = queue.take

    def counted(*arguments):
        looks.append(time.monotonic())
        if looks[-1] - looks[0] > 1:
            raise KeyboardInterrupt
        return take(*arguments)

    put(home, TEXTS[0])
    monkeypatch.setattr(queue, "take", lambda *arguments: counted(*arguments[:2], (), arguments[3]))
    monkeypatch.setattr("avatar.service.worker.LONGEST_REST_S", 1.1)
    with pytest.raises(KeyboardInterrupt):
        serve([home], lambda job, told: None)
    assert len(looks) <= 3


def test_worker_whose_card_failed_ends_and_leaves_the_job_to_the_next_one(home, monkeypatch):
    """A process whose card failed can use it no more (as PyTorch says it: RuntimeError, "CUDA error: …")."""
    from avatar import work

    job = put(home, TEXTS[0])

    def fails(*arguments):
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be …")

    with monkeypatch.context() as broken:
        broken.setattr(work, "go_on", fails)
        with pytest.raises(DeviceLost, match="the card failed .an illegal memory access was encountered."):
            serve([home], lambda job, told: None, True)
    entry = queue.find(home, job.id).entry
    assert (entry.state, entry.error.kind) == ("queued", "device")
    queue.give_back(home, job)
    assert work_off(home) == [(TEXTS[0], "done")]
