"""How much the container images weigh, compressed, as a registry would hold them, and what they may weigh at most.

usage: ./run --full python bench/image.py [preview|full|pod]...     (writes bench/results/image.json)

Builds with `ci/image build`, which wants root, buildah and mmdebstrap and says so; an image that is built already from
the same files is taken as it is. The preview takes some minutes and 4 GB of disk under build/image.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from bench import machine

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", default=["preview"])
    targets = parser.parse_args().targets
    done = subprocess.run([ROOT / "ci/image", "build", *targets], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print("bench/image.py: 'ci/image build' failed, nothing was written; see above.", file=sys.stderr)
        return 1
    result = {
        "command": " ".join(["./run --full python bench/image.py", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "images": images(done.stdout, tomllib.loads((ROOT / "docker/budgets.toml").read_text())),
    }
    write_json(ROOT / "bench/results/image.json", result)
    print(json.dumps(result, indent=1))
    return 0


def images(said: str, budgets: dict[str, int]) -> dict[str, dict]:
    """Of the lines 'TARGET DIGEST SIZE MB' of ci/image; MB are 10^6 bytes."""
    rows = [line.split() for line in said.splitlines() if line.endswith(" MB")]
    return {row[0]: {"digest": row[1], "mb": int(row[2]), "most_mb": budgets[row[0]]} for row in rows}


if __name__ == "__main__":
    sys.exit(main())
