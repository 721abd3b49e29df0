"""Events of the log whose seal is right and which hold something else than picctl writes: damage, told with the line."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pic import log, moves, state
from pic.errors import PicError
from pic.project import Project
from tests.pic_project import picctl, write_draft
from tests.test_pic_merge import agrees, new

# One of them at least is wrong for every field.
OTHERS = (None, 5, "", True, [], {}, [[1, 2]], ["a"], {"a": None}, "a\0/../b", "\ud800", 10**400, float("nan"))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A log with an event of each kind."""
    root = new(tmp_path_factory.mktemp("events") / "repository")
    moves.start(Project(root), "p")
    project = Project(root)
    project.run_gate(project.config.find_gate("research-lines"))
    moves.waive(project, "research-lines", "w", date.today(), None)
    moves.decide(project, "q", ["a: b"], "a", "w", "research-lines", "research-lines", None, None)
    write_draft(root, "research")
    moves.hand_over(Project(root))
    moves.back(Project(root), "research", "w")
    return root


@pytest.fixture
def lines(root):
    path = root / log.LOG
    whole = path.read_text()
    yield whole.splitlines()
    path.write_text(whole)


def put(root, lines, number, event):
    """This event in the place of that line, with the seal that is right for it."""
    sealed = event | {"seal": log.seal(event)}
    (root / log.LOG).write_text("\n".join([*lines[:number], json.dumps(sealed), *lines[number + 1 :]]) + "\n")


def refused(root, number, field):
    with pytest.raises(PicError, match=rf"^line {number + 1} of .*\b{field}\b") as raised:
        Project(root)
    return raised.value


@pytest.mark.parametrize("kind", ["start", "gate", "waive", "decide", "handoff", "back"])
def test_an_event_that_lacks_a_field_or_has_another_value_is_damage(root, lines, kind):
    number = next(number for number, line in enumerate(lines) if json.loads(line)["type"] == kind)
    event = json.loads(lines[number])
    for field in event.keys() - {"type", "seal"}:
        put(root, lines, number, {key: value for key, value in event.items() if key != field})
        assert "picctl verify" in refused(root, number, field).mend
        wrong = 0
        for other in OTHERS:
            put(root, lines, number, event | {field: other})
            try:
                assert agrees(root) in (True, False)  # such as another text, which is none that picctl can tell
            except PicError as error:
                assert error.message.startswith(f"line {number + 1} of ") and field in error.message
                wrong += 1
        assert wrong >= len(OTHERS) - 3, field
    put(root, lines, number, event | {"more": 1})
    refused(root, number, "more")
    for other in ("lunch", None, [], 5):
        put(root, lines, number, event | {"type": other})
        refused(root, number, "type")


@pytest.mark.parametrize("field", ["gates", "waivers"])
def test_what_a_handoff_holds_of_gates_and_waivers_is_looked_at_too(root, lines, field):
    number = next(number for number, line in enumerate(lines) if '"type": "handoff"' in line)
    event = json.loads(lines[number])
    for inner in event[field][0]:
        for wrong in ({}, {inner: None}, {inner: [1]}):
            lacking = {key: value for key, value in event[field][0].items() if key != inner}
            put(root, lines, number, event | {field: [lacking | wrong]})
            refused(root, number, field)


@pytest.mark.parametrize("command", ["status", "verify", "log", "gate", "handoff", "prove", "start p"])
def test_every_command_tells_it_in_one_sentence(root, lines, command):
    event = {key: value for key, value in json.loads(lines[0]).items() if key != "problem"}
    put(root, lines, 0, event)
    done = picctl(root, *command.split())
    assert done.returncode == 2 and done.stderr.count("\n") == 2, done.stderr
    assert done.stderr.startswith("picctl: line 1 of ") and "problem" in done.stderr
    assert "  mend: git diff" in done.stderr


def test_two_events_with_one_id_are_damage_whichever_comes_first(root, lines):
    """Only one could count, and the order of a merge would say which."""
    other = json.loads(lines[0]) | {"problem": "another"}
    other["seal"] = log.seal(other)
    for both in ([lines[0], json.dumps(other)], [json.dumps(other), lines[0]]):
        (root / log.LOG).write_text("\n".join(both) + "\n")
        refused(root, 1, "id")


def test_a_kept_state_of_another_form_is_not_believed(root, lines):
    whole = Project(root).state
    kept = json.loads((root / state.CACHE).read_text())
    for name in kept["state"]:
        for other in (*OTHERS[:8], {"g": [1]}, [{"gate": "g"}], [None]):
            if type(other) is str and type(kept["state"][name]) is str:
                continue  # of the right form; `picctl verify` tells it
            wrong = kept | {"state": kept["state"] | {name: other}}
            (root / state.CACHE).write_text(json.dumps(wrong))
            found = Project(root).state
            assert found == whole or not getattr(found, name)
    for text in ("[" * 200_000, '{"a":' * 200_000, "\0", "null"):
        (root / state.CACHE).write_text(text)
        assert Project(root).state == whole


def test_what_nobody_could_read_is_not_written(root, lines):
    before = (root / log.LOG).read_bytes()
    project = Project(root)
    with project.writing(), pytest.raises(PicError, match="until of what is to be written"):
        project.append("waive", gate="research-lines", why="w", by="me", until="some day")
    assert (root / log.LOG).read_bytes() == before
