"""What the portrait and lips engines declare is all that their bytes may follow from: libraries, fields of the profile."""

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
from avatar.portrait.given_picture import bundled_portrait
from tests.conftest import ROOT

ENGINES = {
    "given": "avatar.portrait.given_picture.GivenPortrait",
    "diffusion": "avatar.portrait.diffusion.engine.DiffusionPortrait",
    "warp": "avatar.lips.warp.engine.WarpLipsEngine",
    "musetalk": "avatar.lips.musetalk.engine.MuseTalkLips",
}

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
site = Path(np.__file__).parents[1]
owner = {}
for record in site.glob("*.dist-info/RECORD"):
    name = re.sub("[-_.]+", "-", record.parent.name.rpartition(".dist-info")[0].rpartition("-")[0]).lower()
    owner |= {line.split(",")[0].strip('"'): name for line in record.read_text().splitlines()}
after = [getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before]
files = [os.path.relpath(file, site) for file in after if file]
print(json.dumps(sorted({owner[file] for file in files if file in owner})))
"""


def engine_class(path: str) -> type:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.fixture(scope="module")
def folder(full_environment, tmp_path_factory) -> Path:
    """A portrait, and the tiny checkpoints with their lock."""
    from testing.tiny import built_in_models, musetalk, stable_diffusion, write_lock

    folder = tmp_path_factory.mktemp("models")
    bundled_portrait().save(folder)
    musetalk.write(folder)
    stable_diffusion.write(folder)
    write_lock(folder, tuple(model for model in built_in_models() if (folder / model.repo).is_dir()))
    return folder


@pytest.mark.parametrize("name", ENGINES)
def test_every_locked_library_that_a_run_imports_is_declared(name, folder):
    from testing.tiny import environment

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
def test_what_an_engine_uses_are_fields_of_the_profile(name):
    engine = engine_class(ENGINES[name])
    assert set(engine.uses) <= {field.name for field in dataclasses.fields(Profile)}
    assert ("device" in engine.uses) == bool(engine.models)


@pytest.mark.parametrize("name", [*ENGINES, "xtts"])
def test_what_an_engine_asks_of_the_profile_is_in_uses(name):
    """Else a job would be taken for one that another profile made. Its device is asked for by memory.device."""
    engine = engine_class(ENGINES.get(name, "avatar.voice.xtts.engine.XttsVoice"))
    package, fields = ROOT / "avatar", {field.name for field in dataclasses.fields(Profile)}
    files = [file for part in engine.code for file in [package / part, *(package / part).rglob("*.py")]]
    nodes = [node for file in files if file.is_file() for node in ast.walk(ast.parse(file.read_text()))]
    asked = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).rpartition(".")[2] in ("profile", "_profile")
    }
    assert asked & fields == set(engine.uses) - {"device"}
