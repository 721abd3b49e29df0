"""One gate command, run to its end: in a process group of its own, without input, its output in a file.

The file, and no pipe: a child that goes on holding the output open cannot be taken for a gate that never ends.
Beside it runs a shell that waits for our end, and ends the group then: not even kill -9 of picctl leaves a gate behind.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pic.config import Gate
from pic.repo import environment

MOST_OUTPUT = 256 * 2**20  # bytes; more is a gate that has lost its way
LOOK = 0.02  # seconds between two looks at it
SEARCH = 10.0  # seconds of computing, for the number of its work
SCRIPT = re.compile(r"#!\s*(?:\S*/env\s+)?(\S*python[\d.]*)\s")  # its first line
NOT_KNOWN = "not known"
# Its input says whom, and ends with us, whatever ended us.
WATCH = 'read -r group && { read -r _; kill -s KILL -- "-$group"; }'


@dataclass(frozen=True)
class Ran:
    """`exit` is None where it was ended for its time or its output; `count` is the work that was done."""

    green: bool
    why: str  # of red, in a few words; empty for green
    exit: int | None = None
    count: int = 0
    seconds: float = 0.0


def run(gate: Gate, root: Path, output: Path) -> Ran:
    """Run it in `root`. Never raises for what the gate does."""
    output.parent.mkdir(parents=True, exist_ok=True)
    clock, before = time.monotonic(), written(root, gate)
    code, why = start(gate, root, output, clock)
    seconds, count = round(time.monotonic() - clock, 3), 0
    if code == 0:
        count, why = work_done(gate, root, output, before)
    elif code is not None:
        known = {126: "exit code 126: cannot be run", 127: f"exit code 127: {gate.run[0]} is not found"}
        why = known.get(code, f"exit code {code}" if code > 0 else f"ended by signal {-code}")
    return Ran(not why, why, code, count, seconds)


def start(gate: Gate, root: Path, output: Path, clock: float) -> tuple[int | None, str]:
    """The exit code, or None and why it was ended; what is left of its group is killed, and nothing else."""
    asked, told = os.pipe()
    with open(asked, "rb") as heard, open(told, "wb", buffering=0) as tell, open(output, "wb") as file:
        watch = subprocess.Popen(
            ["/bin/sh", "-c", WATCH], stdin=heard, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        process = None
        try:
            process = subprocess.Popen(
                gate.run, cwd=root, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True, env=environment(PIC_GATE=gate.name, PIC_ROOT=str(root)),
                preexec_fn=lambda: tell.write(b"%d\n" % os.getpid()),  # it is watched before it begins
            )  # fmt: skip
            while process.poll() is None:
                if time.monotonic() - clock > gate.limit:
                    return None, f"not done within its limit of {gate.limit:g} s"
                if os.fstat(file.fileno()).st_size > MOST_OUTPUT:  # by its handle: the gate may have removed it
                    return None, f"more than {MOST_OUTPUT >> 20} MiB of output"
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK)
            return process.returncode, ""
        except (FileNotFoundError, NotADirectoryError):
            return 127, ""
        except (OSError, ValueError) as error:
            file.write(f"{error}\n".encode())
            return 126, ""
        finally:
            tell.close()  # so that the watch kills what is left of the group, also where a signal came before `process`
            watch.wait()
            if process:
                process.kill()
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
    name = gate.work_file or output.name
    try:
        if gate.work_file and before and written(root, gate) == before:
            return 0, f"{name} is as it was before this run"
        if not source.is_file():  # such as a pipe, which has no end
            return 0, f"{name} was not written"
        with open(source, encoding="utf-8", errors="replace") as file:
            found = last_found(gate.work, file.read(MOST_OUTPUT))
    except TimeoutError:
        return 0, f"its pattern for the work finds no end in {SEARCH:g} s"
    except OSError as error:
        return 0, f"{name} cannot be read: {error.strerror}"
    if found is None:
        return 0, "it does not say what work was done"
    if not re.fullmatch(r"\s*\d{1,18}\s*", found):
        return 0, f"what counts as work is no number: {found[:20]!r}"
    count = int(found)
    return count, "" if count >= gate.at_least else f"it did {count} of at least {gate.at_least} pieces of work"


def last_found(pattern: str, text: str) -> str | None:
    """The group's text where the pattern fits last, None where it never does. Raises TimeoutError after SEARCH."""

    # `re` heeds signals while it searches, and the timer counts our own computing, so that a slow host ends nothing.
    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, SEARCH)
    try:
        last = None
        for last in re.finditer(pattern, text, re.MULTILINE):  # noqa: B007
            pass
        return last and (last[1] or "")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def python_of(program: str, root: Path) -> str:
    """The version of the Python that this program of a gate is, or that its first line names, as it says itself."""
    # Of any other program, the version of `python` on PATH and these words, as that is what it would start.
    found = str(root / program) if "/" in program else shutil.which(program) or ""
    if Path(found).is_file():  # and no pipe, which has no end
        with suppress(OSError), open(found, encoding="utf-8", errors="replace") as file:
            if line := SCRIPT.match(file.readline(200)):
                found = shutil.which(line[1]) or ""
    own = re.fullmatch(r"python[\d.]*", Path(found).name)
    asked = found if own else shutil.which("python") or ""
    words = ["-I", "-S", "-c", "import sys; print(sys.version.split()[0])"]
    with suppress(OSError, ValueError, subprocess.TimeoutExpired):  # of these: what it says is no text
        done = subprocess.run([asked, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
        if re.fullmatch(r"\d+\.\S+\n", done.stdout):
            return done.stdout.strip() + ("" if own else " on PATH")
    return NOT_KNOWN
