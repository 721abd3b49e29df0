"""picctl: commands of chance in two clones that merge, and how long `picctl status` takes.

    ./run --test python bench/pic.py [--sequences 1000] [--first 0] [--commands 12] [-o FILE]

Each sequence makes a repository and its clone, gives commands of chance to either (allowed ones and such as are refused,
edits between them), merges both ways, and does so twice. Right is: `verify` accepts every state, and either order of the
merge gives the same events and the same state. `status` is timed from the shell, as a user waits for it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pic import moves  # noqa: E402
from pic.project import Project  # noqa: E402
from tests.test_pic_merge import new, one_sequence  # noqa: E402

ROUNDS = 20


def sequences(first: int, count: int, commands: int) -> dict:
    began, events = time.monotonic(), 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory(prefix="pic-bench-") as folder:
            events += one_sequence(Path(folder), seed, commands)[-1]
        if (seed + 1) % 50 == 0:
            print(f"{seed + 1 - first} sequences, {events} events", file=sys.stderr, flush=True)
    return {"sequences": count, "first_seed": first, "commands_each": 2 * commands, "events": events,
            "seconds": round(time.monotonic() - began, 1)}  # fmt: skip


def status(folder: Path) -> dict:
    """Median and slowest of `picctl status` in a small repository whose six gates have run, in seconds."""
    root = new(folder)
    project = Project(root)
    moves.start(project, "how long it takes")
    for gate in project.config.gate:
        project.run_gate(gate)
    times, words = [], [sys.executable, "-P", "-m", "pic", "status"]
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(
            words, cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, stdout=subprocess.DEVNULL
        )
        times.append(time.perf_counter() - began)
    return {"rounds": ROUNDS, "median_s": round(statistics.median(times), 3), "slowest_s": round(max(times), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--commands", type=int, default=12, help="before each of the two merges")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pic-bench-") as folder:
        found = {"date": date.today().isoformat(), "load": os.getloadavg()[0], "status": status(Path(folder))}
    found["merging"] = sequences(arguments.first, arguments.sequences, arguments.commands)
    text = json.dumps(found, indent=1) + "\n"
    print(text, end="")
    if arguments.output:
        arguments.output.write_text(text)


if __name__ == "__main__":
    main()
