"""Files and folders that are whole or not there."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from avatar.errors import EnvironmentProblem, RequestError
from avatar.files import NEW, file_digest, new_folder, rename_new, write_json, written_whole


def test_the_digest_is_the_sha256_of_the_bytes(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert file_digest(tmp_path / "file") == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["", "missing"])
def test_what_is_no_file_has_no_digest(tmp_path, name):
    with pytest.raises(RequestError, match="cannot read '.*': .+; check the path"):
        file_digest(tmp_path / name)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_is_filled_beside_its_place_and_renamed(tmp_path):
    target = tmp_path / "deep/kept/one"
    with new_folder(target) as scratch:
        assert scratch.parent == target.parent and scratch.name.startswith(NEW)
        (scratch / "file").write_text("whole")
        assert not target.exists()
        rename_new(scratch, target)
    assert names(target.parent) == ["one"] and (target / "file").read_text() == "whole"


def test_a_new_folder_that_was_not_renamed_is_gone(tmp_path):
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "kept/one") as scratch:
        (scratch / "half").write_text("")
        _ = 1 / 0
    with new_folder(tmp_path / "kept/two"):
        pass
    assert names(tmp_path / "kept") == []


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    for name in (f"{NEW}left", "kept", ".other"):
        (tmp_path / "all" / name / "inside").mkdir(parents=True)
    with new_folder(tmp_path / "all/one"):
        assert f"{NEW}left" not in names(tmp_path / "all")
    assert names(tmp_path / "all") == [".other", "kept"]


def test_a_folder_that_is_being_filled_is_not_taken_for_a_killed_processs(tmp_path):
    """Another one is made meanwhile, and waits for nobody."""
    with new_folder(tmp_path / "all/one") as one:
        (one / "file").write_text("one")
        with new_folder(tmp_path / "all/two") as two:
            assert one != two and (one / "file").read_text() == "one"
            rename_new(two, tmp_path / "all/two")
        rename_new(one, tmp_path / "all/one")
    assert names(tmp_path / "all") == ["one", "two"]


def test_a_name_that_is_taken_stays_as_it_is(tmp_path):
    for name in ("new", "taken"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    with pytest.raises(FileExistsError):
        rename_new(tmp_path / "new", tmp_path / "taken")
    assert (tmp_path / "taken/file").read_text() == "taken" and (tmp_path / "new/file").read_text() == "new"
    with pytest.raises(FileNotFoundError):  # another trouble is told as it is
        rename_new(tmp_path / "missing", tmp_path / "free")


def test_json_is_written_whole_and_reads_as_written(tmp_path):
    path = tmp_path / "facts.json"
    for content in ({"name": "Zoë", "list": [1, 2.5, None]}, {"name": "again"}):
        write_json(path, content)
        assert json.loads(path.read_text()) == content
        assert names(tmp_path) == ["facts.json"]
    assert path.read_text() == '{\n "name": "again"\n}\n'
    write_json(path, "Zoë")
    assert path.read_text() == '"Zoë"\n'  # for people too


def test_json_that_cannot_be_written_leaves_the_old_file_and_no_scraps(tmp_path):
    write_json(tmp_path / "facts.json", {"old": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "facts.json", {"new": object()})
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_json(tmp_path / "folder", {"new": 1})
    assert names(tmp_path) == ["facts.json", "folder"]
    assert json.loads((tmp_path / "facts.json").read_text()) == {"old": 1}


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "f"
    with written_whole(path) as partial:
        partial.write_text("one")
        assert partial.parent == tmp_path and not path.exists()
    assert (names(tmp_path), path.read_text()) == (["f"], "one")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as partial:
        partial.write_text("tw")
        raise KeyboardInterrupt
    assert (names(tmp_path), path.read_text()) == (["f"], "one")
    with pytest.raises(FileNotFoundError), written_whole(path):
        pass  # nothing was written
    assert path.read_text() == "one"


def test_the_longest_name_can_be_written_whole(tmp_path):
    path = tmp_path / ("ü" * 127)
    with written_whole(path) as partial:
        partial.write_text("long")
    assert names(tmp_path) == [path.name]


def test_two_threads_write_the_same_file_each_whole(tmp_path):
    both = threading.Barrier(2)

    def write(letter: str) -> None:
        with written_whole(tmp_path / "f") as partial, partial.open("w") as file:
            file.write(letter * 1000)
            both.wait(10)
            file.write(letter * 1000)

    threads = [threading.Thread(target=write, args=letter) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "f").read_text() in ("a" * 2000, "b" * 2000)


def test_what_stands_at_the_name_beside_it_is_not_written_through(tmp_path):
    (tmp_path / "kept").write_text("kept")
    (tmp_path / f".f.{threading.get_native_id()}.partial").symlink_to(tmp_path / "kept")
    with written_whole(tmp_path / "f") as partial:
        partial.write_text("one")
    assert (tmp_path / "kept").read_text() == "kept" and (tmp_path / "f").read_text() == "one"


@pytest.mark.parametrize("kind", ["file", "dangling"])
def test_a_place_that_is_no_folder_is_told(tmp_path, kind):
    (tmp_path / "all").write_text("") if kind == "file" else (tmp_path / "all").symlink_to(tmp_path / "nothing")
    with pytest.raises(EnvironmentProblem, match="all' has to be a folder"), new_folder(tmp_path / "all/one"):
        pass
