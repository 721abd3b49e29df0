"""The preview's frames a second against its ceiling: FFmpeg encoding the very same frames, in one run. And start-up.

usage: ./run --full python bench/ceiling.py [--rounds 3]     (writes bench/results/ceiling.json)

The lips stage draws and encodes; frames that lie ready in memory and only have to be encoded cannot take longer. Both
take turns; the best of the rounds counts, since other work can only slow them down. Start-up: medians of seven.

encoding: what a frame costs the CPU, in FFmpeg and in handing it the frame, with one thread of x264, with the two that
avatar takes, and with none at all: reading and converting to YUV, the least that FFmpeg does for any other encoder. The
rule in avatar/media/encoder.py rests on these.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.media.ffmpeg import ENCODERS, encode_command, encode_frames
from avatar.media.frames import video_frames
from bench.preview import cpu_name, run, start_up

ROOT = Path(__file__).resolve().parent.parent


def encode_alone(frames: list, folder: Path) -> float:
    """Frames a second of the encoder alone."""
    height, width = frames[0].shape[:2]
    started = time.perf_counter()
    encode_frames(frames, width, height, Fraction(25), folder / "alone.mp4")
    return len(frames) / (time.perf_counter() - started)


def encoding_costs(frames: list) -> dict[str, dict[str, float]]:
    """Frames a second and CPU milliseconds a frame of each way to encode, see above."""
    height, width = frames[0].shape[:2]
    command = encode_command(width, height, Fraction(25), "x264")
    start = command.index("-c:v")
    x264, rest = ENCODERS["x264"], command[start + len(ENCODERS["x264"]) :]
    ways = {f"x264_threads_{count}": [*x264, "-threads", str(count)] for count in (1, 2)}  # the later number counts
    ways["no_encoder"] = ["-c:v", "rawvideo"]
    return {
        name: encoding_cost([*command[:start], *way, *rest, "-f", "null", "-"], frames) for name, way in ways.items()
    }


def encoding_cost(command: list[str], frames: list) -> dict[str, float]:
    before, started = cpu_seconds(), time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        for frame in frames:
            process.stdin.write(frame.data)
    wall_s = time.perf_counter() - started
    ffmpeg_s, own_s = (after - earlier for after, earlier in zip(cpu_seconds(), before, strict=True))
    return {
        "frames_per_s": round(len(frames) / wall_s, 1),
        "ffmpeg_cpu_ms_a_frame": round(1000 * ffmpeg_s / len(frames), 3),
        "handing_over_cpu_ms_a_frame": round(1000 * own_s / len(frames), 3),
    }


def cpu_seconds() -> tuple[float, float]:
    """CPU seconds, user and system, of finished child processes and of this one."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    return tuple(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    stage, alone, encoding = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = None
        for number in range(rounds):
            output = folder / f"demo-{number}.mp4"
            stage.append(run("demo", "-o", str(output))["frames_per_s"])
            frames = frames or list(video_frames(output))
            alone.append(round(encode_alone(frames, folder), 1))
            encoding.append(encoding_costs(frames))
    result = {
        "command": f"./run --full python bench/ceiling.py --rounds {rounds}",
        "date": time.strftime("%Y-%m-%d"),
        "machine": {"cpu_count": os.cpu_count(), "processor": cpu_name()},
        "load_after": round(os.getloadavg()[0], 2),
        "frames": len(frames),
        "lips_stage_frames_per_s": stage,
        "encode_alone_frames_per_s": alone,
        "encoding": encoding,
        "share_of_ceiling": round(max(stage) / max(alone), 3),
        "help_s": start_up("--help"),
        "status_s": start_up("status"),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    (ROOT / "bench/results/ceiling.json").write_text(text)


if __name__ == "__main__":
    main()
