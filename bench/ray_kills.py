"""A real Ray cluster on this host makes a table while its nodes, its processes and the renders in them are killed.

    ./run python bench/ray_kills.py [--rows 20] [--kills 9] [--seed 7] [-o bench/results/ray.json]

A head without cores, and two nodes of one core. Every few seconds a render, the process of Ray's that waits for it, or a node
with all that it runs gets SIGKILL, at random; a killed node comes back at once. In the middle the command itself is killed,
and begun again with `--missing`, until it has nothing left to do. Each video must be there, once, with the bytes that one
machine makes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import file_digest, write_json
from bench import machine
from testing.ray_cluster import Cluster, end, running

ROOT = Path(__file__).resolve().parent.parent
NODES = ("node1", "node2")
MOST_RUNS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--kills", type=int, default=9)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/ray.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ray-kills-") as temporary:
        folder, began = Path(temporary), time.monotonic()
        with running(folder, cores=0) as cluster:
            for name in NODES:
                cluster.add(name)
            ready_s = round(time.monotonic() - began, 1)
            result = soak(cluster, folder, options.rows, options.kills, random.Random(options.seed))
    result |= {"ready_s": ready_s, "seed": options.seed}
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 1 if result["lost"] or result["wrong"] or result["delivered_twice"] or result["half_written"] else 0


def soak(cluster: Cluster, folder: Path, rows: int, kills: int, chance: random.Random) -> dict:
    table, videos, began = folder / "table.csv", folder / "videos", time.monotonic()
    table.write_text("name,text,preset\n" + "".join(f"{row:03},This is row number {row}.,joe\n" for row in range(rows)))
    killed, inodes, twice, runs = Counter(), {}, [], []
    while not runs or runs[-1]["exit_code"] and len(runs) < MOST_RUNS:
        command = table_command(table, videos, "--on", cluster.address, *["--missing"] * bool(runs))
        with open(folder / f"run{len(runs)}.log", "w") as said:
            process = subprocess.Popen(command, env=at_home(folder / "home"), stdout=said, stderr=said)
        before = len(inodes)
        while process.poll() is None:
            time.sleep(chance.uniform(1, 5))
            for video in videos.glob("[!.]*.mp4"):
                if inodes.setdefault(video.name, video.stat().st_ino) != video.stat().st_ino:
                    twice.append(video.name)
            if len(inodes) >= rows // 2 and not killed["command"]:
                process.kill()
                killed["command"] += 1
            elif killed.total() < kills and (what := kill(cluster, chance)):
                killed[what] += 1
            print(dict(killed), len(inodes), file=sys.stderr)
        made = len(list(videos.glob("[!.]*.mp4"))) - before
        log = (folder / f"run{len(runs)}.log").read_text()
        print(log, file=sys.stderr)
        told = Counter(re.findall(r"the process that worked on it was ended|the cluster lost it \(\w+", log))
        runs.append({"exit_code": process.returncode, "made": made, "failures": dict(told)})
    took = time.monotonic() - began
    subprocess.run(table_command(table, folder / "alone"), env=at_home(folder / "other-home"), stdout=2, check=True)
    wrong = [
        video.name for video in sorted(videos.glob("[!.]*.mp4"))
        if file_digest(video) != file_digest(folder / "alone" / video.name)
    ]  # fmt: skip
    version = subprocess.run([ROOT / "run", "ray", "--version"], capture_output=True, text=True).stdout
    return {
        "command": f"./run python bench/ray_kills.py --rows {rows} --kills {kills}",
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "ray": version.split()[-1],
        "rows": rows,
        "killed": dict(killed),
        "runs": runs,
        "minutes": round(took / 60, 1),
        "lost": [f"{row:03}" for row in range(rows) if not (videos / f"{row:03}.mp4").exists()],
        "wrong": wrong,
        "delivered_twice": twice,
        "half_written": [path.name for path in videos.glob(".*")],
    }


def table_command(table: Path, videos: Path, *options: str) -> list[str]:
    command = [ROOT / "run", "avatar", "pipeline", "run", "--table", table, "-O", videos, *options]
    return list(map(str, command))


def at_home(home: Path) -> dict[str, str]:
    return {**os.environ, "AVATAR_HOME": str(home)}


def kill(cluster: Cluster, chance: random.Random) -> str:
    """What was killed; "" where nothing runs that could be."""
    at = chance.choice(range(1, len(cluster.nodes)))
    node, what = cluster.nodes[at], chance.choice(("render", "process", "node"))
    if not node.renders():
        return ""
    if what == "node":
        node.kill()
        del cluster.nodes[at]
        cluster.add(node.home.name)
    else:
        for pid in node.renders() if what == "render" else node.workers():
            end(pid)
    return what


if __name__ == "__main__":
    sys.exit(main())
