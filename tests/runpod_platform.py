"""What a RunPod worker finds on the platform: an address that hands out jobs, takes progress and results; and a bucket.

The SDK's own client talks to it, over HTTP on this host, as it talks to RunPod's.
"""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Platform:
    def __init__(self) -> None:
        self.jobs: queue.Queue[dict] = queue.Queue()
        self.stops: queue.Queue[str] = queue.Queue()
        self.told: queue.Queue[tuple[str, dict]] = queue.Queue()  # (a job's id, what was told of it)
        self.bucket: dict[str, bytes] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Answers,), {"platform": self}))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self) -> dict[str, str]:
        place = f"{self.address}/v2/endpoint"
        return {
            "RUNPOD_WEBHOOK_GET_JOB": f"{place}/job-take/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{place}/job-done/$RUNPOD_POD_ID/$ID?gpu=none",
        }

    def with_bucket(self) -> dict[str, str]:
        return {
            "BUCKET_ENDPOINT_URL": self.address,
            "BUCKET_ACCESS_KEY_ID": "nobody",
            "BUCKET_SECRET_ACCESS_KEY": "nothing",
        }

    def until_done(self, job: str, seconds: float = 60) -> tuple[dict, list[dict]]:
        """A job's result, and the progress that was told before."""
        progress = []
        while True:
            of, told = self.told.get(timeout=seconds)
            if of == job and told.get("status") != "IN_PROGRESS":
                return told, progress
            progress.append(told["output"])


class Answers(BaseHTTPRequestHandler):
    platform: Platform

    def do_GET(self) -> None:
        if (name := self.path.partition("?")[0]) in self.platform.bucket:
            return self.answer(200, self.platform.bucket[name])
        waiting = self.platform.stops if "/job-stop/" in self.path else self.platform.jobs
        try:
            found: Any = waiting.get(timeout=1)
        except queue.Empty:
            return self.answer(204)
        self.answer(200, json.dumps({"jobsToStop": [found]} if "/job-stop/" in self.path else found).encode())

    def do_PUT(self) -> None:
        """A part of a file; those here have one."""
        name, body = self.path.partition("?")[0], self.rfile.read(int(self.headers["Content-Length"]))
        self.platform.bucket[name] = body
        self.answer(200, headers={"ETag": '"1"'})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if "uploads" in self.path.partition("?")[2]:  # a file begins
            return self.answer(
                200, b"<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>"
            )
        if "uploadId=" in self.path:  # a file ends
            return self.answer(200, b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")
        body = json.loads(raw)
        self.platform.told.put((self.path.partition("?")[0].rpartition("/")[2], body))
        self.answer(200)

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass
