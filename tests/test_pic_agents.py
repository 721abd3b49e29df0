"""picctl for coding agents: skills of the published form, settings that are merged, nothing that runs untrusted."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests import pic_project
from tests.pic_project import picctl


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = pic_project.make(tmp_path / "repository")
    assert picctl(root, "init", "--agents").returncode == 0
    return root


def test_the_same_skills_stand_in_both_folders_in_the_published_form(root):
    names = {"pic-start", "pic-status", "pic-decide", "dependency-risk-planner"}
    for name in names:
        text = (root / f".agents/skills/{name}/SKILL.md").read_text()
        assert (root / f".claude/skills/{name}/SKILL.md").read_text() == text
        head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL).groups()
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        assert fields.keys() == {"name", "description"} and fields["name"] == name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and len(name) <= 64
        assert 20 < len(json.loads(fields["description"])) <= 1024  # quoted: a colon in it would be YAML's
        assert body.count("\n") < 500 and "`picctl " in body
    assert {path.name for path in (root / ".agents/skills").iterdir()} == names


def test_every_phase_has_a_role(root):
    assert "pic-design (planner)" in (root / ".claude/agents/pic-design.md").read_text()
    assert "pic-implementation (builder)" in (root / ".claude/agents/pic-implementation.md").read_text()
    assert len(list((root / ".claude/agents").iterdir())) == 6


def test_what_was_there_stays(root):
    settings, page = root / ".claude/settings.json", root / "AGENTS.md"
    mine = {"model": "x", "hooks": {"Stop": [{"matcher": "", "hooks": [{"type": "command", "command": "mine"}]}]}}
    settings.write_text(json.dumps(mine))
    page.write_text("# Mine\n\nBefore.\n")
    for _ in range(2):
        assert picctl(root, "init", "--agents").returncode == 0
    there = json.loads(settings.read_text())
    assert there["model"] == "x" and [len(each) for each in there["hooks"].values()] == [2, 1, 1]
    assert there["hooks"]["Stop"][0] == mine["hooks"]["Stop"][0]
    assert page.read_text().startswith("# Mine\n\nBefore.\n\n<!-- picctl: begin -->")
    page.write_text(page.read_text().replace("Coordination", "Chaos") + "After.\n")
    picctl(root, "init", "--agents")
    assert "Chaos" not in page.read_text() and page.read_text().endswith("After.\n")
    assert "nothing to do" in picctl(root, "init", "--agents").stdout
    for broken in ("{", "[]", '{"hooks": []}', '{"hooks": {"Stop": {}}}'):
        settings.write_text(broken)
        done = picctl(root, "init", "--agents")
        assert done.returncode == 2 and "mend" in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert settings.read_text() == broken


def test_hooks_write_no_inputs_of_tools(root):
    given = {"session_id": "s", "tool_name": "Bash", "tool_input": {"command": "secret"}, "tool_response": "secret"}
    done = picctl(root, "hook", "PostToolUse", given=json.dumps(given))
    assert (done.returncode, done.stdout) == (0, "")
    line = json.loads((root / ".pic/hooks.jsonl").read_text())
    assert line["tool_name"] == "Bash" and "secret" not in json.dumps(line)
    assert picctl(root, "hook", "Stop", given="no json").returncode == 0
    assert "hooks.jsonl" in (root / ".pic/.gitignore").read_text()


def test_nothing_of_a_clone_runs_before_it_is_trusted(root, tmp_path):
    pic_project.fill(root)
    config = (root / "pic.toml").read_text().replace('"grep", "-c", "good", "research.txt"', '"touch", "ran"')
    (root / "pic.toml").write_text(config)
    copy = shutil.copytree(root, tmp_path / "copy")
    for words in (["gate", "research-lines"], ["prove"]):
        done = picctl(copy, *words)
        assert done.returncode == 1 and "not trusted" in done.stderr and "picctl trust" in done.stderr
    assert picctl(copy, "hook", "Stop", given="{}").returncode == 0
    assert not (copy / "ran").exists() and not (copy / ".pic/hooks.jsonl").exists()
    shown = picctl(copy, "trust")
    assert '["touch", "ran"]' in shown.stdout and shown.returncode == 1
    picctl(copy, "init")  # is no yes
    assert "not trusted" in picctl(copy, "gate", "research-lines").stderr
    assert picctl(copy, "trust", "--yes").returncode == 0
    picctl(copy, "gate", "research-lines")
    assert (copy / "ran").exists()
    for name in ("pic.toml", ".claude/settings.json"):
        (copy / name).write_text((copy / name).read_text() + "\n")
        assert "has changed since it was trusted" in picctl(copy, "gate", "research-lines").stderr
        assert picctl(copy, "trust", "--yes").returncode == 0


def test_a_page_that_is_a_link_stays_one_and_who_may_read_a_file_stays(root):
    page, other, settings = root / "AGENTS.md", root / "CLAUDE.md", root / ".claude/settings.json"
    page.unlink()
    other.write_text("# Mine\n")
    page.symlink_to("CLAUDE.md")
    settings.write_text('{"model": "x"}')
    settings.chmod(0o600)
    assert picctl(root, "init", "--agents").returncode == 0
    assert page.is_symlink() and "<!-- picctl: begin -->" in other.read_text()
    assert settings.stat().st_mode & 0o777 == 0o600 and "hooks" in json.loads(settings.read_text())


@pytest.mark.parametrize("text", ["<!-- picctl: begin -->\nmine\n", "<!-- picctl: end -->\n<!-- picctl: begin -->\n"])
def test_marks_that_do_not_fit_are_told_and_nothing_is_lost(root, text):
    (root / "AGENTS.md").write_text(text)
    done = picctl(root, "init", "--agents")
    assert done.returncode == 2 and "has our marks" in done.stderr
    assert (root / "AGENTS.md").read_text() == text
    (root / "AGENTS.md").write_bytes(b"\xff\xfe")
    done = picctl(root, "init", "--agents")
    assert done.returncode == 2 and "is not UTF-8" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud83d"}', '{"model": "x", "model": "y"}', '{"hooks": {"Stop": [], "Stop": []}}', '{"a": 1e999}']
)
def test_settings_that_would_not_stay_as_they_are_are_told_and_left_alone(root, text):
    """Half of a letter, keys of which one would be lost, a number that JSON has no other word for."""
    settings = root / ".claude/settings.json"
    settings.write_text(text)
    done = picctl(root, "init", "--agents")
    assert done.returncode == 2 and done.stderr.count("\n") == 2 and "settings.json is no JSON" in done.stderr, (
        done.stderr
    )
    assert settings.read_text() == text


def test_a_page_with_other_ends_of_lines_keeps_them(root):
    page = root / "AGENTS.md"
    page.write_bytes(b"# Mine\r\n\r\nBefore.\r\n")
    assert picctl(root, "init", "--agents").returncode == 0
    written = page.read_bytes()
    assert written.startswith(b"# Mine\r\n\r\nBefore.\r\n\r\n<!-- picctl: begin -->\r\n")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert "nothing to do" in picctl(root, "init", "--agents").stdout and page.read_bytes() == written
