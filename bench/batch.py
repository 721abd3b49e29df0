"""Items an hour: so many one-sentence texts in one batch, through the queue, and in one process each; the same bytes.

    ./run python bench/batch.py [--texts 20] [-o bench/results/batch.json]

The preview stack, its default voice, the bundled portrait. Each way begins with an empty home, in one run, in that order.
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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
RESULT = ROOT / "bench/results/batch.json"
BATCH = """
import sys
from avatar import pipeline, settings
from avatar.jobs import home
from avatar.asking import request_of
jobs = [home.create(settings.home(), request_of(text=text)) for text in sys.argv[1:]]
sys.exit(bool(pipeline.render_all(jobs)))
"""
SUBMIT = """
import sys
from avatar import settings
from avatar.service.queue import submit
from avatar.asking import request_of
for text in sys.argv[1:]:
    submit(settings.home(), request_of(text=text))
"""
NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]


def texts(count: int) -> list[str]:
    return [f"This is sentence number {NUMBERS[number % 20]} of a short batch." for number in range(count)]


def timed(commands: list[list[str]], home: Path) -> float:
    started = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, env={**os.environ, "AVATAR_HOME": str(home)}, cwd=ROOT, capture_output=True)
    return time.perf_counter() - started


def digests(home: Path) -> dict[str, str]:
    from avatar.files import file_digest

    return {path.parent.name: file_digest(path) for path in sorted((home / "jobs").glob("*/video.mp4"))}


def main() -> int:
    from bench.preview import cpu_name

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=20)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    spoken = texts(options.texts)
    with tempfile.TemporaryDirectory() as folder:
        together, queued, alone = (Path(folder, name) for name in ("together", "queued", "alone"))
        batch_s = timed([[sys.executable, "-c", BATCH, *spoken]], together)
        worker = [sys.executable, "-m", "avatar", "queue", "work", "--until-empty"]
        queue_s = timed([[sys.executable, "-c", SUBMIT, *spoken], worker], queued)
        one = [[sys.executable, "-m", "avatar", "pipeline", "run", "--text", text] for text in spoken]
        alone_s = timed(one, alone)
        same = digests(together) == digests(queued) == digests(alone) and len(digests(alone)) == len(set(spoken))
    result = {
        "texts": len(spoken), "batch_s": round(batch_s, 2), "queue_s": round(queue_s, 2), "one_process_each_s": round(alone_s, 2),
        "items_an_hour": {"batch": round(3600 * len(spoken) / batch_s), "queue": round(3600 * len(spoken) / queue_s),
                          "one_process_each": round(3600 * len(spoken) / alone_s)},
        "times_as_many": round(alone_s / batch_s, 3), "times_as_many_by_the_queue": round(alone_s / queue_s, 3), "same_bytes": same,
        "cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "command": " ".join(["python", *sys.argv]),
    }  # fmt: skip
    options.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
