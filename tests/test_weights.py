"""The lock of weights, where they are looked for, and that no wrong byte of them reaches a model library."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar.errors import EnvironmentProblem, RequestError
from avatar.weights import conversions, licences, lock, places, store
from avatar.weights.digests import TICK_NS, is_stamped, problem_with
from avatar.weights.fetch import plan
from avatar.weights.step import FetchProgress
from avatar.weights.verify import verify
from tests import tiny
from tests.conftest import ROOT, run_command

VARIABLES = (
    "AVATAR_MODELS",
    "AVATAR_MODELS_LOCK",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "XDG_CACHE_HOME",
)


@pytest.fixture(scope="session")
def tiny_original(full_environment, tmp_path_factory) -> Path:
    """All tiny checkpoints with their lock, as ci/tiny-models writes them. Tests work on copies."""
    folder = tmp_path_factory.mktemp("tiny-original") / "models"
    done = subprocess.run([sys.executable, ROOT / "ci/tiny-models", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"AVATAR_MODELS={folder}\nAVATAR_MODELS_LOCK={folder}/models.lock\n"
    return folder


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch) -> None:
    """No weights anywhere: an empty hub cache, no volumes, the built-in lock."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(places, "VOLUMES", ())


@pytest.fixture
def models(tiny_original, tmp_path, monkeypatch) -> Path:
    """A copy of the tiny checkpoints, in use; changed last an hour ago, as weights are."""
    folder = tmp_path / "models"
    shutil.copytree(tiny_original, folder)
    for path in folder.rglob("*"):
        set_age(path, 3600)
    for name, value in tiny.environment(folder).items():
        monkeypatch.setenv(name, value)
    return folder


def set_age(path: Path, seconds: float) -> None:
    changed = time.time_ns() - int(seconds * 1e9)
    os.utime(path, ns=(changed, changed))


def weights_of(name: str) -> list[lock.File]:
    return lock.read().model(name).needed


def every_file(models: Path) -> dict[Path, lock.File]:
    return {models / file.repo / file.path: file for model in lock.read().models for file in model.needed}


# ---------------------------------------------------------------- the lock


def test_the_built_in_lock_pins_what_the_full_stack_loads():
    models = {model.name: model for model in lock.read().models}
    assert list(models) == ["xtts-v2", "stable-diffusion-v1-5", "musetalk-v15", "sd-vae-ft-mse", "whisper-tiny"]
    assert sum(model.needed_bytes for model in models.values()) == 8_504_054_317
    assert [name for name, model in models.items() if model.licence.consent] == ["xtts-v2"]
    xtts = {file.path: file for file in models["xtts-v2"].files}
    assert xtts["model.pth"].sha256 == "c7ea20001c6a0a841c77e252d8409f6a74fb423e79b3206a0771ba5989776187"
    assert not xtts["dvae.pth"].needed  # for training


def test_what_only_judges_a_video_is_locked_beside_it():
    current = lock.read()
    (judge,) = current.evaluation
    assert (judge.name, judge.needed_bytes, judge.licence.consent) == ("syncnet-v2", 54_573_114, True)
    assert judge.files[0].sha256 == "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442"
    assert current.model("syncnet-v2") is judge and judge not in current.select([])
    assert current.select(["syncnet-v2", "whisper-tiny"]) == [judge, current.model("whisper-tiny")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("path = \"config.json\", size = 4368", "path = \"../config.json\", size = 4368", "path"),
        ("path = \"config.json\", size = 4368", "path = \"/etc/passwd\", size = 4368", "path"),
        ("size = 4368", "size = -1", "size"),
        ("6c2b0d75eae4b7047358e3b6bd9325f857d43f77\"\nlicence", "main\"\nlicence", "revision"),
        ("ef262b1454dd", "EF262b1454dd", "sha256"),
        ("vocab.json\", size = 361219", "config.json\", size = 361219", "names a file twice"),
        ("licence = \"cpml\"", "licence = \"unknown\"", "no entry 'unknown'"),
        ("[models.whisper-tiny]", "[models.whisper-tiny", "Expected"),
    ],
)  # fmt: skip
def test_a_lock_that_pins_nothing_is_refused(tmp_path, monkeypatch, old, new, said):
    text = lock.BUILT_IN.read_text()
    assert old in text
    (tmp_path / "changed.lock").write_text(text.replace(old, new, 1))
    monkeypatch.setenv("AVATAR_MODELS_LOCK", str(tmp_path / "changed.lock"))
    with pytest.raises(EnvironmentProblem, match=said) as caught:
        lock.read()
    assert str(tmp_path / "changed.lock") in str(caught.value) and "AVATAR_MODELS_LOCK" in str(caught.value)


def test_a_lock_in_a_folder_of_weights_is_not_read(models, monkeypatch):
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    assert lock.read().path == lock.BUILT_IN
    with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
        store.check_present("whisper-tiny")


def test_importing_weights_imports_nothing_heavy():
    heavy = ("torch", "huggingface_hub", "httpx2", "numpy", "rich")
    modules = (
        "avatar.weights.store, avatar.weights.verify, avatar.weights.fetch, avatar.cli.models, avatar.cli.transfer"
    )
    script = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ---------------------------------------------------------------- places


@pytest.mark.usefixtures("full_environment")
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"HF_HOME": "/a"},
        {"HF_HOME": "~/a/$USER"},
        {"HF_HUB_CACHE": "/b", "HF_HOME": "/a"},
        {"HF_HUB_CACHE": "$HF_HOME/b", "HF_HOME": "/a"},
        {"HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/a"},
        {"XDG_CACHE_HOME": "/d"},
    ],
    ids=str,
)
def test_the_hub_cache_is_where_the_library_has_it(environment):
    script = (
        "from huggingface_hub import constants; from avatar.weights import places\n"
        "print(constants.HF_HUB_CACHE, places.hub_cache())"
    )
    bare = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run([sys.executable, "-c", script], env={**bare, "USER": "me", **environment},
                          capture_output=True, text=True, check=True)  # fmt: skip
    theirs, ours = done.stdout.split()
    assert theirs == ours


def test_places_are_looked_in_in_order(models, tmp_path, monkeypatch):
    volume, pod = places.Place(tmp_path / "volume", "hub"), places.Place(tmp_path / "pod", "plain")
    monkeypatch.setattr(places, "VOLUMES", (volume, places.Place(tmp_path / "absent", "plain"), pod))
    named, cache = places.Place(models, "plain"), places.Place(tmp_path / "hf/hub", "hub")
    file = weights_of("whisper-tiny")[0]
    content = named.path_of(file).read_bytes()
    for place in (volume, pod, cache):
        place.path_of(file).parent.mkdir(parents=True)
        place.path_of(file).write_bytes(content)
    assert places.search_order() == [named, volume, pod, cache]
    assert volume.path_of(file) == tmp_path / f"volume/models--openai--whisper-tiny/snapshots/{'0' * 40}/config.json"
    found = []
    while place := places.find(file):
        found.append(place)
        place.path_of(file).unlink()
    assert found == [named, volume, pod, cache]


def test_a_wrong_file_is_fetched_anew_to_where_it_is_found_first(models, tmp_path, monkeypatch):
    path = models / "openai/whisper-tiny/config.json"
    path.write_bytes(path.read_bytes()[::-1])
    chosen = [lock.read().model("whisper-tiny")]
    (step,) = plan(chosen)
    assert step.target == path and step.problem.startswith(f"{path} is not the file that was locked")
    monkeypatch.setattr(places, "VOLUMES", (places.Place(models, "plain"),))
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "named"))
    (step,) = plan(chosen)
    assert step.target == tmp_path / "named/openai/whisper-tiny/config.json"
    monkeypatch.delenv("AVATAR_MODELS")
    (step,) = plan(chosen)
    assert step.target == path
    path.unlink()
    (step,) = plan(chosen)
    assert step.target.is_relative_to(tmp_path / "hf/hub") and step.problem is None


def test_files_may_lie_in_different_places(models, tmp_path):
    file = weights_of("whisper-tiny")[0]
    elsewhere = places.Place(tmp_path / "hf/hub", "hub").path_of(file)
    elsewhere.parent.mkdir(parents=True)
    shutil.move(models / file.repo / file.path, elsewhere)
    assert store.require("whisper-tiny")[file.path] == elsewhere


def test_only_what_is_locked_is_handed_out(models):
    (models / "openai/whisper-tiny/pytorch_model.bin").write_bytes(b"a pickle that nobody checked")
    assert sorted(store.require("whisper-tiny")) == ["config.json", "model.safetensors"]


# ---------------------------------------------------------------- missing


def test_missing_weights_are_told_in_two_lines(tmp_path):
    with pytest.raises(EnvironmentProblem) as caught:
        store.check_present("xtts-v2", "musetalk-v15", "whisper-tiny")
    first, second = str(caught.value).splitlines()
    assert first == (
        "weights are missing: xtts-v2 (1.88 GB), musetalk-v15 (3.40 GB), whisper-tiny (151.1 MB); 5.43 GB in all, "
        f"not found in {tmp_path}/hf/hub."
    )
    assert second == "this brings them, once: avatar models fetch xtts-v2 musetalk-v15 whisper-tiny"
    with pytest.raises(EnvironmentProblem, match="whisper-tiny"):
        store.require("whisper-tiny")


def test_one_missing_file_is_told_with_its_size(models):
    (models / "openai/whisper-tiny/config.json").unlink()
    size = next(file.size for file in weights_of("whisper-tiny") if file.path == "config.json")
    with pytest.raises(EnvironmentProblem, match=rf"whisper-tiny \({size} bytes\)"):
        store.require("whisper-tiny")


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(RequestError, match="no model 'xtts'.*xtts-v2, stable-diffusion-v1-5"):
        store.require("xtts")


# ---------------------------------------------------------------- wrong


def test_right_weights_are_handed_out_and_hashed_once(models, monkeypatch):
    for model in lock.read().models:
        found = store.require(model.name)
        assert found == {file.path: models / file.repo / file.path for file in model.needed}
    for path, file in every_file(models).items():
        assert is_stamped(path, file.sha256)
        read = []
        assert problem_with(path, file.size, file.sha256, on_read=read.append) is None
        assert read == []  # the stamp stood for the digest


def test_every_truncation_is_named_before_loading(models):
    for path, file in every_file(models).items():
        store.require(file.model)
        content = path.read_bytes()
        for length in {0, 1, file.size // 2, file.size - 1}:
            os.truncate(path, length)
            with pytest.raises(EnvironmentProblem, match="is not the file that was locked") as caught:
                store.require(file.model)
            assert str(caught.value).startswith(f"{path} ") and f"avatar models fetch {file.model}" in str(caught.value)
            with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
                store.check_present(file.model)
            path.write_bytes(content)
        path.write_bytes(content + b"\0")
        with pytest.raises(EnvironmentProblem, match="is not the file that was locked"):
            store.require(file.model)
        path.write_bytes(content)
        set_age(path, 3600)


def test_a_hundred_flipped_bits_are_named_before_loading(models):
    files, dice = every_file(models), random.Random(3)
    for path, file in files.items():
        store.require(file.model)
        assert is_stamped(path, file.sha256)
    for turn in range(100):
        path = list(files)[turn % len(files)]
        with one_bit_flipped(path, dice):
            with pytest.raises(EnvironmentProblem, match="its sha256 is") as caught:
                store.require(files[path].model)
            assert str(caught.value).startswith(f"{path} ")
        set_age(path, 3600)
        store.require(files[path].model)


def test_verify_names_a_hundred_bits_that_rotted_under_their_stamps(models):
    files, dice = every_file(models), random.Random(4)
    for path, file in files.items():
        assert problem_with(path, file.size, file.sha256) is None
    for turn in range(100):
        path = list(files)[turn % len(files)]
        file, before = files[path], os.stat(path)
        with one_bit_flipped(path, dice):
            set_time(path, before)
            assert is_stamped(path, file.sha256)  # what rots leaves the stamp as it is
            (result,) = verify([lock.read().model(file.model)], FetchProgress())
            assert not result["ok"] and len(result["problems"]) == 1
            assert result["problems"][0].startswith(f"{path} is not the file that was locked: its sha256 is")
            with pytest.raises(EnvironmentProblem):  # and once it was found, loading refuses too
                store.require(file.model)
        set_time(path, before)
        store.require(file.model)


@contextlib.contextmanager
def one_bit_flipped(path: Path, dice: random.Random) -> Iterator[None]:
    """One random bit of a file is the other way round inside the block."""
    offset, bit = dice.randrange(path.stat().st_size), 1 << dice.randrange(8)
    flip(path, offset, bit)
    yield
    flip(path, offset, bit)


def flip(path: Path, offset: int, bit: int) -> None:
    with open(path, "r+b") as file:
        file.seek(offset)
        value = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([value ^ bit]))


def set_time(path: Path, status: os.stat_result) -> None:
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_file_changed_just_now_is_hashed_again_even_where_its_time_is_the_same(models):
    """A second change within one tick of the clock leaves size, time and inode as they were."""
    file = weights_of("whisper-tiny")[0]
    path = models / file.repo / file.path
    set_age(path, 0)
    assert problem_with(path, file.size, file.sha256) is None
    assert not is_stamped(path, file.sha256)
    set_age(path, TICK_NS / 1e9)
    assert problem_with(path, file.size, file.sha256) is None
    assert is_stamped(path, file.sha256)


def test_another_file_with_the_same_size_and_time_is_hashed_again(models):
    file = weights_of("whisper-tiny")[0]
    path = models / file.repo / file.path
    store.require("whisper-tiny")
    before = os.stat(path)
    other = path.with_name("other")
    other.write_bytes(b"x" * file.size)
    other.replace(path)
    set_time(path, before)
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.require("whisper-tiny")


def test_without_a_writable_home_weights_are_checked_all_the_same(models, home):
    (home / "stamps").write_text("a file where the folder should be")
    assert store.require("whisper-tiny")
    path = models / "openai/whisper-tiny/config.json"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.require("whisper-tiny")


def test_a_stamp_of_rubbish_is_no_stamp(models, home):
    store.require("whisper-tiny")
    for stamp in (home / "stamps").iterdir():
        stamp.write_text("[]")
    path = models / "openai/whisper-tiny/config.json"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.require("whisper-tiny")


# ---------------------------------------------------------------- conversions


def reverse_config(files: dict[str, Path], target: Path) -> None:
    target.write_bytes(files["config.json"].read_bytes()[::-1])


def counted(made: list[str]):
    def make(files: dict[str, Path], target: Path) -> None:
        made.append(target.name)
        reverse_config(files, target)

    return make


def test_a_conversion_is_made_once(models):
    made: list[str] = []
    path = store.converted("whisper-tiny", "reversed", counted(made))
    assert path.read_bytes() == (models / "openai/whisper-tiny/config.json").read_bytes()[::-1]
    assert store.converted("whisper-tiny", "reversed", counted(made)) == path
    assert made == ["reversed"]
    assert store.converted("whisper-tiny", "reversed", counted(made), version="2") != path
    assert store.converted("whisper-tiny", "other", counted(made)) != path
    assert made == ["reversed", "reversed", "other"]


def test_a_conversion_may_be_a_folder(models):
    def make(files: dict[str, Path], target: Path) -> None:
        (target / "deep").mkdir(parents=True)
        reverse_config(files, target / "deep/file")

    folder = store.converted("whisper-tiny", "parts", make)
    os.truncate(folder / "deep/file", 3)
    assert (store.converted("whisper-tiny", "parts", make) / "deep/file").stat().st_size > 3


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "record"])
def test_a_damaged_conversion_is_made_again(models, damage):
    path = store.converted("whisper-tiny", "reversed", reverse_config)
    content = path.read_bytes()
    set_age(path, 3600)
    store.converted("whisper-tiny", "reversed", reverse_config)
    if damage == "flip":
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif damage == "truncate":
        os.truncate(path, len(content) - 1)
    elif damage == "remove":
        path.unlink()
    else:
        (path.parent / "made.json").write_text("{")
    assert store.converted("whisper-tiny", "reversed", reverse_config) == path
    assert path.read_bytes() == content


def test_a_conversion_reads_no_byte_that_was_not_hashed_just_before(models):
    """A bit that rotted under its stamp is let through by `require`, but never into a conversion."""
    path = models / "openai/whisper-tiny/config.json"
    store.require("whisper-tiny")
    before = os.stat(path)
    path.write_bytes(path.read_bytes()[::-1])
    set_time(path, before)
    store.require("whisper-tiny")
    made: list[str] = []
    with pytest.raises(EnvironmentProblem, match="its sha256 is"):
        store.converted("whisper-tiny", "reversed", counted(made))
    assert made == []


def test_a_conversion_that_fails_or_is_killed_leaves_nothing_behind(models, home):
    def fail(files: dict[str, Path], target: Path) -> None:
        target.write_bytes(b"half")
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        store.converted("whisper-tiny", "reversed", fail)
    assert [path.name for path in (home / "converted").iterdir() if not path.name.endswith(".lock")] == []
    script = (
        "import os, signal; from avatar.weights import store\n"
        "def die(files, target): target.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.converted('whisper-tiny', 'reversed', die)"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert killed.returncode == -9
    assert store.converted("whisper-tiny", "reversed", reverse_config).read_bytes() != b"half"
    left = [path.name for path in (home / "converted").iterdir() if not path.name.endswith(".lock")]
    assert left == [store.converted("whisper-tiny", "reversed", reverse_config).parent.name]


def test_two_conversions_at_once_are_one(models):
    made: list[str] = []

    def slowly(files: dict[str, Path], target: Path) -> None:
        time.sleep(0.3)
        counted(made)(files, target)

    both = [threading.Thread(target=store.converted, args=("whisper-tiny", "reversed", slowly)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert made == ["reversed"]


# ---------------------------------------------------------------- facts, and the command line


def test_facts_say_which_weights_under_which_terms(models, monkeypatch):
    facts = store.facts("whisper-tiny")
    assert facts["files"] == {file.path: file.sha256 for file in weights_of("whisper-tiny")}
    assert facts["lock"] == str(models / "models.lock")
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    facts = store.facts("xtts-v2")
    assert facts["lock"] == "built-in" and facts["repo"] == "coqui/XTTS-v2"
    assert facts["licence"]["name"] == "Coqui Public Model License 1.0.0" and facts["licence"]["accepted"] is None
    licences.accept(lock.read().model("xtts-v2").licence, "--accept-licence")
    assert store.facts("xtts-v2")["licence"]["accepted"]


def test_the_digest_of_a_model_changes_with_its_weights(models, monkeypatch):
    ours = store.digest("whisper-tiny")
    monkeypatch.delenv("AVATAR_MODELS_LOCK")
    assert store.digest("whisper-tiny") != ours


def test_list_and_verify_of_right_weights(models, home):
    listed = run_command("models", "list")
    assert listed.returncode == 0 and listed.stdout.count("unchecked") == 5
    assert listed.stdout.endswith("nothing is missing.\n")
    store.converted("whisper-tiny", "reversed", reverse_config)
    verified = run_command("models", "verify")
    assert verified.returncode == 0, verified.stdout
    lines = verified.stdout.splitlines()
    assert len(lines) == 6 and all(line.startswith("ok ") for line in lines)
    assert run_command("models", "list").stdout.count("ready") == 5


def test_verify_names_what_is_wrong_and_what_mends_it(models):
    store.converted("whisper-tiny", "reversed", reverse_config)
    wrong = models / "TMElyralab/MuseTalk/musetalkV15/unet.pth"
    content = bytearray(wrong.read_bytes())
    content[1000] ^= 4
    wrong.write_bytes(content)
    (models / "coqui/XTTS-v2/vocab.json").unlink()
    conversion = conversions.every("whisper-tiny")[0] / "reversed"
    conversion.write_bytes(b"")
    done = run_command("models", "verify")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("FAIL")] == [
        "xtts-v2:", "musetalk-v15:", f"converted/{conversion.parent.name}:",
    ]  # fmt: skip
    assert any(f"{wrong} is not the file that was locked" in line and "fetch musetalk-v15" in line for line in lines)
    assert any("not here: vocab.json (12.1 kB); 'avatar models fetch xtts-v2'" in line for line in lines)
    assert any(f"{conversion} is not" in line and "made again" in line for line in lines)
    assert run_command("models", "verify", "sd-vae-ft-mse").returncode == 0


def test_nothing_is_missing_so_fetch_needs_no_hub(models):
    done = run_command("models", "fetch", env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9"})
    assert done.returncode == 0, done.stderr


def test_tiny_models_are_not_written_over_anything(models):
    done = subprocess.run([sys.executable, ROOT / "ci/tiny-models", models], capture_output=True, text=True)
    assert done.returncode == 2 and "name another" in done.stderr


def test_a_tiny_set_that_lacks_a_file_gets_no_lock(tmp_path):
    with pytest.raises(EnvironmentProblem, match=r"lack coqui/XTTS-v2/config\.json"):
        tiny.write_lock(tmp_path)


def test_the_tiny_lock_says_what_lies_there(tiny_original):
    models = tomllib.loads((tiny_original / "models.lock").read_text())["models"]
    for model in models.values():
        assert model["revision"] == tiny.REVISION
        for file in model["files"]:
            content = (tiny_original / model["repo"] / file["path"]).read_bytes()
            assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
