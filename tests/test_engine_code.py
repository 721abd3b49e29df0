"""What an engine declares as its code is all of avatar/ that it imports, but for rooms that change no bytes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import avatar
from tests.conftest import ROOT

ENGINES = (
    "avatar.voice.given_speech.GivenSpeech",
    "avatar.voice.presets.engine.PresetVoice",
    "avatar.voice.pocket.engine.PocketVoice",
    "avatar.voice.xtts.engine.XttsVoice",
    "avatar.portrait.given_picture.GivenPortrait",
    "avatar.portrait.diffusion.engine.DiffusionPortrait",
    "avatar.lips.warp.engine.WarpLipsEngine",
    "avatar.lips.musetalk.engine.MuseTalkLips",
)
# Files and folders beside those that an engine declares: messages, places, checks and the host, and limits, which are in
# every cause.
CHANGES_NO_BYTES = (
    "__init__.py", "device", "engines.py", "environment", "errors.py", "files.py", "host", "invocation.py",
    "limits.py", "progress.py", "settings.py", "stopping.py", "weights",
)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_declares_all_code_that_it_imports(engine):
    module, _, name = engine.rpartition(".")
    code = getattr(import_module(module), name).code
    missing = undeclared(module, code, ROOT / "avatar")
    assert not missing, f"{engine}.code lacks {', '.join(missing)}"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_an_engine_declares_is_there(engine):
    module, _, name = engine.rpartition(".")
    for part in getattr(import_module(module), name).code:
        assert (ROOT / "avatar" / part).exists(), part
        assert not is_in(part, CHANGES_NO_BYTES), part


def test_what_is_not_declared_is_found(tmp_path):
    """Through a chain, at a function's first call, as a package, and not in the eyes of a type checker alone."""
    files = {
        "voice/engine.py": "from avatar import errors\nfrom avatar.voice import chain\nfrom avatar.engines import Told",
        "voice/chain.py": "def call():\n    from avatar.media.sound import read\n    import avatar.lips.box",
        "media/sound.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from avatar.lips import norm",
        "lips/box.py": "import json",
        "lips/norm.py": "",
        "lips/__init__.py": "import avatar.voice.text",
        "voice/text.py": "WORDS = 1",
        "voice/__init__.py": "",
        "engines.py": "from avatar.lips import norm",
        "errors.py": "",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    everything = [
        "lips/__init__.py",
        "lips/box.py",
        "media/sound.py",
        "voice/chain.py",
        "voice/engine.py",
        "voice/text.py",
    ]
    assert undeclared("avatar.voice.engine", (), tmp_path) == everything
    assert undeclared("avatar.voice.engine", ("voice", "lips"), tmp_path) == ["media/sound.py"]
    assert undeclared("avatar.voice.engine", ("voice", "lips/box.py", "media"), tmp_path) == ["lips/__init__.py"]


def undeclared(module: str, code: tuple[str, ...], package: Path) -> list[str]:
    """Files under `package` (the folder avatar/) that `module` imports, by whatever way, and that `code` does not name."""
    found, waiting = set(), {module}
    while waiting:
        path = file_of(waiting.pop(), package)
        if path is None or path in found or is_in(path, CHANGES_NO_BYTES):
            continue
        found.add(path)
        waiting |= set(imported(ast.parse((package / path).read_text())))
    return sorted(path for path in found if not is_in(path, code) and (package / path).stat().st_size)


def imported(tree: ast.AST) -> Iterator[str]:
    """Names of avatar's modules in import statements, with those of the packages that they lie in; some are no modules."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "avatar imports by whole names"
            names = [node.module, *(f"{node.module}.{name}" for name in names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == avatar.__name__:
                yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        yield from imported(node)


def file_of(module: str, package: Path) -> str | None:
    """The file of a module, relative to `package`; None for a name that is no module."""
    base = package.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return str(path.relative_to(package))
    return None


def is_in(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)
