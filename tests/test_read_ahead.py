"""Weights of the next stages are read while Python imports: which files, that they are read, and when it ends."""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from avatar import pipeline, settings
from avatar.device import hardware
from avatar.errors import InputError
from avatar.jobs import home as homes
from avatar.progress import Progress
from avatar.request import make_request
from avatar.stacks import stack_for
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


def cached_bytes(path: Path) -> int:
    """How much of a file is in the page cache (mincore(2))."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as pages:
        length = len(pages)
        present = (ctypes.c_ubyte * -(-length // mmap.PAGESIZE))()
        first = ctypes.c_char.from_buffer(pages)
        assert ctypes.CDLL(None).mincore(ctypes.byref(first), ctypes.c_size_t(length), present) == 0
        del first
    return sum(each & 1 for each in present) * mmap.PAGESIZE


def forget(paths: list[Path]) -> None:
    """Out of the page cache with them."""
    for path in paths:
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if cached_bytes(path):
            pytest.skip("this file system lies in memory, or keeps what it was told to forget")


def arrived(path: Path) -> bool:
    """Whether all of it is in the cache, or comes within ten seconds: the disk answers later than the call."""
    until = time.monotonic() + 10
    while cached_bytes(path) < SIZE and time.monotonic() < until:
        time.sleep(0.01)
    return cached_bytes(path) >= SIZE


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


def test_every_byte_of_them_is_read_and_nothing_else(weights):
    files, other = loaded_files(DIFFUSION), weights / lock.read().model(VOICE).repo / "model.pth"
    forget([*files, other])
    with read_ahead([DIFFUSION, VOICE, LIPS, DIFFUSION]) as thread:
        thread.join(60)
    assert all(map(arrived, files)) and not cached_bytes(other)


def test_no_more_than_half_of_the_memory(weights, monkeypatch):
    monkeypatch.setattr(hardware, "memory_mib", lambda: 2 * SIZE >> 20)
    files = loaded_files(DIFFUSION)
    forget(files)
    with read_ahead([DIFFUSION]) as thread:
        thread.join(60)
    assert arrived(files[0]) and not any(map(cached_bytes, files[1:]))


def test_it_ends_with_the_block(weights, monkeypatch):
    monkeypatch.setattr(hardware, "memory_mib", lambda: 1 << 40)
    os.truncate(loaded_files(DIFFUSION)[0], 64 << 30)  # a hole: on no disk, and read as zeros
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


@pytest.mark.usefixtures("full_environment")
def test_a_render_asks_for_the_lips_weights_while_it_looks_for_the_face(weights, home, tmp_path):
    """A picture without a face ends it before any model is loaded: what is in the cache came by reading ahead."""
    Image.new("RGB", (400, 400), "grey").save(tmp_path / "grey.png")
    soundfile.write(tmp_path / "hum.wav", np.sin(np.arange(24_000) / 20), 24_000)
    request = make_request(stack="full", portrait=tmp_path / "grey.png", audio=tmp_path / "hum.wav")
    files = [path for name in stack_for(request).lips.models for path in loaded_files(name)]
    forget(files)
    with pytest.raises(InputError, match="no face"):
        pipeline.render(homes.create(home, request), Progress())
    assert len(files) == 2 and all(map(arrived, files))
