"""Is a file what it must be: hashed once, then believed until it changes. Small files, no lock, no hub."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from avatar.weights import digests
from avatar.weights.digests import CHUNK_BYTES, TICK_NS, file_sha256, is_stamped, problem_with, stamp

CONTENT = b"weights" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def aged(path: Path, nanoseconds: int = 3600 * 10**9) -> Path:
    changed = time.time_ns() - nanoseconds
    os.utime(path, ns=(changed, changed))
    return path


@pytest.fixture
def file(tmp_path) -> Path:
    """Changed last an hour ago, as weights are."""
    (tmp_path / "model").write_bytes(CONTENT)
    return aged(tmp_path / "model")


def check(path: Path, full: bool = False) -> tuple[str | None, list[int]]:
    """(what is wrong with it, how many bytes were hashed)."""
    read: list[int] = []
    return problem_with(path, len(CONTENT), SHA256, full, read.append), read


def stamps(home: Path) -> list[Path]:
    return sorted((home / "stamps").glob("*")) if (home / "stamps").is_dir() else []


def test_a_right_file_is_hashed_once_and_again_where_that_is_asked(file, home):
    assert not is_stamped(file, SHA256)
    assert check(file) == (None, [700])
    assert is_stamped(file, SHA256) and not is_stamped(file, "0" * 64)
    assert check(file) == (None, [])
    assert check(file, full=True) == (None, [700])
    [kept] = stamps(home)
    assert kept.suffix == ".json" and len(kept.stem) == 32 and json.loads(kept.read_text())["path"] == str(file)


def test_a_file_of_another_size_is_told_unread_and_loses_its_stamp(file, home):
    check(file)
    file.write_bytes(CONTENT[:-1])
    assert check(aged(file)) == ("is not the file that was locked: it has 699 bytes, not 700", [])
    assert stamps(home) == []


def test_a_file_of_other_bytes_is_told_and_loses_its_stamp(file, home):
    check(file)
    other = CONTENT[:-1] + b"S"
    file.write_bytes(other)
    said = (
        f"is not the file that was locked: its sha256 is {hashlib.sha256(other).hexdigest()[:12]}…, not {SHA256[:12]}…"
    )
    assert check(aged(file)) == (said, [700])
    assert stamps(home) == [] and not is_stamped(file, SHA256)


def test_a_file_that_is_not_there_or_no_file_is_told(tmp_path, file, home):
    check(file)
    file.unlink()
    assert check(file) == ("cannot be read (No such file or directory)", [])
    assert stamps(home) == []
    (tmp_path / "folder").mkdir()
    size = os.stat(tmp_path / "folder").st_size
    assert problem_with(tmp_path / "folder", size, SHA256) == "cannot be read (Is a directory)"


@pytest.mark.parametrize("age_ns", [0, TICK_NS - 10**9])
def test_a_file_changed_just_now_gets_no_stamp(file, home, age_ns):
    assert check(aged(file, age_ns)) == (None, [700]) and stamps(home) == []
    stamp(file, SHA256)
    assert stamps(home) == []


def test_after_two_seconds_it_does(file, home):
    assert TICK_NS == 2 * 10**9
    stamp(aged(file, TICK_NS + 10**8), SHA256)
    assert len(stamps(home)) == 1 and is_stamped(file, SHA256)


def test_a_file_that_changes_while_it_is_hashed_gets_no_stamp(file, home):
    assert problem_with(file, len(CONTENT), SHA256, on_read=lambda count: aged(file, 7200 * 10**9)) is None
    assert stamps(home) == []


@pytest.mark.parametrize("change", ["size", "mtime_ns", "inode", "sha256"])
def test_a_stamp_stands_for_size_time_inode_and_digest(file, home, change):
    stamp(file, SHA256)
    [kept] = stamps(home)
    content = json.loads(kept.read_text())
    content["file"][change] = content["file"][change] + ("0" if change == "sha256" else 1)
    kept.write_text(json.dumps(content))
    assert not is_stamped(file, SHA256) and check(file) == (None, [700])


@pytest.mark.parametrize("text", ["", "[]", "{}", "5", "\x00"])
def test_a_stamp_of_rubbish_is_none(file, home, text):
    stamp(file, SHA256)
    stamps(home)[0].write_text(text)
    assert not is_stamped(file, SHA256)


def test_a_home_that_cannot_hold_stamps_changes_nothing_else(file, home):
    (home / "stamps").write_text("a file is in the way")
    assert check(file) == check(file) == (None, [700])
    assert problem_with(file, 1, SHA256) == "is not the file that was locked: it has 700 bytes, not 1"


def test_files_have_stamps_of_their_own_by_their_whole_path(file, home, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.write_bytes(CONTENT)
    check(file), check(aged(other))
    assert len(stamps(home)) == 2
    monkeypatch.chdir(tmp_path)
    assert check(Path("model")) == (None, []) and len(stamps(home)) == 2


def test_a_large_file_is_read_in_chunks(tmp_path, monkeypatch):
    assert CHUNK_BYTES == 4 * 1024 * 1024
    monkeypatch.setattr(digests, "CHUNK_BYTES", 256)
    (tmp_path / "model").write_bytes(CONTENT)
    read: list[int] = []
    assert file_sha256(tmp_path / "model", read.append) == SHA256 == file_sha256(tmp_path / "model")
    assert read == [256, 256, 188]
    (tmp_path / "empty").touch()
    assert file_sha256(tmp_path / "empty", read.append) == hashlib.sha256(b"").hexdigest() and len(read) == 3
