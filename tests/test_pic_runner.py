"""How picctl runs a gate's command: green for work that was done, ended with all that it started, red for the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from pic import runner
from pic.config import Gate, fit
from tests.pic_project import gone


def a_gate(*run, **more):
    return Gate(name="g", phase="research", run=run, **({"work": r"(\d+) done", "limit": 20} | more))


def ran(tmp_path, *words, **more):
    return runner.run(a_gate(*words, **more), tmp_path, tmp_path / "out/g.txt")


def python(text):
    return sys.executable, "-c", text


def test_green_needs_work_that_was_done(tmp_path):
    assert ran(tmp_path, "echo", "1 done").green
    assert ran(tmp_path, "echo", "1 done\n7 done").count == 7
    for words, more, why in (
        (["echo", "0 done"], {}, "it did 0 of at least 1"),
        (["echo", "4 done"], {"at_least": 5}, "it did 4 of at least 5"),
        (["true"], {}, "does not say what work"),
        (["echo", "x done"], {"work": r"(\w+) done"}, "is no number"),
        (["false"], {}, "exit code 1"),
        (["sh", "-c", "exit 127"], {}, "exit code 127"),
        (["no-such-program"], {}, "no-such-program is not found"),
        (["./there"], {}, "cannot be run"),
        (python("import os; os.kill(os.getpid(), 9)"), {}, "signal 9"),
        (["echo", "1 done"], {"work_file": "report"}, "report was not written"),
    ):
        (tmp_path / "there").write_text("")
        found = ran(tmp_path, *words, **more)
        assert not found.green and why in found.why, found


def test_a_gate_keeps_the_digest_that_logs_have_of_it():
    """Words for people and the fault are no part of it; a whole number of seconds is one like 300.0."""
    table = {"name": "b", "phase": "review", "run": ["x", "é"], "work": "(1)", "limit": 300, "work_file": "./r"}
    table["inputs"] = ["./a/", "b"]
    for more in ({}, {"why": "a word", "covers_others": True, "fault": {"file": "a", "remove": True}}):
        digest = fit(Gate, table | more).digest()
        assert digest == "43a0ff3a5f4e5c9279fac55a02bd0c076f4aa0d10fda48e0c70228cbd76e3e1e"
    assert fit(Gate, table | {"limit": 300.5}).digest() != digest


def test_a_report_of_another_day_is_no_work(tmp_path):
    (tmp_path / "report").write_text("3 done")
    assert ran(tmp_path, "touch", "report", work_file="report").green
    os.utime(tmp_path / "report", (1, 1))
    assert "as it was before this run" in ran(tmp_path, "true", work_file="report").why
    (tmp_path / "report").write_text("3 done")
    assert "as it was before this run" in ran(tmp_path, "true", work_file="report").why  # however young


def test_a_gate_that_never_ends_is_red_with_all_that_it_started(tmp_path):
    words = ["sh", "-c", "sleep 600 & echo $! >child; echo 1 done; sleep 600"]
    found = ran(tmp_path, *words, limit=0.5)
    assert not found.green and "within its limit of 0.5 s" in found.why and found.exit is None
    assert gone(int((tmp_path / "child").read_text()))


def test_a_child_that_keeps_the_output_open_is_no_time_out(tmp_path):
    found = ran(tmp_path, "sh", "-c", "sleep 600 & echo $! >child; echo 1 done")
    assert found.green and found.seconds < 10
    assert gone(int((tmp_path / "child").read_text()))


def test_no_other_group_is_killed(tmp_path):
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        ran(tmp_path, "sleep", "600", limit=0.2)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_pattern_that_finds_no_end_is_red(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "SEARCH", 0.5)
    began = time.monotonic()
    found = ran(tmp_path, "echo", "a" * 60, work="(a+)+b")
    assert "finds no end in 0.5 s" in found.why and time.monotonic() - began < 60


def test_a_pipe_is_no_report(tmp_path):
    assert "was not written" in ran(tmp_path, "mkfifo", "report", work_file="report").why


def test_the_python_is_that_of_the_gate(tmp_path, monkeypatch):
    """A program called python says of another one what this one is not."""
    other = tmp_path / "bin/python3.99"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho 3.99.1\n")
    script = tmp_path / "script"
    script.write_text("#!/usr/bin/env python3.99\n")
    other.chmod(0o755)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}:/usr/bin:/bin")
    assert runner.python_of("python3.99", tmp_path) == runner.python_of("bin/python3.99", tmp_path) == "3.99.1"
    assert runner.python_of("./script", tmp_path) == "3.99.1"
    (other.parent / "python").symlink_to(sys.executable)
    assert runner.python_of("grep", tmp_path) == f"{sys.version.split()[0]} on PATH"
    other.write_text("#!/bin/sh\nexit 1\n")
    assert runner.python_of("python3.99", tmp_path) == "not known"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runner.python_of("grep", tmp_path) == "not known"


def test_a_gate_has_no_input(tmp_path):
    assert ran(tmp_path, *python("import sys; print(len(sys.stdin.read()) + 1, 'done')")).count == 1


def test_a_flood_ends_it(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "MOST_OUTPUT", 2**20)
    assert "MiB of output" in ran(tmp_path, "yes").why
