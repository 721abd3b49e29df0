"""conda-lock.yml passes ci/conda-check, and each gate catches what it is for, planted in a copy."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

pytest.importorskip("rattler")

from avatar.environment import bootstrap

ROOT = Path(__file__).parent.parent
FILES = ("environment.yml", "virtual-packages.yml", "conda-lock.yml")


def load_script(path: Path):
    """A Python script without .py as a module."""
    loader = SourceFileLoader(path.name.replace("-", "_"), str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


# conda-lock itself uses what its dependencies have deprecated
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")

gates = load_script(ROOT / "ci/conda-check")


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the three files, to be spoilt."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text, f"{old!r} is not in {name}: the planted fault would test nothing"
    (folder / name).write_text(text.replace(old, new, 1))


def drop_package(folder: Path, name: str) -> None:
    head, *entries = (folder / "conda-lock.yml").read_text().split("\n- name: ")
    kept = [entry for entry in entries if entry.splitlines()[0] != name]
    assert len(kept) == len(entries) - 1
    (folder / "conda-lock.yml").write_text("\n- name: ".join([head, *kept]))


@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_the_lock_passes(gate):
    assert gate(ROOT) == []


def test_the_lock_holds_the_whole_interpreter():
    versions = {package["name"]: package["version"] for package in gates.packages(ROOT)}
    assert len(versions) == 30
    assert versions["python"].startswith("3.11.")


def test_the_specs_name_a_package_for_every_library_the_wheels_leave_to_the_system():
    """The Debian packages of bootstrap.py and the specs here answer the same list of libraries."""
    conda_names = {
        "libegl1": "libegl", "libgles2": "libgles", "zlib1g": "libzlib", "libstdc++6": "libstdcxx",
    }  # fmt: skip
    locked = {package["name"] for package in gates.packages(ROOT)}
    assert {conda_names[debian] for debian in bootstrap.SYSTEM_LIBRARIES.values()} <= locked


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("environment.yml", "python=3.11", "python=3.12"),
        ("environment.yml", "  - libgles\n", "  - libgles\n  - ffmpeg\n"),
        ("environment.yml", "  - libgles\n", ""),
        ("environment.yml", "  - conda-forge\n", "  - defaults\n"),
        ("virtual-packages.yml", '__glibc: "2.28"', '__glibc: "2.17"'),
        ("virtual-packages.yml", '__unix: "0"', '__unix: "0"\n      __cuda: "12.8"'),
        ("conda-lock.yml", "linux-64: 6", "linux-64: 0"),
    ],
)
def test_a_lock_of_other_specs_is_refused(folder, file, old, new):
    spoil(folder, file, old, new)
    [problem] = gates.wrong_content_hash(folder)
    assert "content hash differs" in problem


def test_a_comment_or_another_order_does_not_count(folder):
    spoil(folder, "environment.yml", "  - libegl\n  - libgles\n", "  # GL\n  - libgles\n  - libegl\n")
    assert gates.wrong_content_hash(folder) == []


def test_a_spec_without_a_package_is_named(folder):
    spoil(folder, "environment.yml", "openssl=3.6", "openssl=3.5")
    assert gates.unmet_specs(folder) == ["environment.yml asks for openssl=3.5, which no locked package matches"]


def test_a_dropped_dependency_is_named(folder):
    drop_package(folder, "libffi")
    problems = gates.unmet_dependencies(folder)
    assert "python 3.11.15 depends on libffi >=3.5.2,<3.6.0a0, locked is none" in problems
    assert gates.unmet_specs(folder) == []
    assert "cannot be solved" in gates.wrong_solution(folder)[0]


def test_a_python_of_another_version_is_named(folder):
    spoil(folder, "conda-lock.yml", "version: 3.11.15", "version: 3.13.5")
    spoil(folder, "conda-lock.yml", "python-3.11.15-", "python-3.13.5-")
    problems = gates.unmet_dependencies(folder)
    assert any(problem.startswith("pip 26.2.1 depends on python >=3.10,<3.13.0a0") for problem in problems)
    assert gates.unmet_specs(folder) == ["environment.yml asks for python=3.11, which no locked package matches"]


def test_a_mixed_build_is_named(folder):
    """The GL libraries depend on one another's very build."""
    spoil(folder, "conda-lock.yml", "libglvnd-1.7.0-ha4b6fd6_2", "libglvnd-1.7.0-ha4b6fd6_3")
    assert len(gates.unmet_dependencies(folder)) == 2


def test_an_older_machine_than_the_packages_admit_is_named(folder):
    spoil(folder, "virtual-packages.yml", '__glibc: "2.28"', '__glibc: "2.12"')
    assert any("__glibc >=2.17" in problem for problem in gates.unmet_dependencies(folder))


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_an_empty_or_missing_hash_is_named(folder, kind):
    [package] = [p for p in gates.packages(folder) if p["name"] == "python"]
    digest = package["hash"][kind]
    spoil(folder, "conda-lock.yml", f"{kind}: {digest}", f"{kind}: ''")
    assert gates.wrong_hashes(folder) == [f"python has no {kind}"]
    spoil(folder, "conda-lock.yml", f"{kind}: ''\n", "\n")
    assert gates.wrong_hashes(folder) == [f"python has no {kind}"]


def test_a_package_that_nothing_needs_is_named(folder):
    spoil(folder, "environment.yml", "  - libgles\n", "")
    assert gates.wrong_solution(folder) == ["libgles is locked, but nothing needs it"]


def test_an_address_outside_the_channel_is_refused(folder):
    spoil(folder, "conda-lock.yml", "https://conda.anaconda.org/conda-forge/", "https://elsewhere.example/conda-forge/")
    with pytest.raises(ValueError, match="not an address of conda-forge"):
        gates.packages(folder)


def test_the_command_prints_what_is_wrong_and_fails(folder):
    done = subprocess.run([sys.executable, ROOT / "ci/conda-check", folder], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    drop_package(folder, "wheel")
    done = subprocess.run([sys.executable, ROOT / "ci/conda-check", folder], capture_output=True, text=True)
    assert done.returncode == 1 and "pip 26.2.1 depends on wheel, locked is none" in done.stdout


def test_what_cannot_be_read_is_said_with_what_mends_it(folder):
    spoil(folder, "conda-lock.yml", "conda-forge/linux-64/", "conda-forge/osx-64/")
    done = subprocess.run([sys.executable, ROOT / "ci/conda-check", folder], capture_output=True, text=True)
    assert done.returncode == 1 and "not an address of conda-forge" in done.stdout and "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1].startswith("     mend: ")


@pytest.mark.parametrize("command", ["install", "lock"])
def test_conda_lock_knows_the_options_that_the_page_uses(command):
    page = (ROOT / "docs/conda.md").read_text()
    [line] = [line.partition("#")[0] for line in page.splitlines() if line.startswith(f"    conda-lock {command} ")]
    said = subprocess.run([sys.executable, "-m", "conda_lock", command, "--help"], capture_output=True, text=True)
    assert all(option in said.stdout for option in line.split() if option.startswith("--")), said


# ---------------------------------------------------------------- what was downloaded


packages = load_script(ROOT / "ci/conda-packages")


def test_every_locked_package_is_looked_for_with_both_digests():
    entries = packages.locked_files(ROOT / "conda-lock.yml")
    locked = {package["url"].rpartition("/")[2]: package["hash"] for package in gates.packages(ROOT)}
    assert {entry["file"]: {"md5": entry["md5"], "sha256": entry["sha256"]} for entry in entries} == locked


def test_a_lock_with_a_package_that_could_not_be_checked_is_refused(folder):
    digest = packages.locked_files(folder / "conda-lock.yml")[3]["sha256"]
    spoil(folder, "conda-lock.yml", f"    sha256: {digest}\n", "")
    with pytest.raises(ValueError, match="without an address, an md5 and a sha256"):
        packages.locked_files(folder / "conda-lock.yml")
