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
from pathlib import Path

import numpy as np
import soundfile

from avatar import job as jobs
from tests import tiny
from tests.test_full_stack import RUN, Forker

ROOT = Path(__file__).resolve().parent.parent
LENGTHS_S = (10, 120)


def memory_slope(forker: Forker, folder: Path) -> dict:
    """MiB more of peak host memory for each second of video; given speech, so that only its length differs."""
    peaks, seconds = {}, {}
    for length_s in LENGTHS_S:
        t = np.arange(24000 * length_s) / 24000
        hum = 0.2 * np.sin(2 * np.pi * 140 * t) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * t))
        soundfile.write(folder / f"hum-{length_s}.wav", hum, 24000)
        before = {job.id for job in jobs.every(folder / "home")}
        code = forker.run("pipeline", "run", "--stack", "full", "--audio", str(folder / f"hum-{length_s}.wav"))
        assert code == 0, forker.messages.read_text()[-2000:]
        made = next(job for job in jobs.every(folder / "home") if job.id not in before)
        records = [made.record(stage) for stage in jobs.STAGES]
        peaks[length_s] = max(record["peak_memory_mib"] for record in records)
        seconds[length_s] = round(made.record("lips")["seconds"], 2)
    short, long = LENGTHS_S
    return {
        "peak_mib": peaks,
        "mib_per_s": round((peaks[long] - peaks[short]) / (long - short), 3),
        "lips_seconds": seconds,
    }


def kills(forker: Forker, folder: Path, count: int) -> dict:
    """Kill a run `count` times at random moments, resume each, compare with the bytes of a run that was left alone."""
    assert forker.run(*RUN) == 0, forker.messages.read_text()[-2000:]
    job = jobs.every(folder / "home")[-1]
    expected = job.video.read_bytes()
    shutil.rmtree(job.folder)
    started = time.monotonic()
    assert forker.run(*RUN) == 0
    whole_run_s = time.monotonic() - started
    moments = random.Random(7)
    result = {
        "kills": count,
        "killed": 0,
        "same_bytes": 0,
        "finished_stages_redone": 0,
        "whole_run_s": round(whole_run_s, 2),
    }
    for _ in range(count):
        shutil.rmtree(job.folder, ignore_errors=True)
        killer = threading.Timer(moments.uniform(0, 1) * whole_run_s, os.kill, (forker.start(RUN), signal.SIGKILL))
        killer.start()
        result["killed"] += forker.finish() == -signal.SIGKILL
        killer.cancel()
        before = {stage: job.record(stage) for stage in jobs.STAGES}
        again = ["pipeline", "resume", job.id] if job.folder.exists() else RUN
        assert forker.run(*again) == 0, forker.messages.read_text()[-2000:]
        result["same_bytes"] += job.video.read_bytes() == expected
        changed = [record != job.record(stage) for stage, record in before.items() if record]
        result["finished_stages_redone"] += sum(changed)
    return result


def main() -> None:
    count = int(sys.argv[sys.argv.index("--kills") + 1]) if "--kills" in sys.argv else 50
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiny.write_all(folder / "models")
        environment = {**tiny.environment(folder / "models"), "AVATAR_HOME": str(folder / "home")}
        forker = Forker(environment, folder / "messages.txt")
        result = {
            "command": "./run --full python bench/full.py",
            "date": time.strftime("%Y-%m-%d"),
            "weights": "tiny, random",
            "memory": memory_slope(forker, folder),
            "kill_and_resume": kills(forker, folder, count),
        }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    (ROOT / "bench/results/full.json").write_text(text)


if __name__ == "__main__":
    main()
