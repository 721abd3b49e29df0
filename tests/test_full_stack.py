"""The full stack end to end on tiny checkpoints: the real classes, the real loading code, noise for a result."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from avatar.files import write_json
from avatar.jobs import home as homes
from avatar.jobs import job as jobs
from avatar.media.ffmpeg import ffmpeg_program
from avatar.media.frames import video_frames
from avatar.portrait.bundled import bundled_picture
from testing import tiny
from testing.forker import Forker
from tests import system_calls
from tests.conftest import command, run_command

TEXT = "Hello."
RUN = ["pipeline", "run", "--stack", "full", "--text", TEXT, "--subtitles"]


@pytest.fixture(scope="module")
def workplace(full_environment, tmp_path_factory) -> Path:
    """A folder with tiny checkpoints, and a home in which their conversions are made once."""
    folder = tmp_path_factory.mktemp("full")
    tiny.write_all(folder / "models")
    return folder


@pytest.fixture(scope="module")
def forker(workplace) -> Iterator[Forker]:
    environment = {**tiny.environment(workplace / "models"), "AVATAR_HOME": str(workplace / "home")}
    with Forker(environment, workplace / "messages.txt") as made:
        yield made


@pytest.fixture(scope="module")
def finished(forker, workplace) -> jobs.Job:
    assert forker.run(*RUN) == 0, forker.messages()
    return homes.every(workplace / "home")[0]


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


def test_a_cut_out_is_drawn_over_its_background(forker, workplace):
    """Its lips are drawn in the portrait as it lies over the colour; the square's edges are nowhere to be seen."""
    mask = Image.new("L", (512, 512))
    ImageDraw.Draw(mask).ellipse((140, 15, 304, 255), 255)
    ImageDraw.Draw(mask).ellipse((30, 280, 410, 800), 255)
    picture = Image.fromarray(bundled_picture())
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(3)))
    picture.save(workplace / "me.png")
    told = ["--portrait", workplace / "me.png", "--size", "512x288", "--background", "#20c040", "--no-mark"]
    told += ["-o", workplace / "green.mp4"]
    assert forker.run("pipeline", "run", "--stack", "full", "--text", TEXT, *told) == 0, forker.messages()
    for frame in video_frames(workplace / "green.mp4"):
        for part in (frame[:50, :160], frame[:50, -160:]):
            assert np.abs(part.astype(int) - (32, 192, 64)).max() <= 6
    homes.remove(next(job for job in homes.every(workplace / "home") if job.request().size))


def test_the_lips_are_drawn_for_another_frame(finished, forker, workplace):
    """The portrait is framed as large as it is shown, and the words are drawn into the picture."""
    told = ["--size", "256x384", "--captions", "burned", "-o", workplace / "high.mp4"]
    assert forker.run("pipeline", "run", "--stack", "full", "--text", TEXT, *told) == 0, forker.messages()
    made = next(job for job in homes.every(workplace / "home") if job.request().size)
    said = subprocess.run([ffmpeg_program(), "-hide_banner", "-i", made.video], capture_output=True, text=True).stderr
    assert "256x384" in said
    with Image.open(made.file("portrait.png")) as portrait:
        assert portrait.size == (256, 256)
    frames = made.record("lips")["frames"]
    assert frames == finished.record("lips")["frames"]
    homes.remove(made)


def test_other_lips_are_made_anew_and_nothing_before_them(finished, forker):
    """The same job with another shift of MuseTalk's box: portrait and speech stay, the picture is another."""
    changed = jobs.Job(finished.folder.with_name("shifted"))
    shutil.copytree(finished.folder, changed.folder)
    asked = json.loads(changed.file("request.json").read_text())
    asked["request"]["lips_shift"] = -1.0
    write_json(changed.file("request.json"), asked)
    try:
        assert forker.run("pipeline", "resume", changed.id) == 0, forker.messages()
        same = [stage for stage in jobs.STAGES if changed.record(stage) == finished.record(stage)]
        assert same == ["portrait", "voice"]
        assert changed.record("lips")["engine"]["options"]["shift"] == -1.0
        assert changed.file("picture.mp4").read_bytes() != finished.file("picture.mp4").read_bytes()
    finally:
        shutil.rmtree(changed.folder)


def test_a_sheet_of_shifts_is_made_of_a_job(finished, forker, tmp_path):
    sheet = tmp_path / "sheet.png"
    assert forker.run("pipeline", "shifts", finished.id, "-o", sheet) == 0, forker.messages()
    picture = np.asarray(Image.open(sheet))
    assert picture.shape == (3 * 512, 5 * 512, 3)
    calm, unmoved, wide = np.split(picture, 3)
    assert (calm != unmoved).any() and (wide != unmoved).any()
    assert forker.run("pipeline", "shifts", finished.id, "-o", sheet) == 2
    assert "exists" in forker.messages()


def test_the_same_bytes_twice_then_kill_9_at_random_moments_and_resume(finished, forker, workplace):
    """One uninterrupted second run for the bytes and the time it takes, then five that are killed on the way."""
    kept = set_aside(finished)
    expected = (kept / "video.mp4").read_bytes()
    started = time.monotonic()
    assert forker.run(*RUN) == 0, forker.messages()
    whole_run_s = time.monotonic() - started
    job = homes.every(workplace / "home")[0]
    assert job.video.read_bytes() == expected
    moments = random.Random()  # other moments in every run of the suite; a failure prints them
    for _ in range(5):
        shutil.rmtree(job.folder, ignore_errors=True)  # the kill before may have come before there was a job
        wait_s = moments.uniform(0.02, 0.95) * whole_run_s
        killer = threading.Timer(wait_s, os.kill, (forker.start(*RUN), signal.SIGKILL))
        killer.start()
        code = forker.finish()
        killer.cancel()
        assert code in (-signal.SIGKILL, 0), f"killed after {wait_s:.2f} s of {whole_run_s:.2f}"
        if not job.folder.exists():
            continue  # it was killed before there was a job
        before = {stage: job.record(stage) for stage in jobs.STAGES}
        assert forker.run("pipeline", "resume", job.id) == 0, forker.messages()
        assert job.video.read_bytes() == expected, f"killed after {wait_s:.2f} s of {whole_run_s:.2f}"
        for stage, record in before.items():
            assert record is None or record == job.record(stage), f"{stage} was done and was made again"
        assert not [path for path in job.folder.rglob("*") if path.name.startswith(".")]


def test_engines_that_stay_loaded_give_the_same_bytes(finished, forker, workplace):
    """Two jobs of the queue by one worker: XTTS makes room for MuseTalk, and MuseTalk for XTTS."""
    asked = [[*RUN, "--seed", "21"], [*RUN, "--seed", "22"]]
    for each in asked:
        assert forker.run(*each, "--queue") == 0, forker.messages()
    assert forker.run("queue", "work", "--until-empty") == 0, forker.messages()
    queued = [job for job in homes.every(workplace / "home") if job.file("queue.json").exists()]
    assert [job.state() for job in queued] == ["done", "done"]
    made = {job.id: job.video.read_bytes() for job in queued}
    for job in queued:
        homes.remove(job)
    for each in asked:
        assert forker.run(*each) == 0, forker.messages()
    assert made == {name: homes.find(workplace / "home", name).video.read_bytes() for name in made}


def test_random_weights_draw_no_face_and_the_message_says_so(forker):
    code = forker.run(*RUN[:4], "--text", TEXT, "--prompt", "an old sailor", "--steps", "2", "--tries", "2")
    said = forker.messages()
    assert code == 1
    assert "no face after 2 seeds" in said.splitlines()[-1]
    assert "[2/4]" not in said


def test_a_clip_is_a_source_too(forker, finished_job, tmp_path):
    """A short video of the preview stack speaks the sentence of the full one."""
    clip = tmp_path / "clip.mp4"
    cut = [ffmpeg_program(), "-v", "error", "-i", finished_job.video, "-t", "0.4", "-an", clip]
    subprocess.run(cut, check=True)
    output = tmp_path / "out.mp4"
    assert forker.run(*RUN[:6], "--portrait", clip, "-o", output) == 0, forker.messages()
    assert output.stat().st_size > 5_000


def test_a_changed_weight_is_named_before_it_is_loaded(forker, workplace, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(workplace / "models", models)
    victim = next(models.rglob("unet.pth"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 3] ^= 4
    victim.write_bytes(content)
    code = forker.run(*RUN, **tiny.environment(models), AVATAR_HOME=str(tmp_path / "home"))
    assert code == 1
    assert "unet.pth" in forker.messages().splitlines()[-1] and "Traceback" not in forker.messages()


def test_without_weights_two_lines_say_what_is_missing(tmp_path):
    bare = {**os.environ, "HF_HOME": str(tmp_path), "AVATAR_HOME": str(tmp_path / "home")}
    done = run_command(*RUN, env={name: value for name, value in bare.items() if not name.startswith("AVATAR_MODELS")})
    assert done.returncode == 1
    what, command = done.stderr.strip().splitlines()
    assert "xtts-v2 (1.88 GB)" in what and "5.76 GB in all" in what
    assert "avatar models fetch" in command


def test_the_model_libraries_get_no_socket(workplace, tmp_path):
    """In a process of its own, so that what they do while they are imported counts."""
    system_calls.need_strace()
    environment = {**os.environ, **tiny.environment(workplace / "models"), "AVATAR_HOME": str(workplace / "traced")}
    done = system_calls.traced(command(*RUN), tmp_path / "calls", env=environment)
    assert done.returncode == 0, done.stderr
    assert system_calls.refused(tmp_path / "calls")  # MediaPipe's, or the trace has missed everything
    assert system_calls.not_refused(tmp_path / "calls") == []
