"""The preview's frames a second against its ceiling: FFmpeg encoding the very same frames, in one run. And start-up.

usage: ./run --full python bench/ceiling.py [--rounds 3]     (writes bench/results/ceiling.json)

The lips stage draws and encodes; frames that lie ready in memory and only have to be encoded cannot take longer. Both
take turns; the best of the rounds counts, since other work can only slow them down. Start-up: medians of seven.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.lips.musetalk.clip import clip_frames
from avatar.video.ffmpeg import encode_frames
from bench.preview import cpu_name, run, start_up

ROOT = Path(__file__).resolve().parent.parent


def encode_alone(frames: list, folder: Path) -> float:
    """Frames a second of the encoder alone."""
    height, width = frames[0].shape[:2]
    started = time.perf_counter()
    encode_frames(frames, width, height, Fraction(25), folder / "alone.mp4")
    return len(frames) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    stage, alone = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = None
        for number in range(rounds):
            output = folder / f"demo-{number}.mp4"
            stage.append(run("demo", "-o", str(output))["frames_per_s"])
            frames = frames or list(clip_frames(output))
            alone.append(round(encode_alone(frames, folder), 1))
    result = {
        "command": f"./run --full python bench/ceiling.py --rounds {rounds}",
        "date": time.strftime("%Y-%m-%d"),
        "machine": {"cpu_count": os.cpu_count(), "processor": cpu_name()},
        "load_after": round(os.getloadavg()[0], 2),
        "frames": len(frames),
        "lips_stage_frames_per_s": stage,
        "encode_alone_frames_per_s": alone,
        "share_of_ceiling": round(max(stage) / max(alone), 3),
        "help_s": start_up("--help"),
        "status_s": start_up("status"),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    (ROOT / "bench/results/ceiling.json").write_text(text)


if __name__ == "__main__":
    main()
