"""The lock of weights by itself: what it selects, what its digest is of, how sizes are told. No weights are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from avatar.errors import EnvironmentProblem, RequestError
from avatar.weights import lock

REVISION, DIGEST = "1" * 40, "2" * 64
TEXT = f"""
[licences.free]
name = "Free"
terms = "Any use."
url = "https://example.org"
consent = false

[models.one]
purpose = "speaks"
repo = "a/b"
revision = "{REVISION}"
licence = "free"
files = [
    {{path = "b.bin", size = 5, sha256 = "{DIGEST}", needed = true}},
    {{path = "a.bin", size = 7, sha256 = "{DIGEST}", needed = true}},
    {{path = "extra.bin", size = 11, sha256 = "{DIGEST}", needed = false}},
]

[models.voices]
purpose = "speaks"
repo = "a/d"
revision = "{REVISION}"
licence = "free"
preview = true
files = [{{path = "v.bin", size = 3, sha256 = "{DIGEST}", needed = true}}]

[models.judge]
purpose = "judges"
repo = "a/c"
revision = "{REVISION}"
licence = "free"
evaluation = true
files = [{{path = "j.bin", size = 13, sha256 = "{DIGEST}", needed = true}}]
"""


@pytest.fixture(autouse=True)
def locked(tmp_path, monkeypatch) -> Path:
    (tmp_path / "some.lock").write_text(TEXT)
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(tmp_path / "some.lock"))
    return tmp_path / "some.lock"


def test_the_lock_in_force_is_the_one_that_is_named_or_the_built_in_one(locked, monkeypatch):
    assert lock.lock_path() == lock.read().path == locked
    monkeypatch.chdir(locked.parent)
    monkeypatch.setenv("AVATAR_MODELS_LOCK", "some.lock")
    assert lock.lock_path() == locked
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    assert lock.lock_path() == lock.BUILT_IN and lock.read(locked).path == locked


def test_where_nothing_is_named_all_that_makes_a_video_is_meant():
    current = lock.read()
    one, judge, voices = (current.model(name) for name in ("one", "judge", "voices"))
    assert (current.models, current.preview, current.evaluation) == ((one,), (voices,), (judge,))
    assert current.every == (one, voices, judge) and current.by_name == (voices, judge)
    assert current.select([]) == [one] and current.select(["judge", "one", "judge"]) == [judge, one]
    with pytest.raises(RequestError, match="no model 'two' in .*some.lock; there are: one, voices, judge"):
        current.select(["one", "two"])


def test_what_nothing_loads_does_not_count():
    one = lock.read().model("one")
    assert [file.path for file in one.needed] == ["b.bin", "a.bin"] and one.needed_bytes == 12


@pytest.mark.parametrize(
    ("old", "new", "is_other"),
    [
        ("extra.bin", "other.bin", False),
        ("size = 5", "size = 6", False),
        ("a.bin", "c.bin", True),
        ("2222", "3333", True),
    ],
)
def test_the_digest_is_of_the_paths_and_bytes_that_are_needed(locked, old, new, is_other):
    before = lock.read().model("one").digest
    locked.write_text(TEXT.replace(old, new, 1))
    assert (lock.read().model("one").digest != before) == is_other


def test_the_order_of_files_does_not_change_the_digest(locked):
    before = lock.read().model("one").digest
    locked.write_text(TEXT.replace("a.bin", "x").replace("b.bin", "a.bin").replace('"x"', '"b.bin"'))
    assert lock.read().model("one").digest == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("size = 5", "size = 0", "size"), ("a/b", "a", "repo"),
     ("b.bin", "../b.bin", "path"), ("b.bin", "/b.bin", "path"), ("b.bin", "a.bin", "names a file twice"),
     ("licence = \"free\"", "licence = \"other\"", "no entry 'other'"), ("purpose", "colour", "colour|purpose"),
     ("[licences.free]", "[licence.free]", "no entry 'licences'"), ("1111\"", "111\"", "revision"), ("[models", "[", "cannot use the lock"),
     ("[models.judge]", "[models.judge", "Expected"), ("222\", needed", "A22\", needed", "sha256")],
)  # fmt: skip
def test_a_lock_that_pins_too_little_is_refused_by_its_name(locked, old, new, said):
    locked.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(EnvironmentProblem, match=said) as refusal:
        lock.read()
    assert str(locked) in str(refusal.value) and "unset AVATAR_MODELS_LOCK" in str(refusal.value)


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (4_368, "4.4 kB"), (999_940, "999.9 kB"), (10**6, "1.0 MB"),
     (54_573_114, "54.6 MB"), (10**9, "1.00 GB"), (1_876_000_000, "1.88 GB")],
)  # fmt: skip
def test_a_size_is_told_in_the_units_of_disks(size, said):
    assert lock.gigabytes(size) == said
