"""Clones of a log that merge, after any commands, and a kill at any write."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from pic import agents, init, log, moves, prove, trust, verify
from pic.errors import PicError
from pic.evidence import Content
from pic.project import Project
from tests import pic_project
from tests.pic_project import PHASES, git, write_draft


def new(folder: Path) -> Path:
    root = pic_project.make(folder)
    init.init(root)
    pic_project.fill(root)
    save(root)
    return root


def save(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "saved")


def clone(root: Path, folder: Path) -> Path:
    git(root, "clone", "-q", str(root), str(folder))
    return folder.resolve()


def agrees(root: Path) -> bool:
    project = Project(root)
    verify.settle(project)
    return not list(verify.problems(project))


# ---------------------------------------------------------------- commands of chance


def one_command(root: Path, chance: random.Random) -> None:
    """Any command, allowed or refused."""
    project = Project(root)
    gates = [gate.name for gate in project.config.gate]
    often = ["start", "gate", "gate", "edit", "decide", "waive", "back", "handoff", "handoff", "handoff"]
    what = chance.choice(often * 3 + ["init", "trust", "verify", "prove"])  # of these, prove takes seconds
    if project.state.phase not in PHASES and chance.random() < 0.7:
        what = "start"
    try:
        if what == "start":
            moves.start(project, "p")
        elif what == "gate":
            for gate in project.config.gates_until(project.open_phase()):
                project.run_gate(gate)
        elif what == "edit":
            (root / f"{chance.choice(PHASES)}.txt").write_text(chance.choice(["good\n", "bad\n"]))
        elif what == "decide":
            known = [one["decision"] for one in project.state.decisions]
            old = chance.choice([None, *known])
            accepts = chance.choice([None, chance.choice(gates)])
            moves.decide(
                project, "q", ["a: b", "c"], chance.choice("ac"), "w", chance.choice(gates), accepts, old, None
            )
        elif what == "waive":
            moves.waive(project, chance.choice(gates), "w", date.today() + timedelta(chance.randint(0, 9)), None)
        elif what == "init":
            init.init(root)
            agents.write(root)
        elif what == "trust":
            trust.trust(root)
            assert trust.is_trusted(root)
        elif what == "verify":
            assert agrees(root)
        elif what == "prove":
            before = project.content.tree, (root / log.LOG).read_bytes()
            good = [good for _, good in prove.prove(project, [chance.choice(project.config.gate)])]
            assert len(good) >= 1 and before == (Project(root).content.tree, (root / log.LOG).read_bytes())
        elif what == "back":
            moves.back(project, chance.choice(PHASES), "w")
        else:
            if project.state.phase in PHASES:
                write_draft(root, project.state.phase)
                if chance.random() < 0.7:  # most often there is something to hand over
                    (root / f"{project.state.phase}.txt").write_text("good\n")
                    for gate in project.config.gates_until(project.open_phase()):
                        project.run_gate(gate)
            moves.hand_over(project)
    except PicError:
        pass


def merge(root: Path, other: Path) -> None:
    """Take over what the other clone has saved; where both edited a source, one's own stays."""
    git(root, "pull", "-q", "--no-rebase", "--no-edit", "-X", "ours", str(other), "main")


def one_sequence(folder: Path, seed: int, commands: int) -> list[int]:
    """Two clones of one repository, commands in each, merged either way; the number of events after each merge."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))  # what is trusted
        return one_sequence_of(folder, random.Random(seed), seed, commands)


def one_sequence_of(folder: Path, chance: random.Random, seed: int, commands: int) -> list[int]:
    first = new(folder / "first")
    second = clone(first, folder / "second")
    counts = []
    for _ in range(2):
        for _ in range(commands):
            one_command(chance.choice([first, second]), chance)
        for root in (first, second):
            assert agrees(root), seed
            save(root)
        before = clone(second, folder / f"before{len(counts)}")
        merge(second, first)
        merge(first, before)
        one, two = Project(first), Project(second)
        assert one.state == two.state, seed
        assert [event["id"] for event in one.log.events] == [event["id"] for event in two.log.events], seed
        assert agrees(first) and agrees(second), seed
        counts.append(len(one.log.events))
        save(first)
        save(second)
        merge(second, first)  # the same sources in both again
    return counts


@pytest.mark.parametrize("seed", range(6))
def test_clones_that_merge_agree(tmp_path, seed):
    assert one_sequence(tmp_path, seed, 12)[-1] >= 10


def test_back_beats_forward_whichever_side_is_merged_into_which(tmp_path):
    first = new(tmp_path / "first")
    project = Project(first)
    moves.start(project, "p")
    for phase in PHASES[:2]:
        project.run_gate(project.config.find_gate(f"{phase}-lines"))
        write_draft(first, phase)
        moves.hand_over(project)
    save(first)
    second = clone(first, tmp_path / "second")
    project.run_gate(project.config.find_gate("design-lines"))
    write_draft(first, "design")
    moves.hand_over(project)
    moves.back(Project(second), "research", "w")
    save(first)
    save(second)
    both = {"second into first": first, "first into second": clone(second, tmp_path / "third")}
    other = clone(first, tmp_path / "fourth")
    merge(first, second)
    merge(both["first into second"], other)
    assert {Project(root).state.phase for root in both.values()} == {"research"}


# ---------------------------------------------------------------- a kill at any write

# picctl, which kills itself at the N-th call that changes a file; a write is done by half before.
DYING = """
import os, runpy, signal, sys
left = int(sys.argv.pop(1))
def dying(real, half=False):
    def call(*given, **named):
        global left
        left -= 1
        if left < 0:
            if half:
                real(given[0], given[1][: len(given[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    return call
os.write = dying(os.write, half=True)
os.fsync, os.replace, os.unlink, os.open = map(dying, (os.fsync, os.replace, os.unlink, os.open))
sys.argv[0] = "picctl"
runpy.run_module("pic", run_name="__main__")
"""


@pytest.mark.parametrize(
    "command", ["init", "trust", "start", "gate", "prove", "decide", "waive", "back", "handoff", "verify"]
)
def test_a_kill_at_any_write_leaves_what_verify_accepts(tmp_path, monkeypatch, command):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = new(tmp_path / "repository")
    gate, until = "research-lines", str(date.today())
    words = {
        "init": ["init", "--agents"],
        "trust": ["trust", "--yes"],
        "verify": ["verify"],
        "prove": ["prove", gate],
        "start": ["start", "p"],
        "gate": ["gate", gate],
        "decide": ["decide", "q", "--option", "a", "--choose", "a", "--why", "w", "--confirm", gate],
        "waive": ["waive", gate, "--why", "w", "--until", until],
        "back": ["back", "research", "--why", "w"],
        "handoff": ["handoff"],
    }[command]
    assert pic_project.picctl(root, "trust", "--yes").returncode == 0
    project = Project(root)
    if command != "start":
        moves.start(project, "p")
        project.run_gate(project.config.find_gate(gate))
    if command == "back":
        write_draft(root, "research")
        moves.hand_over(project)
    if command == "handoff":
        write_draft(root, "research")
    if command == "verify":
        moves.decide(project, "q", ["a"], "a", "w", gate, None, None, None)
    if command == "prove":
        save(root)
    tree = project.content.tree
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(pic_project.ROOT), "TMPDIR": str(tmp_path / "tmp")}
    for number in range(0, 600, 12 if command == "prove" else 1):
        if command == "init":
            (root / ".pic/.gitattributes").write_text("")
            shutil.rmtree(root / ".claude", ignore_errors=True)
        if command == "verify":
            for path in (root / ".pic/decisions").glob("*.md"):
                path.unlink()
        done = subprocess.run([sys.executable, "-c", DYING, str(number), *words], cwd=root, env=environment)
        assert agrees(root), number
        if command == "init":
            settings = root / ".claude/settings.json"
            assert not settings.exists() or "hooks" in json.loads(settings.read_text())
        if command == "trust":
            assert trust.is_trusted(root)  # as before
        if command == "prove":
            assert Content(root, project.config).tree == tree
        if done.returncode != -9:
            break
        if command == "handoff" and Project(root).state.phase == "planning":
            moves.back(Project(root), "research", "once more")
            write_draft(root, "research")
    refused = command in ("start", "back")  # a kill after the event leaves nothing to do
    assert 3 <= number < 600 and done.returncode == int(refused)
