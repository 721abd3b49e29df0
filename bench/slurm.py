"""A real Slurm of two nodes on this host renders a table with docs/examples/slurm.sh, while its nodes and steps are killed.

    ./run python bench/slurm.py [--rows 8] [--kills 4] [--seed 7] [-o bench/results/slurm.json]

The array is submitted, then every few seconds a node's daemon with all that it runs, or the process that renders an item,
gets SIGKILL, at random; a killed node comes back at once. Afterwards `--missing` makes what is lacking. Each video must be
there, once, with the bytes that one machine makes. Needs root, and apt-get install slurmctld slurmd slurm-client munge.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import file_digest, write_json
from bench import machine

ROOT = Path(__file__).resolve().parent.parent
NODES = ("node1", "node2")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue")
LONGEST_S = 1500  # of the array; Slurm holds back what was requeued for two minutes

CONFIGURATION = """
ClusterName=avatar
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=5,bf_interval=5
ReturnToService=2
SlurmdTimeout=15
InactiveLimit=0
KillWait=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/completed.txt
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/slurm.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slurm-") as temporary, cluster(Path(temporary)) as slurm:
        result = soak(slurm, options.rows, options.kills, random.Random(options.seed)) | {"seed": options.seed}
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if result["lost"] or result["wrong"] or result["delivered_twice"] else 0


# ---------------------------------------------------------------- a Slurm of its own


class Slurm:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self.daemons: dict[str, subprocess.Popen] = {}
        self.ready_s = 0.0

    def call(self, *command: str | Path, **options) -> str:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=self.environment, **options)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr}")
        return done.stdout

    def start(self, name: str, *command: str) -> None:
        with open(self.folder / f"{name}.out", "a") as said:
            self.daemons[name] = subprocess.Popen(
                command, stdout=said, stderr=said, env=self.environment, start_new_session=True
            )

    def start_node(self, node: str) -> None:
        self.start(node, "slurmd", "-D", "-N", node)

    def states(self) -> Counter[str]:
        return Counter(self.call("squeue", "--noheader", "--array", "--format=%t").split())


@contextlib.contextmanager
def cluster(folder: Path):
    """munged, slurmctld and a slurmd for each node, all gone afterwards."""
    slurm, began = Slurm(folder), time.monotonic()
    folder.chmod(0o755)
    (folder / "state").mkdir()
    control, *ports = free_ports(1 + len(NODES))
    cores = os.cpu_count() or 1
    nodes = "\n".join(
        f"NodeName={node} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={port} CPUs={cores} "
        f"CoresPerSocket={cores} RealMemory=4096"
        for node, port in zip(NODES, ports)
    )
    (folder / "slurm.conf").write_text(
        CONFIGURATION.format(folder=folder, host=socket.gethostname(), control=control, nodes=nodes)
    )
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    try:
        slurm.start(
            "munged", "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
            f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munged.seed", f"--log-file={folder}/munged.log",
        )  # fmt: skip
        until((folder / "munge.socket").exists, 20)
        slurm.start("slurmctld", "slurmctld", "-D", "-c")
        for node in NODES:
            slurm.start_node(node)
        until(lambda: slurm.call("sinfo", "--noheader", "--format=%t %D").split() == ["idle", str(len(NODES))], 60)
        slurm.ready_s = time.monotonic() - began
        yield slurm
    finally:
        for pid in [pid for node in NODES for pid in steps_of(slurm, node)]:
            end(pid)
        for process in reversed(slurm.daemons.values()):
            for pid in (process.pid, *below(process.pid)):
                end(pid)
            process.wait()


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def until(is_so, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(RuntimeError):  # of a daemon that is not up yet
            if is_so():
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.2)


# ---------------------------------------------------------------- the table


def soak(slurm: Slurm, rows: int, kills: int, chance: random.Random) -> dict:
    folder, began = slurm.folder, time.monotonic()
    table, videos = folder / "table.csv", folder / "videos"
    table.write_text("name,text,preset\n" + "".join(f"{row:03},This is row number {row}.,joe\n" for row in range(rows)))
    slurm.environment |= {"AVATAR_HOME": str(folder / "home"), "AVATAR_CHECKOUT": str(ROOT)}
    slurm.call("sbatch", f"--array=1-{rows}", "--mem=1G", ROOT / "docs/examples/slurm.sh", table, videos, cwd=folder)
    killed, inodes, twice = Counter(), {}, []
    deadline = time.monotonic() + LONGEST_S
    while slurm.states() and time.monotonic() < deadline:
        time.sleep(chance.uniform(1, 6))
        if killed.total() < kills and (what := kill(slurm, chance)):
            killed[what] += 1
        for video in videos.glob("[!.]*.mp4"):
            if inodes.setdefault(video.name, video.stat().st_ino) != video.stat().st_ino:
                twice.append(video.name)
        print(dict(slurm.states()), dict(killed), len(inodes), file=sys.stderr)
    left, took = dict(slurm.states()), time.monotonic() - began
    for pid in slurm.call("squeue", "--noheader", "--format=%i").split() if left else ():
        slurm.call("scancel", pid)
    by_array = sorted(path.name for path in videos.glob("[!.]*.mp4"))
    code = make(table, videos, folder / "home", "--missing")
    make(table, folder / "alone", folder / "other-home")
    lost = [f"{row:03}" for row in range(rows) if not (videos / f"{row:03}.mp4").exists()]
    wrong = [
        video.name for video in sorted(videos.glob("[!.]*.mp4"))
        if file_digest(video) != file_digest(folder / "alone" / video.name)
    ]  # fmt: skip
    states = re.findall(r"JobState=(\w+)", (folder / "completed.txt").read_text())
    return {
        "command": f"./run python bench/slurm.py --rows {rows} --kills {kills}",
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "slurm": slurm.call("sbatch", "--version").strip(),
        "ready_s": round(slurm.ready_s, 1),
        "rows": rows,
        "killed": dict(killed),
        "ends_of_items": dict(Counter(states)),
        "still_in_slurm": left,
        "minutes": round(took / 60, 1),
        "made_by_array": len(by_array),
        "made_by_missing": rows - len(by_array) - len(lost),
        "missing_exit_code": code,
        "lost": lost,
        "wrong": wrong,
        "delivered_twice": twice,
        "half_written": [path.name for path in videos.glob(".*")],
    }


def make(table: Path, videos: Path, home: Path, *options: str) -> int:
    command = [ROOT / "run", "avatar", "pipeline", "run", "--table", table, "-O", videos, *options]
    return subprocess.run(list(map(str, command)), env={**os.environ, "AVATAR_HOME": str(home)}, stdout=2).returncode


def kill(slurm: Slurm, chance: random.Random) -> str:
    """What was killed; "" where nothing runs that could be."""
    node = chance.choice(NODES)
    process = slurm.daemons[node]
    under = steps_of(slurm, node)
    rendering = [pid for pid in under if "pipeline run" in command_of(pid)]
    if not rendering:
        return ""
    if chance.random() < 0.5:
        end(chance.choice(rendering))
        return "render"
    for pid in (process.pid, *under):
        end(pid)
    process.wait()
    slurm.start_node(node)
    return "node"


def end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def steps_of(slurm: Slurm, node: str) -> list[int]:
    """The keepers of a node's steps, which are nobody's children and write its log, and all below them."""
    keepers = [
        pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
        if command_of(pid).startswith("slurmstepd") and str(slurm.folder / f"{node}.log") in open_files_of(pid)
    ]  # fmt: skip
    return [each for pid in keepers for each in (pid, *below(pid))]


def open_files_of(pid: int) -> list[str]:
    found = []
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(os.readlink(link))
    return found


def below(pid: int) -> list[int]:
    try:
        children = list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []
    return [each for child in children for each in (child, *below(child))]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
