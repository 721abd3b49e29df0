"""The environment against its lock: the installed bytes are those of the wheels, and whatever is planted is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from avatar.environment import checks, compare, dependencies, installed, locks, payload
from avatar.environment.status import status_report

pytestmark = pytest.mark.usefixtures("full_environment")  # which has every layer

LOCK = locks.read_payload(locks.find_locks())
SITE = installed.site_packages()
COPIED = ("click", "mdurl", "six", "tqdm")  # small, and tqdm has a script in bin/


# ---------------------------------------------------------------- this environment


@pytest.fixture(scope="module")
def report() -> dict:
    return status_report(strict=True, imports=False)


def test_this_environment_is_the_locked_one_to_the_byte(report):
    failed = [check for check in report["checks"] if not check["ok"]]
    assert not failed
    assert report["host"]["layers"] == "base full test"


def test_the_fingerprints_are_those_of_the_lock(report):
    assert report["fingerprints"] == {layer: payload.layer_fingerprint(LOCK[layer]) for layer in ("base", "full")}


def test_status_is_json_and_imports_no_model_library():
    program = (
        "import json, sys; from avatar.environment.status import status_report; json.dumps(status_report(False));"
        "print([m for m in ('torch', 'cv2', 'mediapipe', 'onnxruntime', 'transformers', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_status_without_locks_says_where_it_looked(monkeypatch, tmp_path):
    monkeypatch.setenv("AVATAR_LOCKS", str(tmp_path))
    check = next(check for check in status_report(strict=True)["checks"] if check["name"] == "lock")
    assert not check["ok"] and str(tmp_path) in check["message"] and check["remedy"]


# ---------------------------------------------------------------- wheels and what installers make of them


def make_wheel(folder: Path) -> Path:
    """A wheel with every kind of content: a package, byte code, scripts of two kinds, data, an entry point."""
    wheel = folder / "probe_parts-1.0-py3-none-any.whl"
    files = {
        "probe_parts/__init__.py": "def main(): pass\n",
        "probe_parts-1.0.data/scripts/probe-python": "#!python\nprint('one')\n",
        "probe_parts-1.0.data/scripts/probe-shell": "#!/bin/sh\necho two\n",
        "probe_parts-1.0.data/data/share/probe/notes.txt": "three\n",
        "probe_parts-1.0.data/purelib/probe_pure.py": "FOUR = 4\n",
        "probe_parts-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: probe-parts\nVersion: 1.0\n",
        "probe_parts-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "probe_parts-1.0.dist-info/entry_points.txt": "[console_scripts]\nprobe-entry = probe_parts:main\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, "probe_parts-1.0.dist-info/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "probe_parts-1.0.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel


def test_another_installer_with_byte_code_and_scripts_gives_the_digest_of_the_wheel(tmp_path):
    wheel, prefix = make_wheel(tmp_path), tmp_path / "prefix"
    subprocess.run(
        [sys.executable, "-m", "installer", "--prefix", "/", "--destdir", prefix, "--compile-bytecode", "0", wheel],
        check=True,
    )
    site = next(prefix.rglob("site-packages"))
    assert {p.name for p in site.parents[2].glob("bin/*")} == {"probe-python", "probe-shell", "probe-entry"}
    assert list(site.rglob("*.pyc"))
    [distribution] = installed.read_distributions(site)
    on_disk = installed.hash_files(site, [distribution])
    assert installed.payload_digest(distribution, on_disk) == payload.wheel_digest(wheel)
    (site.parents[2] / "share/probe/notes.txt").write_text("3\n")
    on_disk = installed.hash_files(site, [distribution])
    assert installed.payload_digest(distribution, on_disk) != payload.wheel_digest(wheel)


# ---------------------------------------------------------------- planted faults


@pytest.fixture
def site(tmp_path) -> Path:
    """A site-packages folder with a few of the locked distributions, to be spoilt."""
    folder = tmp_path / "lib/python3.11/site-packages"
    for distribution in installed.read_distributions(SITE):
        if distribution.name in COPIED:
            for file in distribution.files:
                target = folder / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                if (SITE / file.path).exists():
                    shutil.copyfile(SITE / file.path, target)
    return folder


@pytest.fixture
def lock() -> compare.Lock:
    """The lock of that folder, as one layer."""
    everything = {name: entry for packages in LOCK.values() for name, entry in packages.items()}
    return {"base": {name: dict(everything[name]) for name in COPIED}}


def problems_of(site: Path, lock: compare.Lock) -> list[str]:
    return compare.compare(site, lock, contents=True).problems


def replace_in_record(site: Path, distribution: str, old: str, new: str) -> None:
    [record] = site.glob(f"{distribution}-*.dist-info/RECORD")
    text = record.read_text()
    assert old in text
    record.write_text(text.replace(old, new))


def test_the_copy_is_sound_before_anything_is_planted(site, lock):
    found = compare.compare(site, lock, contents=True)
    assert (found.layers, found.problems, found.shared) == (["base"], [], [])
    assert found.fingerprints == {"base": payload.layer_fingerprint(lock["base"])}
    assert compare.compare(site, lock, contents=False).problems == []


def test_a_changed_byte_is_named(site, lock):
    file = site / "click/core.py"
    file.write_bytes(file.read_bytes().replace(b"import", b"Import", 1))
    assert compare.compare(site, lock, contents=False).problems == []  # the size is the same
    found = compare.compare(site, lock, contents=True)
    assert found.problems == [f"click {lock['base']['click']['version']}: click/core.py (differs)"]
    assert found.fingerprints != {"base": payload.layer_fingerprint(lock["base"])}


def test_a_cut_file_is_seen_without_reading(site, lock):
    (site / "mdurl/_parse.py").write_text("")
    [problem] = compare.compare(site, lock, contents=False).problems
    assert "mdurl/_parse.py (differs)" in problem


def test_a_missing_file_is_named(site, lock):
    (site / "six.py").unlink()
    for contents in (False, True):
        [problem] = compare.compare(site, lock, contents).problems
        assert problem.startswith("six ") and "six.py (missing)" in problem


def test_a_file_changed_together_with_its_record_is_found(site, lock):
    file = next(f for d in installed.read_distributions(site) if d.name == "six" for f in d.files if f.path == "six.py")
    (site / "six.py").write_text("")
    replace_in_record(site, "six", f"{file.size}", "0")
    [record] = site.glob("six-*.dist-info/RECORD")
    record.write_text("".join(
        "six.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n" if line.startswith("six.py,") else line
        for line in record.read_text().splitlines(keepends=True)
    ))  # fmt: skip
    assert "six 1.17.0: agrees with its own RECORD, but is not the locked wheel" in problems_of(site, lock)


def test_a_file_nobody_owns_is_named(site, lock):
    (site / "sitecustomize.py").write_text("import os\n")
    assert problems_of(site, lock) == ["sitecustomize.py belongs to no distribution"]


def test_a_missing_distribution_is_named_with_its_layer(site, lock):
    shutil.rmtree(next(site.glob("six-*.dist-info")))
    (site / "six.py").unlink()
    found = compare.compare(site, lock, contents=True)
    assert found.problems == ["layer base lacks six (1 of 4 not installed)"]
    assert (found.layers, found.fingerprints) == ([], {})


def test_a_distribution_outside_the_lock_is_named(site, lock):
    del lock["base"]["six"]
    assert problems_of(site, lock) == ["six 1.17.0 is not in the lock"]


def test_another_version_is_named(site, lock):
    lock["base"]["six"]["version"] = "1.18.0"
    assert "six 1.17.0 is installed, the lock names 1.18.0" in problems_of(site, lock)


def test_two_versions_at_once_are_named(site, lock):
    shutil.copytree(next(site.glob("six-*.dist-info")), site / "six-1.16.0.dist-info")
    assert "six is installed 2 times" in problems_of(site, lock)


def test_two_distributions_that_own_one_file_are_named(site, lock):
    replace_in_record(site, "mdurl", "mdurl/_parse.py", "click/core.py")
    found = compare.compare(site, lock, contents=False)
    check = checks.check_shared_files(found)
    assert not check.ok and "click/core.py (click, mdurl)" in check.message


def test_two_distributions_with_the_same_bytes_in_one_file_do_no_harm(site, lock):
    replace_in_record(site, "mdurl", "\n", "\nclick/py.typed,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n")
    assert compare.compare(site, lock, contents=False).shared == []


def test_a_layer_that_is_there_in_part_is_an_error_and_an_absent_one_is_not(site, lock):
    split = {"base": dict(list(lock["base"].items())[:2]), "full": {"torch": {"version": "2.10.0", "payload": ""}}}
    split["test"] = dict(list(lock["base"].items())[2:])
    assert compare.compare(site, split, contents=False).layers == ["base", "test"]
    split["full"]["six"] = split["test"].pop("six")
    found = compare.compare(site, split, contents=False)
    assert found.layers == ["base", "test"]
    assert found.problems == ["layer full lacks torch (1 of 2 not installed)"]


def test_avatar_itself_and_its_path_file_never_enter(site, lock):
    folder = site / "avatar-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: avatar\nVersion: 0.1.0\n")
    (site / "avatar.pth").write_text("/elsewhere\n")
    assert problems_of(site, lock) == []


# ---------------------------------------------------------------- declared needs


def test_a_need_that_nobody_meets_is_unexpected(site):
    needs = ("coqpit-config>=0.2; sys_platform == 'linux'", "colorama; sys_platform == 'win32'", "spam; extra == 'ham'")
    replace_metadata(site, "six", "Name: six", "\n".join(["Name: six", *(f"Requires-Dist: {need}" for need in needs)]))
    found = dependencies.findings(site)
    assert found == ["six 1.17.0 requires coqpit-config, which is not installed."]
    assert dependencies.compare_findings(found, set()) == [f"unexpected: {found[0]}"]


def test_a_version_that_does_not_fit_is_unexpected(site):
    replace_metadata(site, "six", "Name: six", "Name: six\nRequires-Dist: click<2")
    [finding] = dependencies.findings(site)
    assert finding.startswith("six 1.17.0 has requirement click<2, but you have click ")


def test_an_intended_finding_that_is_gone_is_an_error(site):
    shown = dependencies.expected({"click 8.5.1 requires spam, which is not installed.": "why"}, {"click", "six"})
    assert dependencies.compare_findings(dependencies.findings(site), shown) == [
        "no longer so, take it out of pip-check.txt: click 8.5.1 requires spam, which is not installed."
    ]


def test_an_intended_finding_goes_with_what_brings_the_missing_package():
    intended = {"scikit-image 0.26.0 requires scipy, which is not installed.": "why"}
    assert dependencies.expected(intended, {"scikit-image"}) == set(intended)
    assert dependencies.expected(intended, {"scikit-image", "scipy"}) == set()
    assert dependencies.expected(intended, {"scipy"}) == set()


def test_every_intended_finding_needs_a_reason(tmp_path):
    (tmp_path / "list.txt").write_text("six 1 requires spam, which is not installed.\n")
    with pytest.raises(ValueError, match="list.txt:1: no reason"):
        dependencies.read_intended(tmp_path / "list.txt")


def replace_metadata(site: Path, distribution: str, old: str, new: str) -> None:
    [metadata] = site.glob(f"{distribution}-*.dist-info/METADATA")
    text = metadata.read_text()
    assert old in text
    metadata.write_text(text.replace(old, new, 1))
