"""Both stacks on tiny checkpoints with Pocket TTS beside XTTS-v2, and a recording to clone, for the tests of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from avatar import work
from avatar.weights import lock
from testing import tiny

TEXT = "Hello there, my friend."


@pytest.fixture(scope="session")
def recording(tmp_path_factory) -> Path:
    from tests.xtts_voice import write_reference

    return write_reference(tmp_path_factory.mktemp("voice") / "me.wav", 120.0)


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> Path:
    """Tiny checkpoints of the full stack and of Pocket TTS, with one lock."""
    return written(tmp_path_factory.getbasetemp())


@cache
def written(base: Path) -> Path:
    """One folder for all files that share it: a fixture that several files take is made for each."""
    from tests.pocket_voice import write_models

    (folder := base / "weights").mkdir()
    tiny.write_all(folder)
    write_models(folder)
    tiny.write_lock(folder, (*tiny.built_in_models(), lock.read(lock.BUILT_IN).model("pocket-en")))
    return folder


@pytest.fixture
def here(home, weights, monkeypatch) -> Path:
    for name, value in tiny.environment(weights).items():
        monkeypatch.setenv(name, value)
    return home


def spoken(request, folder: Path) -> tuple[str, ...]:
    """The notes of its speech."""
    return work.speak(request, folder / "talk.wav", True, lambda event: None).notes
