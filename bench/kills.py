"""FFmpeg killed and stopped at random moments: is there ever a wrong video, a hang, a job that cannot be gone on with?

    ./run python bench/kills.py [--kills 60] [--idle 3] [--seed 7] [-o bench/results/kills.json]

Each round starts `avatar check` of a video or `avatar pipeline run` of given speech, waits for one of the FFmpegs that it
starts (readers and writers), lets it live for a random part of the time that it takes undisturbed, and sends it SIGKILL or
SIGSTOP. Right is: exit status 75 and a sentence, and the same command afterwards gives the undisturbed bytes; or, where
the signal came too late to matter, exit status 0 and those bytes at once. --idle: seconds after which an FFmpeg that does
nothing is given up, in place of the product's own, so that stopping 30 of them takes minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
RESULT = ROOT / "bench/results/kills.json"
TEXT = "My voice is synthetic, and this picture only seems to speak."
COMMAND = (
    "import sys; from avatar.media import pipes; pipes.IDLE_S = float(sys.argv.pop(1));"
    "from avatar.__main__ import program; sys.exit(program())"
)
LONGEST_S = 120  # of a command, on a busy host; beyond it hangs
TEMPORARY = 75


@dataclass
class Done:
    code: int | None  # None: it hangs
    said: str
    result: str  # what it made: the sha256 of the video, or the report
    seconds: float
    lives: list[float]  # of the FFmpegs that it started, in the order in which they were seen
    hit: str = ""  # what was sent to one of them


class Case:
    """A command whose result is known."""

    def __init__(self, name: str, arguments: list[str], folder: Path, idle_s: float) -> None:
        self.name, self.folder, self.idle_s = name, folder, idle_s
        self.arguments = arguments
        self.reference = self.run("undisturbed")
        assert self.reference.code == 0, self.reference.said

    def run(self, home: str, chosen: int = -1, after_s: float = 0, number: int = 0) -> Done:
        """chosen: which FFmpeg gets the signal `number`, after_s seconds after it was first seen."""
        output = self.folder / f"{home}.mp4"
        arguments = [str(output) if argument == "OUTPUT" else argument for argument in self.arguments]
        line = [sys.executable, "-c", COMMAND, str(self.idle_s), *arguments]
        env = {**os.environ, "AVATAR_HOME": str(self.folder / home), "PYTHONPATH": str(ROOT)}
        begun, seen, hit = time.monotonic(), {}, ""
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as printed:
            process = subprocess.Popen(line, env=env, cwd=self.folder, stdout=printed, stderr=said)
            while process.poll() is None and time.monotonic() - begun < LONGEST_S:
                now = time.monotonic()
                for child in ffmpegs(process.pid):
                    seen.setdefault(child, [now, now])[1] = now
                    if not hit and list(seen).index(child) == chosen and now - seen[child][0] >= after_s:
                        with suppress(ProcessLookupError):
                            os.kill(child, number)
                            hit = signal.Signals(number).name
                time.sleep(0.002)
            hangs = process.poll() is None
            process.kill()
            process.wait()
            for file in (said, printed):
                file.seek(0)
            from avatar.media.unsigned import unsigned

            made = b"".join(unsigned(output)) if output.exists() else printed.read()
            code = None if hangs else process.returncode
            words, seconds = said.read().decode(errors="replace"), time.monotonic() - begun
        return Done(code, words, hashlib.sha256(made).hexdigest(), seconds, [b - a for a, b in seen.values()], hit)

    def judge(self, done: Done, home: str) -> str:
        """What became of a disturbed run; "wrong: …" for what may not be."""
        if done.code is None:
            return "wrong: hangs"
        if done.code == 0:
            return (
                "right at once" if done.result == self.reference.result else "wrong: another result with exit status 0"
            )
        if done.code != TEMPORARY or "Traceback" in done.said or "FFmpeg" not in done.said:
            return f"wrong: exit status {done.code}: {done.said[-200:]}"
        if (self.folder / f"{home}.mp4").exists():
            return "wrong: a video in spite of exit status 75"
        again = self.run(home)
        whole = again.code == 0 and again.result == self.reference.result
        return "told, then right" if whole else f"wrong: not resumable: {again.said[-200:]}"


def ffmpegs(process: int) -> list[int]:
    """The FFmpegs among the descendants of a process."""
    found = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            for child in map(int, Path(f"/proc/{process}/task/{thread}/children").read_text().split()):
                with suppress(OSError):
                    if Path(os.readlink(f"/proc/{child}/exe")).name.startswith("ffmpeg-"):
                        found.append(child)
                found += ffmpegs(child)
    return found


def cases(folder: Path, idle_s: float) -> list[Case]:
    speech, video = folder / "speech.wav", folder / "video.mp4"
    for arguments in (
        ["voice", "say", TEXT, "-o", str(speech)],
        ["pipeline", "run", "--audio", str(speech), "-o", str(video)],
    ):
        env = {**os.environ, "AVATAR_HOME": str(folder / "first"), "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-m", "avatar", *arguments], check=True, env=env, cwd=ROOT, capture_output=True)
    return [
        Case("check", ["check", str(video), "--json"], folder, idle_s),
        Case("render", ["pipeline", "run", "--audio", str(speech), "-o", "OUTPUT"], folder, idle_s),
    ]


def report(options: argparse.Namespace, outcomes: Counter, longest_s: Counter, lives: dict) -> dict:
    """What is known so far; it is written after each round, so that a run that is stopped has its result."""
    from bench.preview import cpu_name

    return {
        "kills": sum(outcomes.values()), "wrong": sum(count for outcome, count in outcomes.items() if "wrong" in outcome),
        "outcomes": dict(sorted(outcomes.items())), "longest_s": dict(longest_s), "idle_s": options.idle,
        "seed": options.seed, "undisturbed_lives_s": lives, "cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)),
        "command": " ".join(["python", *sys.argv]),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--idle", type=float, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    chance, outcomes, longest_s = random.Random(options.seed), Counter(), Counter()
    with tempfile.TemporaryDirectory() as folder:
        both = cases(Path(folder), options.idle)
        lives = {case.name: [round(life, 2) for life in case.reference.lives] for case in both}
        tries = 0
        while sum(outcomes.values()) < options.kills and tries < 3 * options.kills:
            tries += 1
            case, number = both[tries % 2], chance.choice([signal.SIGKILL, signal.SIGSTOP])
            chosen = chance.randrange(len(case.reference.lives))
            home = f"home{tries}"
            done = case.run(home, chosen, chance.uniform(0, case.reference.lives[chosen]), number)
            if done.hit:
                outcome = f"{case.name}, {done.hit}: {case.judge(done, home)}"
                outcomes[outcome] += 1
                longest_s[done.hit] = max(longest_s[done.hit], round(done.seconds, 1))
                options.output.write_text(json.dumps(report(options, outcomes, longest_s, lives), indent=1) + "\n")
                print(f"{sum(outcomes.values()):3} {done.seconds:5.1f} s  {outcome}", flush=True)
    result = report(options, outcomes, longest_s, lives)
    options.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 1 if result["wrong"] or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
