"""picctl over what a clone may bring and a user may mistype: nothing is written elsewhere, nothing hangs, one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from pic import log, runner
from tests import pic_project
from tests.pic_project import git, gone, picctl, write_draft
from tests.test_pic_merge import agrees
from tests.test_pic_odd import GATE, ok, started


@pytest.fixture
def root(tmp_path, monkeypatch):
    return started(tmp_path, monkeypatch)


def refused(root, *words, code=2):
    """What was said; one sentence and what mends it."""
    done = picctl(root, *words)
    assert done.returncode == code and done.stderr.count("\n") == 2, done.stdout + done.stderr
    assert done.stderr.splitlines()[1].startswith("  mend: ")
    return done.stderr


@pytest.mark.parametrize("name", ["state.json", "lock", "status-log.jsonl", "hooks.jsonl", "handoffs", "drafts", ""])
def test_a_link_in_our_folder_is_refused_before_anything_is_written(root, tmp_path, name):
    """A clone may hold one; every command writes there, trusted or not."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    path = root / ".pic" / name
    if path.exists():
        path.rename(tmp_path / "aside")
    path.symlink_to(outside)
    for words in (
        ["status"],
        ["start", "q"],
        ["verify"],
        ["init"],
        ["waive", "review-lines", "--why", "w", "--until", "2031-01-01"],
    ):
        assert "is a link or a pipe" in refused(root, *words), words
    assert picctl(root, "hook", "Stop", given="{}").returncode == 0
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("name", ["state.json", "lock", "status-log.jsonl"])
def test_a_pipe_in_our_folder_is_refused(root, name):
    """It would be read and written without an end."""
    (root / ".pic" / name).unlink(missing_ok=True)
    os.mkfifo(root / ".pic" / name)
    assert "is a link or a pipe" in refused(root, "start", "q")


@pytest.mark.parametrize("name", ["AGENTS.md", ".claude", ".agents"])
def test_what_coding_agents_read_is_not_written_behind_a_link_to_elsewhere(root, tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / name).symlink_to(outside / "page.md" if name == "AGENTS.md" else outside)
    assert "leads out of the repository" in refused(root, "init", "--agents")
    assert not list(outside.iterdir()) and git(root, "status", "--porcelain", "--", ".agents/", "pic.toml") in (
        "",
        "?? .agents",
    )


@pytest.mark.parametrize("id", ["/../../../../escaped", "../../../escaped", "/escaped"])
def test_an_id_in_the_log_leads_to_no_other_folder(root, tmp_path, id):
    ok(root, "decide", "q", "--option", "a", "--choose", "a", "--why", "w", "--confirm", "review-lines")
    path = root / log.LOG
    *lines, last = path.read_text().splitlines(keepends=True)
    event = json.loads(last) | {"decision": id}
    event["seal"] = log.seal(event)
    path.write_text("".join(lines) + json.dumps(event) + "\n")
    assert "decision is missing, of another form" in refused(root, "verify")
    assert not list(tmp_path.rglob("*escaped*"))


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_beside_it(root):
    (root / "AGENTS.md").mkdir()
    before = {each.name for each in root.iterdir()}
    said = refused(root, "init", "--agents", code=1)
    assert "Is a directory" in said and "AGENTS.md" in said
    assert {each.name for each in root.iterdir()} == before


def test_a_program_that_is_a_pipe_or_no_name_is_red(root):
    """Its first line is read for the Python it names: a pipe has none, and no end."""
    os.mkfifo(root / "pipe")
    for program in ("./pipe", "./a\\u0000b", "a\\u0000b"):
        (root / "pic.toml").write_text(f"[[gate]]\n{GATE}".replace('"echo"', f'"{program}"'))
        ok(root, "trust", "--yes")
        done = picctl(root, "gate", "g")
        assert done.returncode == 1 and "cannot be run" in done.stdout, done.stderr


def test_a_python_that_says_what_is_no_text_is_not_known(tmp_path):
    program = tmp_path / "python3.99"
    program.write_text("#!/bin/sh\nprintf '\\377'\n")
    program.chmod(0o755)
    assert runner.python_of("./python3.99", tmp_path) == "not known"


def test_a_lock_whose_name_is_no_text_counts_like_others(root):
    odd = os.fsencode(root) + b"/requirements\xff.txt"
    with open(odd, "w") as file:
        file.write("one")
    ok(root, "gate", "research-lines")
    assert "green    research-lines" in ok(root, "status")
    with open(odd, "w") as file:
        file.write("two")
    assert "stale    research-lines" in ok(root, "status")


def test_what_is_nested_or_written_too_long_is_told(root):
    for text in ("a = " + "[" * 5000, f"[[gate]]\n{GATE}at_least = {'1' * 5000}\n"):
        (root / "pic.toml").write_text(text)
        assert "is no TOML" in refused(root, "status")
    pic_project.fill(root)
    (root / ".claude").mkdir()
    (root / ".claude/settings.json").write_text('{"a":' * 5000)
    assert "is no JSON" in refused(root, "init", "--agents")
    (root / ".pic/.gitignore").write_bytes(b"\xff\n")
    assert "is not UTF-8" in refused(root, "init")


@pytest.mark.parametrize("given", [b"\xff", None])
def test_a_hook_takes_whatever_it_is_given(root, given):
    """Also where the locale is strict about what is no UTF-8, and where its input is closed."""
    words = [sys.executable, "-P", "-m", "pic", "hook", "Stop"]
    closed = (lambda: os.close(0)) if given is None else None
    environment = {**os.environ, "PYTHONPATH": str(pic_project.ROOT), "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(words, cwd=root, input=given, preexec_fn=closed, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads((root / ".pic/hooks.jsonl").read_text())["event"] == "Stop"


def test_a_name_that_would_begin_another_line_is_told_in_one(root):
    (root / ".pic/decisions").mkdir()
    (root / ".pic/decisions/a\nb.md").write_text("")
    assert "is in no event of the log" in refused(root, "verify", code=1)


def test_what_the_terminal_has_no_letter_for_is_told_all_the_same(root):
    ok(root, "gate", "research-lines")
    (root / "pic.toml").write_text(
        (root / "pic.toml").read_text().replace('"good", "research.txt"', '"o", "research.txt"')
    )
    assert "next: picctl decide \\u2026 --accepts" in ok(root, "status", PYTHONIOENCODING="latin-1")


def test_an_option_has_a_name(root):
    said = refused(root, "decide", "q", "--option", ": b", "--choose", "", "--why", "w", "--confirm", "review-lines")
    assert "an option has no name" in said and agrees(root)


@pytest.mark.parametrize("tick", ["> - [x] all tests pass", "- - [x] all tests pass", "> 1. [X] all tests pass"])
def test_a_tick_is_one_in_a_quotation_or_a_list_of_lists_too(root, tick):
    ok(root, "gate")
    write_draft(root, "research", pic_project.body(tick))
    assert "names no gate that passes" in refused(root, "handoff", code=1)


def test_a_fault_that_cannot_be_planted_is_told_and_the_next_gate_is_proved(root):
    (root / "file").write_text("x")
    (root / "folder").mkdir()
    (root / "folder/x").write_text("x")
    config = (root / "pic.toml").read_text()
    for name in ("folder", "file/x", "."):
        (root / "pic.toml").write_text(config.replace('{file = "research.txt"', f'{{file = "{name}"'))
        ok(root, "trust", "--yes")
        done = picctl(root, "prove", "research-lines", "review-lines")
        assert done.returncode == 1 and done.stderr.startswith("picctl: 1 gates are not proved"), done.stderr
        assert (
            f"no fault  research-lines: {name} cannot be written" in done.stdout and "proved    review" in done.stdout
        )
    (root / "pic.toml").write_text(config.replace('{file = "research.txt"', '{file = ".git/index"'))
    assert "is no path inside the repository" in refused(root, "status")


# picctl, which is sent a signal as soon as its gate has begun.
DYING = """
import os, runpy, subprocess, sys, time
class Dying(subprocess.Popen):
    def __init__(self, words, **named):
        super().__init__(words, **named)
        if words[1:] == ("-c", "echo $$ >.pic/pid; exec sleep 600"):
            while not os.path.exists(".pic/pid"):
                time.sleep(0.01)
            os.kill(os.getpid(), int(os.environ["END"]))
subprocess.Popen = Dying
sys.argv[0] = "picctl"
runpy.run_module("pic", run_name="__main__")
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_gate_does_not_outlive_picctl_that_is_ended_as_it_begins(root, end):
    words = 'run = ["sh", "-c", "echo $$ >.pic/pid; exec sleep 600"]'
    (root / "pic.toml").write_text(f"[[gate]]\n{GATE}".replace('run = ["echo", "1 done"]', words))
    ok(root, "trust", "--yes")
    environment = {**os.environ, "PYTHONPATH": str(pic_project.ROOT), "END": str(int(end))}
    done = subprocess.run([sys.executable, "-P", "-c", DYING, "gate", "g"], cwd=root, env=environment)
    assert done.returncode == (143 if end == signal.SIGTERM else -9) and gone(int((root / ".pic/pid").read_text()))


def test_a_gate_that_removes_its_output_is_told_as_that(root):
    words = 'run = ["sh", "-c", "rm -r .pic/output; sleep 0.2; echo 1 done"]'
    (root / "pic.toml").write_text(f"[[gate]]\n{GATE}".replace('run = ["echo", "1 done"]', words))
    ok(root, "trust", "--yes")
    done = picctl(root, "gate", "g")
    assert done.returncode == 1 and "g.txt was not written" in done.stdout, done.stderr


def test_a_link_to_itself_is_told(root):
    (root / "loop").symlink_to("loop")
    a_phase = pic_project.body("- [x] `loop`")
    ok(root, "gate")
    write_draft(root, "research", a_phase)
    assert "names no gate that passes" in refused(root, "handoff", code=1)
    config = (root / "pic.toml").read_text()
    (root / "pic.toml").write_text(config.replace('{file = "research.txt"', '{file = "loop"'))
    ok(root, "trust", "--yes")
    done = picctl(root, "prove", "research-lines")
    assert "loop cannot be written" in done.stdout and done.stderr.startswith("picctl: 1 gates are not proved"), (
        done.stderr
    )
    for name in ("AGENTS.md", "pic.toml"):
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(name)
        assert f"{name} leads out of the repository" in refused(root, "init", "--agents")
        (root / name).unlink()
        (root / name).write_text(config)


def test_a_hook_that_cannot_write_stops_nobody(root):
    (root / ".pic/hooks.jsonl").mkdir()
    done = picctl(root, "hook", "Stop", given="{}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
