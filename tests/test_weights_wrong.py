"""No wrong byte of the weights reaches a model library: every truncation, a hundred flipped bits, bits that rot."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar.errors import EnvironmentProblem
from avatar.weights import lock, store
from avatar.weights.digests import TICK_NS, is_stamped, problem_with
from avatar.weights.step import FetchProgress
from avatar.weights.verify import verify
from tests import weights_in_use
from tests.weights_in_use import every_file, set_age, set_time, weights_of

bare, models = weights_in_use.bare, weights_in_use.models


def test_right_weights_are_handed_out_and_hashed_once(models, monkeypatch):
    for model in lock.read().models:
        found = store.require(model.name)
        assert found == {file.path: models / file.repo / file.path for file in model.needed}
    for path, file in every_file(models).items():
        assert is_stamped(path, file.sha256)
        read = []
        assert problem_with(path, file.size, file.sha256, on_read=read.append) is None
        assert read == []  # the stamp stood for the digest


def test_every_truncation_is_named_before_loading(models):
    for path, file in every_file(models).items():
        store.require(file.model)
        content = path.read_bytes()
        for length in {0, 1, file.size // 2, file.size - 1}:
            os.truncate(path, length)
            with pytest.raises(EnvironmentProblem, match="is not the file that was locked") as caught:
                store.require(file.model)
            assert str(caught.value).startswith(f"{path} ") and f"avatar models fetch {file.model}" in str(caught.value)
            with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
                store.check_present(file.model)
            path.write_bytes(content)
        path.write_bytes(content + b"\0")
        with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
            store.require(file.model)
        path.write_bytes(content)
        set_age(path, 3600)


def test_a_hundred_flipped_bits_are_named_before_loading(models):
    files, dice = every_file(models), random.Random(3)
    for path, file in files.items():
        store.require(file.model)
        assert is_stamped(path, file.sha256)
    for turn in range(100):
        path = list(files)[turn % len(files)]
        with one_bit_flipped(path, dice):
            with pytest.raises(EnvironmentProblem, match="its sha256 is") as caught:
                store.require(files[path].model)
            assert str(caught.value).startswith(f"{path} ")
        set_age(path, 3600)
        store.require(files[path].model)


def test_verify_names_a_hundred_bits_that_rotted_under_their_stamps(models):
    files, dice = every_file(models), random.Random(4)
    for path, file in files.items():
        assert problem_with(path, file.size, file.sha256) is None
    for turn in range(100):
        path = list(files)[turn % len(files)]
        file, before = files[path], os.stat(path)
        with one_bit_flipped(path, dice):
            set_time(path, before)
            assert is_stamped(path, file.sha256)  # what rots leaves the stamp as it is
            (result,) = verify([lock.read().model(file.model)], FetchProgress())
            assert not result["ok"] and len(result["problems"]) == 1
            assert result["problems"][0].startswith(f"{path} is not the file that was locked: its sha256 is")
            with pytest.raises(EnvironmentProblem):  # and once it was found, loading refuses too
                store.require(file.model)
        set_time(path, before)
        store.require(file.model)


@contextlib.contextmanager
def one_bit_flipped(path: Path, dice: random.Random) -> Iterator[None]:
    """One random bit of a file is the other way round inside the block."""
    offset, bit = dice.randrange(path.stat().st_size), 1 << dice.randrange(8)
    flip(path, offset, bit)
    yield
    flip(path, offset, bit)


def flip(path: Path, offset: int, bit: int) -> None:
    with open(path, "r+b") as file:
        file.seek(offset)
        value = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([value ^ bit]))


def test_a_file_changed_just_now_is_hashed_again_even_where_its_time_is_the_same(models):
    """A second change within one tick of the clock leaves size, time and inode as they were."""
    file = weights_of("whisper-tiny")[0]
    path = models / file.repo / file.path
    set_age(path, 0)
    assert problem_with(path, file.size, file.sha256) is None
    assert not is_stamped(path, file.sha256)
    set_age(path, TICK_NS / 1e9)
    assert problem_with(path, file.size, file.sha256) is None
    assert is_stamped(path, file.sha256)


def test_another_file_with_the_same_size_and_time_is_hashed_again(models):
    file = weights_of("whisper-tiny")[0]
    path = models / file.repo / file.path
    store.require("whisper-tiny")
    before = os.stat(path)
    other = path.with_name("other")
    other.write_bytes(b"x" * file.size)
    other.replace(path)
    set_time(path, before)
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.require("whisper-tiny")


def test_without_a_writable_home_weights_are_checked_all_the_same(models, home):
    (home / "stamps").write_text("a file where the folder should be")
    assert store.require("whisper-tiny")
    path = models / "openai/whisper-tiny/config.json"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.require("whisper-tiny")


def test_a_stamp_of_rubbish_is_no_stamp(models, home):
    store.require("whisper-tiny")
    for stamp in (home / "stamps").iterdir():
        stamp.write_text("[]")
    path = models / "openai/whisper-tiny/config.json"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.require("whisper-tiny")
