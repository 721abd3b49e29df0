"""What a stage is known by: a change that can change its bytes makes it again, and any other makes nothing again.

Files are edited in a copy of the package, which a process of its own imports.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from avatar.device.hardware import profile_named
from avatar.jobs import cause
from avatar.jobs import home as homes
from avatar.progress import Progress
from avatar.request import make_request
from avatar.stacks import stack_for
from avatar.stages import STAGES, Work
from tests.conftest import ROOT, SHORT_TEXT

RUN = ("pipeline", "run", "--text", SHORT_TEXT, "--preset", "joe", "--json")
CAUSES = """
import json, sys
from avatar.jobs.cause import made_by
from avatar.device.hardware import profile_named
from avatar.request import make_request
from avatar.stacks import stack_for
stack = stack_for(make_request(text='Hello.', **json.loads(sys.argv[1])))
profile = profile_named(sys.argv[2]) if sys.argv[2] else None
engines = {'portrait': stack.portrait, 'voice': stack.voice, 'lips': stack.lips}
print(json.dumps({stage: made_by(stage, engine, profile) for stage, engine in engines.items()}))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """A copy of the package with its locks, beside which nothing is."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "avatar", folder / "avatar", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "locks", folder / "locks")
    return folder


def made_by_in(package: Path, asked: dict | None = None, profile: str = "") -> dict[str, dict]:
    done = subprocess.run(
        [sys.executable, "-B", "-c", CAUSES, json.dumps(asked or {}), profile],
        cwd=package, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(package)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FULL = {"stack": "full", "prompt": "an old sailor"}


@pytest.mark.parametrize(
    ("file", "preview", "full"),
    [
        ("cli/help.py", "", ""),
        ("cli/pipeline.py", "", ""),
        ("pipeline.py", "", ""),
        ("api.py", "", ""),
        ("quality/files.py", "", ""),
        ("fit/plan.py", "", ""),
        ("environment/status.py", "", ""),
        ("errors.py", "", ""),
        ("stages.py", "portrait voice lips", "portrait voice lips"),
        ("stacks.py", "", ""),
        ("portrait/framing.py", "portrait lips", "portrait lips"),
        ("portrait/diffusion/prompt.py", "", "portrait"),
        ("voice/presets/vits.py", "voice", ""),
        ("voice/xtts/engine.py", "", "voice"),
        ("voice/speech.py", "voice lips", "voice lips"),
        ("lips/warp/mouth.py", "lips", ""),
        ("lips/musetalk/tone.py", "", "lips"),
        ("media/mark.py", "lips", "lips"),
        ("media/ffmpeg.py", "portrait voice lips", "portrait voice lips"),
    ],
)
def test_a_change_of_code_makes_again_what_it_can_change(package, file, preview, full):
    path = package / "avatar" / file
    before = path.read_text()
    known = {"preview": made_by_in(package), "full": made_by_in(package, FULL, "cpu")}
    try:
        path.write_text(before + "\n# a remark\n")
        now = {"preview": made_by_in(package), "full": made_by_in(package, FULL, "cpu")}
    finally:
        path.write_text(before)
    for stack, wanted in (("preview", preview), ("full", full)):
        changed = [stage for stage in known[stack] if known[stack][stage] != now[stack][stage]]
        assert changed == wanted.split(), f"{file}, {stack} stack"


@pytest.mark.parametrize(
    ("name", "preview", "full"),
    [
        ("click", "", ""),
        ("onnxruntime", "voice", ""),
        ("mediapipe", "portrait", "portrait lips"),
        ("imageio-ffmpeg", "portrait voice lips", "voice lips"),
        ("diffusers", "", "portrait lips"),
        ("coqui-tts", "", "voice"),
    ],
)
def test_other_bytes_of_a_library_make_again_the_stages_that_declare_it(package, name, preview, full):
    known = {"preview": made_by_in(package), "full": made_by_in(package, FULL, "cpu")}
    path = package / "locks/payload.json"
    before = path.read_text()
    layers = json.loads(before)
    next(layer for layer in layers.values() if name in layer)[name]["payload"] = "0" * 64
    try:
        path.write_text(json.dumps(layers))
        now = {"preview": made_by_in(package), "full": made_by_in(package, FULL, "cpu")}
    finally:
        path.write_text(before)
    for stack, wanted in (("preview", preview), ("full", full)):
        changed = [stage for stage in known[stack] if known[stack][stage] != now[stack][stage]]
        assert changed == wanted.split(), f"{stack} stack"


def test_the_profile_is_in_the_cause_where_it_changes_bytes(package):
    by = {name: made_by_in(package, FULL, name) for name in ("cpu", "6GB", "10GB", "24GB")}
    for stage in ("portrait", "voice", "lips"):
        assert by["cpu"][stage]["profile"] != by["10GB"][stage]["profile"]
    assert by["24GB"]["voice"] == by["10GB"]["voice"] == by["6GB"]["voice"]
    assert by["6GB"]["portrait"] != by["10GB"]["portrait"], "the VAE decodes in tiles"
    assert by["6GB"]["lips"] != by["10GB"]["lips"], "batches of another size: other last digits on a card"
    assert all(part["profile"] == {} for part in made_by_in(package, None, "").values()), "the preview has none"


def test_each_declared_file_is_there():
    """A name that is misspelt or moved would silently be no part of any cause."""
    requests = [{}, {"audio": "a.wav"}, {"stack": "full"}, {"stack": "full", "prompt": "a man"}]
    for asked in requests:
        stack = stack_for(make_request(**({"text": "Hello."} if "audio" not in asked else {}), **asked))
        for engine in (stack.portrait, stack.voice, stack.lips):
            for part in engine.code:
                assert (cause.PACKAGE / part).exists(), f"{engine.__name__}: {part}"
    for parts in (*cause.STAGE_CODE.values(), cause.COMMON_CODE):
        for part in parts:
            assert (cause.PACKAGE / part).exists(), part


def test_batches_change_nothing_on_a_cpu():
    lips = stack_for(make_request(text="Hello.", stack="full")).lips
    cpu, card = profile_named("cpu"), profile_named("10GB")
    assert "lips_batch" in lips.uses
    assert cause.profile_part(lips, cpu) == cause.profile_part(lips, replace(cpu, lips_batch=7))
    assert cause.profile_part(lips, card) != cause.profile_part(lips, replace(card, lips_batch=7))


def test_the_words_of_the_mark_are_in_the_cause(home):
    job = homes.create(home, request := make_request(text="Hello."))
    work = Work(job, request, stack_for(request), None, Progress())
    other = replace(work, stack=replace(work.stack, mark="another mark"))
    unmarked = replace(work, request=request.model_copy(update={"mark": False}))
    marks = [STAGES["lips"](each).inputs.pop("mark") for each in (work, other, unmarked)]
    assert marks == ["synthetic preview", "another mark", None]


def test_where_no_locks_are_at_hand_the_installed_version_stands_for_a_library(monkeypatch):
    from importlib import metadata

    cause.library_digest.cache_clear()
    monkeypatch.setattr(cause, "locked_layers", lambda: {})
    try:
        assert cause.library_digest("numpy") == metadata.version("numpy")
        assert cause.library_digest("no-such-distribution") == "not installed"
    finally:
        cause.library_digest.cache_clear()


def test_a_render_after_a_change_of_an_engine_keeps_what_came_before(package, tmp_path):
    """The whole way, by the command: the portrait and the voice are kept, the lips and the video made again."""
    environment = {**os.environ, "PYTHONPATH": str(package), "AVATAR_HOME": str(tmp_path / "home")}

    def run() -> dict:
        done = subprocess.run(
            [sys.executable, "-B", "-P", "-m", "avatar", *RUN],
            cwd=package,
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        records = json.loads(done.stdout)["records"]
        job = next((tmp_path / "home/jobs").glob("[!.]*"))
        return {
            stage: (records[stage]["cause"], (job / f"records/{stage}.json").stat().st_mtime_ns) for stage in STAGES
        }

    first = run()
    for file, remade in (("cli/help.py", ()), ("lips/warp/mouth.py", ("lips",))):
        path = package / "avatar" / file
        before = path.read_text()
        try:
            path.write_text(before + "\n# a remark\n")
            second = run()
        finally:
            path.write_text(before)
        assert {stage for stage in STAGES if first[stage] != second[stage]} == set(remade), file
