"""What do good and faulted faces measure? The figures behind the limits of `avatar check`.

Each video that is given is measured as it is, and again with each fault of testing/faulted_faces.py planted into its
frames. The videos are the preview's, of portraits of other people, whose jobs lie in the home (AVATAR_HOME); their
pictures are no part of this project, so only figures are kept.

usage: AVATAR_HOME=DIR ./run --full python bench/judge_limits.py VIDEO... [--faults] [--bad NAME,...] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from avatar import settings
from avatar.files import write_json
from avatar.media.frames import video_frames
from avatar.quality import closures, seen
from avatar.quality.intended import Asked, asked_of
from avatar.quality.video import measured
from bench import machine
from testing.faulted_faces import FAULTS, read

RATE = 25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--faults", action="store_true", help="plant each fault too")
    parser.add_argument("--bad", default="", help="names of videos that people turned down, with commas")
    parser.add_argument("-o", "--output", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    bad, rows = options.bad.split(","), []
    for path in options.videos:
        asked, frames = asked_of(settings.home(), path.absolute()), list(video_frames(path))
        kind = "turned down" if path.stem in bad else "as it is"
        rows.append({"face": path.stem, "fault": kind, **judged(frames, asked)})
        if options.faults:
            landmarks = read(frames)
            rows += [
                {"face": path.stem, "fault": fault.__name__, **judged(fault(frames, landmarks), asked)}
                for fault in FAULTS
            ]
        print(path.stem, [(row["fault"], row["failed"]) for row in rows if row["face"] == path.stem], file=sys.stderr)
    result = {"date": time.strftime("%Y-%m-%d"), **machine.commit(), "summary": summary(rows), "videos": rows}
    if options.output:
        write_json(options.output, result)
    print(json.dumps(result["summary"], indent=1))
    return 0


def judged(frames: list[np.ndarray], asked: Asked | None) -> dict:
    """What is seen in these frames, and the limits that they miss, by the name of the figure's file."""
    pictures = measured(frames)
    figures = pictures.seen.figures(asked, RATE)
    phones = asked.phones if asked else ()
    shut = closures.figures(np.array(pictures.opening), phones, RATE, 0.0, heard=False)
    figures = {"bilabials": shut, **figures}
    return {**figures, "failed": seen.failures(figures, asked)}


def summary(rows: list[dict]) -> dict:
    """By fault: videos, how many fall short, and the spread of each figure."""
    by_fault: dict[str, list[dict]] = {}
    for row in rows:
        by_fault.setdefault(row["fault"], []).append(row)
    return {fault: {"videos": len(some), "fall_short": sum(bool(row["failed"]) for row in some), **spreads(some)}
            for fault, some in by_fault.items()}  # fmt: skip


def spreads(rows: list[dict]) -> dict[str, list[float]]:
    """Least, median and most of each figure."""
    found: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            if name == "bilabials" and value:
                found.setdefault("bilabials_shut", []).append(value["share"])
            elif isinstance(value, int | float):
                found.setdefault(name, []).append(value)
    return {name: [round(float(np.percentile(some, at)), 3) for at in (0, 50, 100)] for name, some in found.items()}


if __name__ == "__main__":
    sys.exit(main())
