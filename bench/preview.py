"""How fast and how large the preview stack is: whole commands, each in a process of its own.

usage: ./run --full python bench/preview.py [--quick]     (writes bench/results/preview.json)

Wall seconds are of a cold shell with the environment made and the file cache warm; the machine should be quiet.
Peak memory is the largest resident set of the process tree's largest process (FFmpeg runs beside and is listed too).
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SENTENCE = "The quick brown fox jumps over the lazy dog, and then it goes home. "


def run(*arguments: str) -> dict:
    """Wall seconds, the report and the peak memory of one avatar command in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        started = time.perf_counter()
        done = subprocess.run(
            [ROOT / "run", "avatar", *arguments, "--json"], env={**os.environ, "AVATAR_HOME": home},
            capture_output=True, text=True, check=True, cwd=home,
        )  # fmt: skip
        wall = time.perf_counter() - started
        user = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    report = json.loads(done.stdout)
    stages = {name: record["seconds"] for name, record in report["records"].items()}
    frames = report["records"]["lips"]["frames"]
    return {
        "wall_s": round(wall, 2),
        "user_cpu_s": round(user, 2),
        "stages_s": stages,
        "peak_memory_mib": report["peak_memory_mib"],
        "frames": frames,
        "frames_per_s": round(frames / stages["lips"], 1),
    }


def best_of(count: int, *arguments: str) -> dict:
    return min((run(*arguments) for _ in range(count)), key=lambda result: result["wall_s"])


def memory_slope() -> dict:
    """MiB more for each second of video, 120 s against 10 s: given speech, so that only the video's length differs."""
    import numpy as np
    import soundfile

    peaks = {}
    for seconds in (10, 120):
        with tempfile.TemporaryDirectory() as folder:
            t = np.arange(24000 * seconds) / 24000
            hum = 0.2 * np.sin(2 * np.pi * 140 * t) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * t))
            soundfile.write(Path(folder, "hum.wav"), hum, 24000)
            peaks[seconds] = run("pipeline", "run", "--audio", str(Path(folder, "hum.wav")))["peak_memory_mib"]
    return {"peak_mib": peaks, "mib_per_s": round((peaks[120] - peaks[10]) / 110, 3)}


def start_up(*arguments: str) -> float:
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([ROOT / "run", "avatar", *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return round(sorted(times)[3], 3)


def run_overhead() -> float:
    """Milliseconds that ./run adds before CMD starts (median of 20)."""
    times = {"with": [], "without": []}
    for _ in range(20):
        for name, command in (("with", [ROOT / "run", "true"]), ("without", ["true"])):
            started = time.perf_counter()
            subprocess.run(command, check=True)
            times[name].append(time.perf_counter() - started)
    return round(1000 * (sorted(times["with"])[10] - sorted(times["without"])[10]), 1)


def main() -> None:
    count = 1 if "--quick" in sys.argv else 3
    result = {
        "command": "./run --full python bench/preview.py",
        "date": time.strftime("%Y-%m-%d"),
        "machine": {"cpu_count": os.cpu_count(), "processor": cpu_name(), "python": platform.python_version()},
        "load_before": os.getloadavg()[0],
        "demo": best_of(count, "demo"),
        "demo_joe": best_of(count, "demo", "--preset", "joe"),
        "help_s": start_up("--help"),
        "run_overhead_ms": run_overhead(),
        "memory": memory_slope(),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    (ROOT / "bench/results").mkdir(exist_ok=True)
    (ROOT / "bench/results/preview.json").write_text(text)


def cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
