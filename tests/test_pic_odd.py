"""picctl in repositories that are not as one thinks of them: odd names, odd texts, odd places, odd environments."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from pic import log
from pic.project import Project
from tests.pic_project import git, picctl
from tests.test_pic_merge import agrees, clone, new, save

GATE = 'name = "g"\nphase = "research"\nrun = ["echo", "1 done"]\nwork = "([0-9]+) done"\n'


def started(tmp_path, monkeypatch):
    """A repository with an open workflow."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = new(tmp_path / "repository")
    ok(root, "trust", "--yes")
    ok(root, "start", "p")
    return root


@pytest.fixture
def root(tmp_path, monkeypatch):
    return started(tmp_path, monkeypatch)


def ok(root, *words, **environment):
    done = picctl(root, *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def a_gate(root, more):
    (root / "pic.toml").write_text(f"[[gate]]\n{GATE}{more}\n")
    ok(root, "trust", "--yes")


def test_names_that_are_no_text_count_like_others(root):
    odd = os.fsencode(root) + b"/odd\xff.txt"
    with open(odd, "w") as file:
        file.write("one")
    git(root, "add", "-A")
    git(root, "update-index", "--assume-unchanged", os.fsdecode(odd))
    a_gate(root, "")
    ok(root, "gate", "g")
    assert "green    g" in ok(root, "status")
    with open(odd, "w") as file:
        file.write("two")
    assert "stale    g" in ok(root, "status")
    ok(root, "verify")


def test_an_input_may_have_a_name_that_git_reads_as_a_rule(root):
    names = [":(top)/a", ":m", "[g]", "*", " sp ", "-x", '"q"', "new\nline"]
    (root / ":(top)").mkdir()
    for name in names:
        (root / name).write_text("x")
    listed = ", ".join(f"'{name}'" if "\n" not in name else '"new\\nline"' for name in names)
    a_gate(root, f"inputs = [{listed}]")
    ok(root, "gate", "g")
    (root / ":(top)/a").write_text("y")
    assert "stale    g" in ok(root, "status")


def test_a_gate_that_looks_at_nothing_is_refused(root):
    (root / "pic.toml").write_text(f"[[gate]]\n{GATE}inputs = []\n")
    done = picctl(root, "status")
    assert done.returncode == 2 and "inputs names nothing" in done.stderr


@pytest.mark.parametrize("end", ["\r", "\r\n", "\x1b[31m", "\u2028"])
def test_words_with_other_ends_of_lines_agree_and_are_told_in_one(root, end):
    ok(root, "decide", f"q{end}r", "--option", f"a: b{end}c", "--choose", "a", "--why", f"w{end}x",
       "--confirm", "review-lines")  # fmt: skip
    assert "they agree" in ok(root, "verify")
    assert len(ok(root, "log").splitlines()) == 2 and "\x1b" not in ok(root, "log")


def test_documents_and_a_log_that_were_checked_out_with_other_ends_of_lines_agree(root):
    ok(root, "decide", "q", "--option", "a", "--choose", "a", "--why", "w", "--confirm", "review-lines")
    for path in [root / log.LOG, *(root / ".pic/decisions").glob("*.md"), root / "pic.toml"]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    ok(root, "trust", "--yes")
    assert "2 events, 1 documents: they agree" in ok(root, "verify")
    ok(root, "gate", "research-lines")
    assert "3 events" in ok(root, "verify")


def test_of_a_gate_that_did_not_run_no_output_is_shown(root):
    a_gate(root, 'inputs = ["research.txt"]')
    ok(root, "gate", "g")
    (root / "research.txt").unlink()
    done = picctl(root, "gate", "g")
    assert "its input research.txt is not there" in done.stdout and "|" not in done.stdout


def test_a_hook_of_git_changes_nothing_for_a_gate(root):
    """git sets these where a hook calls picctl; a gate that calls git means the repository that it runs in."""
    shutil.copytree(root, root.parent / "other")
    words = 'run = ["sh", "-c", "git rev-parse --git-dir && env | grep -c ^GIT_INDEX_FILE && exit 1; echo 1 done"]'
    a_gate(root, "")
    (root / "pic.toml").write_text((root / "pic.toml").read_text().replace('run = ["echo", "1 done"]', words))
    ok(root, "trust", "--yes")
    other = root.parent / "other/.git"
    ok(
        root,
        "gate",
        "g",
        GIT_DIR=str(other),
        GIT_INDEX_FILE=str(other / "index"),
        GIT_OBJECT_DIRECTORY=f"{other}/objects",
    )
    assert (root / ".pic/output/g.txt").read_text().startswith(".git\n")


@pytest.mark.parametrize("command", ["gate", "prove"])
def test_a_gate_that_runs_gates_is_told_and_starts_no_others(root, command):
    """Each would start the next one, until its limit or the host's."""
    run = f'run = ["{sys.executable}", "-P", "-m", "pic", "{command}"]'
    a_gate(root, "limit = 20")
    (root / "pic.toml").write_text((root / "pic.toml").read_text().replace('run = ["echo", "1 done"]', run))
    ok(root, "trust", "--yes")
    done = picctl(root, "gate", "g")
    assert done.returncode == 1 and "exit code 1" in done.stdout and "the gate g runs gates itself" in done.stdout
    assert "[research]" in ok(root, "status", PIC_GATE="g", PIC_ROOT=str(root))


def test_what_stands_in_the_place_of_a_file_is_told(root):
    (root / "pic.toml").unlink()
    (root / "pic.toml").mkdir()
    done = picctl(root, "status")
    assert done.returncode == 2 and "Is a directory" in done.stderr and "mend: ls -l" in done.stderr


def test_a_detached_head_a_worktree_and_a_shallow_clone_are_led_like_others(root):
    ok(root, "gate", "research-lines")
    save(root)
    git(root, "checkout", "-q", "--detach")
    save(root)
    git(root, "worktree", "add", "-q", str(root.parent / "worktree"), "-b", "w")
    git(root, "clone", "-q", "--depth", "1", f"file://{root}", str(root.parent / "shallow"))
    for place in (root, root.parent / "worktree", root.parent / "shallow"):
        assert "green    research-lines" in ok(place, "status")
        ok(place, "trust", "--yes")
        ok(place, "gate", "--all")
        assert agrees(place)


def test_a_submodule_has_a_log_of_its_own(root, tmp_path):
    inner = clone(root, tmp_path / "inner")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    ok(root, "waive", "review-lines", "--why", "w", "--until", log.stamp(log.now())[:10])
    assert len(Project(root).log.events) == 2 and "no workflow" in ok(root / "sub", "status")
    ok(root / "sub", "start", "q")
    assert agrees(root) and agrees(root / "sub")


def test_without_git_or_where_git_refuses_nothing_is_said_to_agree(root, tmp_path):
    """What commits have of the log cannot be looked at then; an owner of another name is usual in a container."""
    for environment in ({"PATH": str(tmp_path)}, {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}):
        done = picctl(root, "verify", **environment)
        assert done.returncode == 2 and "agree" not in done.stdout, done.stderr
    assert "fatal: detected dubious ownership" in done.stderr and f"mend: git -C {root} status" in done.stderr


def test_a_place_with_spaces_is_told_as_it_is_typed(tmp_path):
    root = new(tmp_path / "a b")
    (root / ".pic/lock").symlink_to("gone")
    assert f"mend: rm '{root}/.pic/lock'" in picctl(root, "status").stderr
    (root / ".pic/lock").unlink()
    (root / log.LOG).write_text("noise\n")
    (root / "sub").mkdir()
    said = picctl(root / "sub", "status").stderr
    assert "git diff -- :/.pic/status-log.jsonl" in said  # which git finds from any folder


def test_what_is_trusted_is_kept_at_no_place_that_depends_on_the_folder(root, tmp_path):
    ok(root, "trust", "--yes", XDG_STATE_HOME="kept", HOME=str(tmp_path / "home"))
    assert not (root / "kept").exists() and (tmp_path / "home/.local/state/kept/picctl/trusted.json").is_file()
    done = picctl(root, "gate", XDG_STATE_HOME="kept", HOME="home")
    assert done.returncode == 2 and "there is no home folder" in done.stderr


@pytest.mark.parametrize("how", ["removed", "sparse"])
def test_a_log_that_git_has_and_that_is_not_here_is_told_and_none_begun_in_its_place(root, how):
    """A new one would be committed over it."""
    save(root)
    whole = (root / log.LOG).read_bytes()
    if how == "removed":
        (root / log.LOG).unlink()
    else:
        git(root, "sparse-checkout", "set", "--no-cone", "/*", "!.pic/")
    for words in (["status"], ["start", "q"], ["init"], ["verify"], ["log"]):
        done = picctl(root, *words)
        assert done.returncode == 2 and "is not here, and git has it" in done.stderr, (words, done.stderr)
    assert not (root / log.LOG).exists()
    git(root, *done.stderr.partition("mend: git ")[2].split())  # which is what mends it
    assert (root / log.LOG).read_bytes() == whole and "they agree" in ok(root, "verify")
