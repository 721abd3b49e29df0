"""What `picctl status` costs: it answers within a fifth of a second, so it loads and starts little."""

from __future__ import annotations

import os
import subprocess
import sys

from pic import moves
from pic.project import Project
from tests import pic_project
from tests.test_pic_merge import new

LOADED = """
import runpy, sys
sys.argv = ["picctl", "status"]
try:
    runpy.run_module("pic", run_name="__main__")
except SystemExit as end:
    print("ended", end.code)
print(" ".join(sys.modules))
"""
# Parts of the standard library that take longer to load than all of pic.
LARGE = {
    "asyncio",
    "concurrent.futures",
    "email",
    "http",
    "multiprocessing",
    "sqlite3",
    "ssl",
    "unittest",
    "xml",
    "zoneinfo",
}


def led(folder):
    root = new(folder)
    project = Project(root)
    moves.start(project, "p")
    for gate in project.config.gate:
        project.run_gate(gate)
    return root


def test_it_loads_click_and_nothing_else_that_is_installed(tmp_path):
    root = led(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(pic_project.ROOT)}
    words = [sys.executable, "-P", "-c", LOADED]
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=True)
    told, ended, modules = done.stdout.rsplit("\n", 3)[:3]
    assert ended == "ended 0" and "green    research-lines" in told
    loaded = set(modules.split())
    bare = subprocess.run(
        [sys.executable, "-P", "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    others = {name.partition(".")[0] for name in loaded - set(bare.stdout.split())} - sys.stdlib_module_names
    assert others == {"click", "pic"}
    assert not loaded & LARGE and not [name for name in loaded if name.startswith("pic.audit.a")]


def test_it_starts_git_a_few_times(tmp_path, monkeypatch):
    """Each time takes some milliseconds, however many files and gates there are."""
    root = led(tmp_path / "repository")
    log, real = tmp_path / "calls", subprocess.run(["which", "git"], capture_output=True, text=True).stdout.strip()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$3" >>{log}\nexec {real} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    done = pic_project.picctl(root, "status", PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    assert done.returncode == 0 and "green    research-lines" in done.stdout
    assert len(log.read_text().splitlines()) <= 7, log.read_text()
