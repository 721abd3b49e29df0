"""A toy model in a lock of its own, on a hub on 127.0.0.1, and `avatar models fetch` of it."""

from __future__ import annotations

import hashlib
import random
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar.weights import places
from tests.conftest import run_command
from tests.hub import Hub

REVISION = "0123456789" * 4
SMALL, LARGE = b'{"layers": 2}\n', random.Random(1).randbytes(24 << 20)
FILES = {"config.json": SMALL, "deep/weights.pth": LARGE}
TOY = "someone/toy"


def resolve(path: str) -> str:
    return f"{TOY}/resolve/{REVISION}/{path}"


def write_toy_lock(folder: Path, consent: bool = False, large_size: int = len(LARGE)) -> Path:
    content = f"""
        [licences.toy]
        name = "Toy Licence"
        terms = "For play only."
        url = "http://127.0.0.1/toy"
        consent = {str(consent).lower()}

        [models.toy]
        purpose = "tests"
        repo = "{TOY}"
        revision = "{REVISION}"
        licence = "toy"
        [[models.toy.files]]
        path = "config.json"
        size = {len(SMALL)}
        sha256 = "{hashlib.sha256(SMALL).hexdigest()}"
        needed = true
        [[models.toy.files]]
        path = "deep/weights.pth"
        size = {large_size}
        sha256 = "{hashlib.sha256(LARGE).hexdigest()}"
        needed = true
    """
    (folder / "toy.lock").write_text(textwrap.dedent(content))
    return folder / "toy.lock"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub({resolve(path): content for path, content in FILES.items()}) as hub:
        yield hub


@pytest.fixture(autouse=True)
def toy(hub, tmp_path, monkeypatch) -> places.Place:
    """The toy model is the only one, the hub the local one; returns the hub cache that it goes to."""
    for name in (
        "AVATAR_MODELS",
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE",
        "HF_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(write_toy_lock(tmp_path)))
    return places.Place(tmp_path / "hf" / "hub", "hub")


def fetch(*options: str, **more) -> subprocess.CompletedProcess:
    return run_command("models", "fetch", *options, stdin=subprocess.DEVNULL, **more)
