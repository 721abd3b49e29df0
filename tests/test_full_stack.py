"""The full stack end to end on tiny checkpoints: the real classes, the real loading code, noise for a result."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar import job as jobs
from avatar.video.ffmpeg import ffmpeg_program
from tests import tiny
from tests.conftest import run_command

TEXT = "Hello."
RUN = ["pipeline", "run", "--stack", "full", "--text", TEXT, "--subtitles"]


class Forker:
    """Runs commands in forks of one process that has imported the model libraries (tests/forker.py)."""

    def __init__(self, environment: dict[str, str], messages: Path):
        self.messages = messages
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.forker"], env={**os.environ, **environment}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=os.open(messages, os.O_WRONLY | os.O_CREAT),
        )  # fmt: skip
        assert self.process.stdout.readline() == "ready\n", messages.read_text()

    def start(self, arguments: list[str]) -> int:
        """Begin a run; returns its process number."""
        self.process.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split()[1])

    def finish(self) -> int:
        """Wait for the run; returns its exit code, or minus the signal that ended it."""
        return int(self.process.stdout.readline().split()[1])

    def run(self, *arguments: str) -> int:
        self.start(list(arguments))
        return self.finish()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    """A folder with tiny checkpoints, and a home in which their conversions are made once."""
    folder = tmp_path_factory.mktemp("full")
    tiny.write_all(folder / "models")
    return folder


@pytest.fixture(scope="module")
def forker(workplace) -> Iterator[Forker]:
    environment = {**tiny.environment(workplace / "models"), "AVATAR_HOME": str(workplace / "home")}
    made = Forker(environment, workplace / "messages.txt")
    yield made
    made.process.stdin.close()
    made.process.wait(timeout=30)


@pytest.fixture(scope="module")
def finished(forker, workplace) -> jobs.Job:
    assert forker.run(*RUN) == 0, forker.messages.read_text()
    return jobs.every(workplace / "home")[0]


def set_aside(job: jobs.Job) -> Path:
    """Move a finished job away, so that the same request begins anew; conversions stay."""
    kept = job.folder.parent.parent / "kept"
    if kept.exists():
        shutil.rmtree(job.folder, ignore_errors=True)
    else:
        job.folder.rename(kept)
    return kept


def test_every_stage_was_the_full_stacks(finished):
    report = json.loads(finished.file("report.json").read_text())
    made_by = {stage: record["made_by"]["engine"] for stage, record in report["records"].items()}
    assert made_by == {"portrait": "given-picture", "voice": "xtts-v2", "lips": "musetalk-1.5", "video": "ffmpeg"}
    assert report["stack"] == "full" and report["synthetic"] is True
    for stage in ("voice", "lips"):
        engine = report["records"][stage]["engine"]
        assert engine["weights"] and "memory" in engine, engine


def test_the_video_is_whole(finished):
    said = subprocess.run(
        [ffmpeg_program(), "-hide_banner", "-i", finished.video], capture_output=True, text=True
    ).stderr
    assert "Video: h264" in said and "512x512" in said and "Audio: aac" in said and "Subtitle: mov_text" in said
    decode = [ffmpeg_program(), "-v", "error", "-xerror", "-i", finished.video, "-f", "null", "-"]
    assert subprocess.run(decode, capture_output=True, text=True).stderr == ""


def test_the_same_bytes_twice_then_kill_9_at_random_moments_and_resume(finished, forker, workplace):
    """One uninterrupted second run for the bytes and the time it takes, then five that are killed on the way."""
    kept = set_aside(finished)
    expected = (kept / "video.mp4").read_bytes()
    started = time.monotonic()
    assert forker.run(*RUN) == 0, forker.messages.read_text()
    whole_run_s = time.monotonic() - started
    job = jobs.every(workplace / "home")[0]
    assert job.video.read_bytes() == expected
    moments = random.Random()  # other moments in every run of the suite; a failure prints them
    for _ in range(5):
        shutil.rmtree(job.folder, ignore_errors=True)  # the kill before may have come before there was a job
        wait_s = moments.uniform(0.02, 0.95) * whole_run_s
        pid = forker.start(RUN)
        killer = threading.Timer(wait_s, os.kill, (pid, signal.SIGKILL))
        killer.start()
        code = forker.finish()
        killer.cancel()
        assert code in (-signal.SIGKILL, 0), f"killed after {wait_s:.2f} s of {whole_run_s:.2f}"
        if not job.folder.exists():
            continue  # it was killed before there was a job
        before = {stage: job.record(stage) for stage in jobs.STAGES}
        assert forker.run("pipeline", "resume", job.id) == 0, forker.messages.read_text()
        assert job.video.read_bytes() == expected, f"killed after {wait_s:.2f} s of {whole_run_s:.2f}"
        for stage, record in before.items():
            assert record is None or record == job.record(stage), f"{stage} was done and was made again"
        assert not [path for path in job.folder.rglob("*") if path.name.startswith(".")]


def test_random_weights_draw_no_face_and_the_message_says_so(forker):
    start = forker.messages.stat().st_size
    code = forker.run(*RUN[:4], "--text", TEXT, "--prompt", "an old sailor", "--steps", "2", "--tries", "2")
    said = forker.messages.read_text()[start:]
    assert code == 1
    assert "no face after 2 seeds" in said.splitlines()[-1]
    assert "[2/4]" not in said


def test_a_clip_is_a_source_too(forker, workplace, finished_job, tmp_path):
    """A short video of the preview stack speaks the sentence of the full one."""
    clip = tmp_path / "clip.mp4"
    cut = [ffmpeg_program(), "-v", "error", "-i", finished_job.video, "-t", "0.4", "-an", clip]
    subprocess.run(cut, check=True)
    output = tmp_path / "out.mp4"
    code = forker.run(*RUN[:6], "--portrait", str(clip), "-o", str(output))
    assert code == 0, forker.messages.read_text()[-2000:]
    assert output.stat().st_size > 5_000


def test_a_changed_weight_is_named_before_it_is_loaded(workplace, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(workplace / "models", models)
    victim = next(models.rglob("unet.pth"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 3] ^= 4
    victim.write_bytes(content)
    done = run_command(*RUN, env={**os.environ, **tiny.environment(models), "AVATAR_HOME": str(tmp_path / "home")})
    assert done.returncode == 1
    assert "unet.pth" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_without_weights_two_lines_say_what_is_missing(tmp_path):
    bare = {**os.environ, "HF_HOME": str(tmp_path), "AVATAR_HOME": str(tmp_path / "home")}
    done = run_command(*RUN, env={name: value for name, value in bare.items() if not name.startswith("AVATAR_MODELS")})
    assert done.returncode == 1
    what, command = done.stderr.strip().splitlines()
    assert "xtts-v2 (1.88 GB)" in what and "5.76 GB in all" in what
    assert "avatar models fetch" in command
