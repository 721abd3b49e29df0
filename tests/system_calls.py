"""What a command asks of the kernel about the network, as strace saw it, all its children included."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

CALLS = ("socket", "connect", "bind", "io_uring_setup")  # without a socket nothing can be sent


@cache
def can_trace() -> bool:
    return (
        bool(shutil.which("strace"))
        and subprocess.run(["strace", "-f", "--seccomp-bpf", "true"], capture_output=True).returncode == 0
    )


def need_strace() -> None:
    """Skips the test where strace is absent or not allowed; under CI=true that is a failure, or a gate would be off unseen."""
    if can_trace():
        return
    reason = "strace is not installed, or this host lets nobody trace: apt-get install strace"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


def traced(command: list[str], log: Path, **options) -> subprocess.CompletedProcess:
    """Run a command under strace, which notes CALLS in `log` and lets all other calls run at full speed."""
    strace = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-e",
        "signal=none",
        "-e",
        f"trace={','.join(CALLS)}",
        "-o",
        str(log),
    ]
    return subprocess.run([*strace, *command], capture_output=True, text=True, **options)


def results(log: Path) -> list[str]:
    """The lines of CALLS with their results; strace splits a call where another thread came in between."""
    call = re.compile(rf"( |<\.\.\. )({'|'.join(CALLS)})(\(| resumed>).* = ")
    return [line for line in log.read_text().splitlines() if call.search(line)]


def refused(log: Path) -> list[str]:
    return [line for line in results(log) if re.search(r" = -1 E(ACCES|NOSYS|CONNREFUSED) ", line)]


def not_refused(log: Path) -> list[str]:
    """What led or could lead anywhere: a Unix socket that sends nothing before it is connected does not."""
    leads_nowhere = re.compile(r"socket\(AF_UNIX, SOCK_(STREAM|SEQPACKET)[^D]*\) = \d+$")
    return [line for line in results(log) if line not in refused(log) and not leads_nowhere.search(line)]
