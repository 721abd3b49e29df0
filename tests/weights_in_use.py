"""A copy of the tiny checkpoints, in use, and no other weights anywhere."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from avatar.weights import lock, places
from testing import tiny

VARIABLES = (
    "AVATAR_MODELS",
    "AVATAR_MODELS_LOCK",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "XDG_CACHE_HOME",
)


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch) -> None:
    """No weights anywhere: an empty hub cache, no volumes, the built-in lock."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(places, "VOLUMES", ())


@pytest.fixture
def models(tiny_original, tmp_path, monkeypatch) -> Path:
    """A copy of the tiny checkpoints, in use; changed last an hour ago, as weights are."""
    folder = tmp_path / "models"
    shutil.copytree(tiny_original, folder)
    for path in folder.rglob("*"):
        set_age(path, 3600)
    for name, value in tiny.environment(folder).items():
        monkeypatch.setenv(name, value)
    return folder


def set_age(path: Path, seconds: float) -> None:
    changed = time.time_ns() - int(seconds * 1e9)
    os.utime(path, ns=(changed, changed))


def set_time(path: Path, status: os.stat_result) -> None:
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def weights_of(name: str) -> list[lock.File]:
    return lock.read().model(name).needed


def every_file(models: Path) -> dict[Path, lock.File]:
    return {models / file.repo / file.path: file for model in lock.read().models for file in model.needed}


def reverse_config(files: dict[str, Path], target: Path) -> None:
    target.write_bytes(files["config.json"].read_bytes()[::-1])
