"""JSON of the home is read strictly: whatever is in the file, a value or the reason comes back, and soon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avatar.errors import EnvironmentProblem
from avatar.files import copy_regular, open_lock
from avatar.json_files import DEEPEST, LARGEST_BYTES, Damaged, read_json

BAD = {
    b"": "is not JSON",
    b"[1": "is not JSON",
    b"[1] x": "is not JSON",
    b'{"a": 1, "a": 2}': "has a key twice",
    b"[NaN]": "a number that is not finite",
    b"-Infinity": "a number that is not finite",
    b"1e999": "a number that is not finite",
    b"9223372036854775808": "a number that is too large",
    b"9" * 10_000: "a number that is too large",
    b'"\xff"': "is not UTF-8",
    b'"\\ud800"': "half of a surrogate pair",
    b'{"\\udfff": 1}': "half of a surrogate pair",
    b"[" * 200_000: "nested too deeply",
    b"[" * 100_000 + b"]" * 100_000: "nested too deeply",
    b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1): "nested too deeply",
    b" " * LARGEST_BYTES + b"1": "is larger than",
}


@pytest.mark.parametrize("content", BAD, ids=lambda content: repr(content[:12]))
def test_what_is_not_plain_json_is_damaged(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(Damaged, match=f"^x.json .*{BAD[content]}"):
        read_json(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("content", "value"),
    [(b"null", None), (b'{"a": [1, 2.5, "\xc3\xbc", "\\ud83d\\ude00"]}', {"a": [1, 2.5, "ü", "😀"]}),
     (b"9223372036854775807", 2**63 - 1), (b"[" * DEEPEST + b"]" * DEEPEST, None)],
    ids=["null", "text", "largest", "deepest"],
)  # fmt: skip
def test_plain_json_is_read(tmp_path, content, value):
    (tmp_path / "x.json").write_bytes(content)
    read = read_json(tmp_path / "x.json")
    assert read == value or isinstance(read, list)


def test_a_file_of_100_mb_is_not_read(tmp_path):
    with open(tmp_path / "x.json", "wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(Damaged, match="larger than 1,024 KiB"):
        read_json(tmp_path / "x.json")


def something_else(path: Path, kind: str) -> None:
    """What is no regular file, at this place."""
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "symlink":
        path.with_name("target").write_text("1")
        path.symlink_to(path.with_name("target"))
    elif kind == "dangling":
        path.symlink_to(path.with_name("nothing"))
    else:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("kind", ["FIFO", "folder", "symlink", "dangling", "device"])
def test_what_is_no_regular_file_is_neither_followed_nor_waited_for(tmp_path, kind):
    something_else(tmp_path / "x.json", kind)
    with pytest.raises(Damaged, match=r"^x\.json is no regular file$"):
        read_json(tmp_path / "x.json")
    with pytest.raises(EnvironmentProblem, match="has to be a regular file, to be locked; remove it"):
        open_lock(tmp_path / "x.json")
    with pytest.raises(OSError, match="no regular file"):
        copy_regular(tmp_path / "x.json", tmp_path / "copy")
    assert not (tmp_path / "copy").exists() and not (tmp_path / "nothing").exists()
    if kind == "symlink":
        assert (tmp_path / "target").read_text() == "1"


def test_what_is_missing_is_told_as_that(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "x.json")


def test_a_lock_is_made_and_what_stands_in_it_stays(tmp_path):
    (tmp_path / "held").write_text("kept")
    for name in ("held", "new"):
        open_lock(tmp_path / name).close()
    assert (tmp_path / "held").read_text() == "kept" and (tmp_path / "new").is_file()
