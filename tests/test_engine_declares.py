"""What the portrait and lips engines declare is all that their bytes may follow from: libraries, our code, the profile."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from avatar.device.hardware import Profile
from avatar.portrait.given import bundled_portrait
from tests.conftest import ROOT

PACKAGE = ROOT / "avatar"
ENGINES = {
    "given": "avatar.portrait.given.GivenPortrait",
    "diffusion": "avatar.portrait.diffusion.engine.DiffusionPortrait",
    "warp": "avatar.lips.warp.engine.WarpLipsEngine",
    "musetalk": "avatar.lips.musetalk.engine.MuseTalkLips",
}
# What refuses, tells, keeps, or brings files, and changes no byte of what is made.
CHANGES_NO_BYTES = (
    "errors.py", "invocation.py", "settings.py", "progress.py", "files.py", "engines.py", "limits.py", "weights/", "device/",
    "environment/", "host/",
)  # fmt: skip

# In a child process: run an engine, then print the distributions whose files its run brought into sys.modules.
CHILD = """
import sys
before = set(sys.modules)
import importlib, json, os, re
from importlib.metadata import distributions
from pathlib import Path
import numpy as np
from avatar.engines import Told, WantedPicture
from avatar.errors import InputError
from avatar.progress import Progress

path, folder = sys.argv[1], Path(sys.argv[2])
module, _, name = path.rpartition(".")
with getattr(importlib.import_module(module), name).load() as engine:
    if "portrait" in module:
        try:
            engine.picture(WantedPicture(prompt="an old woman", steps=1, tries=1, size=256), Told(), Progress())
        except InputError as error:
            assert "no face after 1 seed" in str(error)  # random weights draw none
    else:
        from avatar.portrait.framing import Portrait
        from avatar.voice.speech import Speech

        speech = Speech(np.random.default_rng(1).normal(0, 0.1, 2400).astype(np.float32), 24_000)
        frames = list(engine.frames(Portrait.load(folder), speech, 25, 7, None, Told()))
        assert len(frames) == 3
owner = {}
for each in distributions():
    for file in each.files or ():
        owner[os.path.realpath(each.locate_file(file))] = re.sub("[-_.]+", "-", each.metadata["Name"]).lower()
after = [getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before]
print(json.dumps(sorted({owner[os.path.realpath(file)] for file in after if file and os.path.realpath(file) in owner})))
"""


def engine_class(path: str) -> type:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.fixture(scope="module")
def folder(full_environment, tmp_path_factory) -> Path:
    """A portrait, and the tiny checkpoints with their lock."""
    from tests.tiny import built_in_models, musetalk, stable_diffusion, write_lock

    folder = tmp_path_factory.mktemp("models")
    bundled_portrait().save(folder)
    musetalk.write(folder)
    stable_diffusion.write(folder)
    write_lock(folder, tuple(model for model in built_in_models() if (folder / model.repo).is_dir()))
    return folder


@pytest.mark.parametrize("name", ENGINES)
def test_every_locked_library_that_a_run_imports_is_declared(name, folder):
    from tests.tiny import environment

    child = [sys.executable, "-c", CHILD, ENGINES[name], str(folder)]
    settings = os.environ | environment(folder) | {"PYTHONPATH": str(ROOT), "AVATAR_PROFILE": "cpu"}
    done = subprocess.run(child, env=settings, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    declared = set(engine_class(ENGINES[name]).libraries)
    assert "numpy" in imported
    assert imported & locked() <= declared
    assert declared <= locked()


def locked() -> set[str]:
    layers = json.loads((ROOT / "locks/payload.json").read_text())
    return {name for layer in ("base", "full") for name in layers[layer]}


@pytest.mark.parametrize("name", ENGINES)
def test_all_code_that_an_engine_imports_is_declared(name):
    engine = engine_class(ENGINES[name])
    parts = [PACKAGE / part for part in engine.code]
    assert all(part.exists() for part in parts)
    start = PACKAGE.parent / (ENGINES[name].rpartition(".")[0].replace(".", "/") + ".py")
    undeclared = {
        str(file.relative_to(PACKAGE))
        for file in imported_files(start)
        if not any(file == part or part in file.parents for part in parts)
    }
    assert {file for file in undeclared if not file.startswith(CHANGES_NO_BYTES)} == set()


@pytest.mark.parametrize("name", ENGINES)
def test_what_an_engine_uses_are_fields_of_the_profile(name):
    engine = engine_class(ENGINES[name])
    assert set(engine.uses) <= {field.name for field in dataclasses.fields(Profile)}
    assert ("device" in engine.uses) == bool(engine.models)


def imported_files(start: Path) -> set[Path]:
    """Files of avatar/ that a module imports when it runs, late ones included, and those that they import."""
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        if not str(file.relative_to(PACKAGE)).startswith(CHANGES_NO_BYTES):
            imports = Imports()
            imports.visit(ast.parse(file.read_text()))
            waiting += [path for name in imports.names if (path := file_of(name))]
    return found


def file_of(name: str) -> Path | None:
    """The file of a module of avatar's; None for another, and for what is no module."""
    if name.split(".")[0] != "avatar":
        return None
    path = ROOT.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


class Imports(ast.NodeVisitor):
    """The names that a module imports, but for those that only a type checker needs."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.names |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
