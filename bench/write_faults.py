"""Every write, fsync, rename and new folder of a job fails once: is ever a wrong file at a final name, or a job lost?

    ./run python bench/write_faults.py [--every 1] [-o bench/results/write-faults.json]

A first job counts the calls under its home. Then, for each of them, a job of its own is put into the queue and worked on
while that call alone fails, with ENOSPC or EIO in turn: afterwards each file at a final name must be what its record names
and a delivered video must have the bytes of a worker that nobody disturbed; then workers go on without a fault, and the
job must be done. Calls of this process alone: FFmpeg's own writes are not among them.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import errno
import io
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar import asking
from avatar.files import file_digest, write_json
from avatar.jobs import contents
from avatar.jobs.contents import STAGES
from avatar.service import queue, worker

ROOT = Path(__file__).resolve().parent.parent
CALLS = ("fsync", "rename", "replace", "mkdir", "link", "symlink", "truncate")
TEXT = "Hello."


class Faults:
    """Counts calls on what lies below a folder, and lets one of them fail, once."""

    def __init__(self, below: Path) -> None:
        self.below, self.count, self.fails_at, self.error, self.kinds = str(below), 0, 0, errno.ENOSPC, Counter()

    def arm(self, fails_at: int, error: int) -> None:
        self.count, self.fails_at, self.error = 0, fails_at, error

    def called(self, kind: str, place: Any) -> None:
        if isinstance(place, int):
            with contextlib.suppress(OSError):
                place = os.readlink(f"/proc/self/fd/{place}")
        if not isinstance(place, str | os.PathLike) or not os.fspath(place).startswith(self.below):
            return
        self.count += 1
        self.kinds[kind] += 1
        if self.count == self.fails_at:
            raise OSError(self.error, os.strerror(self.error), os.fspath(place))

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        real = {name: getattr(os, name) for name in CALLS}
        real_open = io.open

        def opened(file, mode="r", *arguments, **options):
            made = real_open(file, mode, *arguments, **options)
            if set(mode) & set("wax+"):
                try:
                    self.called("write", file if isinstance(file, int) else os.fspath(file))
                except OSError:
                    made.close()
                    raise
            return made

        for name in CALLS:
            setattr(os, name, self._wrapped(name, real[name]))
        builtins.open = io.open = opened
        try:
            yield
        finally:
            builtins.open = io.open = real_open
            for name in CALLS:
                setattr(os, name, real[name])

    def _wrapped(self, name: str, real):
        def call(place, *arguments, **options):
            self.called(name, place)
            return real(place, *arguments, **options)

        return call


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="of so many calls one fails")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/write-faults.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        result = every_fault(Path(temporary).resolve(), options.every)
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if result["wrong"] or result["lost"] else 0


def every_fault(folder: Path, every: int) -> dict:
    faults = Faults(folder)
    with faults.watching():
        first = Trial(folder / "first")
        first.put()
        assert first.work_off() == "done"
        calls, kinds, expected = faults.count, dict(faults.kinds), file_digest(first.output)
        result: dict[str, Any] = {"calls": calls, "kinds": kinds, "states": Counter(), "wrong": [], "lost": []}
        for number in range(1, calls + 1, every):
            trial = Trial(folder / str(number))
            faults.arm(number, (errno.ENOSPC, errno.EIO)[number % 2])
            try:
                trial.put()
                state = trial.work_off()
            except Exception:  # a worker or a request that ended with the reason
                state = "refused" if not queue.every(trial.home) else "left"
            faults.arm(0, 0)
            result["states"][state] += 1
            result["wrong"] += [f"{number}: {name}" for name in trial.wrong(expected)]
            trial.go_on(was_refused=state == "refused")
            if not trial.output.exists() or file_digest(trial.output) != expected:
                result["lost"].append(number)
            print(f"{number:4} of {calls} {state}", file=sys.stderr)
    return result


class Trial:
    """The same job in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.home, self.output = folder / "home", folder / "video.mp4"
        folder.mkdir()
        os.environ["AVATAR_HOME"] = str(self.home)

    def put(self) -> None:
        queue.submit(self.home, asking.request_of(text=TEXT, preset="joe"), self.output)

    def work_off(self) -> str:
        """The state in which a worker leaves it."""
        left = ["queued"]
        worker.serve([self.home], lambda job, told: left.append(told) if isinstance(told, str) else None, True)
        return left[-1]

    def wrong(self, expected: str) -> list[str]:
        """What stands at a final name and is not what it should be."""
        found = []
        if self.output.exists() and file_digest(self.output) != expected:
            found.append(self.output.name)
        for place in queue.every(self.home):
            if damage := place.job.damage():
                found.append(damage)
            for stage in STAGES:
                record = place.job.record(stage)
                if record and not contents.is_whole(place.job.folder, record["outputs"]):
                    found.append(f"{stage}: {', '.join(record['outputs'])}")
        return found

    def go_on(self, was_refused: bool) -> None:
        """Without a fault, and without the pauses between attempts."""
        if was_refused:
            self.put()
        for place in queue.every(self.home):
            if place.entry.state == "failed":
                queue.resume(self.home, place.job.id)
            elif place.entry.state == "queued":
                queue.give_back(self.home, place.job)
        self.work_off()


if __name__ == "__main__":
    sys.exit(main())
