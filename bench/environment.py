"""How long `./run` takes to make an environment, against plain `uv pip install` of the same wheels, in one run.

usage: ./run --full python bench/environment.py [--layer base|full] [--rounds 6]    (writes bench/results/environment.json)

Both take turns in folders of their own under TMPDIR, from uv's cache, which a first round that is not counted fills.
Byte code as `./run` has it: compiled in base and not in full, for both. What `./run` does beside installing: it looks
for Python, for system libraries and for pip's configuration, and puts avatar on the path. Its environment is checked
against a plain one file by file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.environment import bootstrap, host_settings, installer
from avatar.errors import AvatarError, EnvironmentProblem

ROOT = Path(__file__).resolve().parent.parent
GOAL = 1.2  # times as long as plain uv at most


def timed(command: list, folder: Path, environment: dict[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise EnvironmentProblem(
            f"'{' '.join(map(str, command[:3]))} ...' failed: {done.stderr.strip().splitlines()[-1:]}"
        )
    return time.perf_counter() - started


def checkout(folder: Path) -> Path:
    """What `./run` needs of this checkout, without its environments but for the place of uv, which the other way has too."""
    folder.mkdir()
    shutil.copytree(ROOT / ".venv/boot", folder / ".venv/boot", symlinks=True)
    for name in ("run", "locks", "avatar"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    return folder


def by_run(folder: Path, layer: str, environment: dict[str, str]) -> float:
    """From nothing to a command that runs in the environment."""
    return timed(["./run", *(["--full"] if layer == "full" else []), "true"], checkout(folder), environment)


def by_uv(folder: Path, layer: str, environment: dict[str, str], uv: Path) -> float:
    """Two commands, as somebody would type them who has the locks."""
    folder.mkdir()
    python = folder / "venv/bin/python"
    locks = [argument for name in bootstrap.LAYERS[layer] for argument in ("-r", ROOT / f"locks/{name}.txt")]
    base = getattr(sys, "_base_executable", sys.executable)
    taken = timed([uv, "venv", "--no-config", "--no-project", "--python", base, folder / "venv"], folder, environment)
    byte_code = ["--compile-bytecode"] if layer == "base" else []
    install = [
        uv,
        "pip",
        "install",
        "--no-config",
        "--no-deps",
        "--require-hashes",
        *byte_code,
        "--python",
        python,
        *locks,
    ]
    return taken + timed(install, folder, environment)


def files_of(environment: Path) -> set[str]:
    """The installed files, without what is ours alone: the stamp, avatar's entry and its command."""
    ours = {"stamp", "lib/python3.11/site-packages/avatar.pth", "bin/avatar"}
    return {str(path.relative_to(environment)) for path in environment.rglob("*") if path.is_file()} - ours


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layer", choices=("base", "full"), default="base")
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    try:
        result = measured(options.layer, options.rounds)
    except AvatarError as error:
        print(f"bench/environment.py: {error}", file=sys.stderr)
        return error.exit_code
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    name = "environment.json" if options.layer == "base" else f"environment-{options.layer}.json"
    (ROOT / "bench/results" / name).write_text(text)
    return 0


def measured(layer: str, rounds: int) -> dict:
    uv = installer.find_uv(ROOT, ROOT / ".venv")
    if uv is None:
        raise EnvironmentProblem("there is no uv here yet; './run true' in a fresh clone brings the locked one.")
    # Of the indexes only the main one, which `./run` asks first: uv looks no further than the first that has a version.
    environment = host_settings.read(ROOT / ".venv").main_index_only
    environment.pop("AVATAR_RUN", None)
    times: dict[str, list[float]] = {"run": [], "uv": []}
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if number % 2:  # who comes second finds directories in the kernel's cache
                run_s = by_run(folder / "run", layer, environment)
                uv_s = by_uv(folder / "uv", layer, environment, uv)
            else:
                uv_s = by_uv(folder / "uv", layer, environment, uv)
                run_s = by_run(folder / "run", layer, environment)
            ours, plain = files_of(folder / "run/.venv" / layer), files_of(folder / "uv/venv")
        if number:  # the first round fills the caches
            times["run"].append(round(run_s, 2))
            times["uv"].append(round(uv_s, 2))
    ratio = statistics.median(times["run"]) / statistics.median(times["uv"])
    return {
        "command": f"./run --full python bench/environment.py --layer {layer} --rounds {rounds}",
        "date": time.strftime("%Y-%m-%d"),
        "cpu_count": os.cpu_count(),
        "load_after": round(os.getloadavg()[0], 2),
        "layer": layer,
        "byte_code": layer == "base",
        "run_s": times["run"],
        "uv_s": times["uv"],
        "ratio_of_medians": round(ratio, 3),
        "goal": GOAL,
        "files": len(plain),
        "files_that_differ": len(ours ^ plain),
    }


if __name__ == "__main__":
    sys.exit(main())
