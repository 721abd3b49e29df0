"""One gate command, run to its end: in a process group of its own, without input, its output in a file.

The file, and no pipe: a child that goes on holding the output open cannot be taken for a gate that never ends.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pic.config import Gate

MOST_OUTPUT = 256 * 2**20  # bytes; more is a gate that has lost its way
LOOK = 0.02  # seconds between two looks at it


@dataclass(frozen=True)
class Ran:
    """`exit` is None where it was ended for its time or its output; `count` is the work that was done."""

    green: bool
    why: str  # of red, in a few words; empty for green
    exit: int | None
    count: int
    seconds: float


def run(gate: Gate, root: Path, output: Path) -> Ran:
    """Run it in `root`. Never raises for what the gate does."""
    output.parent.mkdir(parents=True, exist_ok=True)
    clock, before = time.monotonic(), written(root, gate)
    code, ended = start(gate, root, output, clock)
    seconds = round(time.monotonic() - clock, 3)
    if ended:
        return Ran(False, ended, None, 0, seconds)
    if code:
        why = {126: "exit code 126: cannot be run", 127: f"exit code 127: {gate.run[0]} is not found"}
        return Ran(
            False, why.get(code, f"exit code {code}" if code > 0 else f"ended by signal {-code}"), code, 0, seconds
        )
    count, wrong = work_done(gate, root, output, before)
    return Ran(not wrong, wrong, 0, count, seconds)


def start(gate: Gate, root: Path, output: Path, clock: float) -> tuple[int, str]:
    """The exit code, and why it was ended; what is left of its group is killed, and nothing else."""
    with open(output, "wb") as file:
        try:
            process = subprocess.Popen(
                gate.run, cwd=root, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, "PIC_GATE": gate.name},
            )  # fmt: skip
        except (FileNotFoundError, NotADirectoryError):
            return 127, ""
        except (OSError, ValueError) as error:
            file.write(f"{error}\n".encode())
            return 126, ""
    try:
        while process.poll() is None:
            if time.monotonic() - clock > gate.limit:
                return 0, f"not done within its limit of {gate.limit:g} s"
            if output.stat().st_size > MOST_OUTPUT:
                return 0, f"more than {MOST_OUTPUT >> 20} MiB of output"
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
        return process.returncode, ""
    finally:
        end_group(process)


def end_group(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody of it is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def written(root: Path, gate: Gate) -> tuple[int, int, int] | None:
    """What changes of its work_file when it is written; None where there is none."""
    with suppress(OSError):
        found = (root / (gate.work_file or "")).stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return None


def work_done(gate: Gate, root: Path, output: Path, before: tuple[int, int, int] | None) -> tuple[int, str]:
    """The last number that the pattern finds, and why it does not do."""
    source = root / gate.work_file if gate.work_file else output
    try:
        if gate.work_file and before and written(root, gate) == before:
            return 0, f"{gate.work_file} is as it was before this run"
        text = source.read_text("utf-8", errors="replace")
    except OSError:
        return 0, f"{gate.work_file} was not written"
    found = re.findall(gate.work, text, re.MULTILINE)
    try:
        count = int(found[-1]) if found else 0
    except ValueError:
        return 0, f"what counts as work is no number: {found[-1][:20]!r}"
    if not found:
        return 0, "it does not say what work was done"
    return count, "" if count >= gate.at_least else f"it did {count} of at least {gate.at_least} pieces of work"
