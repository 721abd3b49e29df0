"""A Ray cluster on this host, of one node or more, each with a home of its own: as `./run ray start` makes it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
READY_S = 90


class Node:
    """`ray start` in the foreground, and all that it starts."""

    def __init__(self, folder: Path, home: Path, cores: int, *options: str, before: tuple[str, ...] = ()) -> None:
        self.folder, self.home = folder, home
        command = [
            *before, ROOT / "run", "ray", "start", "--block", "--num-cpus", cores, "--object-store-memory", 200_000_000,
            "--dashboard-agent-listen-port", free_port(), *options,
        ]  # fmt: skip
        with open(f"{home}.log", "a") as said:
            self.process = subprocess.Popen(
                list(map(str, command)), stdout=said, stderr=said, start_new_session=True,
                env={**os.environ, "AVATAR_HOME": str(home)},
            )  # fmt: skip

    def processes(self) -> list[int]:
        return [self.process.pid, *below(self.process.pid)]

    def renders(self) -> list[int]:
        """The children that make videos."""
        return [pid for pid in self.processes() if "-m avatar.worker" in command_of(pid)]

    def workers(self) -> list[int]:
        """Ray's own processes that have such a child."""
        return [pid for pid in self.processes() if command_of(pid).startswith("ray::row ")]

    def forget_jobs(self) -> None:
        """Those of renders that were killed: what they made would be taken from there."""
        shutil.rmtree(self.home / "jobs", ignore_errors=True)

    def kill(self) -> None:
        """All at once, as where a machine is lost."""
        for pid in self.processes():
            end(pid)
        self.process.wait()


class Cluster:
    def __init__(self, folder: Path, homes: Path, cores: int = 1, before: tuple[str, ...] = ()) -> None:
        self.folder, self.homes = folder, homes
        self.port, client = free_port(), free_port()
        self.address = f"ray://127.0.0.1:{client}"
        self.head = Node(
            folder, homes / "head", cores, "--head", "--port", str(self.port), "--ray-client-server-port", str(client),
            "--include-dashboard", "false", "--temp-dir", str(folder), before=before,
        )  # fmt: skip
        self.nodes = [self.head]
        wait_for(client, self.head.process, homes / "head.log")

    def add(self, name: str, cores: int = 1) -> Node:
        """Another node, which takes tasks soon."""
        node = Node(self.folder, self.homes / name, cores, "--address", f"127.0.0.1:{self.port}")
        self.nodes.append(node)
        return node

    def stop(self) -> None:
        for node in reversed(self.nodes):
            node.kill()
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):  # what was nobody's child any more
            if f"{self.folder}/" in command_of(pid):
                end(pid)
        for log in self.folder.glob("session_2*/logs/ray_client_server*"):
            shutil.copy(log, self.homes)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def running(homes: Path, cores: int = 1, before: tuple[str, ...] = ()) -> Iterator[Cluster]:
    subprocess.run([ROOT / "run", "ray", "--version"], check=True, capture_output=True)  # its environment is there
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # the name of a socket is short
    cluster = None
    try:
        cluster = Cluster(folder, homes, cores, before)
        yield cluster
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    """Until the cluster takes clients."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with socket.socket() as asking:
            if "Ray runtime started" in log.read_text() and asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def below(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *below(child)]
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
