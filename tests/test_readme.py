"""What README and docs say to type: README's preview commands run as written, all others exist with their options."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, parse_only
from tests.test_bad_input import SKIMAGE

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def commands_of(page: Path) -> list[list[str]]:
    """The lines of a page's sh blocks as words, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def avatar_arguments(line: list[str]) -> list[str] | None:
    """What follows `avatar` in a line, with or without ./run before it; None for other commands."""
    place = line.index("avatar") if "avatar" in line[:3] else None
    return None if place is None else line[place + 1 :]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_parses(page):
    from avatar.cli import avatar

    for line in commands_of(page):
        if (words := avatar_arguments(line)) is not None:
            parse_only(avatar, words)
        elif line[0].startswith(("./", "ci/", "bench/")):
            assert (ROOT / line[0]).exists(), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_on_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_readme_commands_for_your_own_video_run_as_written(finished_job, tmp_path):
    (tmp_path / "talk.txt").write_text("Good morning. This is a short talk.")
    shutil.copy(SKIMAGE / "astronaut.png", tmp_path / "me.png")
    shutil.copy(finished_job.file("speech.wav"), tmp_path / "speech.wav")
    from PIL import Image

    Image.open(tmp_path / "me.png").save(tmp_path / "me.jpg")
    elsewhere = ("demo", "serve")  # which have tests of their own
    lines = [line for line in commands_of(ROOT / "README.md") if line[:2] == ["./run", "avatar"]]
    lines = [line for line in lines if line[2] not in elsewhere]
    assert len(lines) >= 4
    for line in lines:
        done = subprocess.run(
            [ROOT / "run", *line[1:]], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "AVATAR_HOME": str(tmp_path / "home")},
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stderr)
    assert {"hello.mp4", "talk.mp4", "talk.srt", "speech.mp4"} <= {path.name for path in tmp_path.iterdir()}
