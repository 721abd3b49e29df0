"""The full stack without XTTS-v2, `./run --pocket`: Pocket TTS speaks there, and nothing misses what is not installed.

Twice: in .venv/pocket, where that was made, and in this environment with an import system that shows none of the packages
that locks/pocket.txt lacks.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from avatar.environment import imports, installed, locks
from avatar.environment.payload import layer_fingerprint
from testing import tiny
from tests.conftest import ROOT, without_manifest
from tests.xtts_voice import write_reference

PYTHON = ROOT / ".venv/pocket/bin/python"
VIDEO = ("pipeline", "run", "--text", "Hello there, my friend.", "--voice")
# Lets nobody find the modules HIDDEN.
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else super().find_spec(name, path, target)

sys.meta_path = [Finder if each is PathFinder else each for each in sys.meta_path]
"""
AVATAR = """
import sys
from avatar.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
# What GET /v1/status and /v1/models ask a child of the server.
FACTS = "import json; from avatar.web.checking import facts; print(json.dumps(facts()))"


def hidden_modules() -> set[str]:
    """The top-level modules of what full.txt has and pocket.txt has not."""
    folder = locks.find_locks()
    kept = {wheel.name for wheel in locks.read_wheels(folder, ["base", "pocket"])}
    gone = {wheel.name for wheel in locks.read_wheels(folder, ["full"])} - kept
    modules = {True: set(), False: set()}
    for distribution in installed.read_distributions(installed.site_packages()):
        tops = {module.partition(".")[0] for module in imports.top_level_modules(distribution)}
        modules[distribution.name in gone] |= tops
    return modules[True] - modules[False]


@pytest.fixture(scope="module")
def ground(full_environment, tmp_path_factory) -> Path:
    """A folder with tiny checkpoints of both voices, and me.wav."""
    from avatar.weights import lock
    from testing.tiny import pocket

    folder = tmp_path_factory.mktemp("pocket-alone")
    tiny.write_all(folder / "models")
    pocket.write(folder / "models")
    tiny.write_lock(folder / "models", (*tiny.built_in_models(), lock.read(lock.BUILT_IN).model("pocket-en")))
    write_reference(folder / "me.wav", 120.0)
    return folder


@pytest.fixture(scope="module", params=["hidden", "made"])
def alone(request, ground):
    """Runs avatar, or a program, without XTTS-v2's packages, its home kept from one call to the next."""
    if request.param == "made" and not PYTHON.exists():
        pytest.skip("wants .venv/pocket beside this environment: ./run --pocket true")
    hiding = WITHOUT.replace("HIDDEN", repr(hidden_modules())) if request.param == "hidden" else ""
    python = sys.executable if hiding else PYTHON
    home = ground / request.param

    def run(*words: str | Path, models: Path = ground / "models", program: str = AVATAR) -> subprocess.CompletedProcess:
        environment = {**os.environ, **tiny.environment(models), "AVATAR_HOME": str(home), "AVATAR_PROFILE": "cpu",
                       "AVATAR_RUN": "./run", "PYTHONPATH": str(ROOT)}  # fmt: skip
        return subprocess.run([python, "-c", hiding + program, *words], env=environment, capture_output=True, text=True)

    return run


@pytest.fixture(scope="module")
def in_full(ground) -> str:
    """sha256 of the video that this environment, which lacks nothing, makes with --engine pocket."""
    words = [*VIDEO, ground / "me.wav", "--stack", "full", "--engine", "pocket", "-o", ground / "full.mp4"]
    environment = {**os.environ, **tiny.environment(ground / "models"), "AVATAR_HOME": str(ground / "full-home"),
                   "AVATAR_PROFILE": "cpu"}  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "avatar", *words], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return hashlib.sha256(without_manifest(ground / "full.mp4")).hexdigest()


def test_a_cloned_voice_speaks_with_the_bytes_of_the_full_environment(alone, ground, in_full, tmp_path):
    done = alone(*VIDEO, ground / "me.wav", "--stack", "full", "-o", tmp_path / "made.mp4", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["records"]["voice"]["made_by"]["engine"] == "pocket-tts"
    payload = locks.read_payload(locks.find_locks())
    made_in = {layer: layer_fingerprint(payload[layer]) for layer in ("base", "pocket")}
    assert report["locked_fingerprints"] == made_in, "the layers of this environment, by their own digests"
    assert hashlib.sha256(without_manifest(tmp_path / "made.mp4")).hexdigest() == in_full


@pytest.mark.parametrize("more", [("--engine", "xtts"), ("--language", "de"), None])
def test_xtts_is_refused_in_one_sentence_before_anything_loads(alone, ground, more):
    """Asked for by name, wanted for its language, or as the voice of a request that names none."""
    voice = [ground / "me.wav", *more] if more else []
    done = alone(*(VIDEO if more else VIDEO[:-1]), *voice, "--stack", "full")
    assert done.returncode != 0 and not done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    assert re.search(r"xtts-v2 needs coqui-tts, .*'\./run --full avatar …', .*engine pocket, in en", done.stderr)


def test_a_voice_that_nothing_clones_here_is_kept_with_a_word_on_what_does(alone, ground):
    """In German, which XTTS-v2 alone speaks, whose weights are here; and in English."""
    for name, language, said in (
        (
            "ich",
            "de",
            r"when it is first cloned; XTTS-v2 clones it in the full environment: type '\./run --full avatar …'\.\n",
        ),
        ("me", "en", r"what Pocket TTS hears of the voice is kept\.\n"),
    ):
        done = alone("voice", "clone", ground / "me.wav", "--name", name, "--language", language, "--consent")
        assert done.returncode == 0 and re.search(said, done.stderr), done.stderr


def test_without_weights_the_message_brings_those_that_can_be_loaded(alone, ground, tmp_path):
    """Pocket TTS's too where nobody named an engine: nothing else clones a voice here."""
    (tmp_path / "models.lock").write_text((ground / "models/models.lock").read_text())
    done = alone(
        *VIDEO, ground / "me.wav", "--stack", "full", "--seed", "8", models=tmp_path
    )  # which nobody made before
    assert done.returncode != 0 and "xtts" not in done.stderr
    assert "pocket-en" in done.stderr and "models fetch pocket-en musetalk-v15" in done.stderr
    listed = json.loads(alone("models", "list", "--json", models=tmp_path).stdout)["models"]
    wanted = {row["model"] for row in listed if row["wanted"]}
    assert "pocket-en" in wanted and "musetalk-v15" in wanted and "xtts-v2" not in wanted


def test_the_api_says_what_this_environment_is_and_what_it_wants(alone, tmp_path):
    """By the built-in lock; AVATAR_MODELS_LOCK names none where it is empty."""
    told = alone(program=f"import os; os.environ['AVATAR_MODELS_LOCK'] = ''; {FACTS}", models=tmp_path)
    assert told.returncode == 0, told.stderr
    facts = json.loads(told.stdout)
    assert list(facts["fingerprints"]) == ["base", "pocket"] and facts["stacks"] == ["preview", "full"]
    wanted = {model["id"] for model in facts["weights"] if model["wanted"]}
    assert wanted == {"stable-diffusion-v1-5", "musetalk-v15", "sd-vae-ft-mse", "whisper-tiny", "pocket-en"}
    assert {model["id"] for model in facts["weights"]} - wanted == {"xtts-v2", "kokoro-voices"}


def test_fit_reckons_with_the_voice_that_speaks(alone):
    report = json.loads(alone("fit", "--json").stdout)
    assert report["stages"]["voice"]["model"] == "Pocket TTS"
    assert "--engine xtts" in (text := alone("fit").stdout) and "no commercial use; not in this environment" in text


def test_the_judge_of_a_cloned_voice_says_what_it_is_without(ground):
    """In the environment that was made, where Python itself is asked."""
    program = "from pathlib import Path; from avatar.quality.speaker import check_speaker as c; p = Path('me.wav'); c(p, p, p)"
    if not PYTHON.exists():
        pytest.skip("wants .venv/pocket beside this environment: ./run --pocket true")
    done = subprocess.run([PYTHON, "-c", program], cwd=ground, env=os.environ | {"PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True)  # fmt: skip
    assert (
        done.returncode and "xtts-v2 needs coqui-tts, which this environment is without" in done.stderr.splitlines()[-1]
    )
