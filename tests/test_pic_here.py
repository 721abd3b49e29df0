"""This repository's own gates: each failure that stopped the project before, planted in a copy, is red in its phase alone."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess
import sys
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest

from pic import prove
from pic.config import Fault, Gate, read_config
from pic.evidence import Content
from pic.project import Project
from tests.conftest import ROOT
from tests.namespaces import need_mounts
from tests.package_index import PackageIndex

# What stopped it, in the order of the post-mortem; the gate that is to see it, in its phase; the fault, if not the gate's own.
LOADING = 'def planted(folder: Path) -> None:\n    import torchaudio\n\n    torchaudio.load(folder / "a.wav")\n\n\nBASE += (planted,)\n\n\n'
FAILURES = [
    ("pip install TTS hung: a dead package", "research", "names", None),
    ("Python 3.12 did not work: distutils", "research", "next-python", None),
    ("torchaudio.info was gone", "design", "spike", None),
    ("torchaudio.load wanted torchcodec", "design", "spike",
     Fault(file="ci/gates/spike", find="def main() -> int:", put=f"{LOADING}def main() -> int:")),
    ("no module coqpit", "testing", "imports", None),
    ("25 tests stood on mocks", "testing", "no-mocks", None),
    ("RunPod's Python is 3.12", "planning", "matrix", None),
    ("the video was never made", "review", "end-to-end", None),
]  # fmt: skip
SLOW = ("suite",)  # this one runs in it


def healthy(name: str) -> dict:
    """An index's answer for a package with which nothing is wrong."""
    day = (date.today() - timedelta(60)).isoformat()
    files = [
        {"filename": f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "url": "x.whl", "hashes": {},
         "upload-time": f"{day}T00:00:00Z", "size": 1, "yanked": False}
        for version in ("1.0", "1.1", "1.2")
    ]  # fmt: skip
    return {"meta": {"api-version": "1.1"}, "name": name, "files": files}


@pytest.fixture
def index():
    with PackageIndex() as running:
        for name in (ROOT / "ci/gates/packages.txt").read_text().splitlines():
            if name[:1].isalpha():
                running.projects[name] = healthy(name)
        yield running


def test_each_phase_has_gates_and_each_gate_a_fault():
    config = read_config(ROOT)
    assert {gate.phase for gate in config.gate} == set(config.names())
    assert all(gate.fault and gate.why for gate in config.gate)
    for _, phase, gate, _ in FAILURES:
        assert config.find_gate(gate).phase == phase


def test_the_lessons_name_the_gates():
    page = (ROOT / "docs/lessons.md").read_text()
    for _, phase, gate, _ in FAILURES:
        assert re.search(rf"\| {phase} \|[^|\n]*\| `{gate}`", page), gate


def test_the_spike_calls_every_package_that_avatar_imports():
    """What the web process and clusters import has environments of its own, which it does not run in."""
    spike, declared = (runpy.run_path(str(ROOT / f"ci/gates/{name}")) for name in ("spike", "declared"))
    elsewhere = {"fastapi", "starlette", "uvicorn", "h11"}
    called = set()
    for name in ("base_calls", "full_calls"):
        for node in ast.walk(ast.parse((ROOT / f"ci/gates/{name}.py").read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            called |= {each.split(".")[0] for each in [*names, getattr(node, "module", "") or ""]}
    assert declared["imported"](ROOT).keys() - elsewhere <= called
    assert read_config(ROOT).find_gate("spike").at_least == len(spike["BASE"]) + len(spike["FULL"])


def test_the_gates_over_sources_count_what_they_read(tmp_path):
    """Neither what lies beside the sources, nor a folder that is not there."""
    for name in ("avatar/one.py", "avatar/two.py", "avatar/__pycache__/one.py", "avatar/words.txt", "tests/three.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    for gate, count in (("calls", 2), ("stand-ins", 1), ("modules", 2)):
        words = [sys.executable, ROOT / "ci/gates/check", "--only", gate, tmp_path]
        assert subprocess.run(words, capture_output=True, text=True).stdout == f"ok {gate}: {count} files\n"


@pytest.mark.usefixtures("full_environment")
@pytest.mark.timeout(1500)
def test_each_failure_is_red_in_its_phase_alone(tmp_path, index, monkeypatch):
    """Each gate is red with its own failures planted, and green with those of all the others: so none sees another's.

    Two runs of each gate tell that; that a result ends with its content is shown where gates are small.
    """
    need_mounts()  # torchaudio.load fails where FFmpeg's libraries are out of sight
    monkeypatch.setenv("PICCTL_INDEX_URL", index.address)
    monkeypatch.setenv("PICCTL_OSV_URL", index.osv_address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    copy = prove.copy_of(Project(ROOT), tmp_path.resolve() / "copy")
    before = copy.content.tree
    gates = [gate for gate in copy.config.gate if gate.name not in SLOW]
    planted = {(what, name): fault or copy.config.find_gate(name).fault for what, _, name, fault in FAILURES}
    for gate in gates:
        own = [fault for (_, name), fault in planted.items() if name == gate.name]
        others = [fault for (_, name), fault in planted.items() if name != gate.name]
        assert not own or not run_with(copy, gate, own)["green"], gate.name
        if gate.name == "spike":  # each of the two calls fails, whatever the other does
            said = (copy.root / ".pic/output/spike.txt").read_text()
            assert "has no attribute 'info'" in said and "torchcodec" in said and said.count("FAIL planted") == 2, said
        assert run_with(copy, gate, others)["green"], (gate.name, copy.output_of(gate.name, 30))
    assert Content(copy.root, copy.config).tree == before
    index.vulnerable["click"] = "PYSEC-1"
    assert not run_with(copy, copy.config.find_gate("names"), [])["green"]
    assert "1.2 has known vulnerabilities: PYSEC-1" in (copy.root / ".pic/output/names.txt").read_text()


def run_with(copy: Project, gate: Gate, faults: list[Fault]) -> dict:
    """What the gate gives with these faults in the copy, which is afterwards as it was."""
    with ExitStack() as stack:
        for fault in faults:
            stack.enter_context(prove.planted(copy.root, fault))
        copy.content = Content(copy.root, copy.config)
        return copy.run_gate(gate)
