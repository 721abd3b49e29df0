"""The small things of every render (bench/test_small.py), timed by pytest-benchmark; median and spread are kept.

usage: ./run --full python bench/small.py [--quick] [-o FILE]     (writes bench/results/small.json; half a minute)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from bench import machine

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round of each: tries the code")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/small.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "benchmarks.json")
        rounds = ["1", "--benchmark-max-time=0"] if options.quick else ["15", "--benchmark-max-time=1"]
        command = [sys.executable, "-m", "pytest", "bench/test_small.py", f"--benchmark-json={whole}"]
        done = subprocess.run([*command, f"--benchmark-min-rounds={rounds[0]}", rounds[1]], cwd=ROOT, stdout=sys.stderr)
        if done.returncode:
            print("bench/small.py: a benchmark failed, nothing was written; see above.", file=sys.stderr)
            return 1
        result = reduced(json.loads(whole.read_text()))
    write_json(options.output, result)
    print(json.dumps(result, indent=1))
    return 0


def reduced(whole: dict) -> dict:
    """Of pytest-benchmark's file, 100 kB with every round in it: what a reader looks at. Seconds."""
    benches = {}
    for each in whole["benchmarks"]:
        stats = each["stats"]
        benches[each["name"].removeprefix("test_")] = {
            "what": each["extra_info"]["what"],
            "median_s": float(f"{stats['median']:.3g}"),
            "iqr_s": float(f"{stats['iqr']:.3g}"),
            "rounds": stats["rounds"],
        }
    cpu = whole["machine_info"]["cpu"]
    return {
        "command": "./run --full python bench/small.py",
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "machine": {
            "cpu_count": os.cpu_count(),
            "processor": cpu.get("brand_raw", ""),
            "python": sys.version.split()[0],
        },
        "load_after": round(os.getloadavg()[0], 2),
        "share_of_bare_remap": share(benches, "preview_frame_ceiling", "preview_frame"),
        "benches": benches,
    }


def share(benches: dict, ceiling: str, ours: str) -> float:
    """How much of the best possible is reached, 0..1."""
    return round(benches[ceiling]["median_s"] / benches[ours]["median_s"], 3)


if __name__ == "__main__":
    sys.exit(main())
