"""What is made of weights: made once, of bytes just hashed, and again where it is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from avatar.errors import EnvironmentProblem
from avatar.weights import store
from tests import weights_in_use
from tests.weights_in_use import reverse_config, set_age, set_time

bare, models = weights_in_use.bare, weights_in_use.models


def counted(made: list[str]):
    def make(files: dict[str, Path], target: Path) -> None:
        made.append(target.name)
        reverse_config(files, target)

    return make


def test_a_conversion_is_made_once(models):
    made: list[str] = []
    path = store.converted("whisper-tiny", "reversed", counted(made))
    assert path.read_bytes() == (models / "openai/whisper-tiny/config.json").read_bytes()[::-1]
    assert store.converted("whisper-tiny", "reversed", counted(made)) == path
    assert made == ["reversed"]
    assert store.converted("whisper-tiny", "reversed", counted(made), version="2") != path
    assert store.converted("whisper-tiny", "other", counted(made)) != path
    assert made == ["reversed", "reversed", "other"]


def test_a_conversion_may_be_a_folder(models):
    def make(files: dict[str, Path], target: Path) -> None:
        (target / "deep").mkdir(parents=True)
        reverse_config(files, target / "deep/file")

    folder = store.converted("whisper-tiny", "parts", make)
    os.truncate(folder / "deep/file", 3)
    assert (store.converted("whisper-tiny", "parts", make) / "deep/file").stat().st_size > 3


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "record"])
def test_a_damaged_conversion_is_made_again(models, damage):
    path = store.converted("whisper-tiny", "reversed", reverse_config)
    content = path.read_bytes()
    set_age(path, 3600)
    store.converted("whisper-tiny", "reversed", reverse_config)
    if damage == "flip":
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif damage == "truncate":
        os.truncate(path, len(content) - 1)
    elif damage == "remove":
        path.unlink()
    else:
        (path.parent / "made.json").write_text("{")
    assert store.converted("whisper-tiny", "reversed", reverse_config) == path
    assert path.read_bytes() == content


def test_a_conversion_reads_no_byte_that_was_not_hashed_just_before(models):
    """A bit that rotted under its stamp is let through by `require`, but never into a conversion."""
    path = models / "openai/whisper-tiny/config.json"
    store.require("whisper-tiny")
    before = os.stat(path)
    path.write_bytes(path.read_bytes()[::-1])
    set_time(path, before)
    store.require("whisper-tiny")
    made: list[str] = []
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.converted("whisper-tiny", "reversed", counted(made))
    assert made == []


def test_a_conversion_that_fails_or_is_killed_leaves_nothing_behind(models, home):
    def fail(files: dict[str, Path], target: Path) -> None:
        target.write_bytes(b"half")
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        store.converted("whisper-tiny", "reversed", fail)
    assert [path.name for path in (home / "converted").iterdir() if not path.name.endswith(".lock")] == []
    script = (
        "import os, signal; from avatar.weights import store\n"
        "def die(files, target): target.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.converted('whisper-tiny', 'reversed', die)"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert killed.returncode == -9
    assert store.converted("whisper-tiny", "reversed", reverse_config).read_bytes() != b"half"
    left = [path.name for path in (home / "converted").iterdir() if not path.name.endswith(".lock")]
    assert left == [store.converted("whisper-tiny", "reversed", reverse_config).parent.name]


def test_two_conversions_at_once_are_one(models):
    made: list[str] = []

    def slowly(files: dict[str, Path], target: Path) -> None:
        time.sleep(0.3)
        counted(made)(files, target)

    both = [threading.Thread(target=store.converted, args=("whisper-tiny", "reversed", slowly)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert made == ["reversed"]


@pytest.mark.parametrize(
    "record", ["[1]", '{"files": [1]}', '{"files": {"../x": {"size": 1, "sha256": "0"}}}', '{"files": {"a": {"size": []}}}',
               '{"files": {"/etc/hostname": {"size": 1, "sha256": "0"}}}', "[" * 100_000]
)  # fmt: skip
def test_a_record_of_another_shape_makes_it_again(models, record):
    path = store.converted("whisper-tiny", "reversed", reverse_config)
    (path.parent / "made.json").write_text(record)
    made: list[str] = []
    assert store.converted("whisper-tiny", "reversed", counted(made)) == path and made == ["reversed"]


@pytest.mark.parametrize("kind", ["FIFO", "symlink"])
@pytest.mark.parametrize("what", ["file", "record", "folder"])
def test_something_else_in_the_place_of_a_conversion_makes_it_again(models, tmp_path, what, kind):
    path = store.converted("whisper-tiny", "reversed", reverse_config)
    place = {"file": path, "record": path.parent / "made.json", "folder": path.parent}[what]
    place.rename(tmp_path / "moved")
    os.mkfifo(place) if kind == "FIFO" else place.symlink_to(tmp_path / "moved")
    assert store.converted("whisper-tiny", "reversed", reverse_config).is_file()
    assert not any(each.is_symlink() for each in (path, path.parent)) and (tmp_path / "moved").exists()


def test_a_lock_of_a_conversion_that_leads_elsewhere_is_told(models, tmp_path):
    path = store.converted("whisper-tiny", "reversed", reverse_config)
    lock = path.parent.parent / f".{path.parent.name}.lock"
    (tmp_path / "kept").write_text("kept")
    lock.unlink()
    lock.symlink_to(tmp_path / "kept")
    with pytest.raises(EnvironmentProblem, match="has to be a regular file"):
        store.converted("whisper-tiny", "reversed", reverse_config)
    assert (tmp_path / "kept").read_text() == "kept"
