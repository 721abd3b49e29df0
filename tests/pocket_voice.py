"""Pocket TTS with tiny random weights (testing/tiny/pocket.py), for the tests of it: transformers' own classes.

It speaks noise, 0.7 to 0.9 s of it for every piece of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from avatar.engines import Told, WantedSpeech
from avatar.progress import Progress
from avatar.voice.speech import Speech
from avatar.weights import licences, lock
from testing import tiny
from tests.xtts_voice import write_reference

torch = pytest.importorskip("torch")

from avatar.voice.pocket.engine import PocketVoice  # noqa: E402
from testing.tiny import pocket as tiny_pocket  # noqa: E402

TEXT = "Hello there. How are you, my friend? Fine."


def write_models(folder: Path, change: Callable[[dict], None] | None = None, **more: object) -> Path:
    """A models folder with one tiny Pocket TTS and its lock."""
    tiny_pocket.write(folder, change, **more)
    tiny.write_lock(folder, (lock.read(lock.BUILT_IN).model("pocket-en"),))
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    return write_models(tmp_path_factory.mktemp("pocket"))


@pytest.fixture
def use(home, monkeypatch) -> Callable[[Path], None]:
    def choose(folder: Path) -> None:
        for name, value in tiny.environment(folder).items():
            monkeypatch.setenv(name, value)

    return choose


@pytest.fixture
def ready(use, models) -> None:
    use(models)


@pytest.fixture(scope="session")
def reference(tmp_path_factory) -> Path:
    return write_reference(tmp_path_factory.mktemp("reference") / "me.wav", 120.0)


def a_voice() -> AbstractContextManager[PocketVoice]:
    """The engine on a CPU; one thread waits for no other on a busy machine."""
    return PocketVoice.load(threads=1)


def said(voice: PocketVoice, reference: Path, text: str = TEXT, told: Told | None = None, **wanted) -> Speech:
    asked = WantedSpeech(text, reference=reference, **wanted)
    return voice.speak(asked, told or Told(), Progress())


__all__ = ["licences", "models", "ready", "reference", "use"]
