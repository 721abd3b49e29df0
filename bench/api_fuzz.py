"""schemathesis over the whole OpenAPI of a running `avatar serve`, on a home of its own, for some minutes.

    ./run python bench/api_fuzz.py --schemathesis PYTHON [--minutes 10] [--seed 1] [-o bench/results/api-fuzz.json]

PYTHON is one of an environment with schemathesis, made beside the checkout: `.venv/boot/bin/uv venv FOLDER`, and
`uv pip install -p FOLDER/bin/python schemathesis`. Wanted: no answer of 5xx, none with a status or content type that the
OpenAPI does not name, none that its schema refuses, and no file outside the home. Ids of jobs, voices and portraits that are there
are put in place of every second invented one, and so are a picture, a recording and a table. No worker runs but for the first video;
in its place a process cancels what has waited for a few seconds, so that streams of events, which are asked for like everything
else and with Last-Event-IDs from far and near, come to their end and are read to it. The limits on requests are off: what is
measured is the web process and the process that accepts. A 503 that says what this host lacks (weights) is counted, and is no
failure.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json

ROOT = Path(__file__).resolve().parent.parent
LONGEST_WAIT_S = 3.0  # of a video in the queue, until it is cancelled
CANCELLING = f"""
import contextlib, time
from avatar import settings
from avatar.errors import AvatarError
from avatar.service import queue
while True:
    time.sleep(0.5)
    for place in queue.every(settings.home()):
        if place.state == "queued" and time.time() - place.entry.submitted > {LONGEST_WAIT_S}:
            with contextlib.suppress(AvatarError, OSError):
                queue.cancel(settings.home(), place.job.id)
"""
SERVER = """
import asyncio, os, sys
from avatar.web import children, guard
guard.Rate.wait_s = lambda self, name: 0.0
async def cancelling(self):
    words = [children.python(), "-P", "-c", os.environ["CANCELLING"]]
    self.process = await asyncio.create_subprocess_exec(*words, env=children.environment())
children.Worker._start = cancelling
from avatar.__main__ import main
sys.argv = ["avatar", "serve", "--port", "0"]
sys.exit(main())
"""
HOOKS = r"""
import json, os, pathlib, zlib
import hypothesis, schemathesis
from schemathesis.specs.openapi import _hypothesis

KNOWN = json.loads(os.environ["KNOWN"])  # {parameter: [ids that are there]}
FILES = {name: pathlib.Path(path).read_bytes() for name, path in json.loads(os.environ["FILES"]).items()}

def drawn(value):  # the same for the same, so that a failure is found again
    return zlib.crc32(repr(value).encode())

@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for name, known in KNOWN.items():
        if name in (path_parameters or {}) and drawn(path_parameters) % 2:
            path_parameters[name] = known[drawn(path_parameters) // 2 % len(known)]
    return path_parameters

def is_binary(value):
    return isinstance(value, bytes) or type(value).__name__ == "Binary"

@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and drawn(body) % 2:
        body = {name: FILES.get(name, value) if is_binary(value) else value for name, value in body.items()}
    return body

@schemathesis.hook
def map_headers(context, headers):  # of Last-Event-IDs every second is one of an event that is there
    for name in headers or {}:
        if name.lower() == "last-event-id" and drawn(headers) % 2:
            headers[name] = str(drawn(headers) // 2 % 40)
    return headers

@schemathesis.check
def fault_of_ours(context, response, case):
    if response.status_code >= 500:
        told = response.json().get("error", {})
        with open(os.environ["ANSWERS_5XX"], "a") as log:
            log.write(f"{response.status_code} {told.get('code')} {case.method} {case.path}: {told.get('message')}\n")
        assert (response.status_code, told.get("code")) == (503, "host"), f"{response.status_code}: {told}"

@schemathesis.check
def events_end(context, response, case):
    # A stream is made of whole events in their order, and the last one says how it ended.
    if not case.path.endswith("/events") or response.status_code != 200:
        return
    blocks = [block for block in response.text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    events = [dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":")) for block in blocks]
    events = [event for event in events if event]
    with open(os.environ["STREAMS"], "a") as log:
        log.write(f"{len(events)}\n")
    assert events and events[-1]["event"] in ("completed", "failed", "removed"), response.text[-2000:]
    numbers = [int(event["id"]) for event in events if "id" in event]
    first = 1 + int((case.headers or {}).get("last-event-id") or 0)
    assert numbers == list(range(first, first + len(numbers))), (first, numbers)
    for event in events:
        json.loads(event["data"])

draw = _hypothesis._draw

def draw_or_leave(*words):  # its validator knows no binary within a body that is to be wrong
    try:
        return draw(*words)
    except ValueError as error:
        if "Unsupported type" not in str(error):
            raise
        hypothesis.reject()

_hypothesis._draw = draw_or_leave
"""
CHECKS = ("fault_of_ours", "events_end", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schemathesis", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="of schemathesis")
    parser.add_argument("--paths", default="", help="only paths that fit this regular expression, as /events$")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/api-fuzz.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        result = fuzz(
            Path(temporary),
            options.schemathesis.absolute(),
            options.minutes * 60,
            options.seed,
            options.phases,
            options.paths,
        )
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if any(result[name] for name in ("failures", "outside", "left_in_uploads", "tracebacks")) else 0


def fuzz(folder: Path, python: Path, seconds: float, seed: int, phases: str, paths: str) -> dict:
    home, elsewhere = folder / "home", folder / "elsewhere"
    elsewhere.mkdir()
    env = {**os.environ, "AVATAR_HOME": str(home), "TMPDIR": str(elsewhere), "HOME": str(elsewhere)}
    env["PYTHONPATH"] = str(ROOT)
    env["CANCELLING"] = CANCELLING
    env["AVATAR_WORKER_PYTHON"] = str(ROOT / ".venv/base/bin/python")
    job = first_video(home, env)
    known = {"video_id": [job.name], "voice_id": ["joe"], "model_id": ["avatar-preview"]}
    files = {name: str(job / "portrait.png") for name in ("picture", "input_reference")}
    files |= {name: str(job / "speech.wav") for name in ("audio", "audio_sample", "recording")}
    (folder / "table.csv").write_text("text,preset\nOne.,joe\nTwo.,nobody\n")
    files["table"] = str(folder / "table.csv")
    (folder / "hooks.py").write_text(HOOKS)
    (folder / "schemathesis.toml").write_text("max-stream-events = 100000\n")  # else a stream is left after twenty
    with open(folder / "server.txt", "w") as said:
        server = subprocess.Popen(
            [ROOT / ".venv/service/bin/python", "-P", "-c", SERVER],
            env=env, stdout=subprocess.PIPE, stderr=said, text=True, cwd=elsewhere, start_new_session=True,
        )  # fmt: skip
    try:
        assert server.stdout
        address = server.stdout.readline().strip()
        count, failures, tail, began = 0, Counter(), "", time.monotonic()
        rounds = 0
        while (left := seconds - (time.monotonic() - began)) > 10:
            more, wrong, tail = one_round(
                folder, python, address, left, seed + rounds, {"KNOWN": known, "FILES": files}, phases, paths
            )
            rounds, count = rounds + 1, count + more
            failures += wrong
            health = json.load(urllib.request.urlopen(f"{address}/health"))
            assert health["status"] == "ok"
            if wrong:
                break
    finally:
        server.terminate()
        server.wait()
    streams = [int(line) for line in lines_of(folder / "streams.txt")]
    return {
        "command": "./run python bench/api_fuzz.py",
        "date": time.strftime("%Y-%m-%d"),
        "seed": seed,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "rounds": rounds,
        "requests": count,
        "streams": len(streams),
        "events": sum(streams),
        "failures": dict(failures),
        "host_lacks_503": len(lines_of(folder / "5xx.txt")),
        "outside": sorted(str(path.relative_to(elsewhere)) for path in elsewhere.rglob("*") if path.is_file()),
        "left_in_uploads": len(list((home / "uploads").glob("*"))),
        "tracebacks": (folder / "server.txt").read_text().count("Traceback"),
        "told": tail if failures else "",
    }


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def first_video(home: Path, env: dict[str, str]) -> Path:
    """A job that is done, so that what it holds is asked for too."""
    python = env["AVATAR_WORKER_PYTHON"]
    put = "from avatar import asking, settings; from avatar.service import queue; "
    put += "print(queue.submit(settings.home(), asking.request_of(text='Hello.', preset='joe')).folder)"
    made = subprocess.run([python, "-P", "-c", put], env=env, check=True, capture_output=True, text=True)
    subprocess.run([python, "-P", "-m", "avatar", "queue", "work", "--until-empty"], env=env, check=True, stdout=2)
    return Path(made.stdout.strip())


def one_round(
    folder: Path, python: Path, address: str, seconds: float, seed: int, told: dict, phases: str, paths: str
) -> tuple[int, Counter, str]:
    """(requests, {failure: how often}, what schemathesis told)."""
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(folder)}
    env |= {name: json.dumps(content) for name, content in told.items()}
    env |= {"ANSWERS_5XX": str(folder / "5xx.txt"), "STREAMS": str(folder / "streams.txt")}
    command = [
        python, "-m", "schemathesis.cli", "run", f"{address}/openapi.json", "--checks", ",".join(CHECKS), "--seed", str(seed),
        "--request-timeout", "120", "--max-examples", "40", "--continue-on-failure", "--no-color", "--workers", "1",
        "--phases", phases, "--max-time", str(int(seconds)), *(["--include-path-regex", paths] if paths else []),
    ]  # fmt: skip
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True)
    said = done.stdout + done.stderr
    count = int((re.search(r"(\d+) generated", said) or [0, 0])[1])
    wrong = Counter(re.findall(r"^- (.+)$", said.partition("= WARNINGS =")[0], re.M))
    if done.returncode:
        wrong[f"schemathesis ended with {done.returncode}"] += 1
    return count, wrong, said[-20000:]


if __name__ == "__main__":
    sys.exit(main())
