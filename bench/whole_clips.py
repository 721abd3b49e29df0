"""A clip in its own frames at 3840 x 2160, 60 a second: the memory of our process and of FFmpeg's, at two lengths.

    ./run --full python bench/whole_clips.py [--seconds 2 20] [-o bench/results/whole-clips.json]

The full stack with tiny weights, `--size source`, given speech. Tiny networks: this shows what whole frames cost beside them,
not what MuseTalk does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from avatar.media.ffmpeg import ffmpeg_program
from avatar.portrait.bundled import bundled_picture
from avatar.voice.speech import Speech
from bench import machine
from bench.frames import resident_mib
from testing import tiny

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, RATE = 3840, 2160, 60
SAMPLE_S = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, nargs=2, default=[2, 20])
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/whole-clips.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiny.write_all(folder / "models")
        runs = [rendered(folder, seconds) for seconds in options.seconds]
    growth = (runs[1]["with_ffmpeg_mib"] - runs[0]["with_ffmpeg_mib"]) / (options.seconds[1] - options.seconds[0])
    result = {
        **machine.origin("bench/whole_clips.py", on_gpu=False, thorough=False),
        "clip": f"{WIDTH}x{HEIGHT} at {RATE}",
        "runs": runs,
        "mib_a_second": round(growth, 1),
    }
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 0


def rendered(folder: Path, seconds: int) -> dict:
    """Peaks in MiB, sampled: of our own process, and with all that it starts."""
    clip, sound = folder / f"{seconds}.mp4", folder / f"{seconds}.wav"
    write_clip(clip, seconds * RATE)
    write_sound(sound, seconds)
    line = [sys.executable, "-P", "-m", "avatar", "pipeline", "run", "--stack", "full", "--audio", sound]
    line += ["--portrait", clip, "--size", "source", "--json"]
    environment = {**os.environ, **tiny.environment(folder / "models"), "PYTHONPATH": str(ROOT)}
    environment |= {"AVATAR_HOME": str(folder / "home")}
    began = time.monotonic()
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    own = whole = 0
    while process.poll() is None:
        own, whole = max(own, own_mib(process.pid)), max(whole, resident_mib(process.pid))
        time.sleep(SAMPLE_S)
    assert process.stdout and process.returncode == 0
    made = json.loads(process.stdout.read())["records"]["lips"]
    took_s = round(time.monotonic() - began, 1)
    return {"seconds": seconds, "frames": made["frames"], "own_mib": own, "with_ffmpeg_mib": whole, "took_s": took_s}


def write_clip(path: Path, frames: int, size: tuple[int, int] = (WIDTH, HEIGHT), rate: int = RATE) -> None:
    """A head that drifts through a blurred room."""
    width, height = size
    room = np.random.default_rng(3).integers(60, 200, (height // 60, width // 60, 3), np.uint8)
    room, head = cv2.resize(room, size, interpolation=cv2.INTER_CUBIC), bundled_picture()
    larger, drift = 2.2 * height / HEIGHT, 4 * width / WIDTH  # of the bundled picture; pixels a frame
    line = [ffmpeg_program(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    line += ["-r", str(rate), "-i", "pipe:0", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-qp", "14", str(path)]
    with subprocess.Popen(line, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for frame in range(frames):
            move = np.array([[larger, 0, width * 0.3 + drift * frame], [0, larger, height * 0.2]], np.float32)
            shown = cv2.warpAffine(head, move, size, dst=room.copy(), borderMode=cv2.BORDER_TRANSPARENT)
            process.stdin.write(shown.tobytes())


def write_sound(path: Path, seconds: int) -> None:
    """A tone in bursts of a syllable's length."""
    tone = 0.2 * np.sin(np.arange(seconds * 16_000) * 0.2) * (np.arange(seconds * 16_000) % 4000 < 3000)
    Speech(tone.astype(np.float32), 16_000).write_wav(path)


def own_mib(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in told.splitlines() if line.startswith("VmRSS")), 0) >> 10


if __name__ == "__main__":
    sys.exit(main())
