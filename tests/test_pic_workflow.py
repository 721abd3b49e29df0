"""picctl from `init` to review, as a user types it, with a red, a stale, a waived and a weakened gate on the way."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests import pic_project
from tests.pic_project import PHASES, git, picctl, write_draft


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return pic_project.make(tmp_path / "repository")


def ok(root, *words):
    done = picctl(root, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def no(root, *words, code=1):
    """What was said; one sentence and what mends it, no traceback."""
    done = picctl(root, *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.count("\n") == 2 and done.stderr.splitlines()[1].startswith("  mend: "), done.stderr
    return done.stderr


def standing(root, gate):
    return next(each["is"] for each in json.loads(ok(root, "status", "--json"))["gates"] if each["gate"] == gate)


def test_from_init_to_review(root):
    ok(root, "init")
    pic_project.fill(root)
    ok(root, "trust", "--yes")
    assert "WF-" in ok(root, "start", "say good six times")
    assert "is open in research" in no(root, "start", "another")

    # red, then mended
    (root / "research.txt").write_text("bad\n")
    assert "exit code 1" in picctl(root, "gate").stdout
    assert "is written and empty" in no(root, "handoff")
    write_draft(root, "research")
    assert "gate research-lines is red" in no(root, "handoff")
    (root / "research.txt").write_text("good\n")
    # stale
    assert standing(root, "research-lines") == "stale"
    assert "is stale" in no(root, "handoff")
    ok(root, "gate")
    write_draft(root, "research", pic_project.body().replace("Said in `pic.toml`.", "", 1))
    assert "lacks Completed Work" in no(root, "handoff")
    write_draft(root, "research", pic_project.body("- [x] all tests pass"))
    assert "names no gate that passes" in no(root, "handoff")
    write_draft(root, "research", pic_project.body("1. [x] all 500 tests pass"))
    assert "names no gate that passes" in no(root, "handoff")
    for evidence in ("a\0b", "a" * 400):
        write_draft(root, "research", pic_project.body(f"- [x] `{evidence}`"))
        assert "names no gate that passes" in no(root, "handoff")
    for empty in ("TODO later", "- todo: write this\n- tbd", "FIXME", "1. none\n\nN/A"):
        write_draft(root, "research", pic_project.body().replace("Said in `pic.toml`.", empty, 1))
        assert "lacks Completed Work" in no(root, "handoff"), empty
    write_draft(
        root, "research", pic_project.body("None, because there is no need.\nTODO later\n- [x] see `research-lines`")
    )
    assert "planning is open" in ok(root, "handoff")

    # waived: it still runs, and later hand-offs list it
    (root / "planning.txt").write_text("bad\n")
    until = date.today() + timedelta(3)
    ok(root, "waive", "planning-lines", "--why", "the index is away", "--until", str(until), "--who", "Ann")
    assert standing(root, "planning-lines") == "missing"
    picctl(root, "gate")
    assert standing(root, "planning-lines") == "waived"
    write_draft(root, "planning")
    ok(root, "handoff")

    # weakened within its phase: a decision
    config = (root / "pic.toml").read_text()
    (root / "pic.toml").write_text(config.replace('"good", "design.txt"', '"o", "design.txt"'))
    no(root, "gate")  # changed, so not trusted
    ok(root, "trust", "--yes")
    picctl(root, "gate")
    assert standing(root, "design-lines") == "changed"
    write_draft(root, "design")
    assert "needs a decision" in no(root, "handoff")
    decided = ["decide", "Is any o enough?", "--option", "yes: quick", "--option", "no: strict", "--choose", "yes"]
    ok(root, *decided, "--why", "it is a test", "--confirm", "design-lines", "--accepts", "design-lines")
    assert standing(root, "design-lines") == "green"

    for phase in PHASES[2:]:
        picctl(root, "gate")
        write_draft(root, phase)
        ok(root, "handoff")
    told = json.loads(ok(root, "status", "--json"))
    assert told["phase"] == "done"
    last = max((root / ".pic/handoffs").glob("*-review-to-done-*"))
    assert f"`planning-lines` until {until}, Ann: the index is away" in last.read_text()
    for part in ("# Handoff: Review → the end", "**From PIC:** pic-review (reviewer)", "**Workflow:** WF-", "(UTC)"):
        assert part in last.read_text()

    # back
    assert "design is open again" in ok(root, "back", "design", "--why", "o is not enough")
    assert json.loads(ok(root, "status", "--json"))["phase"] == "design"
    assert "they agree" in ok(root, "verify")
    assert "back     to design: o is not enough" in ok(root, "log")
    # of what it writes, git gets the log and the documents
    write_draft(root, "design")
    (root / ".pic/hooks.jsonl").write_text("")
    assert {path.name for path in (root / ".pic").iterdir()} >= {
        "state.json",
        "lock",
        "output",
        "drafts",
        "hooks.jsonl",
    }
    git(root, "add", "-A")
    shared = {name for name in git(root, "ls-files", ".pic").split() if not name.endswith(".md")}
    assert shared == {".pic/.gitattributes", ".pic/.gitignore", ".pic/status-log.jsonl"}
    assert {path.split("/")[1] for path in git(root, "ls-files", ".pic/*.md").split()} == {"handoffs", "decisions"}


def test_init_again_loses_nothing(root):
    ok(root, "init")
    ok(root, "start", "x")
    before = {path: path.read_bytes() for path in root.rglob(".pic/*") if path.is_file() and path.name != "lock"}
    (root / ".pic/.gitignore").write_text("mine\n")
    ok(root, "init")
    assert (root / ".pic/.gitignore").read_text().startswith("mine\nstate.json\n")
    assert all(path.read_bytes() == data for path, data in before.items() if path.name != ".gitignore")


def test_what_is_missing_is_told_with_its_mending(root, tmp_path):
    assert "in no git repository" in no(tmp_path, "status", code=2)
    assert "picctl init" in no(root, "status", code=2)
    ok(root, "init")
    assert "no workflow" in no(root, "handoff")
    ok(root, "start", "x")
    assert "has no gate" in no(root, "gate")
    assert "no gate '../x'" in no(root, "gate", "../x", code=2)
    assert "no phase 'a/b'" in no(root, "back", "a/b", "--why", "y", code=2)
    write_draft(root, "research")
    assert "nothing shows that it has ended" in no(root, "handoff")
    for text, said in (
        ("[[gate", "is no TOML"),
        ('[[phase]]\nname = "done"\nrole = "a"', "no phase may be called done"),
        ('[[gate]]\nname = "a/b"\nphase = "research"\nrun = ["true"]\nwork = "(1)"', "gate.0.name"),
        ('[[gate]]\nname = "a"\nphase = "lunch"\nrun = ["true"]\nwork = "(1)"', "belongs to the phase lunch"),
        ('[[gate]]\nname = "a"\nphase = "research"\nrun = "true"\nwork = "(1)"', "gate.0.run"),
        ('[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "1"', "one group"),
        ('[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "(1)"\nat_least = 0', "at_least"),
        ('[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "(1)"\ninputs = ["../x"]', "inputs.0"),
        ('[[gate]]\nname = "review"\nphase = "research"\nrun = ["true"]\nwork = "(1)"', "stands twice"),
        ("colour = 1", "colour"),
        ("gate = 1", "gate: it must be a list"),
        ("gate = [1]", "gate.0: it must be a table"),
        ('[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]', "gate.0: it lacks work"),
        (
            '[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "(1)"\nlimit = true',
            "gate.0.limit: it must be",
        ),
        ('[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "(1)"\nlimit = nan', "limit is nan s"),
        (
            f'[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "(1)"\nlimit = 1{"0" * 400}',
            "gate.0.limit",
        ),
        (
            '[[gate]]\nname = "a"\nphase = "research"\nrun = ["true"]\nwork = "(1)"\nfault = {file = "a"}',
            "a fault is one of",
        ),
        ('locks = ["a**b"]', "locks.0"),
        ('[[phase]]\nname = "research"\ndeliverables = ["a\\u0000b"]', "phase.0.deliverables.0"),
        (f'[[phase]]\nname = "research"\ndeliverables = ["{"a" * 400}"]', "phase.0.deliverables.0"),
    ):
        (root / "pic.toml").write_text(text)
        assert said in no(root, "status", code=2)


def test_an_open_phase_that_was_renamed_is_told_with_the_two_ways_out(root):
    ok(root, "init")
    ok(root, "start", "x")
    names = [name for name in PHASES if name != "research"]
    (root / "pic.toml").write_text("".join(f'[[phase]]\nname = "{name}"\n' for name in ["looking", *names]))
    for words in (["status"], ["handoff"], ["gate"], ["verify"]):
        said = no(root, *words)
        assert "the open phase research is not in pic.toml" in said and "picctl back" in said.splitlines()[1], said
    assert "looking is open again" in ok(root, "back", "looking", "--why", "it is called so now")
    ok(root, "status")


def test_an_input_is_found_however_it_is_written_and_an_ignored_one_is_told(root):
    ok(root, "init")
    pic_project.fill(root)
    config = (root / "pic.toml").read_text()
    for written in ("./research.txt", "research.txt/", ".//research.txt"):
        (root / "pic.toml").write_text(config.replace('inputs = ["research.txt"]', f'inputs = ["{written}"]'))
        ok(root, "trust", "--yes")
        ok(root, "gate", "research-lines")
    (root / ".gitignore").write_text("research.txt\n")
    assert "its input research.txt is ignored by git" in picctl(root, "gate", "research-lines").stdout
    (root / "research.txt").unlink()
    assert "its input research.txt is not there" in picctl(root, "gate", "research-lines").stdout


def test_words_that_are_no_text_are_told(root):
    """Bytes of the command line that are not UTF-8, and names that are longer than a file's may be."""
    ok(root, "init")
    pic_project.fill(root)
    assert "is no text" in no(root, "start", b"\xff", code=2)
    assert "no gate" in no(root, "gate", "g" * 400, code=2)
    assert "no phase" in no(root, "back", "p" * 400, "--why", "x", code=2)
    name = ok(root, "decide", "q" * 400, "--option", "a", "--choose", "a", "--why", "c", "--confirm", "review-lines")
    assert (root / name.strip()).is_file()


def test_a_damaged_log_is_told_by_every_command(root):
    ok(root, "init")
    ok(root, "start", "x")
    log = root / ".pic/status-log.jsonl"
    log.write_text(log.read_text().replace('"problem": "x"', '"problem": "y"'))
    assert "line 1" in no(root, "status", code=2) and "git diff" in no(root, "verify", code=2)


def test_a_place_that_cannot_be_written_is_told(root):
    ok(root, "init")
    (root / ".pic/lock").mkdir()
    assert "Is a directory" in no(root, "start", "x") and not (root / ".pic/status-log.jsonl").read_text()


def test_edited_and_orphaned_documents_are_named_and_missing_ones_written_again(root):
    ok(root, "init")
    pic_project.fill(root)
    name = ok(root, "decide", "Which?", "--option", "a: b", "--choose", "a", "--why", "c", "--confirm", "review-lines")
    path = root / name.strip()
    text = path.read_text()
    path.unlink()
    assert f"written again from the log: {name.strip()}" in ok(root, "verify")
    path.write_text(text + "more")
    assert "was edited" in no(root, "verify")
    path.write_text(text)
    path.with_name("x.md").write_text("")
    assert "is in no event of the log" in no(root, "verify")
    path.with_name("x.md").unlink()
    decision = path.stem.rpartition("-")[2]
    ok(root, "decide", "Which now?", "--option", "d", "--choose", "d", "--why", "e", "--confirm", "review-lines",
       "--supersedes", decision)  # fmt: skip
    assert "Superseded by: nothing" not in path.read_text()
    no(root, "decide", "x", "--option", "a", "--choose", "b", "--why", "c", "--confirm", "review-lines", code=2)
    no(root, "decide", "x", "--option", "a", "--choose", "a", "--why", "c", "--confirm", "nobody", code=2)
    no(root, "waive", "review-lines", "--why", "x", "--until", "2031-01-01", code=2)
    no(root, "waive", "review-lines", "--why", "x", "--until", "2001-01-01", code=2)


def test_a_deliverable_must_be_there(root):
    ok(root, "init")
    pic_project.fill(root)
    phases = "\n".join(f'[[phase]]\nname = "{phase}"\ndeliverables = ["made.md"]\n' for phase in PHASES)
    (root / "pic.toml").write_text(phases + (root / "pic.toml").read_text())
    ok(root, "trust", "--yes")
    ok(root, "start", "x")
    ok(root, "gate")
    write_draft(root, "research")
    assert "the deliverable made.md" in no(root, "handoff")
    (root / "made.md").write_text("x")
    ok(root, "handoff")


def test_a_log_that_git_ignores_is_told_with_what_ignores_it(root):
    """By a line of the project's own, before there is a log and after."""
    (root / ".gitignore").write_text(".*\n")
    git(root, "add", "-f", ".gitignore")
    git(root, "commit", "-qm", "ignore")
    assert "git ignores .pic/status-log.jsonl" in no(root, "init", code=2)
    said = no(root, "init", code=2)
    assert "check-ignore -v .pic/status-log.jsonl" in said
    (root / ".gitignore").write_text("")
    ok(root, "init")
    pic_project.fill(root)
    ok(root, "trust", "--yes")
    ok(root, "start", "say good six times")
    (root / ".gitignore").write_text(".pic\n")
    assert "git ignores .pic/status-log.jsonl" in no(root, "gate", code=2)
