"""Does an ordinary video ever fall short of our own check, and would the check see wrong speech?

Renders sentences of bench/sentences.py with nothing but --text, lets `avatar check` judge each video, and compares each
mouth with the sound of other sentences, which the check should refuse.

usage: ./run --full python bench/judgement.py [-n 100] [--preset NAME] [-o FILE]   (writes bench/results/judgement.json)
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from avatar import work
from avatar.files import write_json
from avatar.jobs.job import Job
from avatar.lips.warp.motion import Motion
from avatar.media.loudness import loudness_of
from avatar.media.streams import probe
from avatar.quality.sync import LEAST_R_SOUND, MOST_LAG_MS, Match, match
from avatar.quality.video import check_video, measure_frames
from bench import gpu_machine
from bench.sentences import SENTENCES

ROOT = Path(__file__).resolve().parent.parent
RATE = 25
OTHERS = 12  # other sentences whose sound each mouth is compared with


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=len(SENTENCES), help="sentences, spread over the list")
    parser.add_argument("--minutes", type=float, default=60, help="no further sentence is begun after so many")
    parser.add_argument("--preset", help="a voice; the default voice where none is named")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/judgement.json")
    options = parser.parse_args()
    chosen = [SENTENCES[index] for index in np.linspace(0, len(SENTENCES) - 1, options.n).astype(int)]
    videos, curves, started = [], [], time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        os.environ["AVATAR_HOME"] = home
        for text in chosen:
            if time.monotonic() - started > 60 * options.minutes:
                break
            video, both = judged(text, options.preset)
            videos.append(video)
            curves.append(both)
            print(f"{len(videos):3} {video['r_sound']:.2f} {video['r_asked']:.2f} {video['failed']}", file=sys.stderr)
    result = summary(videos, curves, options)
    write_json(options.output, result)
    print(json.dumps({key: value for key, value in result.items() if key != "videos"}, indent=1))
    return 0


def judged(text: str, preset: str | None) -> tuple[dict, tuple[np.ndarray, np.ndarray]]:
    """What the check and the render's own judgement say of a sentence's video; its measured opening and loudness."""
    asked = {"text": text} | ({"preset": preset} if preset else {})
    made = work.make(work.request_of(**asked), None, False, lambda event: None)
    job = Job(Path(os.environ["AVATAR_HOME"]) / "jobs" / made.job)
    motion = Motion.load(job.file("motion.npz")).mouth[:, 0]
    pictures, streams = measure_frames(made.path), probe(made.path)
    report = check_video(made.path, streams, motion, pictures=pictures)
    opening = np.array(pictures.opening)
    loudness = loudness_of(made.path).envelope(len(opening), RATE, streams.video_start_s)
    video = {
        "text": text,
        "frames": report["frames"],
        "r_sound": report["opening_to_sound"]["r"],
        "lag_sound_ms": report["opening_to_sound"]["lag_ms"],
        "r_asked": report["opening_to_intended"]["r"],
        "r_planned": made.report["judgement"]["asked_to_sound"]["r"],
        "open_past_a_third": round(float(np.mean(motion[loudness > 0.1 * np.percentile(loudness, 90)] > 1 / 3)), 3),
        "failed": report["failed"],
        "judged": made.report["judgement"]["failed"],
    }
    return video, (opening, loudness)


def summary(videos: list[dict], curves: list[tuple[np.ndarray, np.ndarray]], options: argparse.Namespace) -> dict:
    """Both distributions: mouths with their own sound, and with that of others, cut to the shorter."""
    random = np.random.default_rng(0)
    wrong = [
        match(opening, curves[other][1], RATE)
        for index, (opening, _) in enumerate(curves)
        for other in random.choice(len(curves), min(OTHERS, len(curves)), replace=False)
        if other != index
    ]
    own = [Match(video["r_sound"], video["lag_sound_ms"]) for video in videos]
    return {
        "command": " ".join(["./run --full python bench/judgement.py", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
        **gpu_machine.commit(),
        "voice": options.preset or "the default",
        "seconds": [
            round(float(np.percentile([video["frames"] for video in videos], at)) / RATE, 2) for at in (0, 50, 100)
        ],
        "videos_short_of_the_check": sum(bool(video["failed"]) for video in videos),
        "videos_short_of_their_own_judgement": sum(bool(video["judged"]) for video in videos),
        "own_sound": spread(own),
        "sound_of_others": spread(wrong),
        "asked_for": spread([Match(video["r_asked"], 0.0) for video in videos]),
        "open_past_a_third": round(float(np.mean([video["open_past_a_third"] for video in videos])), 3),
        "videos": videos,
    }


def spread(matches: list[Match]) -> dict:
    """Percentiles of r, and the share that the limits of the check let pass."""
    r = np.array([found.r if found.r is not None else -1.0 for found in matches])
    lag = np.array([found.lag_ms if found.lag_ms is not None else np.inf for found in matches])
    names = {"min": 0, "5%": 5, "median": 50, "95%": 95, "max": 100}
    return {
        "pairs": len(matches),
        "r": {name: round(float(np.percentile(r, at)), 3) for name, at in names.items()},
        "within_limits": round(float(np.mean((r >= LEAST_R_SOUND) & (np.abs(lag) <= MOST_LAG_MS))), 4),
    }


if __name__ == "__main__":
    sys.exit(main())
