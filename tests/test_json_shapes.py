"""What `--json` prints: every command's kind is in one schema, docs/json.md is that schema, and what is printed fits it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from avatar import cli
from avatar.cli import json_shapes
from avatar.cli.json_shapes import SHAPES
from tests.conftest import ROOT


def commands(group: click.Group, before: tuple[str, ...] = ()) -> dict[str, click.Command]:
    found = {}
    for name, command in group.commands.items():
        path = (*before, name)
        found |= commands(command, path) if isinstance(command, click.Group) else {" ".join(path): command}
    return found


def test_every_command_that_prints_json_has_its_kind():
    offered = {
        name for name, command in commands(cli.avatar).items() if any("--json" in each.opts for each in command.params)
    }
    told = {re.sub(r" (--.*|TABLE|FILES)$", "", each) for shape in SHAPES.values() for each in shape.commands}
    assert offered == told


def test_the_page_is_the_schema():
    text = (ROOT / "docs/json.md").read_text()
    assert text.endswith(json_shapes.page()), "docs/json.md: its tables are those that json_shapes.page() gives"


def test_each_kind_is_printed_by_somebody():
    source = "\n".join(path.read_text() for path in Path(cli.__file__).parent.glob("*.py"))
    printed = set(re.findall(r'(?:print_json|versioned)\(\s*"(\w+)"', source))
    assert printed == set(SHAPES)


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("said") / "talk.txt"
    path.write_text("Hello.")
    return path


def fits(kind: str, printed: str) -> dict:
    shape, told = SHAPES[kind], json.loads(printed)
    assert list(told)[0] == "version" and told["version"] == shape.version
    if shape.rows:
        assert list(told) == ["version", shape.rows]
        for row in told[shape.rows]:
            assert set(row) == set(shape.each), kind
    else:
        assert shape.keys, f"docs/json.md says nothing of {kind}"
        assert set(told) - {"version"} <= set(shape.keys), kind
    return told


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("status", ("status",)), ("jobs", ("pipeline", "list")), ("queue", ("queue", "list")), ("voices", ("voice", "list")),
        ("presets", ("voice", "presets")), ("portraits", ("portrait", "list")), ("models", ("models", "list")),
        ("licences", ("status", "--licences")),
        ("plan", ("make", "{script}", "--dry-run")), ("plan", ("pipeline", "run", "--text", "Hello.", "--dry-run")),
    ],
)  # fmt: skip
def test_what_is_printed_is_what_the_schema_says(avatar, script, kind, line):
    done = avatar(*(each.format(script=script) for each in line), "--json")
    assert fits(kind, done.stdout)


def test_the_kinds_of_a_job(avatar, script, tmp_path):
    """Of a video that was made: its report, the job, its events, the list, the check; and a table."""
    made = fits("report", avatar("pipeline", "run", "--text", "Hello.", "-o", tmp_path / "v.mp4", "--json").stdout)
    job = made["job"]
    assert set(made) - {"version"} == set(SHAPES["report"].keys)
    shown = fits("job", avatar("pipeline", "show", job, "--json").stdout)
    assert set(shown) - {"version"} == set(SHAPES["job"].keys)
    for event in avatar("pipeline", "show", job, "--follow", "--json").stdout.splitlines():
        assert set(fits("event", event)) - {"version"} == set(SHAPES["event"].keys)
    assert fits("jobs", avatar("pipeline", "list", "--json").stdout)["jobs"][0]["job"] == job
    avatar("pipeline", "run", "--text", "Hello again.", "--queue")
    assert fits("queue", avatar("queue", "list", "--json").stdout)["jobs"]
    verified = fits("verify", avatar("verify", tmp_path / "v.mp4", "--json").stdout)
    assert set(verified) - {"version"} == set(SHAPES["verify"].keys)
    of_two = avatar("verify", tmp_path / "v.mp4", tmp_path / "none.mp4", "--json")
    assert [each["exit_code"] for each in fits("verdicts", of_two.stdout)["files"]] == [0, 2]
    assert fits("check", avatar("check", tmp_path / "v.mp4", "--json").stdout)["kind"] == "video"
    (tmp_path / "t.csv").write_text("text\nHello.\n")
    rows = fits("table", avatar("make", tmp_path / "t.csv", "-O", tmp_path, "--dry-run", "--json").stdout)["rows"]
    assert len(rows) == 1


def test_what_check_and_fit_measure(avatar, tmp_path):
    """Each key is one that some kind of file or host has."""
    from PIL import Image

    from avatar.fit import plan
    from avatar.portrait.bundled import bundled_picture

    assert avatar("pipeline", "run", "--text", "Hi there.", "-o", tmp_path / "v.mp4").code == 0
    assert avatar("speak", "Hello there, this is a longer text. " * 5, "-o", tmp_path / "v.wav").code == 0
    Image.fromarray(bundled_picture()).save(tmp_path / "v.png")
    kinds = [fits("check", avatar("check", tmp_path / f"v.{each}", "--json").stdout) for each in ("mp4", "wav", "png")]
    assert [each["kind"] for each in kinds] == ["video", "recording", "picture"]
    assert set().union(*kinds) - {"version"} == set(SHAPES["check"].keys)
    card = fits("fit", avatar("fit", "--gpu", "3080", "--json").stdout)
    assert set(card) - {"version"} == set(plan.for_cpu(10.0)) == set(SHAPES["fit"].keys) - {"passed_over"}
    named = set(re.findall(r"\w+", " ".join(SHAPES["fit"].keys.values())))
    for row in (*card["stages"].values(), card["disk"], *card["cloning"]):
        assert set(row) <= named


def test_the_kinds_of_what_is_kept(avatar, tmp_path):
    from PIL import Image

    from avatar.portrait.bundled import bundled_picture

    Image.fromarray(bundled_picture()).save(tmp_path / "me.png")
    added = fits("portrait", avatar("portrait", "add", "me", tmp_path / "me.png", "--json").stdout)
    assert set(added) - {"version"} == set(SHAPES["portrait"].keys)
    assert avatar("speak", "Hello there, this is a longer text. " * 5, "-o", tmp_path / "me.wav").code == 0
    cloned = fits("voice", avatar("voice", "clone", tmp_path / "me.wav", "--name", "me", "--json").stdout)
    assert set(SHAPES["voice"].keys) - set(cloned) <= {"consent_id"}
