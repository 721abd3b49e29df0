"""Weights of the next stages are read while Python imports: which files, that they are read, and when it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from avatar import hardware, settings
from avatar.weights import lock
from avatar.weights.read_ahead import loaded_files, read_ahead

SIZE = 3 << 20  # bytes, of every file here
DIFFUSION, VOICE, LIPS = "stable-diffusion-v1-5", "xtts-v2", "musetalk-v15"


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    """Files with the names that the models need; what is in them is not looked at here."""
    for model in lock.read().models:
        for file in model.needed:
            path = tmp_path / file.repo / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(SIZE))
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path))
    return tmp_path


def bytes_read() -> int:
    """That this process has asked of files so far (proc(5), io)."""
    return int(Path("/proc/self/io").read_text().split("rchar:")[1].split()[0])


def test_safetensors_are_read_and_pickles_only_once_converted(weights):
    assert sorted(path.parent.name for path in loaded_files(DIFFUSION)) == [
        "safety_checker", "text_encoder", "unet", "vae"
    ]  # fmt: skip
    assert loaded_files(VOICE) == []
    made = settings.home() / "converted" / f"{VOICE}-{'0' * 16}" / "model.safetensors"
    made.parent.mkdir(parents=True)
    made.write_bytes(bytes(SIZE))
    made.with_name("made.json").write_text("{}")
    assert loaded_files(VOICE) == [made]


def test_every_byte_of_them_is_read(weights):
    before = bytes_read()
    with read_ahead([DIFFUSION, LIPS, DIFFUSION]) as thread:
        thread.join(60)
    assert 4 * SIZE <= bytes_read() - before < 5 * SIZE


def test_no_more_than_half_of_the_memory(weights, monkeypatch):
    monkeypatch.setattr(hardware, "memory_mib", lambda: 6)
    before = bytes_read()
    with read_ahead([DIFFUSION]) as thread:
        thread.join(60)
    assert SIZE <= bytes_read() - before < 2 * SIZE


def test_it_ends_with_the_block(weights, monkeypatch):
    monkeypatch.setattr(hardware, "memory_mib", lambda: 1 << 40)
    endless = loaded_files(DIFFUSION)[0]
    endless.unlink()
    endless.symlink_to("/dev/zero")
    with read_ahead([DIFFUSION]) as thread:
        assert thread.is_alive()
    thread.join(5)
    assert not thread.is_alive()


def test_missing_files_are_left_to_the_engine(weights):
    loaded_files(DIFFUSION)[0].unlink()
    with read_ahead([DIFFUSION]) as thread:
        thread.join(60)
    with read_ahead([]) as nothing:
        assert nothing is None
