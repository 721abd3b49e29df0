"""The web process, the queue's worker or both killed at random moments, while a client sends videos and tries again.

    ./run python bench/api_kills.py [--kills 100] [--seed 7] [-o bench/results/api-kills.json]

A client sends a video under an Idempotency-Key until it is answered, so that two wait always, as an HTTP client that
tries again does. Each round kills (SIGKILL) what the seed draws after 0.2 to 6 s; a server that was killed is started again. In
the end every video that was answered for must be completed, made once (one end in its events, one rename of its file), told
to its webhook under one id, and have the bytes of one that nobody disturbed. After each kill of the server its
children must be gone and its home free within a second.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import file_digest, write_json
from avatar.media.unsigned import unsigned_digest
from avatar.service import queue
from bench import machine, queue_kills

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 6.0
WAITING = 2
LONGEST_END_S = 900


class Server:
    """`./run avatar serve` on a home, started again at the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.port, self.process = folder, folder / "home", 0, None

    def start(self) -> float:
        """Returns the seconds until it answered."""
        began = time.monotonic()
        with open(self.folder / "log.txt", "a") as said:
            command = [ROOT / "run", "avatar", "serve", "--private-webhooks", "--port", str(self.port)]
            env = {**os.environ, "AVATAR_HOME": str(self.home)}
            self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=said, text=True)
        address = self.process.stdout.readline().strip()
        assert address, (self.folder / "log.txt").read_text()[-2000:]
        self.port = int(address.rpartition(":")[2])
        while True:
            with contextlib.suppress(OSError):
                self.get("/health")
                return time.monotonic() - began
            time.sleep(0.02)

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return json.load(answer)

    def children(self) -> dict[int, str]:
        """{process id: "worker" or "checker"} of this server."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError, ValueError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid:
                    found[int(entry.name)] = "worker" if b"work" in words else "checker"
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/api-kills.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        result = soak(Path(temporary), options.kills, options.seed)
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if any(result[name] for name in ("lost", "wrong", "twice", "orphans", "told_twice", "untold")) else 0


def soak(folder: Path, kills: int, seed: int) -> dict:
    told: dict[str, set[str]] = {}
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), receiving(told))
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    server, inodes, twice, orphans, starts = Server(folder), dict[str, int](), [], 0, []
    starts.append(server.start())
    stop, sent = threading.Event(), dict[str, str]()
    client = threading.Thread(target=send, args=(server, receiver.server_port, sent, stop))
    client.start()
    killed, began = Counter(), time.monotonic()
    while killed.total() < kills:
        number = killed.total()
        drawn = random.Random(f"{seed} {number}")
        time.sleep(drawn.uniform(0.2, LONGEST_S))
        who = drawn.choice(("server", "worker", "both"))
        killed[who] += 1
        kids = server.children()
        for child, name in kids.items():
            if name == "worker" and who != "server":
                os.kill(child, signal.SIGKILL)
        if who != "worker":
            server.process.kill()
            server.process.wait()
            orphans += len(left(kids))
            starts.append(server.start())
        look(server.home, inodes, twice)
        if killed.total() % 10 == 0:
            print(f"{killed.total():4} {len(sent)} sent", dict(Counter(states(server.home).values())), file=sys.stderr)
    stop.set()
    client.join()
    deadline = time.monotonic() + LONGEST_END_S
    while time.monotonic() < deadline and any(state not in queue.ENDED for state in states(server.home).values()):
        time.sleep(1)
    time.sleep(2)
    look(server.home, inodes, twice)
    told_in_time = [name for name in sent.values() if name in told]
    for _ in range(700):  # a webhook that met no server is tried again after a while
        if len(told_in_time := [name for name in sent.values() if name in told]) == len(sent):
            break
        time.sleep(0.1)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait()
    minutes = (time.monotonic() - began) / 60
    return summary(server, sent, told, twice) | {
        "seed": seed,
        "kills": dict(killed),
        "orphans": orphans,
        "untold": len(sent) - len(told_in_time),
        "longest_start_s": round(max(starts), 1),
        "minutes": round(minutes, 1),
    }


def receiving(told: dict[str, set[str]]):
    """A webhook's receiver; told: {video: ids under which its end was told}."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.setdefault(event["data"]["id"], set()).add(self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words) -> None:
            pass

    return Receiver


def send(server: Server, receiver: int, sent: dict[str, str], stop: threading.Event) -> None:
    """Keep WAITING videos waiting; sent: {key: the video's id}."""
    while not stop.is_set():
        now = time.time()  # those that are tried again after a while do not count
        if (
            sum(place.state not in queue.ENDED and place.entry.not_before <= now for place in queue.every(server.home))
            >= WAITING
        ):
            time.sleep(0.1)
            continue
        number = len(sent)
        wanted = {"prompt": f"Number {number}.", "voice": "joe", "webhook": f"http://127.0.0.1:{receiver}/"}
        headers = {"content-type": "application/json", "idempotency-key": f"key-{number}"}
        while True:  # until it is answered, as a client does that tries again
            url = f"http://127.0.0.1:{server.port}/v1/videos"
            asked = urllib.request.Request(url, json.dumps(wanted).encode(), headers)
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    sent[f"key-{number}"] = json.load(answer)["id"]
                    break
            except urllib.error.HTTPError as error:
                assert error.code in (409, 429, 503), (error.code, error.read())
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.2)


def left(kids: dict[int, str]) -> list[int]:
    """Those of these processes that are there still after a second."""
    deadline = time.monotonic() + 1
    while (found := [kid for kid in kids if is_there(kid)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def is_there(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def states(home: Path) -> dict[str, str]:
    return {place.job.id: place.state for place in queue.every(home)}


def look(home: Path, inodes: dict[str, int], twice: list[str]) -> None:
    """A video that is there stays the file that it was at first."""
    for video in (home / "jobs").glob("[!.]*/video.mp4"):
        inode = video.stat().st_ino
        if inodes.setdefault(video.parent.name, inode) != inode:
            twice.append(video.parent.name)
            inodes[video.parent.name] = inode


def summary(server: Server, sent: dict[str, str], told: dict[str, set[str]], twice: list[str]) -> dict:
    """Against a worker that nobody disturbs, in a home of its own."""
    places = {place.job.id: place for place in queue.every(server.home)}
    with tempfile.TemporaryDirectory() as temporary:
        other = Path(temporary)
        for name, place in places.items():
            queue_kills.submit(other / "home", place.job.request().text or "", other / f"{name}.mp4")
        log = server.folder / "log.txt"
        assert queue_kills.start(other / "home", "--until-empty", log=log).wait() == 0
        wrong = [
            name
            for name, place in places.items()
            if not place.job.video.exists() or file_digest(place.job.video) != unsigned_digest(other / f"{name}.mp4")
        ]
    ends = {name: ends_of(place) for name, place in places.items()}
    return {
        "command": "./run python bench/api_kills.py",
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "sent": len(sent),
        "jobs": len(places),
        "lost": [name for name in sent.values() if name not in places or places[name].state != "done"],
        "wrong": wrong,
        "twice": sorted({*twice, *(name for name, count in ends.items() if count != 1)}),
        "told_twice": [name for name, ids in told.items() if len(ids) > 1],
    }


def ends_of(place: queue.Place) -> int:
    """How often the last stage was told to be done."""
    from avatar.jobs import events

    return sum(event.stage == "video" and event.is_end for event in events.read(place.job.folder))


if __name__ == "__main__":
    sys.exit(main())
