"""The queue's worker killed at random moments: is ever a job lost, made wrongly, or delivered twice?

    ./run python bench/queue_kills.py [--kills 100] [--seed 7] [--folder FOLDER] [-o bench/results/queue-kills.json]

Each round sees that two jobs wait, starts a worker, and sends it SIGKILL after 0.2 to 6 s. Afterwards workers make what
is left; every job must be done, its video delivered once, and its bytes those of a worker that nobody disturbed. A job that
ten workers in a row died on is given up with that reason; it is resumed afterwards, and counted. With
--folder the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar import asking
from avatar.files import write_json
from avatar.media.unsigned import unsigned_digest
from avatar.service import queue
from bench import machine

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 6.0  # that a worker lives; a job takes 2 to 4 s
WAITING = 2
LONGEST_END_S = 900  # after the last kill, until all have ended


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/queue-kills.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        result = soak(folder, options.kills, options.seed)
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if result["lost"] or result["wrong"] or result["delivered_twice"] else 0


def soak(folder: Path, kills: int, seed: int) -> dict:
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    noted = folder / "soak.json"
    state = json.loads(noted.read_text()) if noted.exists() else {"kills": 0, "inodes": {}, "twice": [], "seconds": 0.0}
    while state["kills"] < kills:
        began = time.monotonic()
        fill(folder, state["kills"])
        worker = start(folder / "home", log=folder / "log.txt")
        # a round's moment is its own, so that one that goes on draws what it would have drawn
        time.sleep(random.Random(f"{seed} {state['kills']}").uniform(0.2, LONGEST_S))
        worker.kill()
        worker.wait()
        look(folder, state)
        state["kills"] += 1
        state["seconds"] += time.monotonic() - began
        write_json(noted, state)
        print(f"{state['kills']:4} {dict(Counter(states(folder).values()))}", file=sys.stderr)
    deadline = time.monotonic() + LONGEST_END_S
    while any(each not in queue.ENDED for each in states(folder).values()) and time.monotonic() < deadline:
        assert start(folder / "home", "--until-empty", log=folder / "log.txt").wait() == 0
        time.sleep(5)  # some are tried again after a while
    look(folder, state)
    given_up = [place for place in queue.every(folder / "home") if place.state == "failed"]
    for place in given_up:  # as the message of such a job says
        assert place.entry.error and place.entry.error.kind == "host", place.entry.error
        queue.resume(folder / "home", place.job.id)
    assert start(folder / "home", "--until-empty", log=folder / "log.txt").wait() == 0
    look(folder, state)
    return {**summary(folder, state), "given_up_and_resumed": len(given_up), "seed": seed}


def fill(folder: Path, number: int) -> None:
    """Let WAITING jobs wait, each with a text of its own."""
    now = time.time()
    waiting = sum(
        place.state not in queue.ENDED and place.entry.not_before <= now for place in queue.every(folder / "home")
    )
    for more in range(waiting, WAITING):
        submit(folder / "home", f"Number {number}, {more}.", folder / "videos" / f"{number}-{more}.mp4")


def submit(home: Path, text: str, output: Path) -> None:
    os.environ["AVATAR_HOME"] = str(home)
    queue.submit(home, asking.request_of(text=text, preset="joe"), output)


def start(home: Path, *options: str, log: Path) -> subprocess.Popen:
    with open(log, "a") as said:
        command = [sys.executable, "-P", "-m", "avatar", "queue", "work", *options]
        env = {**os.environ, "AVATAR_HOME": str(home), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, stdout=said, stderr=said, env=env)


def states(folder: Path) -> dict[str, str]:
    return {place.job.id: place.state for place in queue.every(folder / "home")}


def look(folder: Path, state: dict) -> None:
    """A delivered video stays the file that it was at first."""
    for video in (folder / "videos").glob("[!.]*.mp4"):
        inode = video.stat().st_ino
        if state["inodes"].setdefault(video.name, inode) != inode:
            state["twice"].append(video.name)
            state["inodes"][video.name] = inode


def summary(folder: Path, state: dict) -> dict:
    """Against a worker that nobody disturbs, in a home of its own."""
    places = queue.every(folder / "home")
    with tempfile.TemporaryDirectory() as temporary:
        other = Path(temporary)
        for number, place in enumerate(places):
            submit(other / "home", place.job.request().text or "", other / f"{number}.mp4")
        assert start(other / "home", "--until-empty", log=folder / "log.txt").wait() == 0
        wrong = [
            place.job.id
            for number, place in enumerate(places)
            for video in place.job.outputs()
            if not video.exists()
            or not (made := unsigned_digest(video))
            or made != unsigned_digest(other / f"{number}.mp4")
        ]
    return {
        "command": "./run python bench/queue_kills.py",
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "kills": state["kills"],
        "jobs": len(places),
        "states": dict(Counter(place.state for place in places)),
        "lost": [place.job.id for place in places if place.state != "done"],
        "wrong": wrong,
        "delivered_twice": state["twice"],
        "half_written": [path.name for path in (folder / "videos").glob(".*")],
        "minutes": round(state["seconds"] / 60, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
