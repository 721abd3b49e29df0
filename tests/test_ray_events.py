"""What nodes of a Ray cluster tell comes once and in its order, whatever call of Ray's fails: in a Ray of its own."""

from __future__ import annotations

import json
import subprocess

from tests.conftest import ROOT

# In Ray's own environment. The box fails as a busy host lets it: before it keeps, after it kept, and when it is emptied.
SCRIPT = """
import json, sys, time

import ray

from avatar.batch.ray_events import Box, Ears, into
from avatar.progress import Event


class Flaky(Box):
    def __init__(self):
        super().__init__()
        self.puts = self.takes = 0

    def put(self, *given):
        self.puts += 1
        if self.puts in (1, 5, 6):
            raise RuntimeError("before")
        super().put(*given)
        if self.puts in (2, 9):
            raise RuntimeError("after")

    def take(self, *given):
        self.takes += 1
        taken = super().take(*given)
        if self.takes % 3:
            raise RuntimeError("on the way")
        return taken


@ray.remote
def work(box, number):
    with into(box, number) as tell:
        for done in range(20):
            tell(Event("lips", 3, done))
            time.sleep(0.02)
        tell(Event("lips", 3, 20, is_end=True))


ray.init(num_cpus=2, include_dashboard=False, logging_level="CRITICAL", log_to_driver=False, object_store_memory=100_000_000)
ears = Ears(ray)
ears.box = ray.remote(Flaky).options(num_cpus=0).remote()
tasks, heard = [work.remote(ears.box, number) for number in (7, 8)], []
while ray.wait(tasks, num_returns=2, timeout=0.05)[1]:
    heard += ears.heard()
for _ in range(2):
    heard += ears.heard(10)
print(json.dumps([[number, event.done, event.is_end] for number, event in heard]))
"""


def test_every_event_comes_once_and_in_order_though_calls_fail(tmp_path):
    subprocess.run([ROOT / "run", "ray", "--version"], check=True, capture_output=True)  # its environment is there
    done = subprocess.run(
        [ROOT / ".venv/ray/bin/python", "-P", "-c", SCRIPT], capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "RAY_USAGE_STATS_ENABLED": "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    for number in (7, 8):
        wanted = [*([number, done, False] for done in range(20)), [number, 20, True]]
        assert [each for each in told if each[0] == number] == wanted
