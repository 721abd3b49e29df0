"""What a gate's result is worth for what is there now, and whether the gate can be red at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest

from pic import evidence, init, moves, prove, repo
from pic.errors import PicError
from pic.project import Project
from tests import pic_project
from tests.conftest import heed_signals
from tests.pic_project import git, gone

TODAY = date.today()


@pytest.fixture
def root(tmp_path):
    root = pic_project.make(tmp_path / "repository")
    init.init(root)
    pic_project.fill(root)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    project = Project(root)
    moves.start(project, "x")
    for gate in project.config.gate:
        assert project.run_gate(gate)["green"]
    return root


def standing(root, gate="research-lines", today=TODAY):
    project = Project(root)
    return evidence.standing(project.config.find_gate(gate), project.state, project.content, today).what


def test_evidence_is_bound_to_content(root):
    event = Project(root).state.results["research-lines"][0]
    assert {"tree", "key", "digest", "locks", "python", "host", "commit", "exit", "count"} <= event.keys()
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the log alone")
    assert standing(root) == "green"
    git(root, "commit", "-q", "--amend", "-m", "other words")
    assert standing(root) == "green"
    (root / "planning.txt").write_text("no input of it\n")
    assert (standing(root), standing(root, "planning-lines")) == ("green", "stale")
    (root / "research.txt").write_text("good, edited\n")
    assert standing(root) == "stale"
    (root / "research.txt").write_text("good\n")
    assert standing(root) == "green"  # what was shown of these bytes is shown of them still
    (root / "requirements.txt").write_text("a lock")
    assert standing(root) == "stale"
    (root / "requirements.txt").unlink()
    (root / "research.txt").unlink()
    assert standing(root) == "stale"
    project = Project(root)
    event = project.run_gate(project.config.find_gate("research-lines"))
    assert not event["green"] and "its input research.txt is not there" in event["why"]


def test_without_inputs_every_file_counts_untracked_ones_too(root):
    config = (root / "pic.toml").read_text().replace('inputs = ["research.txt"]', "")
    (root / "pic.toml").write_text(config)
    project = Project(root)
    assert project.run_gate(project.config.find_gate("research-lines"))["green"]
    project.state.agreed.clear()

    def now():
        project.content = evidence.Content(root, project.config)
        gate = project.config.find_gate("research-lines")
        return evidence.standing(gate, project.state, project.content, TODAY).what

    assert now() == "green"
    (root / "new.txt").write_text("x")
    assert now() == "stale"
    (root / "new.txt").unlink()
    (root / ".pic/new.txt").write_text("x")
    assert now() == "green"


def test_what_changes_its_own_inputs_is_no_evidence(root):
    config = (root / "pic.toml").read_text()
    run = 'run = ["grep", "-c", "good", "research.txt"]'
    (root / "pic.toml").write_text(config.replace(run, 'run = ["sh", "-c", "echo good >>research.txt; echo 1"]'))
    project = Project(root)
    assert "inputs changed while it ran" in project.run_gate(project.config.find_gate("research-lines"))["why"]


def test_a_waiver_ends(root):
    (root / "research.txt").write_text("bad\n")
    project = Project(root)
    gate = project.config.find_gate("research-lines")
    assert not project.run_gate(gate)["green"]
    assert standing(root) == "red"
    moves.waive(project, "research-lines", "why", TODAY + timedelta(2), "Ann")
    assert standing(root) == "waived"
    assert standing(root, today=TODAY + timedelta(2)) == "waived"
    assert standing(root, today=TODAY + timedelta(3)) == "expired"
    (root / "research.txt").write_text("worse\n")
    assert standing(root) == "stale"  # it still has to run


def test_a_gate_that_was_taken_away_or_moved_needs_a_decision(root):
    config = (root / "pic.toml").read_text()
    (root / "pic.toml").write_text(config.replace('phase = "research"', 'phase = "review"'))
    found = Project(root).standings("research")
    assert [(one.gate, one.what) for one in found] == [("research-lines", "changed")]
    project = Project(root)
    moves.decide(project, "q", ["a"], "a", "why", "planning-lines", "research-lines", None, None)
    again = Project(root).standings("research")
    assert again == []
    (root / "pic.toml").write_text(config.replace('phase = "research"', 'phase = "testing"'))
    assert [one.what for one in Project(root).standings("research")] == ["changed"]  # not what was accepted


def test_going_back_launders_no_gate(root):
    hand_on(root, "research")
    hand_on(root, "planning")
    config = (root / "pic.toml").read_text()

    def changed():
        project = Project(root)
        return [one.gate for one in project.standings(project.open_phase()) if one.what == "changed"]

    weak = config.replace('"good", "design.txt"', '"o", "design.txt"').replace('"planning-lines"', '"other"')
    (root / "pic.toml").write_text(weak)
    assert changed() == ["design-lines", "planning-lines"]
    moves.back(Project(root), "research", "why")
    assert changed() == ["design-lines", "planning-lines"]
    (root / "pic.toml").write_text(config)
    assert changed() == []


def test_a_new_workflow_keeps_what_was_agreed(root):
    for phase in pic_project.PHASES:
        hand_on(root, phase)
    config = (root / "pic.toml").read_text()
    (root / "pic.toml").write_text(config.replace('"good", "design.txt"', '"o", "design.txt"'))
    project = Project(root)
    moves.start(project, "y")
    assert [one.gate for one in project.standings("research") if one.what == "changed"] == ["design-lines"]
    moves.decide(project, "q", ["a"], "a", "why", "design-lines", "design-lines", None, None)
    assert not [one for one in project.standings("design") if one.what == "changed"]


def hand_on(root, phase):
    pic_project.write_draft(root, phase)
    event, _ = moves.hand_over(Project(root))
    assert event["from"] == phase


def test_a_folder_and_a_file_in_it_are_both_inputs(tmp_path):
    root = pic_project.make(tmp_path)
    (root / "a b/c").mkdir(parents=True)
    (root / "a b/c/d").write_text("x")
    tree = repo.content_tree(root)
    assert repo.listing(root, tree, ("a b", "a b/c", "a b/c/d", "gone")).keys() == {"a b", "a b/c", "a b/c/d"}


def key(root):
    project = Project(root)
    return project.content.tree


def test_an_edit_that_git_is_told_not_to_see_is_seen(root):
    for bit in ("--assume-unchanged", "--skip-worktree"):
        git(root, "update-index", bit, "research.txt")
        before = key(root)
        (root / "research.txt").write_text(f"bad {bit}\n")
        assert key(root) != before and standing(root) == "stale", bit
        assert git(root, "ls-files", "-v", "research.txt")[0] in "hSs"  # the checkout's own index is left alone


def test_a_file_of_a_submodule_is_seen(root):
    inner = pic_project.make(root / "sub")
    (inner / "a.txt").write_text("good\n")
    git(inner, "add", "-A")
    git(inner, "commit", "-qm", "one")
    git(root, "add", "-A")
    before = key(root)
    (inner / "a.txt").write_text("bad\n")
    assert key(root) != before
    (inner / "a.txt").write_text("good\n")
    assert key(root) == before


def test_a_link_is_no_input(root):
    (root / "real.txt").write_text("good\n")
    (root / "research.txt").unlink()
    (root / "research.txt").symlink_to("real.txt")
    project = Project(root)
    event = project.run_gate(project.config.find_gate("research-lines"))
    assert not event["green"] and "its input research.txt is a link" in event["why"]


def test_a_nested_repository_without_a_commit_is_named(root):
    pic_project.make(root / "nested")
    with pytest.raises(PicError, match="'nested/' does not have a commit"):
        key(root)


# ---------------------------------------------------------------- prove


def test_what_git_leaves_out_of_archives_or_ignores_is_in_the_copy(root):
    (root / ".gitattributes").write_text("research.txt export-ignore\n")
    (root / ".gitignore").write_text("planning.txt\n")
    git(root, "add", "-Af")
    project = Project(root)
    gates = [project.config.find_gate(f"{name}-lines") for name in ("research", "planning")]
    found = list(prove.prove(project, gates))
    assert [good for _, good in found] == [True, True], found


def test_a_gate_that_stays_red_without_its_fault_is_named(root):
    """What it leaves behind is ignored, so that its result before the fault seems to be fresh."""
    config = (root / "pic.toml").read_text()
    run = "test ! -e broken && grep -c good research.txt || { touch broken; false; }"
    config = config.replace('"grep", "-c", "good", "research.txt"', f'"sh", "-c", "{run}"')
    (root / "pic.toml").write_text(config)
    (root / ".gitignore").write_text("broken\n")
    project = Project(root)
    ((line, good),) = prove.prove(project, [project.config.find_gate("research-lines")])
    assert not good and line.startswith("stays red"), line


def test_a_gate_that_looks_over_others_may_be_red_with_them(root):
    suite = pic_project.GATE.format(phase="testing").replace('"testing-lines"', '"suite"')
    suite = suite.replace('"testing.txt"]', '"testing.txt", "design.txt"]').replace('"-c"', '"-ch"')
    suite = suite.replace('run = ["grep", "-ch", "good", "testing.txt", "design.txt"]',
                          'run = ["sh", "-c", "grep -q good design.txt && grep -c good testing.txt"]')  # fmt: skip
    config = (root / "pic.toml").read_text()
    for covers, good in (("", False), ("covers_others = true\n", True)):
        (root / "pic.toml").write_text(config + suite.replace("fault", f"{covers}fault"))
        project = Project(root)
        ((line, is_good),) = prove.prove(project, [project.config.find_gate("design-lines")])
        assert is_good == good, line


@pytest.mark.parametrize("link", ["research.txt", "folder"])
def test_a_fault_behind_a_link_is_not_planted(root, tmp_path, link):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "notes.txt").write_text("good\n")
    (root / link).unlink(missing_ok=True)
    (root / link).symlink_to(outside / "notes.txt" if link == "research.txt" else outside)
    file = "research.txt" if link == "research.txt" else "folder/notes.txt"
    config = (root / "pic.toml").read_text().replace('{file = "research.txt"', f'{{file = "{file}"')
    (root / "pic.toml").write_text(config.replace('inputs = ["research.txt"]', ""))
    project = Project(root)
    ((line, good),) = prove.prove(project, [project.config.find_gate("research-lines")])
    assert not good and "behind a link" in line, line
    assert (outside / "notes.txt").read_text() == "good\n" and len(list(outside.iterdir())) == 1


def test_a_fault_makes_its_gate_alone_red(root):
    (root / "design.txt").chmod(0o755)
    config = (root / "pic.toml").read_text().replace('"review.txt", write = "bad\\n"', '"review.txt", remove = true')
    (root / "pic.toml").write_text(config)
    assert "remove" in config
    git(root, "commit", "-qam", "a program, and a file that goes")
    project = Project(root)
    found = list(prove.prove(project, list(project.config.gate)))
    assert [good for _, good in found] == [True] * 6, found
    assert git(root, "status", "--porcelain", "--", ".", ":!.pic") == ""


def test_a_blind_gate_and_one_that_is_not_alone_are_named(root):
    config = (root / "pic.toml").read_text()
    config = config.replace('"research.txt", write = "bad', '"research.txt", write = "good')
    config = config.replace('"good", "design.txt"', '"good", "planning.txt"').replace(
        '["design.txt"]', '["planning.txt"]'
    )
    config = config.replace('"review.txt", write = "bad\\n"', '"review.txt", find = "nobody", put = ""')
    config = config.replace('fault = {file = "testing.txt", write = "bad\\n"}', "")
    (root / "pic.toml").write_text(config)
    project = Project(root)
    said = [line for line, good in prove.prove(project, list(project.config.gate)) if not good]
    assert [line[:9] for line in said] == ["blind    ", "not alone", "blind    ", "no fault ", "no fault "], said


def test_the_key_of_an_empty_repository(tmp_path):
    root = pic_project.make(tmp_path)
    key = repo.content_tree(root)
    assert len(key) == 40
    init.init(root)
    git(root, "add", ".pic")
    (root / ".pic/status-log.jsonl").write_text("neither what is staged nor what is committed\n")
    assert repo.content_tree(root) == repo.content_tree(root) != key  # pic.toml is there now
    (root / "pic.toml").unlink()
    assert repo.content_tree(root) == key


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_picctl_that_is_told_to_stop_ends_its_gate(root, tmp_path, monkeypatch, told):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    config = (root / "pic.toml").read_text()
    run = 'run = ["grep", "-c", "good", "research.txt"]'
    (root / "pic.toml").write_text(config.replace(run, 'run = ["sh", "-c", "sleep 600 & echo $! >.pic/pid; wait"]'))
    assert pic_project.picctl(root, "trust", "--yes").returncode == 0
    words = [sys.executable, "-P", "-m", "pic", "gate", "research-lines"]
    environment = {**os.environ, "PYTHONPATH": str(pic_project.ROOT)}
    process = subprocess.Popen(words, cwd=root, env=environment, preexec_fn=heed_signals)
    while not (root / ".pic/pid").is_file() or not (root / ".pic/pid").read_text().strip():
        time.sleep(0.02)
    process.send_signal(told)
    assert process.wait(20) == (-told if told == signal.SIGKILL else 128 + told)
    assert gone(int((root / ".pic/pid").read_text()))
