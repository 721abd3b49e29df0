"""A site-packages folder against a lock, rule by rule, on distributions made here. tests/test_environment.py has real ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from avatar.environment import compare, installed, payload
from avatar.environment.installed import Distribution, RecordedFile


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(site: Path, name: str, files: dict[str, bytes], version: str = "1.0") -> Distribution:
    """Write the files of a distribution and what its RECORD would say of them."""
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
    rows = [RecordedFile(path, sha256(content), len(content)) for path, content in files.items()]
    return Distribution(name, version, (*rows, RecordedFile(f"{name}-{version}.dist-info/RECORD", "", None)))


@pytest.fixture
def site(tmp_path) -> Path:
    return tmp_path / "lib/python3.11/site-packages"


@pytest.fixture
def two(site) -> list[Distribution]:
    return [
        put(site, "ann", {"ann/__init__.py": b"a = 1\n", "ann/more.py": b"b = 2\n"}),
        put(site, "bob", {"bob.py": b""}),
    ]


def digest(distribution: Distribution) -> str:
    return installed.payload_digest(distribution, {file.path: file.sha256 for file in distribution.files})


def lock_of(distributions: list[Distribution]) -> dict:
    return {"base": {each.name: {"version": each.version, "payload": digest(each)} for each in distributions}}


# ---------------------------------------------------------------- layers and versions


@pytest.mark.parametrize(
    ("names", "layers", "problems"),
    [
        ("a b c d", ["base", "full"], []),
        ("a b", ["base"], []),  # a layer that is not there at all was not asked for
        ("a b c", ["base"], ["layer full lacks d (1 of 2 not installed)"]),
        ("b c d", ["full"], ["layer base lacks a (1 of 2 not installed)"]),
        ("", [], ["layer base lacks a, b (2 of 2 not installed)"]),
        ("a b c d e", ["base", "full"], []),
    ],
)
def test_a_layer_is_there_as_a_whole_or_told(names, layers, problems):
    lock = {"base": {"a": {}, "b": {}}, "full": {"c": {}, "d": {}}}
    assert compare.present_layers(set(names.split()), lock) == (layers, problems)


@pytest.mark.parametrize(
    "names, layers, problems",
    [
        ("a b c", ["base", "pocket"], []),
        ("a b c d", ["base", "full"], []),
        ("a b", ["base"], ["layer pocket lacks c (1 of 2 not installed)"]),
        ("a b d", ["base"], ["layer full lacks c (1 of 3 not installed)"]),
        ("a", ["base"], []),
    ],
)
def test_a_part_stands_in_the_place_of_its_layer_where_nothing_beyond_it_is_installed(names, layers, problems):
    lock = {"base": {"a": {}}, "full": {"b": {}, "c": {}, "d": {}}, "pocket": {"b": {}, "c": {}}}
    assert compare.present_layers(set(names.split()), lock) == (layers, problems)
    del lock["full"]  # as bootstrap asks
    there = set(names.split()) - {"d"}
    assert compare.present_layers(there, lock)[0] == (["base", "pocket"] if {"b", "c"} <= there else ["base"])


@pytest.mark.parametrize(
    ("there", "problems"),
    [
        ({"pytest", "pluggy"}, []),  # what `./run --test` has
        ({"pytest", "jiwer"}, ["layer test lacks pluggy, semver (2 of 4 not installed)"]),
        ({"pluggy", "jiwer", "semver"}, ["layer test lacks pytest (1 of 4 not installed)"]),
    ],
)
def test_of_the_test_layer_the_tools_alone_will_do(there, problems):
    lock = {"base": {"a": {}}, "test": dict.fromkeys(("pytest", "pluggy", "jiwer", "semver"), {})}
    assert compare.present_layers({"a", *there}, lock) == (["base"], problems)


def test_each_distribution_is_the_locked_version_and_there_once():
    lock = {"base": {"a": {"version": "1"}}, "full": {"b": {"version": "2"}}}
    found = [Distribution(*each, ()) for each in (("a", "1"), ("b", "3"), ("b", "2"), ("c", "4"))]
    assert compare.wrong_distributions(found, lock) == [
        "b 3 is installed, the lock names 2", "c 4 is not in the lock", "b is installed 2 times",
    ]  # fmt: skip
    assert compare.wrong_distributions(found[:1], lock) == []


# ---------------------------------------------------------------- files


def test_sizes_are_compared_without_reading(site, two):
    assert compare.wrong_sizes(site, two) == []
    (site / "ann/more.py").write_bytes(b"c = 3\n")  # as long
    assert compare.wrong_sizes(site, two) == []
    (site / "ann/more.py").write_bytes(b"c = 30\n")
    (site / "ann/__init__.py").unlink()
    (site / "bob.py").write_bytes(b"x")
    assert compare.wrong_sizes(site, two) == [
        "ann 1.0: ann/__init__.py (missing), ann/more.py (differs)",
        "bob 1.0: bob.py (differs)",
    ]


def test_what_an_installer_writes_has_no_size_to_compare(site):
    record = RecordedFile("ann-1.0.dist-info/INSTALLER", "0" * 64, 3)
    after = RecordedFile("gone.py", "0" * 64, 5)
    without = RecordedFile("ann/unsized.py", "0" * 64, None)
    found = [Distribution("ann", "1.0", (without, record, after))]
    assert compare.wrong_sizes(site, found) == ["ann 1.0: gone.py (missing)"]  # those before it stop nothing


def test_a_record_of_another_wheel_is_told_without_hashing(site, two):
    lock = lock_of(two)
    assert compare.wrong_records(site, two, lock) == []
    lock["base"]["ann"]["payload"] = "0" * 64
    assert compare.wrong_records(site, two, lock) == ["ann 1.0 is another wheel than the locked one"]
    unlocked = {"base": {"bob": lock["base"]["bob"]}}
    assert compare.wrong_records(site, two, unlocked) == []  # wrong_distributions names it
    unhashed = Distribution("ann", "1.0", (*two[0].files, RecordedFile("ann/other.py", "", 3)))
    assert compare.wrong_records(site, [unhashed], lock) == []  # its RECORD says too little


def test_contents_are_those_of_the_locked_wheel(site, two):
    lock = lock_of(two)

    def wrong(lock: dict = lock) -> list[str]:
        on_disk = installed.hash_files(site, two)
        digests = {each.name: installed.payload_digest(each, on_disk) for each in two}
        return compare.wrong_contents(two, digests, on_disk, lock)

    assert wrong() == []
    other = {"base": {**lock["base"], "bob": {"version": "1.0", "payload": "0" * 64}}}
    assert wrong(other) == ["bob 1.0: agrees with its own RECORD, but is not the locked wheel"]
    assert wrong({"base": {}}) == []
    (site / "ann/more.py").write_bytes(b"c = 3\n")
    assert wrong() == wrong({"base": {}}) == ["ann 1.0: ann/more.py (differs)"]


def test_the_fingerprint_is_of_what_is_on_disk_and_of_layers_that_have_one(two):
    digests = {"ann": "1" * 64, "bob": "2" * 64}
    lock = {"base": {"ann": {}}, "full": {"bob": {}}, "test": {"bob": {}}}
    expected = {
        "base": payload.layer_fingerprint({"ann": {"version": "1.0", "payload": "1" * 64}}),
        "full": payload.layer_fingerprint({"bob": {"version": "1.0", "payload": "2" * 64}}),
    }
    assert compare.fingerprints(two, digests, lock, ["base", "full", "test"]) == expected
    assert compare.fingerprints(two, digests, lock, ["full"]) == {"full": expected["full"]}


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, ""), (1, "0"), (4, "0, 1, 2, 3"), (5, "0, 1, 2, 3 and 1 more"), (9, "0, 1, 2, 3 and 5 more")],
)
def test_a_few_are_named_and_the_rest_counted(count, said):
    assert compare.few([str(number) for number in range(count)]) == said


def test_a_few_of_another_number_and_with_another_mark():
    assert compare.few(list("abc"), most=2, separator="; ") == "a; b and 1 more"


# ---------------------------------------------------------------- all of it


def installed_site(site: Path, two: list[Distribution]) -> dict:
    """RECORD files as an installer leaves them; the lock of it."""
    import base64

    for each in two:
        info = site / f"{each.name}-{each.version}.dist-info"
        info.mkdir()
        rows = [
            f"{file.path},sha256={base64.urlsafe_b64encode(bytes.fromhex(file.sha256)).decode().rstrip('=')},{file.size}"
            for file in each.files
            if file.sha256
        ]
        (info / "RECORD").write_text("\n".join([*rows, f"{info.name}/RECORD,,"]) + "\n")
    return lock_of(two)


def test_a_whole_folder_is_compared_with_and_without_reading(site, two):
    lock = installed_site(site, two)
    read, unread = (compare.compare(site, lock, contents) for contents in (True, False))
    assert (
        (read.layers, read.problems, read.shared)
        == (unread.layers, unread.problems, unread.shared)
        == (["base"], [], [])
    )
    assert read.fingerprints == {"base": payload.layer_fingerprint(lock["base"])} and unread.fingerprints == {}
    (site / "stray.py").touch()
    (site / "ann/more.py").write_bytes(b"c = 3\n")
    lock["base"]["cat"] = {"version": "1", "payload": "0" * 64}
    lock["base"]["bob"]["payload"] = "0" * 64
    lacks, stray = "layer base lacks cat (1 of 3 not installed)", "stray.py belongs to no distribution"
    assert compare.compare(site, lock, contents=True).problems == [
        lacks, stray, "ann 1.0: ann/more.py (differs)", "bob 1.0: agrees with its own RECORD, but is not the locked wheel",
    ]  # fmt: skip
    (site / "ann/more.py").unlink()
    assert compare.compare(site, lock, contents=False).problems == [
        lacks, stray, "ann 1.0: ann/more.py (missing)", "bob 1.0 is another wheel than the locked one",
    ]  # fmt: skip
