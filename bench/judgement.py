"""Does an ordinary video ever fall short of our own check, and would the check see wrong speech?

Renders sentences of bench/sentences.py with nothing but --text, lets `avatar check` judge each video, and compares each
mouth with the sound of all other sentences, which the check should refuse. What was measured of a sentence is kept, so
that a run goes on where another stopped, and so that other limits can be tried without rendering.

usage: ./run --full python bench/judgement.py [--list held-out] [-n 60] [--preset joe] [--minutes 10] [--kept DIR]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from avatar import asking, work
from avatar.files import write_json
from avatar.jobs.job import Job
from avatar.lips.warp.motion import Motion
from avatar.media.loudness import loudness_of
from avatar.media.sound_file import sound_from_zero
from avatar.media.streams import probe
from avatar.quality.intended import Asked, asked_of
from avatar.quality.sync import LEAST_R_SOUND, MOST_LAG_MS, Match, match
from avatar.quality.video import check_video, measure_frames
from bench import machine
from bench.sentences import HELD_OUT, SENTENCES

ROOT = Path(__file__).resolve().parent.parent
LISTS = {"ordinary": SENTENCES, "held-out": HELD_OUT}
RATE = 25
LENGTHS = (0, 60), (60, 80), (80, 100), (100, 10_000)  # frames of the shorter of two


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", choices=LISTS, default="ordinary")
    parser.add_argument("-n", type=int, help="sentences, spread over the list; all where it is left out")
    parser.add_argument("--minutes", type=float, default=60, help="no further sentence is begun after so many")
    parser.add_argument("--preset", help="a voice; the default voice where none is named")
    parser.add_argument("--kept", type=Path, default=ROOT / "build/judgement", help="of what was measured")
    parser.add_argument("-o", "--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    texts = LISTS[options.list]
    chosen = [texts[index] for index in np.linspace(0, len(texts) - 1, options.n or len(texts)).astype(int)]
    videos, curves, started = [], [], time.monotonic()
    for text in chosen:
        kept = kept_at(options.kept, text, options.preset)
        if not kept.is_file():
            if time.monotonic() - started > 60 * options.minutes:
                continue
            measure(text, options.preset, kept)
        with np.load(kept) as arrays:
            video = json.loads(str(arrays["video"]))
            curves.append((arrays["opening"], arrays["loudness"]))
        videos.append(video)
        print(f"{len(videos):3} {video['r_sound']:.2f} {video['r_asked']:.2f} {video['failed']}", file=sys.stderr)
    result = summary(videos, curves, options)
    if options.output:
        write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 0


def kept_at(folder: Path, text: str, preset: str | None) -> Path:
    """Where a sentence's figures lie: another product, voice or text has others."""
    product = subprocess.run(["git", "rev-parse", "HEAD:avatar"], cwd=ROOT, capture_output=True, text=True, check=True)
    key = "\n".join([product.stdout, preset or "", text])
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"


def measure(text: str, preset: str | None, kept: Path) -> None:
    """Render a sentence and keep what the check measures of its video, with the sound and the whole plan beside."""
    asked = {"text": text} | ({"preset": preset} if preset else {})
    with tempfile.TemporaryDirectory() as home:
        os.environ["AVATAR_HOME"] = home
        made = work.make(asking.request_of(**asked), None, False, lambda event: None)
        motion = Motion.load(Job(Path(home) / "jobs" / made.job).file("motion.npz"))
        arrays = judged(text, made, asked_of(Path(home), made.path), motion.mouth)
    kept.parent.mkdir(parents=True, exist_ok=True)
    whole = kept.with_suffix(".part")
    with open(whole, "wb") as file:
        np.savez_compressed(file, **arrays, mouth=motion.mouth)
    whole.rename(kept)


def judged(text: str, made: work.Made, asked: Asked, mouth: np.ndarray) -> dict[str, np.ndarray]:
    """What the check and the render's own judgement say of a sentence's video; its measured opening, and its sound."""
    pictures, streams = measure_frames(made.path), probe(made.path)
    report = check_video(made.path, streams, asked, pictures=pictures)
    opening = np.array(pictures.opening)
    loudness = loudness_of(made.path).envelope(len(opening), RATE, streams.video_start_s)
    spoken = loudness > 0.1 * np.percentile(loudness, 90)
    own = made.report["judgement"]
    video = {
        "text": text,
        "frames": report["frames"],
        "r_sound": report["opening_to_sound"]["r"],
        "lag_sound_ms": report["opening_to_sound"]["lag_ms"],
        "r_asked": report["opening_to_intended"]["r"],
        "r_planned": own.get("asked_to_sound", {}).get("r"),
        "open_past_a_third": round(float(np.mean(mouth[: len(spoken), 0][spoken] > 1 / 3)), 3),
        "failed": report["failed"],
        "judged": own["failed"],
    }
    sound = np.concatenate(list(sound_from_zero(made.path)))
    return {"video": np.array(json.dumps(video)), "opening": opening, "loudness": loudness, "sound": np.float16(sound)}


def summary(videos: list[dict], curves: list[tuple[np.ndarray, np.ndarray]], options: argparse.Namespace) -> dict:
    """Both distributions: mouths with their own sound, and with that of others, cut to the shorter."""
    wrong = [
        (min(len(opening), len(loudness)), match(opening, loudness, RATE))
        for index, (opening, _) in enumerate(curves)
        for other, (_, loudness) in enumerate(curves)
        if other != index
    ]
    frames = [video["frames"] for video in videos]
    return {
        "command": f"./run --full python bench/judgement.py --list {options.list}"
        + (f" --preset {options.preset}" if options.preset else ""),
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "voice": options.preset or "the default",
        "list": options.list,
        "sentences": len(videos),
        "seconds": [round(float(np.percentile(frames, at)) / RATE, 2) for at in (0, 50, 100)],
        "videos_short_of_the_check": sum(bool(video["failed"]) for video in videos),
        "videos_short_of_their_own_judgement": sum(bool(video["judged"]) for video in videos),
        "own_sound": spread([Match(video["r_sound"], video["lag_sound_ms"]) for video in videos]),
        "sound_of_others": spread([found for _, found in wrong]),
        "sound_of_others_by_frames": {
            f"{least} to {most}": spread([found for shorter, found in wrong if least <= shorter < most])
            for least, most in LENGTHS
        },
        "planned": spread([Match(video["r_planned"], 0.0) for video in videos]),
        "asked_for": spread([Match(video["r_asked"], 0.0) for video in videos]),
        "open_past_a_third": round(float(np.mean([video["open_past_a_third"] for video in videos])), 3),
        "least": sorted(videos, key=lambda video: video["r_sound"])[:3],
    }


def spread(matches: list[Match]) -> dict:
    """Percentiles of r, and the share that the limits of the check let pass."""
    if not matches:
        return {"pairs": 0}
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
