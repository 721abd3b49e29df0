"""A home in which files hold something else: everything that can be asked of it is asked, and must end in a sentence.

usage: ./run --full python bench/fuzz_home.py [SECONDS] [--rounds N] [--seed N] [-o FILE]
       (writes bench/results/fuzz-home.json)

Each round takes a copy of a home (a finished job, one with a given picture, a kept voice, settings), changes one to
three of its files and lets a process of its own list, show, resume, render anew, ask for voices and remove everything.
Counted: failures that no message explains (which a user would see as a traceback with --debug), commands that do not
end, files written or read outside of the home, jobs that another job's damage stopped, jobs that cannot be removed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from bench import json_mutants, machine

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "bench/results/fuzz-home.json"
LONGEST_S = 60  # of a round; one that renders anew takes 5 s on a busy core
TEXT = "Hi there."
NEW = (
    ".voice-abc",
    ".new-abc",
    "subtitles.srt",
    "inputs/audio.wav",
    "records/other.json",
    ".report.json.1.partial",
    "x y",
)
COUNTED = ("unexplained", "hangs", "writes_outside", "reads_outside", "others_stopped", "not_removed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float, nargs="?", default=600)
    parser.add_argument("--rounds", type=int, default=1_000_000, help="at most so many")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    found, rounds, began = [], Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, "template")
        Path(folder, "round").mkdir()  # where a video was asked for
        whole_home(template)
        while time.monotonic() - began < options.seconds and rounds["all"] < options.rounds:
            seed = options.seed * 1_000_000 + rounds["all"]
            told = one_round(seed, template, Path(folder, "round"))
            rounds.update(("all", *told["done"]))
            for each in told["found"]:
                found.append({"seed": seed, "changed": told["changed"], **each})
                print(json.dumps(found[-1]), file=sys.stderr, flush=True)
    counts = Counter(each["kind"] for each in found)
    result = {
        "command": " ".join(["./run --full python bench/fuzz_home.py", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "seconds": round(time.monotonic() - began),
        "rounds": rounds.pop("all"),
        "commands": dict(sorted(rounds.items())),
        **{kind: counts[kind] for kind in COUNTED},
        "found": found[:50],
    }
    write_json(options.output, result)
    print(f"{result['rounds']} rounds, {sum(counts.values())} found; {options.output}")
    return 1 if found else 0


def whole_home(home: Path) -> None:
    """What the rounds begin with: made by the product itself."""
    import numpy as np
    from PIL import Image

    from avatar import voices
    from avatar.jobs import home as homes
    from avatar.portrait.bundled import bundled_picture
    from avatar.request import make_request
    from avatar.voice.recording import Recording

    os.environ["AVATAR_HOME"] = str(home)
    home.mkdir()
    command("pipeline", "run", "--text", TEXT, "--preset", "joe", "-o", str(home.parent / "round/out.mp4"))
    Image.fromarray(bundled_picture()).save(home / "me.png")
    homes.create(home, make_request(text=TEXT, preset="joe", portrait=home / "me.png"))
    recording = Recording(
        np.sin(np.arange(16_000) / 20).astype(np.float32) / 2, 16_000, 1, 0.5, -9.0, 1.0, 0.0, 40.0, 120.0
    )
    voices.save(home / "voices/ann", {"name": "ann", "language": "en", "created": 1.0, "consent": True, "seconds": 1.0,
                                      "source": "ann.wav", "median_f0_hz": 120.0, "warnings": []}, recording)  # fmt: skip
    (home / "settings.toml").write_text('preset = "joe"\nseed = 7\n')
    write_json(
        home / "licences.json", {"cpml": {"name": "CPML", "url": "x", "accepted": "2026-01-01", "how": "prompt"}}
    )
    (home / "me.png").unlink()


def one_round(seed: int, template: Path, place: Path) -> dict:
    """Change a copy of the home and let a child ask everything of it. Returns what was changed, done and found."""
    shutil.rmtree(place, ignore_errors=True)
    home, outside, log = place / "home", place / "outside", place / "log.json"
    shutil.copytree(template, home)
    (outside / "inner").mkdir(parents=True)
    (outside / "kept.txt").write_text("kept")
    chance = random.Random(seed)
    files = sorted(path for path in home.rglob("*") if "other" not in path.parts)
    texts = [path for path in files if path.suffix in (".json", ".jsonl", ".toml")]
    # The job with a given picture is left alone: it must go on working.
    mine, theirs = sorted((home / "jobs").iterdir(), key=lambda job: (job / "video.mp4").exists(), reverse=True)
    theirs.rename(theirs.with_name("sound"))
    apart = [
        path for path in (texts, files) for path in [[each for each in path if theirs not in (each, *each.parents)]]
    ]
    changes = {}
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        path = chance.choice(apart[0] if chance.random() < 0.7 else apart[1])
        if path != home / "jobs" and os.path.lexists(path) and all(each.is_dir() for each in path.parents):
            changes[str(path.relative_to(home))] = json_mutants.mutate(path, chance, outside)
    if chance.random() < 0.2:  # and something that was not there
        path = chance.choice((home, home / "jobs", home / "stages", home / "voices", mine)) / chance.choice(NEW)
        if path.parent.is_dir() and not path.parent.is_symlink() and not os.path.lexists(path):
            json_mutants.put(path, kind := chance.choice(json_mutants.KINDS), outside)
            changes[str(path.relative_to(home))] = kind
    before = snapshot(outside)
    child = os.fork()
    if not child:
        ask_everything(home, outside, mine.name, chance, log)
    found = [] if ended(child) else [{"kind": "hangs"}]
    told = json.loads(log.read_text()) if log.exists() else {"done": [], "found": []}
    if found:
        found[0]["command"] = told["done"][-1] if told["done"] else ""
    if snapshot(outside) != before:
        found.append({"kind": "writes_outside", "what": "a file outside is another"})
    return {"changed": changes, "done": told["done"], "found": told["found"] + found}


def ended(child: int) -> bool:
    """Whether a child ends in time; where it does not, it is killed with what it started."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def snapshot(folder: Path) -> list[tuple]:
    return [(str(path), path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
            for path in sorted(folder.rglob("*"))]  # fmt: skip


def command(*words: str) -> tuple[int, str, str]:
    from avatar.__main__ import main as avatar

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = avatar(list(words))
    return code, out.getvalue(), err.getvalue()


def ask_everything(home: Path, outside: Path, job: str, chance: random.Random, log: Path) -> None:
    """In the child: all commands, what they did wrong into `log`; ends the process."""
    os.setsid()
    os.environ["AVATAR_HOME"] = str(home)
    done: list[str] = []
    found: list[dict] = []
    watch(home, outside, found)
    lines = [("pipeline", "list"), ("pipeline", "list", "--json"), ("pipeline", "show", job),
             ("pipeline", "show", job, "--json"), ("pipeline", "show", job, "--follow"), ("pipeline", "show", "sound"),
             ("voice", "list"), ("voice", "list", "--json"), ("voice", "show", "ann"), ("voice", "update", "ann", "--consent"),
             ("models", "list"), ("pipeline", "shifts", job, "-o", str(home.parent / "s.png"))]  # fmt: skip
    render = ("pipeline", "run", "--text", TEXT)
    renders = [("pipeline", "resume", job), (*render, "--preset", "joe"), (*render, "--preset", "joe", "--subtitles"),
               (*render, "--voice", "ann"), render, ("pipeline", "resume", "sound")]  # fmt: skip
    if chance.random() < 0.15:  # they take seconds where stages are to be made
        lines.append(chance.choice(renders))
    lines += [
        ("pipeline", "remove", job),
        ("voice", "remove", "ann"),
        ("pipeline", "remove", "--all"),
        ("pipeline", "list"),
    ]
    for line in lines:
        done.append(" ".join(line[:2]))
        log.write_text(json.dumps({"done": done, "found": found}))
        try:
            code, out, err = command(*line)
        except BaseException as error:
            code, out, err = -1, "", f"Traceback: {error!r}"
        if code not in (0, 1, 2, 75) or "unforeseen" in err or "Traceback" in err:
            found.append({"kind": "unexplained", "command": " ".join(line)[:80], "code": code, "said": err[-300:]})
        if line == ("pipeline", "list", "--json"):
            rows = {row["job"]: row for row in json.loads(out or '{"jobs": []}')["jobs"]}
            if "sound" not in rows or rows["sound"]["damage"]:
                found.append({"kind": "others_stopped", "said": out[-300:] + err[-300:]})
        if line == ("pipeline", "resume", "sound") and code and "settings.toml" not in err:
            found.append({"kind": "others_stopped", "command": " ".join(line), "said": err[-300:]})
    left = [name for name in os.listdir(home / "jobs") if not name.startswith(".")] if (home / "jobs").is_dir() else []
    if left or os.path.lexists(home / "voices/ann"):
        found.append({"kind": "not_removed", "what": left})
    log.write_text(json.dumps({"done": done, "found": found}))
    os._exit(0)


def watch(home: Path, outside: Path, found: list[dict]) -> None:
    """Note every file that Python opens for writing, or removes or renames, elsewhere than in the home; and any of
    `outside`."""
    allowed = (str(home.parent), "/dev/null", f"/proc/{os.getpid()}/")
    tempfile.tempdir = str(home.parent)
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def look(event: str, arguments: tuple) -> None:
        if event not in ("open", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.utime", "os.truncate"):
            return
        path = arguments[1] if event == "os.rename" else arguments[0]
        if not isinstance(path, str | bytes) or not os.path.isabs(path := os.fsdecode(path)):
            return
        is_write = event != "open" or bool((arguments[2] or 0) & writes)
        real = os.path.realpath(path) if event == "open" else os.path.join(os.path.realpath(os.path.dirname(path)), "x")
        if real.startswith(str(outside)) and not (event == "open" and (arguments[2] or 0) & os.O_NOFOLLOW):
            found.append({"kind": "writes_outside" if is_write else "reads_outside", "what": f"{event} {path}"})
        elif is_write and not real.startswith(allowed) and not real.startswith(str(ROOT)):
            found.append({"kind": "writes_outside", "what": f"{event} {real}"})

    sys.addaudithook(look)


if __name__ == "__main__":
    sys.exit(main())
