"""What the steps of ci/gpu share: the options, the folder of the results, the commands as a user types them, the report."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Well within ten seconds at any pace: XTTS keeps its own, and silence fills up the rest.
TEXT = "Good morning. This voice was cloned from a short recording, and this face was drawn to it. All on one machine."


class CouldNotRun(Exception):
    """There is no GPU, or there are no weights: --on-skip decides."""


class Failed(Exception):
    """Something ran and is not right: fatal always."""


class Stage:
    """What the steps share: options, the folder of the results, the environment of the commands, the report."""

    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        self.options, self.scratch, self.folder = options, scratch, options.output.absolute()
        self.seconds = 2 if options.dry_run else 10
        self.text = "Hello." if options.dry_run else TEXT
        self.environment = {**os.environ}
        if options.weights == "random":  # nobody needs what is made of them
            self.environment |= {"AVATAR_HOME": str(scratch / "home")}
        if options.dry_run:
            self.environment |= {"AVATAR_PROFILE": "cpu", "OMP_NUM_THREADS": "1"}
        self.report: dict = {"weights": options.weights, "dry_run": options.dry_run, "steps": [], "left_out": {}}

    def avatar(self, *arguments: object) -> subprocess.CompletedProcess:
        return self.command(sys.executable, "-m", "avatar", *arguments)

    def command(self, *arguments: object) -> subprocess.CompletedProcess:
        """A command in the checkout; its messages go through to stderr, its output is kept."""
        words = [str(each) for each in arguments]
        done = subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True)
        said = done.stderr.decode(errors="replace")
        print(said, end="", file=sys.stderr, flush=True)
        return subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(errors="replace"), said)

    def succeeded(self, what: str, done: subprocess.CompletedProcess) -> subprocess.CompletedProcess:
        if done.returncode:
            raise Failed(f"{what}: {last_line(done)} (exit code {done.returncode})")
        return done


def rendered(stage: Stage, name: str, *arguments: object) -> dict:
    """{"wall_s", "report"} of a render to FOLDER/name, in a process of its own."""
    started = time.monotonic()
    done = stage.avatar("pipeline", "run", *arguments, "-o", stage.folder / name, "--json")
    wall_s = round(time.monotonic() - started, 2)
    stage.succeeded(f"rendering {name}", done)
    return {"wall_s": wall_s, "report": json.loads(done.stdout)}


def job_folder(made: dict) -> Path:
    return Path(made["report"]["video"]).parent


def parsed(done: subprocess.CompletedProcess, what: str) -> dict:
    """The JSON that a command printed, whatever its exit code. Raises Failed where there is none."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Failed(f"{what}: {last_line(done)} (exit code {done.returncode})") from None


def last_line(done: subprocess.CompletedProcess) -> str:
    return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]


def say(text: str) -> None:
    print(f"ci/gpu: {text}", file=sys.stderr, flush=True)
