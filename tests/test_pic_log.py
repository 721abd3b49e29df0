"""The log of picctl as a file: lines that were cut off, taken out or edited, two writers at once, and what is kept of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date

import pytest

from pic import log, moves, state, verify
from pic.errors import PicError
from pic.project import Project
from tests import pic_project
from tests.pic_project import git, write_draft
from tests.test_pic_merge import agrees, clone, merge, new, save


def test_a_line_that_was_cut_off_is_closed_and_never_glued(tmp_path):
    root = new(tmp_path)
    moves.start(Project(root), "p")
    path = root / ".pic/status-log.jsonl"
    whole = path.read_bytes()
    for cut in (1, 2, 10, len(whole) - 2):
        path.write_bytes(whole + whole[:cut])
        assert agrees(root)
        moves.waive(Project(root), "review-lines", "w", date.today(), None)
        assert agrees(root) and len(log.read(root).events) == 2
        path.write_bytes(path.read_bytes() + whole[:cut])
        moves.waive(Project(root), "review-lines", "w", date.today(), None)
        assert agrees(root) and len(log.read(root).events) == 3


@pytest.mark.parametrize("order", [1, -1])
def test_a_line_that_was_cut_off_and_then_merged_is_closed_in_either_order(tmp_path, order):
    first = new(tmp_path / "first")
    second = clone(first, tmp_path / "second")
    moves.start(Project(second), "q")
    whole = (second / ".pic/status-log.jsonl").read_bytes()
    (first / ".pic/status-log.jsonl").write_bytes(whole.replace(b'"q"', b'"p"')[:-20])
    save(first)
    save(second)
    into, other = (first, second)[::order]
    merge(into, other)
    assert agrees(into)
    moves.waive(Project(into), "review-lines", "w", date.today(), None)
    assert agrees(into) and [event["type"] for event in log.read(into).events] == ["start", "waive"]


def test_a_full_disk_keeps_the_log_and_the_draft(tmp_path, monkeypatch):
    """The limit on the size of a file gives what a full disk gives: a write that is short, and no signal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = new(tmp_path / "repository")
    project = Project(root)
    moves.start(project, "p")
    for _ in range(3):
        project.run_gate(project.config.find_gate("research-lines"))
    write_draft(root, "research")
    path = root / ".pic/status-log.jsonl"
    before = path.read_bytes()
    most = len(before) + 100
    done = pic_project.picctl(root, "handoff", limit=most)
    assert done.returncode == 1 and "No space left" in done.stderr and "mend: df" in done.stderr, done.stderr
    assert path.read_bytes() == before and (root / ".pic/drafts/research.md").is_file()
    assert pic_project.picctl(root, "handoff").returncode == 0 and agrees(root)
    assert not (root / ".pic/drafts/research.md").exists()


def test_damage_is_told_apart_from_what_a_kill_leaves(tmp_path):
    root = new(tmp_path)
    moves.start(Project(root), "p")
    moves.waive(Project(root), "review-lines", "w", date.today(), None)
    path = root / ".pic/status-log.jsonl"
    first, second, _ = path.read_bytes().split(b"\n")
    forged = json.dumps(json.loads(first) | {"id": "x"}).encode()
    for lines in (
        [first + second],  # glued: no kill does that
        [b"noise", first, second],
        [first, second, b"noise"],
        [first.replace(b'"p"', b'"q"'), second],
        [b"<<<<<<< HEAD", first, b"=======", second, b">>>>>>> x"],
        [b"[]", first, second],
        [b"[" * 200_000, first, second],
        [first[:-1] + b', "after": 5}', second],
        [first[:-1] + b', "after": [[1]]}', second],
        [first, second, forged],
    ):
        path.write_bytes(b"\n".join(lines) + b"\n")
        with pytest.raises(PicError, match="line [1-5] of"):
            Project(root)
    path.write_bytes(b"\n".join([second, first, first, b"", second]) + b"\n")  # doubled and in disorder is none
    assert [event["type"] for event in Project(root).log.events] == ["start", "waive"]


def test_two_writers_lose_nothing(tmp_path):
    root = new(tmp_path)
    program = """
import sys
from datetime import date
from pathlib import Path
from pic import moves
from pic.project import Project
print("ready", flush=True)
sys.stdin.readline()  # both begin together
for _ in range(50):
    moves.waive(Project(Path(sys.argv[1])), "review-lines", sys.argv[2], date.today(), None)
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program, root, name], cwd=pic_project.ROOT, text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("one", "two")
    ]  # fmt: skip
    assert [each.stdout.readline() for each in running] == ["ready\n", "ready\n"]
    for each in running:
        each.stdin.write("go\n")
        each.stdin.close()
    assert [each.wait() for each in running] == [0, 0]
    events = Project(root).log.events
    assert len(events) == 100 and [event["clock"] for event in events] == list(range(1, 101))


def test_the_file_that_another_is_writing_stays_and_an_old_one_goes(tmp_path):
    root = new(tmp_path)
    (root / ".pic/drafts").mkdir()
    young, old = root / ".pic/drafts/tmp1.tmp", root / ".pic/drafts/tmp2.tmp"
    for path in (young, old):
        path.write_text("half")
    os.utime(old, (1, 1))
    assert agrees(root) and young.exists() and not old.exists()


def test_the_kept_state_spares_the_reading_of_the_log(tmp_path, monkeypatch):
    root = new(tmp_path)
    moves.start(Project(root), "p")
    monkeypatch.setattr(log, "wrong_with", None)
    assert Project(root).state.problem == "p"
    with open(root / log.LOG, "a") as file:
        file.write("\n")
    with pytest.raises(TypeError):
        Project(root)


def test_a_line_that_was_taken_out_is_missed(tmp_path):
    """Whatever it was, in a log that was merged too; of the last ones alone, the files that they wrote tell."""
    first = new(tmp_path / "first")
    moves.start(Project(first), "p")
    save(first)
    second = clone(first, tmp_path / "second")
    for root in (first, second):
        (root / "research.txt").write_text("bad\n")
        project = Project(root)
        project.run_gate(project.config.find_gate("research-lines"))
        moves.waive(project, "research-lines", "w", date.today(), None)
        save(root)
    merge(first, second)
    write_draft(first, "research")
    moves.hand_over(Project(first))
    assert agrees(first)
    path = first / ".pic/status-log.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    assert sorted(json.loads(line)["clock"] for line in lines) == [1, 2, 2, 3, 3, 4]
    for number in range(len(lines)):
        path.write_text("".join(lines[:number] + lines[number + 1 :]))
        project = Project(first)
        assert list(verify.problems(project)), lines[number]
    path.write_text("".join(lines))
    assert agrees(first)


def test_lines_that_were_cut_from_the_end_are_missed_once_a_commit_has_them(tmp_path):
    """However they were taken out: by hand, in a later commit, or by a merge that kept one side alone."""
    root = new(tmp_path / "one")
    moves.start(Project(root), "p")
    save(root)
    path = root / log.LOG
    short = path.read_text()
    git(root, "checkout", "-qb", "side")
    moves.waive(Project(root), "research-lines", "w", date.today(), None)
    save(root)
    whole = path.read_text()

    def missed():
        return [line for line in verify.problems(Project(root)) if "which a commit has" in line]

    assert not missed()
    path.write_text(short)
    assert len(missed()) == 1
    save(root)
    assert len(missed()) == 1
    path.write_text(whole)
    assert not missed()
    git(root, "checkout", "-qf", "main")
    assert not missed()  # another branch, which never had it
    git(root, "merge", "-q", "-s", "ours", "--no-edit", "side~1")
    assert path.read_text() == short and len(missed()) == 1
    path.write_text(whole)
    assert agrees(root)


def test_the_kept_state_is_no_second_truth(tmp_path):
    root = new(tmp_path)
    moves.start(Project(root), "p")
    for kept in ("{", "[]", json.dumps({"format": 1, "log": "other", "state": {}}), None):
        (root / state.CACHE).unlink()
        if kept is not None:
            (root / state.CACHE).write_text(kept)
        assert Project(root).state.problem == "p"
    kept = json.loads((root / state.CACHE).read_text())
    kept["state"]["phase"] = "review"
    (root / state.CACHE).write_text(json.dumps(kept))
    assert not agrees(root)
