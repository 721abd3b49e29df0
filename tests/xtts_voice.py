"""The full stack's voice with tiny random weights (testing/tiny/xtts.py), for the tests of it: coqui-tts' own classes.

It speaks noise, 0.8 s of it for every piece of a text.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from avatar.device import hardware
from avatar.engines import Told, WantedSpeech
from avatar.progress import Progress
from testing import tiny

torch = pytest.importorskip("torch")

from avatar.voice.speech import Speech  # noqa: E402
from avatar.voice.utterances import SAMPLE_RATE  # noqa: E402
from avatar.voice.xtts.engine import XttsVoice  # noqa: E402
from testing.tiny import xtts as tiny_xtts  # noqa: E402

TEXT = "Hello there, you. How are you?\n\nFine, thanks."


def write_models(folder: Path, change: Callable[[dict], None] | None = None, **arguments: object) -> Path:
    """A models folder with one tiny XTTS and its lock."""
    tiny_xtts.write(folder, change, **arguments)
    tiny.write_lock(folder, tuple(model for model in tiny.built_in_models() if model.name == "xtts-v2"))
    return folder


@cache
def shared(kind: str, base: Path) -> Path:
    """One folder for all files that share it: a fixture that several files take is made for each."""
    (folder := base / kind).mkdir()
    return write_models(folder) if kind == "xtts" else folder


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    return shared("xtts", tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def warm_home(tmp_path_factory) -> Path:
    """A home that the tests share, because a conversion takes 92 MB."""
    return shared("xtts-home", tmp_path_factory.getbasetemp())


@pytest.fixture
def use(home, warm_home, monkeypatch) -> Callable[[Path], None]:
    """Let avatar use a models folder, in the shared home."""

    def choose(folder: Path) -> None:
        monkeypatch.setenv("AVATAR_HOME", str(warm_home))
        for name, value in tiny.environment(folder).items():
            monkeypatch.setenv(name, value)

    return choose


@pytest.fixture
def ready(use, models) -> None:
    use(models)


@pytest.fixture
def changed(use, tmp_path) -> Callable[..., None]:
    """Let avatar use a tiny checkpoint with other tensors or other model_args, in a home of its own."""

    def choose(change: Callable[[dict], None] | None = None, **arguments: object) -> None:
        use(write_models(tmp_path / "changed", change, **arguments))
        os.environ["AVATAR_HOME"] = str(tmp_path / "changed-home")  # `use` set it with monkeypatch, which undoes this

    return choose


@pytest.fixture(scope="session")
def reference(tmp_path_factory) -> Path:
    return write_reference(tmp_path_factory.mktemp("reference") / "me.wav", 120.0)


def write_reference(path: Path, pitch_hz: float) -> Path:
    """4 s of a tone with overtones that swells like syllables: all that the checks of a reference ask for."""
    import soundfile

    time_s = np.arange(4 * 22_050) / 22_050
    tone = sum(np.sin(2 * np.pi * pitch_hz * number * time_s) / number for number in range(1, 9))
    swell = np.clip(np.sin(2 * np.pi * 2.5 * time_s), 0.0, None)
    soundfile.write(path, (0.2 * tone * swell).astype(np.float32), 22_050)
    return path


def a_voice(gpt_dtype: str = "float32", engine: type[XttsVoice] = XttsVoice) -> AbstractContextManager[XttsVoice]:
    """The engine on a CPU; one thread waits for no other on a busy machine."""
    return engine.load(replace(hardware.profile_named("cpu"), voice_dtype=gpt_dtype), threads=1)


def said(
    voice: XttsVoice, text: str = "Hello there.", told: Told | None = None, progress: Progress | None = None, **wanted
) -> Speech:
    return voice.speak(WantedSpeech(text, **wanted), told or Told(), progress or Progress())


def speak(text: str, **wanted: object) -> Speech:
    """The speech of an engine of its own."""
    with a_voice() as voice:
        return said(voice, text, **wanted)


def heard(speech: Speech, start_s: float, end_s: float) -> np.ndarray:
    return speech.samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]


def add_a_key(state: dict) -> None:
    state["gpt.another.weight"] = torch.zeros(3)
