"""What is told of the weights: facts for a report, and `avatar models` on the command line."""

from __future__ import annotations

import os
import subprocess
import sys

from avatar.weights import conversions, licences, lock, store
from tests import weights_in_use
from tests.conftest import run_command
from tests.weights_in_use import reverse_config, weights_of

bare, models = weights_in_use.bare, weights_in_use.models


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
    clones = [line.strip() for line in listed.stdout.splitlines() if "--engine" in line]
    assert [line.split(";")[0] for line in clones] == ["--engine xtts: 15 languages"]  # the models of this lock
    assert all(part in clones[0] for part in ("MiB", "code MPL-2.0", "weights Coqui Public", "no commercial use"))
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


def test_importing_weights_imports_nothing_heavy():
    heavy = ("torch", "huggingface_hub", "httpx2", "numpy", "rich")
    modules = (
        "avatar.weights.store, avatar.weights.verify, avatar.weights.fetch, avatar.cli.models, avatar.cli.transfer"
    )
    script = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
