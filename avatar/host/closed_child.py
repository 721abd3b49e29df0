"""A program in a process of its own, without the network, with bounded resources and, where it is told so, few files.

For programs that read what somebody else made, such as decoders: `run` waits for one, `command_line` is for those who
start it themselves and talk to it. What a program writes goes through files, so that it is bounded too.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from avatar.device.hardware import MIB
from avatar.host import closed

# Where every host keeps the libraries that programs load (the C library; on NixOS all of them), and no file of a user.
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/nix/store")
LONGEST_PAUSE_S = 0.005  # between two looks whether the program has ended

# How programs say that an allocation was refused: strerror(ENOMEM), C++, Python, and strerror(EAGAIN) of a thread without
# room for its stack. The kernel tells nobody but the program, so one that says it in other words (x264 does) seems to
# have failed by itself.
OUT_OF_MEMORY = (b"Cannot allocate memory", b"std::bad_alloc", b"MemoryError", b"Resource temporarily unavailable")
# What a program brings upon itself, by a fault in it or in its input. Every other signal comes from outside.
OWN_FAULTS = (
    signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS, signal.SIGPIPE,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The most that a program may use. All but wall_s hold for each process that it starts, on its own.

    readable: the files and folders that it may read and run, beside itself and LIBRARIES; Python needs sys.prefix and
    sys.base_prefix, a script its interpreter. All files of the host where it is None. writable: where it may write too,
    and make and remove files. Both hold where the kernel has Landlock; what is open (pipes, standard input) stays.
    """

    wall_s: float = 60
    cpu_s: int = 60  # of all threads together
    # RLIMIT_DATA, what it may write to; not RLIMIT_AS, in which FFmpeg hangs for ever when it starts 32 threads
    memory_mib: int = 2048
    file_mib: int = 1024  # the longest file, standard output and standard error included
    readable: tuple[str | Path, ...] | None = None
    writable: tuple[str | Path, ...] = ()


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    status: as subprocess has it, the exit status or minus the signal.
    limit: the limit that it ran into, "time", "CPU time", "memory" or "file size"; "" for none. "memory" is known by what
    the program said, the others by more than that.
    """

    status: int
    stdout: bytes
    stderr: bytes
    limit: str

    @property
    def ended_by_host(self) -> bool:
        """Whether a limit or somebody else ended it (a person, the kernel out of memory): no verdict on its input."""
        return bool(self.limit) or (self.status < 0 and -self.status not in OWN_FAULTS)


def command_line(command: Sequence[str | Path], limits: Limits) -> list[str]:
    """The command that becomes `command` after closing the network and taking the limits, wall_s aside.

    That costs 0.03 s. It is killed with the thread that starts it. The file of `closed` is run by itself: avatar need not be importable.
    """
    kinds = {
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_DATA: limits.memory_mib * MIB,
        resource.RLIMIT_FSIZE: limits.file_mib * MIB,
        resource.RLIMIT_CORE: 0,
    }
    settings = [f"{kind}={most}" for kind, most in kinds.items()]
    if limits.readable is not None:
        settings += ["files", *(f"read:{path}" for path in (command[0], *LIBRARIES, *limits.readable))]
        settings += [f"write:{path}" for path in limits.writable]
    return [sys.executable, "-I", "-S", closed.__file__, str(os.getpid()), *settings, "--", *map(str, command)]


def run(
    command: Sequence[str | Path],
    limits: Limits,
    stdin: BinaryIO | int = subprocess.DEVNULL,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Ended:
    """Run a program to its end, or to that of its time; how it is started and ended `running` says."""
    with running(command, limits, stdin, env, cwd) as program:
        return program.end()


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    limits: Limits,
    stdin: BinaryIO | int = subprocess.DEVNULL,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Running]:
    """A program that runs beside the block.

    On every way out (its end, its time is over, Ctrl-C here) its whole process group is killed, so children that it
    left behind go with it; only one that made a session of its own stays.
    A program that cannot be started ends with status 1 and says why on its standard error.
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            command_line(command, limits),
            stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd, start_new_session=True,
        )  # fmt: skip
        program = Running(process, limits, stdout, stderr)
        try:
            yield program
        finally:
            program.kill()


class Running:
    """What `running` started."""

    def __init__(self, process: subprocess.Popen, limits: Limits, stdout: BinaryIO, stderr: BinaryIO) -> None:
        self._process, self._limits, self._outputs = process, limits, (stdout, stderr)
        self._deadline = time.monotonic() + limits.wall_s
        self._cpu_s = 0.0

    def end(self) -> Ended:
        """Wait for its end, or that of its time, which began when it was started. To be called once."""
        in_time = has_ended_in(self._process.pid, self._deadline - time.monotonic())
        self.kill()
        said = []
        for file in self._outputs:
            file.seek(0)
            said.append(file.read())
        status = self._process.returncode
        killed_late = not in_time and status
        return Ended(
            status, said[0], said[1], "time" if killed_late else reached(status, self._cpu_s, said, self._limits)
        )

    def kill(self) -> None:
        """End it with all that it started, unless that was done."""
        if self._process.returncode is not None:
            return
        # Not yet waited for, it still holds its number, which no other group can have.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        _, ending, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(ending)
        self._cpu_s = usage.ru_utime + usage.ru_stime


def has_ended_in(process: int, seconds: float) -> bool:
    """Whether a child ends within this time. It is not waited for: it stays a zombie."""
    deadline, pause = time.monotonic() + seconds, 0.0005
    while not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if (left := deadline - time.monotonic()) <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE_S)
    return True


def reached(status: int, cpu_s: float, said: list[bytes], limits: Limits) -> str:
    """Which limit made a program fail; "" where none did, or it did not fail.

    By its signal where there is one. A program may catch SIGXCPU (FFmpeg does), ignore SIGXFSZ (Python does) and take a
    refused allocation in any way; then by the CPU time that it used, a full output and the words for no memory.
    """
    if not status:
        return ""
    if status == -signal.SIGXCPU or cpu_s >= limits.cpu_s:
        return "CPU time"
    if status == -signal.SIGXFSZ or max(map(len, said)) >= limits.file_mib * MIB:
        return "file size"
    return "memory" if any(words in said[1] for words in OUT_OF_MEMORY) else ""
