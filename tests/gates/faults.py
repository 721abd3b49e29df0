"""The planted faults, in one table: what is planted, the gate that must name it, what it says, and what mends it.

A row's gate is a command that a user or CI types. tests/gates/test_faults.py runs it first on the sound copy, where it
must pass, then with the fault, where it must fail, name it and end in the mending command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.gates import host, installed, small, sources, weights
from tests.gates.ground import Ground

STATUS = "./run avatar status"
STRICT = "./run avatar status --strict --no-imports"
FULL = "./run --full avatar status"
BARE = ".venv/base/bin/python -P -m avatar status"  # as somebody calls it who does not know ./run
TREE = "{real}/run --full {real}/ci/gates/check {root}"  # the real environment: ./run in the copy would renew its own
CONDA = "{real}/run --full {real}/ci/conda-check {root}"
PACKAGES = "ci/conda-packages {scratch}/pkgs"
TREE_AGAIN = "./run --full ci/gates/check"
RUN = "./run python -c 'import probe'"
FETCH = "./run --full avatar models fetch"
VERIFY = "./run avatar models verify"

BASE_ANEW = "rm -r {root}/.venv/base && {root}/run true"
FULL_ANEW = "rm -r {root}/.venv/full && {root}/run --full true"
ON_CPU = "export AVATAR_PROFILE=cpu"


@dataclass(frozen=True)
class Fault:
    what: str  # is planted
    gate: str  # the command, {root}, {scratch}: see Ground
    plant: Callable[[Ground], object]
    names: str  # stands in what the gate says
    mend: str  # ends what it says
    prepare: Callable[[Ground], object] | None = None  # done before the gate must pass: a card, weights, a hub


def imports(layers: str, *modules: str) -> str:
    """The import smoke of `avatar status --strict`, for some modules alone: all of the full stack's take minutes."""
    return f"./run --{layers} python -P tests/gates/import_some.py {layers} {' '.join(modules)}"


INSTALLED = [
    Fault("one bit flipped in a shared object", STRICT, installed.flip_shared_object,
          "cv2/cv2.abi3.so (differs)", BASE_ANEW),
    Fault("a file removed", STATUS, installed.remove_file, "mediapipe/__init__.py (missing)", BASE_ANEW),
    Fault("a file cut short", STATUS, installed.cut_file, "pydantic/main.py (differs)", BASE_ANEW),
    Fault("a file changed together with its RECORD", STRICT, installed.change_with_record,
          "agrees with its own RECORD, but is not the locked wheel", BASE_ANEW),
    Fault("a second provider of cv2, opencv-contrib-python", STATUS, installed.second_cv2,
          "several distributions own cv2/__init__.py (opencv-contrib-python, opencv-python-headless)", BASE_ANEW),
    Fault("a file that two locked distributions own", STATUS, installed.own_twice,
          "several distributions own click/core.py (click, rich)", BASE_ANEW),
    Fault("a distribution that the lock does not name", STATUS, installed.extra_distribution,
          "docopt 0.6.2 is not in the lock", BASE_ANEW),
    Fault("two versions of a distribution at once", STATUS, installed.two_versions,
          "numpy is installed 2 times", BASE_ANEW),
    Fault("a stray module in site-packages", STATUS, installed.stray_module,
          "sitecustomize.py belongs to no distribution", BASE_ANEW),
    Fault("a dist-info folder removed", STATUS, installed.remove_dist_info, "layer base lacks numpy", BASE_ANEW),
    Fault("a dependency in a version that another one does not admit", STATUS, installed.other_dependency,
          "unexpected: pydantic 2.14.3 has requirement pydantic-core", BASE_ANEW),
    Fault("transformers downgraded", FULL, installed.downgrade_transformers,
          "transformers 5.10.0 is installed, the lock names 5.23.0", FULL_ANEW),
    Fault("half of a layer, as installed by hand without dependencies", FULL, installed.half_a_layer,
          "layer full lacks coqpit-config, huggingface-hub, tokenizers", FULL_ANEW),
    Fault("torchcodec's distribution gone: XTTS refuses to import", imports("full", "TTS"),
          installed.without("full", "torchcodec"), "TTS does not import: ImportError", FULL_ANEW),
    Fault("coqpit gone", imports("full", "TTS.tts.models.xtts"), installed.without("full", "coqpit"),
          "No module named 'coqpit'", FULL_ANEW),
    Fault("six gone, which coqui-tts needs and does not declare", imports("full", "TTS.tts.models.xtts"),
          installed.without("full", "six"), "No module named 'six'", FULL_ANEW),
    Fault("a shared library of a wheel gone", imports("base", "numpy"), installed.without_openblas,
          "numpy does not import: ImportError", BASE_ANEW),
    Fault("a module that shadows a locked one, through PYTHONPATH", BARE, installed.shadow_in_pythonpath,
          "the module cv2 comes from {scratch}/mine/cv2.py", "unset PYTHONPATH"),
    Fault("a module of one's own before Python's", BARE, installed.shadow_standard_library,
          "the module colorsys comes from {scratch}/mine/colorsys.py", "unset PYTHONPATH"),
    Fault("an environment opened to another folder of packages", STATUS, installed.open_to_another_folder,
          "docopt 0.6.2 is found in {scratch}/other", BASE_ANEW),
    Fault("locks that are nowhere", STATUS, installed.locks_nowhere,
          "AVATAR_LOCKS={scratch}/nowhere holds no payload.json", "unset AVATAR_LOCKS"),
]  # fmt: skip

HOST = [
    Fault("libEGL missing (mediapipe)", STATUS, lambda ground: ground.hide_library("libEGL.so.1"),
          "libEGL.so.1 cannot be loaded", "sudo apt-get install libegl1"),
    Fault("libGLESv2 missing (mediapipe)", STATUS, lambda ground: ground.hide_library("libGLESv2.so.2"),
          "libGLESv2.so.2 cannot be loaded", "sudo apt-get install libgles2"),
    Fault("a glibc older than the wheels' manylinux tags", STATUS, host.newer_glibc_asked_for,
          "manylinux_2_99_x86_64.whl needs glibc 2.99", "docker build --target preview --tag avatar ."),
    Fault("a driver too old for the locked CUDA", FULL, host.gpu("NVIDIA GeForce RTX 3080, 10240, 470.256.02", "8.6"),
          "driver 470.256.02; CUDA 12.8", ON_CPU),
    Fault("a driver that was renewed under the running kernel", FULL, host.mismatched_driver,
          "Driver/library version mismatch", ON_CPU),
    Fault("a GPU older than the locked torch is built for", FULL, host.gpu("Tesla P40, 24576, 535.183.01", "6.1"),
          "compute capability 6.1; the locked torch is built for 7.0", ON_CPU),
    Fault("a GPU newer than the locked torch is built for", FULL, host.gpu("NVIDIA R100, 98304, 610.43.02", "13.0"),
          "compute capability 13.0; the locked torch is built for 7.0", ON_CPU),
    Fault("a GPU with too little memory", FULL, host.gpu("NVIDIA GeForce GTX 1650, 4096, 535.183.01", "7.5"),
          "NVIDIA GeForce GTX 1650 has 4096 MiB; the full stack needs 5600", ON_CPU),
    Fault("HOME unset, and a user without an entry", host.STATUS_AS_NOBODY, host.unset_home,
          "cannot tell where jobs are kept", "set AVATAR_HOME to a folder", prepare=host.home_only),
    Fault("only Python 3.12 around", RUN, small.only_python_312, "no CPython 3.11 found",
          "conda create -n py311 -c conda-forge python=3.11, then AVATAR_PYTHON=<that python> ./run ...",
          prepare=small.checkout_with_python_311),
    Fault("AVATAR_PYTHON names a Python 3.12", RUN, small.name_python_312, "is not a CPython 3.11",
          "name one, or unset it", prepare=small.checkout),
    Fault("a full disk while the environment is made", RUN, small.full_disk, "No space left on device",
          "run this again", prepare=small.checkout),
]  # fmt: skip

WEIGHTS = [
    Fault("weights never fetched", VERIFY, weights.nowhere, "not here: config.json, deep/weights.pth",
          "avatar models fetch toy", prepare=weights.fetched),
    Fault("one file of the weights removed", VERIFY, weights.one_removed, "not here: deep/weights.pth",
          "avatar models fetch toy", prepare=weights.fetched),
    Fault("truncated weights", VERIFY, weights.truncated, "it has 999,999 bytes, not 1,000,000",
          "avatar models fetch toy", prepare=weights.fetched),
    Fault("one bit flipped in weights", VERIFY, weights.flipped, "is not the file that was locked: its sha256 is",
          "avatar models fetch toy", prepare=weights.fetched),
    Fault("HF_HUB_OFFLINE with nothing cached", FETCH, weights.offline, "HF_HUB_OFFLINE",
          "unset it", prepare=weights.hub),
    Fault("a hub that cannot be reached", FETCH, weights.unreachable, "cannot fetch someone/toy config.json",
          "run the same command again", prepare=weights.hub),
    Fault("a hub that sends other bytes", FETCH, weights.other_bytes, "is not the file that was locked",
          "fetch over another network or proxy", prepare=weights.hub),
    Fault("a read-only cache", FETCH, weights.read_only_cache, "Read-only file system",
          "run the same command again", prepare=weights.hub),
    Fault("a disk without room for the weights", FETCH, weights.full_disk, "of weights needs 201.0 MB",
          "AVATAR_MODELS for weights", prepare=weights.hub),
]  # fmt: skip

SOURCES = [
    Fault("a pin raised in pyproject.toml, the lock older", TREE, sources.raise_pin,
          "pyproject.toml asks for click==8.6.0, locked is 8.5.1", "ci/lock"),
    Fault("a dependency added to pyproject.toml, the lock older", TREE, sources.add_dependency,
          "base.txt lacks six", "ci/lock"),
    Fault("a version edited by hand in a lock", TREE, sources.edit_version, "click==8.6.0 comes with click-8.5.1", "ci/lock"),
    Fault("a package moved by hand to another layer", TREE, sources.move_layer, "base.txt lacks cffi", "ci/lock"),
    Fault("a transitive dependency missing from a lock", TREE, sources.drop_line("full", "coqpit-config"),
          "full.txt lacks coqpit-config", "ci/lock"),
    Fault("a source distribution pinned", TREE, sources.pin_sdist, "name==version --hash=sha256:", "ci/lock"),
    Fault("an empty hash in a lock", TREE, sources.empty_hash, "name==version --hash=sha256:", "ci/lock"),
    Fault("a wheel for Python 3.12 pinned", TREE, sources.pin_for_312, "does not fit CPython 3.11", "ci/lock"),
    Fault("a wheel for a newer glibc pinned", TREE, sources.pin_for_newer_glibc, "does not fit CPython 3.11", "ci/lock"),
    Fault("an installer that is called past the one place", TREE, sources.call_uv, "ci/more.py:3: starts an installer",
          TREE_AGAIN),
    Fault("a payload digest edited by hand", TREE, sources.edit_payload, "not a sha256", "ci/lock"),
    Fault("an index named in a lock", TREE, sources.name_host, "base.txt:1: ://", "ci/lock"),
    Fault("a lock line with another sha256 than the wheel", RUN, small.wrong_hash, "Hash mismatch",
          "ci/wheelhouse DIR", prepare=small.checkout),
    Fault("a pin that the index does not have", RUN, small.unknown_version, "no version of probe==2.0",
          "ci/wheelhouse DIR", prepare=small.checkout),
    Fault("a lock line edited by hand", RUN, small.edited_lock, "another sha256 for probe 1.0 than payload.json",
          "ci/lock", prepare=small.checkout),
    Fault("torchaudio.info in our code", TREE, sources.code("import torchaudio\n\n\ndef f(p):\n    return torchaudio.info(p)\n"),
          "avatar/voice/planted.py:5: reaches torchaudio.info", TREE_AGAIN),
    Fault("torchaudio.load in our code, under another name", TREE, sources.code("from torchaudio import load as read\n"),
          "avatar/voice/planted.py:1: reaches torchaudio.load", TREE_AGAIN),
    Fault("torchaudio.load reached through coqui-tts", TREE,
          sources.code("from TTS.tts.models.xtts import Xtts\n\n\ndef f(m: Xtts, p):\n    m.get_conditioning_latents(audio_path=p)\n"),
          "coqui-tts reads that with torchaudio.load", TREE_AGAIN),
    Fault("distutils in our code", TREE, sources.code("from distutils import util\n"), "gone in Python 3.12", TREE_AGAIN),
    Fault("unittest.mock in the suite", TREE, sources.test("from unittest import mock\n"),
          "tests/test_planted.py:1: imports unittest.mock", TREE_AGAIN),
    Fault("a stand-in in sys.modules", TREE, sources.test("import sys\n\nsys.modules['torch'] = object()\n"),
          "tests/test_planted.py:3: puts something into sys.modules", TREE_AGAIN),
    Fault("a function of torch monkeypatched", TREE,
          sources.test("import torch.cuda as c\n\n\ndef test_gpu(monkeypatch):\n    monkeypatch.setattr(c, 'is_available', bool)\n"),
          "tests/test_planted.py:5: replaces torch.cuda.is_available", TREE_AGAIN),
    Fault("a locked module replaced inside of ours", TREE,
          sources.test("def test_it(monkeypatch):\n    monkeypatch.setattr('avatar.voice.xtts.engine.torch.load', id)\n"),
          "tests/test_planted.py:2: replaces avatar.voice.xtts.engine.torch.load", TREE_AGAIN),
    Fault("a stub module named like a locked one", TREE, sources.stub("mediapipe.py"), "tests/mediapipe.py:1:", TREE_AGAIN),
]  # fmt: skip

CONDA_FAULTS = [
    Fault("conda: a changed spec", CONDA, sources.spoil("environment.yml", "python=3.11", "python=3.12"),
          "content hash differs", "./run --full ci/conda-check"),
    Fault("conda: a package for another Python", CONDA, sources.other_conda_python,
          "depends on python", "./run --full ci/conda-check"),
    Fault("conda: a dependency removed", CONDA, sources.drop_conda_package("libffi"),
          "depends on libffi", "./run --full ci/conda-check"),
    Fault("conda: an empty sha256", CONDA, sources.empty_conda_hash, "python has no sha256", "./run --full ci/conda-check"),
    Fault("conda: a mixed build of the GL libraries", CONDA,
          sources.spoil("conda-lock.yml", "libglvnd-1.7.0-ha4b6fd6_2", "libglvnd-1.7.0-ha4b6fd6_3"),
          "depends on libglvnd", "./run --full ci/conda-check"),
    Fault("conda: a downloaded package with other bytes", PACKAGES, sources.flip_conda_package,
          "python-3.11.15-h7508c33_1_cpython.conda: its sha256 is", "conda-lock install --name avatar conda-lock.yml",
          prepare=sources.conda_packages),
    Fault("conda: a wrong md5 in the lock, the sha256 right", PACKAGES, sources.wrong_conda_md5,
          "its md5 is", "conda-lock install --name avatar conda-lock.yml", prepare=sources.conda_packages),
    Fault("conda: a package that was never downloaded", PACKAGES, sources.remove_conda_package,
          "is not there", "conda-lock install --name avatar conda-lock.yml", prepare=sources.conda_packages),
]  # fmt: skip

FAULTS = [*INSTALLED, *HOST, *WEIGHTS, *SOURCES, *CONDA_FAULTS]


@dataclass(frozen=True)
class Harmless:
    """Something that must not get in: the command does and says the same with it as without."""

    what: str
    command: str
    plant: Callable[[Ground], object]


# What stopped the predecessor, and which rows of the tables above, or which tests elsewhere, would stop it now.
LESSONS = [
    ("`pip install TTS` hung: the company behind it had closed, its pins were stale",
     "the lock is resolved once and installed by hash; `picctl audit` names what is abandoned",
     ["a pin that the index does not have", "a pin raised in pyproject.toml, the lock older",
      "a lock line with another sha256 than the wheel"]),
    ("Python 3.12 did not work: TTS used distutils",
     "only CPython 3.11 makes an environment; no wheel for another one is locked",
     ["AVATAR_PYTHON names a Python 3.12", "a wheel for Python 3.12 pinned", "distutils in our code"]),
    ("`torchaudio.info` was gone", "our code reads sound with soundfile; the call is refused",
     ["torchaudio.info in our code"]),
    ("`torchaudio.load` wanted torchcodec, which nothing declared",
     "the call is refused, also through coqui-tts; every import is tried with FFmpeg's libraries out of sight",
     ["torchaudio.load in our code, under another name", "torchaudio.load reached through coqui-tts",
      "torchcodec's distribution gone: XTTS refuses to import",
      "tests/test_import_smoke.py::test_every_module_of_the_lock_imports"]),
    ("no module `coqpit`: installed without its dependencies",
     "each layer of the lock is the closure of what is declared; every module is imported",
     ["coqpit gone", "six gone, which coqui-tts needs and does not declare",
      "half of a layer, as installed by hand without dependencies", "a transitive dependency missing from a lock"]),
    ("25 tests failed on RunPod: mocks in the place of the packages",
     "a test that replaces a locked package is refused",
     ["unittest.mock in the suite", "a stand-in in sys.modules", "a function of torch monkeypatched",
      "a locked module replaced inside of ours", "a stub module named like a locked one"]),
    ("RunPod's Python is 3.12", "`./run` finds a CPython 3.11, or names three ways to get one",
     ["only Python 3.12 around"]),
    ("the video was never made", "CI renders the demo, and checks what is seen and heard in it",
     ["tests/test_demo.py::test_the_measured_quality", "tests/test_full_stack.py::test_the_video_is_whole"]),
    ("12 GB of weights were never fetched in a clean place",
     "every file has a size and a sha256; what is missing or wrong is told before anything loads",
     ["weights never fetched", "one file of the weights removed", "truncated weights", "one bit flipped in weights"]),
]  # fmt: skip

HARMLESS = [
    Harmless("modules of one's own in PYTHONPATH, under ./run", "./run avatar --version", host.poisoned_pythonpath),
    Harmless("modules of one's own in the current folder", "{root}/run avatar --version", host.poisoned_folder),
    Harmless("packages of the user's own", "./run avatar --version", host.poisoned_user_site),
    Harmless("the locale C, and a text with letters beyond ASCII", host.READ_TEXT, host.locale_c),
    Harmless("HOME unset, AVATAR_HOME named", "./run avatar --version && ./run avatar models list", host.unset_home),
]
