"""Every module of the lock imports, each in its own process, without FFmpeg's libraries; the smoke sees faults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from avatar.environment import hidden, imports, installed, locks
from avatar.environment.imports import CannotImport
from avatar.environment.installed import Distribution, RecordedFile
from tests.namespaces import need_mounts


def distribution(*paths: str) -> Distribution:
    return Distribution("probe", "1.0", tuple(RecordedFile(path, "", None) for path in paths))


def run(statement: str, tmp_path: Path) -> str:
    return imports.run_statement(statement, imports.child_environment(str(tmp_path)), [])


@pytest.mark.usefixtures("full_environment")
def test_every_module_of_the_lock_imports():
    layers = list(locks.read_payload(locks.find_locks()))
    assert imports.smoke(installed.site_packages(), layers) == []


def test_the_smoke_covers_every_distribution_that_has_code():
    bare = {d.name for d in installed.read_distributions(installed.site_packages()) if not imports.top_level_modules(d)}
    # these ship nothing but shared libraries in folders of the namespace nvidia
    assert bare <= {"nvidia-cudnn-cu12", "nvidia-cusparselt-cu12", "nvidia-nccl-cu12", "nvidia-nvshmem-cu12"}


@pytest.mark.parametrize(
    ("paths", "modules"),
    [
        (["cv2/__init__.py", "cv2/data/__init__.py", "cv2/cv2.abi3.so"], ["cv2"]),
        (["six.py", "../../../bin/six", "six-1.0.dist-info/RECORD"], ["six"]),
        (["_cffi_backend.cpython-311-x86_64-linux-gnu.so", "pillow.libs/libz.so.1"], ["_cffi_backend"]),
        (["google/protobuf/__init__.py", "google/_upb/_message.abi3.so"], ["google._upb._message", "google.protobuf"]),
        (["nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cudnn/include/cudnn.h", "site.pth"], []),
        (["pkg-1.0.data/scripts/tool.py", "a-b/c.py"], []),
    ],
)
def test_modules_are_found_in_a_record(paths, modules):
    assert imports.top_level_modules(distribution(*paths)) == modules


def test_a_failing_import_is_reported_with_its_exception(tmp_path):
    error = run("import torchaudio_of_the_future.backend", tmp_path)
    assert imports.headline(error) == "ModuleNotFoundError: No module named 'torchaudio_of_the_future'"
    assert imports.judge({"torchaudio.backend": error}, {}) == [
        f"torchaudio.backend does not import: {imports.headline(error)}"
    ]


def test_a_name_that_moved_is_reported(tmp_path):
    error = run("from click import NoSuchThing", tmp_path)
    assert imports.headline(error).startswith("ImportError: cannot import name 'NoSuchThing' from 'click'")


def test_an_import_that_kills_its_process_is_reported(tmp_path):
    assert run("import os; os.kill(os.getpid(), 11)", tmp_path) == "ended with status -11"


def test_an_import_sees_no_gpu_and_no_hub(tmp_path):
    seen = "import os; assert (os.environ['CUDA_VISIBLE_DEVICES'], os.environ['HF_HUB_OFFLINE']) == ('', '1')"
    assert run(seen, tmp_path) == ""


# ---------------------------------------------------------------- cannot-import.toml


KNOWN = {"spam": CannotImport("spam", "no eggs", "not needed", without=("libeggs.so.1", "eggs"))}


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        ({"spam": "OSError: no eggs"}, []),
        ({"spam": "OSError: no ham"}, ["spam fails otherwise than cannot-import.toml says: OSError: no ham"]),
        ({"spam": ""}, ["spam imports now; take it out of cannot-import.toml"]),
        ({"spam": "", "libeggs.so.1": "OSError: cannot open"}, ["spam imports now; take it out of cannot-import.toml"]),
        ({"spam": "", "libeggs.so.1": ""}, []),
        ({"spam": "", "eggs": ""}, []),
        ({"spam": "OSError: no eggs", "eggs": "Error: x"}, ["eggs does not import: Error: x"]),
    ],
)
def test_what_is_known_not_to_import_must_fail_as_it_is_known_to(errors, says):
    assert imports.judge(errors, KNOWN) == says


@pytest.mark.usefixtures("full_environment")
def test_the_list_names_locked_modules_and_gives_reasons():
    modules = {m for d in installed.read_distributions(installed.site_packages()) for m in imports.top_level_modules(d)}
    for entry in imports.read_cannot_import().values():
        assert entry.module in modules
        assert len(entry.error) > 10 and len(entry.reason) > 20


def test_an_entry_without_a_reason_is_refused(tmp_path):
    (tmp_path / "list.toml").write_text('[[module]]\nmodule = "spam"\nerror = "no eggs"\nwithout = []\n')
    with pytest.raises(TypeError, match="reason"):
        imports.read_cannot_import(tmp_path / "list.toml")


# ---------------------------------------------------------------- FFmpeg out of sight


def test_a_shared_library_of_ffmpeg_is_hidden_from_a_child_and_only_there(tmp_path, monkeypatch):
    """A library under FFmpeg's name, so that the test means the same on a host with and without FFmpeg."""
    planted = tmp_path / "libavcodec.so.99"
    planted.write_text("to be hidden")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    found = hidden.ffmpeg_libraries()
    assert planted in found
    hiding = hidden.hiding_command(found)
    if hiding is None:
        need_mounts()
        pytest.fail("mounts are allowed here, yet hiding a library did not work")
    assert subprocess.check_output([*hiding, "cat", planted]) == b""
    assert subprocess.check_output(["cat", planted]) == b"to be hidden"


def test_no_ffmpeg_library_of_this_host_loads_in_a_child():
    found = hidden.ffmpeg_libraries()
    hiding = hidden.hiding_command(found)
    assert hiding is not None, "to hide FFmpeg's libraries the tests must run as root, or be allowed user namespaces"
    for library in found:
        load = [sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", library]
        assert subprocess.run(load).returncode == 0
        assert "file too short" in subprocess.run([*hiding, *load], capture_output=True, text=True).stderr
