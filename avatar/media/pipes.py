"""The pipes to and from a program that may stop answering: every wait for it has an end.

A program that takes its time is left alone as long as it works; one that uses no CPU either (it was stopped, it hangs) is
given up. The clock runs only while this process waits, so that what it does itself between two reads costs nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable

from avatar.host.closed_child import has_ended_in

IDLE_S = 30.0  # without a byte, and without work
BUSY_S = 120.0  # without a byte, at work
BUSY_SHARE = 0.25  # of a core in that time: with less it was starved, and that is the host's doing
STEP_S = 2.0  # between two looks at what it does
LEAST_WORK = 0.02  # of a core: below it a program does nothing
PIPE_BYTES = 1 << 20  # what fits into a pipe before its writer waits; Linux begins with 64 KiB
TICKS = os.sysconf("SC_CLK_TCK")


class StandsStill(Exception):
    """It was waited for long enough. works: whether it had the CPU for it, so that its task has no end."""

    def __init__(self, seconds: float, works: bool) -> None:
        super().__init__(
            f"worked for {seconds:.0f} s without a result" if works else f"did nothing for {seconds:.0f} s"
        )
        self.works = works


class Watch:
    """Waits for a program, which is to lead a process group of its own, for so long and no longer."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process

    def until(self, ready: Callable[[float], object]) -> None:
        """Wait until ready(seconds), which waits so long itself, says yes. Raises StandsStill."""
        if ready(STEP_S):
            return
        begun = idle_since = time.monotonic() - STEP_S
        first = used = cpu_seconds(self._process.pid)
        while not ready(STEP_S):
            now, before, used = time.monotonic(), used, cpu_seconds(self._process.pid)
            if used - before >= LEAST_WORK * STEP_S:
                idle_since = now
            if now - idle_since >= IDLE_S:
                raise StandsStill(now - idle_since, works=False)
            if now - begun >= BUSY_S:
                raise StandsStill(now - begun, works=used - first >= BUSY_S * BUSY_SHARE)

    def until_ended(self) -> None:
        """Wait for its end; it stays a zombie. Raises StandsStill."""
        self.until(lambda seconds: has_ended_in(self._process.pid, seconds))


class FromPipe:
    """A program's standard output. count: the bytes that came."""

    def __init__(self, process: subprocess.Popen) -> None:
        assert process.stdout
        self.watch = Watch(process)
        self.count = 0
        self._pipe = process.stdout
        self._ahead = bytearray()  # what `readline` read beyond the line
        self._poll = _poll(self._pipe.fileno(), select.POLLIN)

    def read(self, count: int) -> bytearray:
        """So many bytes; fewer at the end."""
        content = bytearray(count)
        filled = min(count, len(self._ahead))
        content[:filled] = self._ahead[:filled]
        del self._ahead[:filled]
        with memoryview(content) as view:
            while filled < count and (got := self._fill(view[filled:])):
                filled += got
        del content[filled:]
        return content

    def readline(self) -> bytes:
        """A line with its end; what there is at the end."""
        block = bytearray(4096)
        while b"\n" not in self._ahead and (got := self._fill(memoryview(block))):
            self._ahead += block[:got]
        length = self._ahead.find(b"\n") + 1 or len(self._ahead)
        line = bytes(self._ahead[:length])
        del self._ahead[:length]
        return line

    def _fill(self, place: memoryview) -> int:
        self.watch.until(self._poll)
        got = os.readv(self._pipe.fileno(), [place])
        self.count += got
        return got

    def close(self) -> None:
        self._pipe.close()


class ToPipe:
    """A program's standard input."""

    def __init__(self, process: subprocess.Popen) -> None:
        assert process.stdin
        self.watch = Watch(process)
        self._pipe = process.stdin
        self._poll = _poll(self._pipe.fileno(), select.POLLOUT)
        os.set_blocking(self._pipe.fileno(), False)

    def write(self, content: bytes | memoryview) -> None:
        """All of it. Raises BrokenPipeError when nobody reads any more, StandsStill when nobody does in time."""
        left = memoryview(content).cast("B")
        while left:
            try:
                left = left[os.write(self._pipe.fileno(), left) :]
            except BlockingIOError:
                self.watch.until(self._poll)

    def close(self) -> None:
        self._pipe.close()


def end(process: subprocess.Popen) -> float:
    """Kill a program's process group, wait for it, and say how many seconds of CPU it used."""
    if process.returncode is not None:
        return 0.0
    # Not yet waited for, it still holds its number, which no other group can have.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _, ending, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(ending)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    return usage.ru_utime + usage.ru_stime


def cpu_seconds(process: int) -> float:
    """What a process that was not waited for has used, by all its threads."""
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _poll(pipe: int, event: int) -> Callable[[float], object]:
    """Whether a pipe is ready, or broken, within some seconds."""
    with contextlib.suppress(OSError):  # the user's pipes hold too much already
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    poll = select.poll()
    poll.register(pipe, event)
    return lambda seconds: poll.poll(1000 * seconds)
