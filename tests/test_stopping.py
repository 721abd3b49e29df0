"""Told to stop: a signal whose KeyboardInterrupt is lost on its way, or comes in the middle of an import, stops all the same."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from avatar import __main__, pipeline, stopping, work
from avatar.batch import making
from avatar.jobs.job import Job
from avatar.progress import Progress
from avatar.service import queue
from avatar.service.worker import serve, stopped_when
from tests.queued import put


@pytest.fixture(autouse=True)
def listening():
    before = {number: signal.getsignal(number) for number in stopping.SIGNALS}
    stopping.listen(*stopping.SIGNALS)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    stopping.listen()


def initialise_a_module(*arguments, **named) -> None:
    """As pybind11 does it where a signal comes meanwhile."""
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt as stop:
        raise ImportError("initialization failed") from stop


def lose_a_signal(*arguments, **named) -> None:
    """As a callback from C does."""
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("where", [initialise_a_module, lose_a_signal])
def test_a_worker_stops_and_its_job_is_as_if_it_had_not_been_tried(home, monkeypatch, where):
    job = put(home, "Hello.")
    if where is initialise_a_module:
        monkeypatch.setattr(work, "go_on", where)
    else:
        monkeypatch.setattr(queue, "end", lambda *arguments, **named: lose_a_signal() or "queued")
        monkeypatch.setattr(work, "go_on", lambda *arguments: None)
    with pytest.raises(KeyboardInterrupt):
        serve([home], lambda job, told: None)
    entry = queue.find(home, job.id).entry
    assert (entry.state, entry.error) == ("queued", None)
    assert entry.attempts == (0 if where is initialise_a_module else 1)


def test_jobs_after_the_one_that_was_stopped_are_not_begun():
    with pytest.raises(KeyboardInterrupt), pipeline.noted(Job(Path("none")), {}):
        initialise_a_module()


def test_a_stage_is_not_begun_after_it(finished_job):
    lose_a_signal()
    with pytest.raises(KeyboardInterrupt):
        pipeline.render(finished_job, Progress())


def test_a_count_does_not_go_on_after_it():
    counted = []
    with pytest.raises(KeyboardInterrupt):
        for number in Progress().count(range(100), 100):
            counted.append(number)
            if number == 50:
                lose_a_signal()
    assert 50 <= counted[-1] < 70, "told at each tenth"


def test_rows_after_it_are_not_made(home, tmp_path, monkeypatch):
    from avatar.batch.table import Row

    begun = []
    monkeypatch.setattr(making, "planned_row", lambda *arguments: begun.append(1) or initialise_a_module())
    rows = [Row(number=number, name=str(number), asked={"text": "Hello."}) for number in (1, 2)]
    with pytest.raises(KeyboardInterrupt):
        list(making.make_rows(rows, tmp_path, {}, False, lambda row, event: None))
    assert len(begun) == 1


def test_a_command_says_that_it_was_interrupted(monkeypatch, capsys):
    monkeypatch.setattr("avatar.cli.avatar.main", initialise_a_module)
    assert __main__.main(["status"]) == 130
    assert capsys.readouterr().err == "avatar: interrupted; nothing half-made was left.\n"


def test_what_is_cancelled_is_left_between_two_imports(tmp_path, monkeypatch):
    """The worker goes on with the next job, and a module of which half was imported is broken from then on."""
    (tmp_path / "slowly_imported.py").write_text(
        "import time\nfor _ in range(60):\n    time.sleep(0.01)\nis_whole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    stopped = threading.Event()
    with pytest.raises(KeyboardInterrupt), stopped_when(lambda: True, stopped):
        module = importlib.import_module("slowly_imported")
        while True:
            threading.Event().wait(0.01)
    assert stopped.is_set()
    assert module.is_whole


def test_within_a_library_that_must_not_be_interrupted_a_signal_is_remembered():
    with pytest.raises(KeyboardInterrupt), stopping.remembered_alone():
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.is_told(), "and the next line is reached"
        stopping.raise_if_told()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


def test_each_signal_within_a_call_is_raised_at_its_end():
    """The second one too, whose first was lost on its way; and in the main thread alone."""
    for _ in range(2):
        reached = False
        with pytest.raises(KeyboardInterrupt), stopping.afterwards():
            os.kill(os.getpid(), signal.SIGTERM)
            assert stopping.is_told()
            reached = True
        assert reached
    told: list[BaseException] = []

    def beside() -> None:
        try:
            with stopping.afterwards():
                entered.set()
                killed.wait()
        except BaseException as error:
            told.append(error)

    entered, killed = threading.Event(), threading.Event()
    thread = threading.Thread(target=beside)
    thread.start()
    entered.wait()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(5)
    killed.set()
    thread.join()
    assert told == []
    with stopping.remembered_alone(), stopping.afterwards():
        os.kill(os.getpid(), signal.SIGTERM)


def test_what_is_cancelled_in_the_middle_of_a_call_is_left_at_its_end():
    stopped, ended, before = threading.Event(), False, stopping._came
    with pytest.raises(KeyboardInterrupt), stopped_when(lambda: True, stopped):
        with stopping.afterwards():
            while stopping._came == before:
                threading.Event().wait(0.01)
            ended = True
        threading.Event().wait(0)
        raise AssertionError("it was not stopped at the end of the call")
    assert ended


STOPPED_WHILE_FACES_ARE_READ = """
import os, random, signal, threading, time
import numpy as np
from avatar import stopping
from avatar.portrait.face import FaceReader

FaceReader().__enter__().__exit__()  # imports are interrupted elsewhere
rounds, blank, begun, count = 20, np.zeros((300, 300, 3), np.uint8), threading.Semaphore(0), 0

def kill():
    for _ in range(rounds):
        begun.acquire()
        time.sleep(random.uniform(0, 0.1))
        os.kill(os.getpid(), signal.SIGTERM)

killer = threading.Thread(target=kill)
killer.start()
for _ in range(rounds):
    stopping.listen(signal.SIGTERM)
    begun.release()
    try:
        while True:
            stopping.raise_if_told()
            with FaceReader() as reader:
                reader.sureness(blank)
                reader.read(blank, search=False)
    except KeyboardInterrupt:
        count += 1
killer.join()
print(count)
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def test_a_signal_that_comes_in_the_middle_of_mediapipes_calls_stops_and_breaks_nothing():
    """The process died of a segmentation fault while signals were raised between two lines of such a call."""
    done = run(STOPPED_WHILE_FACES_ARE_READ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "20\n", "")


def test_a_face_reader_that_is_never_left_is_closed_before_modules_are_torn_down():
    """What an early module holds is freed after MediaPipe's own modules: its models printed a traceback then."""
    kept = "import weakref\nfrom avatar.portrait.face import FaceReader\nweakref.kept = FaceReader().__enter__()\n"
    done = run(kept)
    assert (done.returncode, done.stderr) == (0, "")
