"""How fast the preview's lips draw frames, and whether their memory grows with the length.

usage: ./run python bench/warp.py [--threads N] [--seconds S]     (writes bench/results/warp.json)

Drawing alone, without the mark and without FFmpeg, on the bundled portrait with a speaking, blinking, swaying motion.
Wall figures want a quiet machine; processor seconds also hold on a busy one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.lips.warp.motion import Motion, plan_motion
from avatar.lips.warp.visemes import VISEME_OF
from avatar.lips.warp.warp import WarpLips
from avatar.portrait.given_picture import bundled_portrait
from avatar.voice.speech import Phone, Speech
from bench.preview import cpu_name

FRAME_RATE = 25
ROUNDS = 3
SAMPLE_RATE = 16_000


def busy_speech(seconds: float) -> Speech:
    """A hum with syllables, and every phone there is, one each 80 ms."""
    time_s = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hum = 0.3 * np.sin(2 * np.pi * 300 * time_s) * (0.6 - 0.4 * np.cos(2 * np.pi * 4 * time_s))
    symbols = list(VISEME_OF)
    phones = [Phone(symbols[i % len(symbols)], 0.08 * i, 0.08 * (i + 1)) for i in range(int(seconds / 0.08))]
    return Speech(hum.astype(np.float32), SAMPLE_RATE, phones)


def draw(lips: WarpLips, motion: Motion) -> tuple[float, float]:
    """Wall and processor seconds to draw all frames."""
    wall, processor = time.perf_counter(), time.process_time()
    for _ in lips.frames(motion):
        pass
    return time.perf_counter() - wall, time.process_time() - processor


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    portrait = bundled_portrait()
    started = time.perf_counter()
    motion = plan_motion(busy_speech(options.seconds), round(options.seconds * FRAME_RATE), FRAME_RATE, seed=7)
    plan_s = time.perf_counter() - started
    started = time.perf_counter()
    with WarpLips(portrait.picture, portrait.landmarks, options.threads) as lips:
        prepare_s = time.perf_counter() - started
        load = os.getloadavg()[0]
        wall_s, processor_s = min(draw(lips, motion) for _ in range(ROUNDS))
        peak_before = peak_mib()
        long = Motion(*(np.concatenate([array] * 12) for array in (motion.mouth, motion.blink, motion.sway)))
        draw(lips, long)
        growth = peak_mib() - peak_before
    result = {
        "command": f"./run python bench/warp.py --threads {options.threads} --seconds {options.seconds:g}",
        "date": time.strftime("%Y-%m-%d"),
        "machine": {"cpu_count": os.cpu_count(), "processor": cpu_name()},
        "frames": len(motion),
        "threads": options.threads,
        "fps": round(len(motion) / wall_s, 1),
        "frames_per_processor_s": round(len(motion) / processor_s, 1),
        "prepare_s": round(prepare_s, 3),
        "plan_s": round(plan_s, 3),
        "peak_mib": round(peak_before, 1),
        "peak_growth_mib_at_12_times_the_length": round(growth, 1),
        "load_before": round(load, 2),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    results = Path(__file__).resolve().parent / "results"
    results.mkdir(exist_ok=True)
    (results / "warp.json").write_text(text)


if __name__ == "__main__":
    main()
