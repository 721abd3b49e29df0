"""The full stack on tiny checkpoints: memory against length, and fifty kill -9 with resume.

usage: ./run --full python bench/full.py [--kills 50]     (writes bench/results/full.json)

What is measured does not depend on what the weights say: how much host memory each second of video adds, and whether
an interrupted run ends in the same bytes. Runs are forks of one process that has only imported the libraries.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import soundfile

from avatar.jobs import home as homes
from avatar.jobs import job as jobs
from avatar.media.ffmpeg import encode_frames
from avatar.portrait.given_picture import bundled_portrait
from testing import tiny
from testing.forker import Forker

ROOT = Path(__file__).resolve().parent.parent
LENGTHS_S = (10, 120)
RUN = ["pipeline", "run", "--stack", "full", "--text", "Hello.", "--subtitles"]


def memory_slope(forker: Forker, folder: Path, clips: bool) -> dict:
    """MiB more of peak host memory for each second of video; given speech, so that only its length differs.

    clips: a video as long as the speech is the source of the picture, instead of the bundled portrait.
    """
    peaks, seconds = {}, {}
    for length_s in LENGTHS_S:
        source = ["--portrait", write_clip(folder, length_s)] if clips else []
        speech = write_speech(folder, length_s)
        before = {job.id for job in homes.every(folder / "home")}
        assert forker.run("pipeline", "run", "--stack", "full", "--audio", speech, *source) == 0, forker.messages()
        made = next(job for job in homes.every(folder / "home") if job.id not in before)
        records = {stage: made.record(stage) for stage in jobs.STAGES}
        peaks[length_s] = {stage: record["peak_memory_mib"] for stage, record in records.items()}
        seconds[length_s] = records["lips"]["seconds"]
    short, long = (max(peaks[length_s].values()) for length_s in LENGTHS_S)
    return {
        "peak_mib": peaks,
        "mib_per_s": round((long - short) / (LENGTHS_S[1] - LENGTHS_S[0]), 3),
        "lips_seconds": seconds,
    }


def write_speech(folder: Path, length_s: int) -> Path:
    """A hum in the rhythm of syllables."""
    t = np.arange(24000 * length_s) / 24000
    hum = 0.2 * np.sin(2 * np.pi * 140 * t) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * t))
    soundfile.write(folder / f"hum-{length_s}.wav", hum, 24000)
    return folder / f"hum-{length_s}.wav"


def write_clip(folder: Path, length_s: int) -> Path:
    """The bundled portrait, moved a few pixels to and fro."""
    picture = bundled_portrait().picture
    height, width = picture.shape[:2]
    moves = (
        np.float32([[1, 0, 6 * np.sin(frame / 9)], [0, 1, 4 * np.cos(frame / 7)]]) for frame in range(25 * length_s)
    )
    frames = (cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT) for move in moves)
    encode_frames(frames, width, height, Fraction(25), folder / f"clip-{length_s}.mp4")
    return folder / f"clip-{length_s}.mp4"


def kills(forker: Forker, folder: Path, count: int) -> dict:
    """Kill a run `count` times at random moments, resume each, compare with the bytes of a run that was left alone.

    A run that was over before its moment came does not count; it says how long runs take now.
    """
    shutil.rmtree(folder / "home/jobs")  # or what they made from the same inputs would be copied
    started = time.monotonic()
    assert forker.run(*RUN) == 0, forker.messages()
    whole_run_s, moments = time.monotonic() - started, random.Random(7)
    (job,) = homes.every(folder / "home")
    expected = job.video.read_bytes()
    result = {"killed": 0, "finished_stages_found": 0, "finished_stages_redone": 0, "same_bytes": 0}
    while result["killed"] < count:
        shutil.rmtree(job.folder, ignore_errors=True)
        started = time.monotonic()
        pid = forker.start(*RUN)
        killer = threading.Timer(moments.uniform(0, 1) * whole_run_s, os.kill, (pid, signal.SIGKILL))
        killer.start()
        code = forker.finish()
        killer.cancel()
        if code == 0:
            whole_run_s = time.monotonic() - started
            continue
        result["killed"] += 1
        before = {stage: record for stage in jobs.STAGES if (record := job.record(stage))}
        again = ["pipeline", "resume", job.id] if job.folder.exists() else RUN
        assert forker.run(*again) == 0, forker.messages()
        result["same_bytes"] += job.video.read_bytes() == expected
        result["finished_stages_found"] += len(before)
        result["finished_stages_redone"] += sum(record != job.record(stage) for stage, record in before.items())
    return result


def main() -> None:
    count = int(sys.argv[sys.argv.index("--kills") + 1]) if "--kills" in sys.argv else 50
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiny.write_all(folder / "models")
        environment = {**tiny.environment(folder / "models"), "AVATAR_HOME": str(folder / "home")}
        with Forker(environment, folder / "messages.txt") as forker:
            result = {
                "command": "./run --full python bench/full.py",
                "date": time.strftime("%Y-%m-%d"),
                "weights": "tiny, random",
                "memory": memory_slope(forker, folder, clips=False),
                "memory_with_a_clip": memory_slope(forker, folder, clips=True),
                "kill_and_resume": kills(forker, folder, count),
            }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    (ROOT / "bench/results/full.json").write_text(text)


if __name__ == "__main__":
    main()
