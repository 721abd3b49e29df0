"""Events: told once, written to the job's log, read by the terminal and by whoever looks on."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time

import pytest

from avatar.cli.output import Printer
from avatar.jobs import events
from avatar.progress import Event, Progress
from tests.conftest import command


def a_stage(progress: Progress, number: int = 1, name: str = "lips", total: int = 3) -> None:
    progress.stage(number, name)
    assert list(progress.count(range(total), total)) == list(range(total))
    progress.say("a note")
    progress.end()


def test_what_is_told_is_what_is_read(tmp_path):
    told = []
    a_stage(Progress(events.logged(tmp_path, told.append)))
    assert events.read(tmp_path) == told
    assert told[0] == Event("lips", 1) and told[-1] == Event("lips", 1, 3, 3, is_end=True)
    assert Event("lips", 1, 3, 3, "a note") in told
    lines = [json.loads(line) for line in (tmp_path / events.NAME).read_text().splitlines()]
    assert all(abs(line["time"] - time.time()) < 60 for line in lines)


def test_a_count_tells_its_end_and_not_each_item():
    told = []
    progress = Progress(told.append)
    progress.stage(3, "lips")
    for _ in progress.count(range(5000), 5000):
        pass
    counted = [event.done for event in told if event.done]
    assert counted[-1] == 5000 and len(counted) < 50


def test_a_stage_that_was_there_leaves_nothing_in_the_log(tmp_path):
    progress = Progress(events.logged(tmp_path, lambda event: None))
    progress.stage(1, "portrait")
    progress.say("of the picture", is_cached=True)
    progress.end(is_cached=True)
    assert not (tmp_path / events.NAME).exists()
    a_stage(progress, 2, "voice")
    assert {event.stage for event in events.read(tmp_path)} == {"voice"}


def test_a_line_that_is_half_written_or_damaged_is_left_out(tmp_path):
    a_stage(Progress(events.logged(tmp_path, lambda event: None)))
    whole = events.read(tmp_path)
    with open(tmp_path / events.NAME, "a") as log:
        log.write('[1]\n{"stage": "lips"}\nnonsense\n{"time": 1, "stage": "video", "number": 4')
    assert events.read(tmp_path) == whole


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    a_stage(Progress(events.logged(tmp_path / "gone", lambda event: None)))


def test_who_follows_gets_all_and_ends_when_the_job_does(tmp_path):
    over, got = threading.Event(), []
    follower = threading.Thread(target=lambda: got.extend(events.follow(tmp_path, over.is_set)))
    follower.start()
    a_stage(Progress(events.logged(tmp_path, lambda event: None)))
    time.sleep(0.3)
    a_stage(Progress(events.logged(tmp_path, lambda event: None)), 4, "video")
    over.set()
    follower.join(10)
    assert got == events.read(tmp_path) and [event.stage for event in got if event.is_end] == ["lips", "video"]


def test_without_a_terminal_there_is_a_line_for_each_stage_and_ten_per_cent(capsys):
    told = Printer()
    told(Event("lips", 3))
    for done in range(1, 251):
        told(Event("lips", 3, done, 250))
    told(Event("lips", 3, 250, 250, is_end=True))
    assert capsys.readouterr().err.splitlines() == [
        "[3/4] lips",
        *(f"[3/4] lips {tenth} %" for tenth in range(10, 100, 10)),
    ]


@pytest.mark.usefixtures("home")
def test_a_second_terminal_follows_a_render(home):
    text = "This sentence takes a moment to draw. And so does this one, which is longer than the first."
    render = subprocess.Popen(
        command("pipeline", "run", "--text", text, "--preset", "joe"),
        env={**os.environ, "AVATAR_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list((home / "jobs").glob("this-*/lock")) and time.monotonic() < deadline:
        time.sleep(0.05)
    followed = subprocess.run(command("pipeline", "show", "this", "--follow", "--json"), capture_output=True, text=True)
    out, err = render.communicate(timeout=120)
    assert render.returncode == 0, err
    ends = [json.loads(line)["stage"] for line in followed.stdout.splitlines() if json.loads(line)["is_end"]]
    assert ends == ["portrait", "voice", "lips", "video"], followed.stderr
    assert " s, " in err.splitlines()[-1] and "made in" in err.splitlines()[-1]
