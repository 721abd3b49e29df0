"""The service under load: 50 videos at once, 20 clients that poll, and the server killed in the middle.

    ./run python bench/service.py [--videos 50] [--clients 20] [--requests 5000] [-o bench/results/service.json]

First nothing renders: CLIENTS keep-alive connections ask for the status of a video that is done, REQUESTS / 2 times in all. Then
--videos are sent at once, and the same is asked while they are made: 50 % and 99 % of the answers' times are compared. The web
process's memory is read from /proc before and after 10,000 requests more. Last, OpenAI's shape of polling
(create, retrieve until it ended, the client's own retries counted) goes on while the server is killed and started again.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from avatar.service import queue
from bench import machine
from bench.api_kills import Server

ROOT = Path(__file__).resolve().parent.parent
LONGEST_END_S = 1200
MORE = 10_000  # requests over which the memory is watched


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=50)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/service.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        result = measured(Path(temporary), options.videos, options.clients, options.requests)
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if result["lost"] or result["wrong_answers"] or result["retries_over_a_restart"] > 1 else 0


def measured(folder: Path, videos: int, clients: int, requests: int) -> dict:
    server, wrong = Server(folder), Counter()
    server.start()
    first = post(server, "First.")["id"]
    until(lambda: server.get(f"/v1/videos/{first}")["status"] == "completed")
    poll(server, [first], clients, 200, wrong)  # warm
    quiet = poll(server, [first], clients, requests // 2, wrong)
    began, sent = time.monotonic(), []
    threads = [
        threading.Thread(target=lambda number=number: sent.append(post(server, f"Number {number}.")["id"]))
        for number in range(videos)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    sent_s = time.monotonic() - began
    until(lambda: any(server.get(f"/v1/videos/{name}")["status"] == "in_progress" for name in sent))
    busy = poll(server, sent, clients, requests // 2, wrong)
    still_rendering = states(server)["queued"] + states(server)["running"]
    before = memory_kib(server.process.pid)
    poll(server, sent, clients, MORE, wrong)
    after = memory_kib(server.process.pid)
    print(figures(quiet), figures(busy), still_rendering, before, after, dict(wrong), file=sys.stderr, flush=True)
    restart = over_a_restart(server)
    print(restart, file=sys.stderr, flush=True)
    until(lambda: not (states(server)["queued"] or states(server)["running"]), LONGEST_END_S)
    places = {place.job.id: place.state for place in queue.every(server.home)}
    server.process.send_signal(signal.SIGTERM)
    server.process.wait()
    return {
        "command": "./run python bench/service.py",
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "load_average": round(os.getloadavg()[0], 1),
        "videos": videos,
        "sent_in_s": round(sent_s, 1),
        "lost": [name for name in sent if places.get(name) != "done"],
        "requests": requests + MORE,
        "wrong_answers": dict(wrong),
        "ms_without_a_job": figures(quiet),
        "ms_with_jobs": figures(busy),
        "p99_ratio": round(at(busy, 0.99) / at(quiet, 0.99), 2),
        "videos_still_to_be_made": still_rendering,
        "memory_mib": [round(before / 1024, 1), round(after / 1024, 1)],
        **restart,
    }


def post(server: Server, text: str) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    body = json.dumps({"prompt": text, "voice": "joe"})
    connection.request("POST", "/v1/videos", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    content = json.load(answer)
    assert answer.status == 202, content
    return content


def poll(server: Server, names: list[str], clients: int, requests: int, wrong: Counter) -> list[float]:
    """Seconds of each answer, of clients that ask one request after the other over one connection."""
    took: list[float] = []

    def one(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for count in range(requests // clients):
            began = time.perf_counter()
            connection.request("GET", f"/v1/videos/{names[(number + count) % len(names)]}")
            answer = connection.getresponse()
            content = answer.read()
            took.append(time.perf_counter() - began)
            if answer.status != 200 or b'"status"' not in content:
                wrong[answer.status] += 1
            time.sleep(0.1)  # a client that polls rests

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return took


def over_a_restart(server: Server) -> dict:
    """A client that polls as OpenAI's does (two retries, after 0.5 s and 1 s) sees a video to its end."""
    name, retries, tries = post(server, "While the server is killed.")["id"], 0, 0
    killer = threading.Timer(1.0, lambda: (server.process.kill(), server.process.wait(), server.start()))
    killer.start()
    began, connection = time.monotonic(), None
    while time.monotonic() - began < 8:
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("GET", f"/v1/videos/{name}")
            answer = connection.getresponse()
            assert answer.status == 200 and json.load(answer)["id"] == name
            tries = 0
        except (OSError, http.client.HTTPException):
            connection, tries = None, tries + 1
            retries = max(retries, tries)
            time.sleep(0.5 * 2 ** (tries - 1))
            continue
        time.sleep(1)  # openai-poll-after-ms
    killer.join()
    return {"retries_over_a_restart": retries}


def states(server: Server) -> dict[str, int]:
    return server.get("/v1/status")["queue"]


def memory_kib(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def until(is_so, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def at(took: list[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(share * len(took)))]


def figures(took: list[float]) -> dict[str, float]:
    return {name: round(at(took, share) * 1000, 1) for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1))}


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
