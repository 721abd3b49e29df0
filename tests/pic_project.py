"""A small repository that picctl leads, and picctl as a user types it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from pic.handoff import FORM
from tests.conftest import ROOT

PHASES = ("research", "planning", "design", "implementation", "testing", "review")
# Each phase's gate counts the lines of its own file that say `good`; grep's exit code is 1 where there are none.
GATE = """
[[gate]]
name = "{phase}-lines"
phase = "{phase}"
run = ["grep", "-c", "good", "{phase}.txt"]
work = '^(\\d+)$'
limit = 20
inputs = ["{phase}.txt"]
fault = {{file = "{phase}.txt", write = "bad\\n"}}
"""


def git(root: Path, *words: str) -> str:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", "-C", root, *who, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def make(root: Path) -> Path:
    """An empty repository."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    return root.resolve()


def fill(root: Path) -> None:
    """A gate and its file for each phase."""
    (root / "pic.toml").write_text("".join(GATE.format(phase=phase) for phase in PHASES))
    for phase in PHASES:
        (root / f"{phase}.txt").write_text("good\n")


def picctl(root: Path, *words: str, given: str = "", limit: int = 0, **environment: str) -> subprocess.CompletedProcess:
    """What it said. `limit` is the most bytes that a file may get by it; 0 is no limit."""
    small = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None
    return subprocess.run(
        [sys.executable, "-P", "-m", "pic", *words],
        cwd=root, input=given, capture_output=True, text=True, preexec_fn=small,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def body(words: str = "Said in `pic.toml`.") -> str:
    """A hand-off with every part filled in."""
    return "\n".join(f"{'#' * level} {title}\n{words if hint else ''}" for level, title, hint in FORM)


def write_draft(root: Path, phase: str, text: str | None = None) -> None:
    (root / ".pic/drafts").mkdir(parents=True, exist_ok=True)
    (root / f".pic/drafts/{phase}.md").write_text(text or body())


def gone(pid):
    """Whether this process ends within five seconds."""
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.05)
    return False
