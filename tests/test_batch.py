"""Many jobs at once: each model is loaded once, the bytes are those of one after the other, a failure leaves the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import weakref
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar import pipeline
from avatar.errors import EnvironmentProblem, InputError, TemporaryProblem
from avatar.jobs import home as homes
from avatar.progress import Progress
from avatar.request import make_request
from tests.conftest import ROOT, SHORT_TEXT

TEXTS = (SHORT_TEXT, "A second one.", "And a third.")


def jobs_for(home: Path, *requests: dict) -> list:
    return [homes.create(home, make_request(preset="joe", **asked)) for asked in requests]


def test_a_batch_gives_the_bytes_of_one_after_the_other(home, tmp_path):
    asked = [{"text": text} for text in TEXTS]
    alone = []
    for number, each in enumerate(asked):
        (job,) = jobs_for(tmp_path / str(number), each)
        alone.append(pipeline.render(job, Progress()).read_bytes())
    jobs = jobs_for(home, *asked)
    assert pipeline.render_all(jobs) == {}
    assert [job.video.read_bytes() for job in jobs] == alone
    assert all(job.file("report.json").is_file() for job in jobs)


def test_each_engine_is_loaded_once(home, monkeypatch):
    from avatar.lips.warp.engine import WarpLipsEngine
    from avatar.portrait.given_picture import GivenPortrait
    from avatar.voice.presets.engine import PresetVoice

    loaded: Counter[str] = Counter()
    for engine in (GivenPortrait, PresetVoice, WarpLipsEngine):
        load = engine.load

        def counted(profile=None, load=load, name=engine.__name__):
            loaded[name] += 1
            return load(profile)

        monkeypatch.setattr(engine, "load", counted)
    jobs = jobs_for(home, *({"text": text} for text in TEXTS))
    assert pipeline.render_all(jobs) == {}
    assert loaded == {"GivenPortrait": 1, "PresetVoice": 1, "WarpLipsEngine": 1}
    assert {job.record("portrait").get("copied_from") for job in jobs[1:]} == {jobs[0].id}, "one portrait, made once"
    assert pipeline.render_all(jobs) == {}
    assert sum(loaded.values()) == 3, "what is there needs no engine"


def test_a_job_that_fails_leaves_the_others(home, tmp_path):
    Image.new("RGB", (400, 400), "grey").save(tmp_path / "grey.png")
    jobs = jobs_for(home, {"text": TEXTS[1]}, {"text": TEXTS[1], "portrait": tmp_path / "grey.png"}, {"text": TEXTS[2]})
    with jobs_for(home, {"text": "Held by another."})[0].locked():
        held = jobs_for(home, {"text": "Held by another."})
        failed = pipeline.render_all([*jobs, *held])
    assert {name: type(error) for name, error in failed.items()} == {
        jobs[1].id: InputError,
        held[0].id: TemporaryProblem,
    }
    assert [job.state() for job in jobs] == ["done", "stopped before portrait", "done"]


def test_a_batch_that_is_killed_goes_on_where_it_was(home, tmp_path):
    code = (
        "import sys; from pathlib import Path; from avatar import pipeline; from avatar.jobs import home as homes\n"
        "from avatar.request import make_request\n"
        f"jobs = [homes.create(Path(sys.argv[1]), make_request(text=text, preset='joe')) for text in {TEXTS!r}]\n"
        "print('begun', flush=True); failed = pipeline.render_all(jobs); sys.exit(bool(failed))"
    )
    run = [sys.executable, "-c", code]
    killed = subprocess.Popen([*run, home], cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ))
    assert killed.stdout.readline() == b"begun\n"
    deadline = time.monotonic() + 60
    while not list((home / "jobs").glob("*/records/lips.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    before = {path: path.stat().st_mtime_ns for path in (home / "jobs").glob("*/records/*.json")}
    assert before
    assert subprocess.run([*run, home], cwd=ROOT).returncode == 0
    assert before == {path: path.stat().st_mtime_ns for path in before}, "what was done was made again"
    assert subprocess.run([*run, tmp_path], cwd=ROOT).returncode == 0
    for job in homes.every(home):
        assert job.video.read_bytes() == (tmp_path / "jobs" / job.id / "video.mp4").read_bytes()


def test_what_a_failed_job_held_in_memory_is_let_go(home, monkeypatch):
    """The errors are kept until the batch ends, and each holds the frames that it came through."""
    from avatar.voice.presets.engine import PresetVoice

    held = []

    def fails(self, wanted, told, progress, kept):
        tensor = np.zeros(10)
        held.append(weakref.ref(tensor))
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(PresetVoice, "speak", fails)
    failed = pipeline.render_all(jobs_for(home, {"text": TEXTS[1]}))
    assert failed and held[0]() is None


@pytest.mark.parametrize("failing", [RuntimeError("unforeseen"), MemoryError()])
def test_something_unforeseen_in_one_job_leaves_the_others_too(home, monkeypatch, failing):
    from avatar.voice.presets.engine import PresetVoice

    speak = PresetVoice.speak

    def sometimes(self, wanted, told, progress, kept):
        if wanted.text == TEXTS[1]:
            raise failing
        return speak(self, wanted, told, progress, kept)

    monkeypatch.setattr(PresetVoice, "speak", sometimes)
    jobs = jobs_for(home, *({"text": text} for text in TEXTS))
    assert pipeline.render_all(jobs) == {jobs[1].id: failing}
    assert [job.state() for job in jobs] == ["done", "stopped before voice", "done"]


def test_an_engine_that_cannot_be_loaded_fails_its_jobs_and_uses_nothing_of_before(home, monkeypatch):
    """Also where an older record of the stage is there: what it names follows from another cause."""
    from avatar.voice.presets.engine import PresetVoice

    jobs = jobs_for(home, {"text": TEXTS[1]})
    pipeline.render(jobs[0], Progress())
    before = jobs[0].record("lips")

    def cannot(profile=None):
        raise EnvironmentProblem("there is no memory")

    monkeypatch.setattr(PresetVoice, "version", "another")
    monkeypatch.setattr(PresetVoice, "load", cannot)
    with pytest.raises(EnvironmentProblem, match="no memory"):
        pipeline.render(jobs[0], Progress())
    assert jobs[0].record("lips") == before
