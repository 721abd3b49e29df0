"""espeak-ng in a child process: a clause in, its IPA out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from avatar.environment.packaged import package_file
from avatar.errors import EnvironmentProblem
from avatar.voice.presets import espeak


@pytest.mark.parametrize(
    ("clause", "ipa"),
    [
        ("Hello there", "həlˈoʊ ðˈɛɹ"),
        ("Dr. Smith paid 3.14", "dˈɑːktɚ smˈɪθ pˈeɪd θɹˈiː pɔɪnt wˈʌn fˈɔːɹ"),
        ("21st", "twˈɛnti fˈɜːst"),
        ("“quoted” (so)", "kwˈoʊɾᵻd sˈoʊ"),
        ("café déjà vu", "kæfˈeɪ dˌeɪʒɑː vˈuː"),
        ("one. Two, three", "wˌʌn tˈuː θɹˈiː"),
        ("two\nlines\0fine", "tˈuː lˈaɪnz fˈaɪn"),
        ("", ""), ("  ", ""), ("…", ""),
    ],
)  # fmt: skip
def test_phonemize(clause, ipa):
    assert espeak.phonemize([clause]) == [ipa]


def test_many_clauses_take_one_child_and_keep_their_order():
    answers = espeak.phonemize(["one", "", "two"] * 300)
    assert answers == ["wˌʌn", "", "tˈuː"] * 300


def test_the_gpl_library_stays_out_of_this_process():
    espeak.phonemize(["hello"])
    assert "espeak" not in Path("/proc/self/maps").read_text()
    assert "espeakng_loader" not in sys.modules


def espeak_child(package: Path) -> subprocess.CompletedProcess:
    """The child, asked for "hello", with the library and the data of this folder."""
    line = [sys.executable, "-I", espeak.__file__, "en-us", package / "libespeak-ng.so"]
    return subprocess.run(line, input="hello\n", capture_output=True, text=True)


def test_espeak_finds_its_data_in_a_folder_of_any_depth(tmp_path):
    """Given an absolute path over 160 or so bytes, the library looks for its data where it was built."""
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name" * 2] * 8)
    deep.mkdir(parents=True)
    (deep / "espeakng_loader").symlink_to(package_file("espeakng_loader", "__init__.py").parent)
    child = espeak_child(deep / "espeakng_loader")
    assert (child.stdout, child.stderr) == ("həlˈoʊ\n", "")


def test_espeak_without_its_data_says_so(tmp_path):
    real, copy = package_file("espeakng_loader", "__init__.py").parent, tmp_path / "espeakng_loader"
    (copy / "espeak-ng-data").mkdir(parents=True)
    (copy / "libespeak-ng.so").write_bytes((real / "libespeak-ng.so").read_bytes())
    child = espeak_child(copy)
    assert (child.returncode, child.stdout) == (1, "")
    assert "no usable data" in child.stderr


def test_an_unknown_espeak_voice_is_named():
    with pytest.raises(EnvironmentProblem, match="no voice named xx-none"):
        espeak.phonemize(["hello"], voice="xx-none")


@pytest.mark.parametrize(("program", "said"), [("false", "status 1"), ("true", "0 lines for 1 clauses")])
def test_an_espeak_child_that_fails_is_an_error(monkeypatch, program, said):
    monkeypatch.setattr(sys, "executable", f"/bin/{program}")
    with pytest.raises(EnvironmentProblem, match=said):
        espeak.phonemize(["hello"])
