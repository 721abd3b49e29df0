"""The queue: what was accepted is done, or failed with its reason, or cancelled; in which order, and what is told."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from avatar import asking, work
from avatar.errors import RequestError, TemporaryProblem
from avatar.jobs import home as homes
from avatar.loading import Kept
from avatar.service import queue
from avatar.service.worker import serve, stopped_when
from tests.conftest import without_manifest
from tests.queued import TEXTS, put, states, until, work_off

# ---------------------------------------------------------------- order


def test_higher_priority_first_then_the_older(home):
    for text, priority in (("One.", 0), ("Two.", 5), ("Three.", 0), ("Four.", -1), ("Five.", 5)):
        put(home, text, priority=priority)
    assert list(states(home)) == ["Two.", "Five.", "One.", "Three.", "Four."]
    put(home, "Four.", priority=9)
    assert list(states(home))[0] == "Four.", "asked for again, with a better place"
    put(home, "Four.", priority=-9)
    assert list(states(home))[0] == "Four.", "asked for again, with a worse one"
    assert len(queue.every(home)) == 5


def test_jobs_are_made_in_that_order_and_each_engine_is_loaded_once(home, tmp_path, monkeypatch):
    from avatar.lips.warp.engine import WarpLipsEngine
    from avatar.portrait.given_picture import GivenPortrait
    from avatar.voice.presets.engine import PresetVoice

    loaded: Counter[str] = Counter()
    for engine in (GivenPortrait, PresetVoice, WarpLipsEngine):
        load = engine.load

        def counted(profile=None, load=load, name=engine.__name__):
            loaded[name] += 1
            return load(profile)

        monkeypatch.setattr(engine, "load", counted)
    for number, text in enumerate(TEXTS):
        put(home, text, tmp_path / f"{number}.mp4", priority=number)
    assert work_off(home) == [(text, "done") for text in reversed(TEXTS)]
    assert loaded == {"GivenPortrait": 1, "PresetVoice": 1, "WarpLipsEngine": 1}
    for number, text in enumerate(TEXTS):
        alone = work.make(asking.request_of(text=text, preset="joe"), None, False, lambda event: None)
        assert without_manifest(tmp_path / f"{number}.mp4") == alone.path.read_bytes()
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "another home"))
    alone = work.make(asking.request_of(text=TEXTS[0], preset="joe"), None, False, lambda event: None)
    assert without_manifest(tmp_path / "0.mp4") == alone.path.read_bytes(), "kept engines gave other bytes"


def test_a_worker_without_the_full_stack_leaves_its_jobs(home):
    put(home, "Hello.")
    assert queue.take(home, "cpu", ("full",), time.time()) is None
    assert queue.take(home, "cpu", ("preview",), time.time()) is not None


# ---------------------------------------------------------------- accepted is on the disk


def test_what_was_accepted_is_on_the_disk(home, monkeypatch):
    """The files first, then the names: each is synced after it was written last."""
    synced: dict[str, float] = {}
    sync = os.fsync

    def noted(descriptor: int) -> None:
        sync(descriptor)
        synced[os.readlink(f"/proc/self/fd/{descriptor}")] = time.time()

    monkeypatch.setattr(os, "fsync", noted)
    job = put(home, "Hello.", home / "v.mp4")
    for path in (*job.folder.rglob("*"), job.folder, job.folder.parent):
        if path.name != "lock":
            assert str(path) in synced, f"{path.name} was not brought to the disk"
            assert synced[str(path)] >= path.stat().st_mtime


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_accepts_nothing(home, monkeypatch, number):
    def fails(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fails)
        with pytest.raises(OSError, match=os.strerror(number)):
            put(home, "Hello.")
    assert queue.every(home) == []
    put(home, "Hello.")
    assert states(home) == {"Hello.": "queued"}


# ---------------------------------------------------------------- failures


def test_a_job_that_fails_says_why_and_leaves_the_others(home, tmp_path):
    Image.new("RGB", (300, 300), "grey").save(tmp_path / "grey.png")
    put(home, "No face.", portrait=tmp_path / "grey.png")
    put(home, "In the way.", tmp_path / "v.mp4")
    put(home, "Hello.")
    (tmp_path / "v.mp4").write_text("mine")
    assert dict(work_off(home)) == {"No face.": "failed", "In the way.": "failed", "Hello.": "done"}
    errors = {place.job.request().text: place.entry.error for place in queue.every(home)}
    assert (errors["No face."].kind, "no face" in errors["No face."].message) == ("input", True)
    assert (errors["In the way."].kind, "exists" in errors["In the way."].message) == ("request", True)
    assert (tmp_path / "v.mp4").read_text() == "mine"


def test_what_is_short_for_a_while_is_tried_again_later(home):
    job, now = put(home, "Hello."), time.time()
    pauses_s = [*queue.PAUSES_S, *[queue.PAUSES_S[-1]] * queue.MOST_ATTEMPTS][: queue.MOST_ATTEMPTS - 1]
    for pause_s in (*pauses_s, None):
        assert queue.take(home, "cpu", ("preview",), now) == job
        state = queue.end(home, job, TemporaryProblem("the disk is full; free some."), now)
        assert state == ("failed" if pause_s is None else "queued")
        if pause_s is not None:
            assert queue.take(home, "cpu", ("preview",), now + 0.9 * pause_s) is None
            now += pause_s
    (place,) = queue.every(home)
    assert place.entry.error.message == "the disk is full; free some."


def test_a_clock_that_was_set_back_holds_nobody_up(home):
    job, now = put(home, "Hello."), time.time()
    queue.take(home, "cpu", ("preview",), now)
    queue.end(home, job, TemporaryProblem("busy"), now + 1e6)
    assert queue.take(home, "cpu", ("preview",), now) == job


@pytest.mark.parametrize("failing", [RuntimeError("unforeseen"), MemoryError(), OSError(errno.ENOSPC, "full")])
def test_something_unforeseen_ends_no_worker(home, monkeypatch, failing):
    from avatar.voice.presets.engine import PresetVoice

    speak = PresetVoice.speak

    def sometimes(self, wanted, told, progress, kept):
        if wanted.text == TEXTS[0]:
            raise failing
        return speak(self, wanted, told, progress, kept)

    monkeypatch.setattr(PresetVoice, "speak", sometimes)
    put(home, TEXTS[0])
    put(home, TEXTS[1])
    left = work_off(home)
    assert (TEXTS[1], "done") in left
    assert left[0] == (TEXTS[0], "failed" if isinstance(failing, RuntimeError) else "queued")


def test_a_damaged_entry_stops_no_other_job(home):
    put(home, TEXTS[0]).file("queue.json").write_text('{"submitted": -1}')
    put(home, TEXTS[1]).file("queue.json").unlink()
    os.mkfifo(put(home, TEXTS[1]).file("queue.json.x"))
    put(home, TEXTS[2])
    assert work_off(home) == [(TEXTS[1], "failed"), (TEXTS[2], "done")]
    assert [job.state() for job in homes.every(home)][:2] == ["damaged", "damaged"]


def test_a_job_removed_in_the_middle_of_the_queue(home):
    job = put(home, TEXTS[0])
    put(home, TEXTS[1])
    homes.remove(job)
    assert work_off(home) == [(TEXTS[1], "done")]


def test_what_cannot_be_read_fails_in_place_of_waiting_for_ever(home):
    put(home, TEXTS[0]).file("request.json").write_text("{")
    serve([home], lambda job, told: None, True)
    (place,) = queue.every(home)
    assert (place.state, "request.json" in place.entry.error.message) == ("failed", True)


def test_a_job_removed_between_the_look_at_it_and_its_taking(home, monkeypatch):
    job, other = put(home, TEXTS[0]), put(home, TEXTS[1])
    places = queue.every(home)
    homes.remove(job)
    monkeypatch.setattr(queue, "every", lambda home: places)
    assert queue.take(home, "cpu", ("preview",), time.time()) == other


def test_whoever_hears_nothing_any_more_stops_no_job(home):
    """As where standard error is a pipe to a program that ended."""

    def gone(job, told) -> None:
        raise BrokenPipeError(errno.EPIPE, "gone")

    put(home, TEXTS[0])
    serve([home], gone, True)
    assert states(home) == {TEXTS[0]: "done"}


# ---------------------------------------------------------------- cancel, resume, clear


@pytest.mark.parametrize("wait", [lambda: time.sleep(20), lambda: subprocess.run(["sleep", "20"])])
def test_a_job_is_stopped_where_it_waits(wait):
    began, stopped = time.monotonic(), threading.Event()
    with pytest.raises(KeyboardInterrupt), stopped_when(lambda: True, stopped):
        wait()
    assert stopped.is_set()
    assert time.monotonic() - began < 10


def test_cancelled_and_put_back_at_once_a_job_stops_no_worker(home, monkeypatch):
    """Before the worker looks again, which may take long to let its engines go."""
    job, release = put(home, TEXTS[0]), Kept.release
    cancelled = []

    def tell(which, told) -> None:
        if not isinstance(told, str) and told.is_end and not cancelled:
            cancelled.append(queue.cancel(home, job.id))
            time.sleep(20)  # is stopped here

    def slow(kept) -> None:
        release(kept)
        if cancelled and queue.find(home, job.id).state == "cancelled":
            queue.resume(home, job.id)

    monkeypatch.setattr(Kept, "release", slow)
    serve([home], tell, True)
    assert states(home) == {TEXTS[0]: "done"}


def test_what_is_put_back_while_ended_jobs_are_cleared_stays(home, monkeypatch):
    job = put(home, TEXTS[0])
    queue.cancel(home, job.id)
    size = homes.size_bytes

    def slow(folder: Path) -> int:
        queue.resume(home, job.id)
        return size(folder)

    monkeypatch.setattr(homes, "size_bytes", slow)
    assert queue.clear(home, time.time() + 1) == []
    assert states(home) == {TEXTS[0]: "queued"}


def test_cancelled_while_queued_it_is_not_made(home, avatar):
    job = put(home, TEXTS[0])
    put(home, TEXTS[1])
    assert avatar("queue", "cancel", job.id).stdout == f"{job.id}\n"
    assert work_off(home) == [(TEXTS[1], "done")]
    assert states(home)[TEXTS[0]] == "cancelled"
    again = avatar("queue", "cancel", job.id)
    assert (again.code, "is cancelled already" in again.stderr) == (2, True)
    assert avatar("queue", "resume", job.id).code == 0
    assert work_off(home) == [(TEXTS[0], "done")]
    with pytest.raises(RequestError, match="is done"):
        queue.resume(home, job.id)


@pytest.mark.parametrize("stage", ["portrait", "voice"])
def test_cancelled_while_running_it_stops_and_the_worker_goes_on(home, worker, stage):
    job = put(home, "This one is long enough to be stopped while it is made, or so one hopes.")
    other = put(home, TEXTS[1])
    process = worker("--until-empty")
    until(job.file(f"records/{stage}.json").exists)
    queue.cancel(home, job.id)
    assert process.stdout.readline() == f"{job.id}: cancelled\n"
    assert not job.video.exists()
    assert process.stdout.readline() == f"{other.id}: done\n"
    assert process.wait() == 0


def test_clear_removes_what_ended_by_age_and_by_size(home, avatar, tmp_path):
    first, second = put(home, TEXTS[0], tmp_path / "v.mp4"), put(home, TEXTS[1])
    assert len(work_off(home)) == 2
    waiting = put(home, TEXTS[2])
    assert avatar("queue", "clear", "--older-than", "1h").stdout == ""
    sizes = sum(homes.size_bytes(job.folder) for job in (first, second))
    assert queue.clear(home, 0, sizes) == []
    assert queue.clear(home, 0, sizes - 1) == [first], "the oldest first"
    assert avatar("queue", "clear").stdout == f"{second.id}\n"
    assert [place.job for place in queue.every(home)] == [waiting]
    assert (tmp_path / "v.mp4").exists()


def test_the_command_line_puts_into_the_queue_and_lists(home, avatar, tmp_path):
    options = ("pipeline", "run", "--text", "Hello.", "--preset", "joe", "-o", tmp_path / "v.mp4", "--queue")
    put_in = avatar(*options, "--priority", 7)
    (row,) = json.loads(avatar("queue", "list", "--json").stdout)["jobs"]
    assert put_in.stdout == f"{row['job']}\n"
    assert (row["state"], row["priority"], row["text"], row["error"]) == ("queued", 7, "Hello.", None)
    assert "Hello." in avatar("queue", "list").stdout
    assert avatar("queue", "work", "--until-empty").stdout == f"{row['job']}: done\n"
    assert (tmp_path / "v.mp4").exists()
    refused = avatar(*options)
    assert (refused.code, "exists" in refused.stderr) == (2, True), "refused before it is accepted"
    unknown = avatar("queue", "cancel", "nothing")
    assert (unknown.code, "no job" in unknown.stderr) == (2, True)
