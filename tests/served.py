"""A server as a user starts it, for tests: `./run avatar serve` in its own environment, on a home of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, heed_signals

requests = pytest.importorskip("requests", reason="wants the full environment: ./run --full pytest")


@dataclass
class Server:
    process: subprocess.Popen
    url: str
    home: Path
    log: Path

    def get(self, path: str, **options) -> Any:
        return requests.get(self.url + path, timeout=60, **options)

    def post(self, path: str, **options) -> Any:
        return requests.post(self.url + path, timeout=120, **options)

    def delete(self, path: str, **options) -> Any:
        return requests.delete(self.url + path, timeout=60, **options)

    def ended(self, video_id: str, seconds: float = 120) -> dict:
        """The video once it is completed or failed."""
        deadline = time.monotonic() + seconds
        while True:
            video = self.get(f"/v1/videos/{video_id}").json()
            if video["status"] in ("completed", "failed"):
                return video
            assert time.monotonic() < deadline, (video, self.log.read_text())
            time.sleep(0.1)


@contextlib.contextmanager
def serving(
    home: Path, *options: str, run: tuple[str, ...] = (), start: list[str] | None = None, **variables: str
) -> Iterator[Server]:
    """A server until the block ends. Its worker is of the base environment, or of the one that `run` names. start: another
    command that starts it."""
    log = home.parent / f"{home.name}-serve.log"
    environment = {**os.environ, "AVATAR_HOME": str(home), **variables}
    environment.pop("AVATAR_TOKEN", None) if "AVATAR_TOKEN" not in variables else None
    with open(log, "w") as said:
        process = subprocess.Popen(
            start or [ROOT / "run", *run, "avatar", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE, stderr=said, text=True, env=environment, preexec_fn=heed_signals,
        )  # fmt: skip
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), log.read_text()
        yield Server(process, url, home, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
        process.kill()
        process.communicate()
