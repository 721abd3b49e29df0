"""What reading the weights ahead is worth: a file as large as XTTS-v2's loaded in a cold process, out of a cold cache.

usage: ./run --full python bench/cold_start.py [--folder DIR] [--gib 1.75] [--rounds 3] [--disk WORDS] [-o FILE]
                                                                            (writes bench/results/cold.json)

Each round is two new processes, one with the thread that reads ahead (avatar/weights/read_ahead.py) and one without:
the file is dropped from the page cache, then the full stack's libraries are imported, then the file is loaded as the
engines load it. --folder: on the disk that holds weights; --disk: what is known of that disk.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.preview import cpu_name

ROOT = Path(__file__).resolve().parent.parent


def write_weights(path: Path, gib: float) -> None:
    """Tensors of 64 MiB, all of the same numbers: nothing between here and the disk compresses or folds them."""
    import torch
    from safetensors.torch import save_file

    tensor = torch.randn(16 << 20, generator=torch.Generator().manual_seed(7))
    save_file({f"weight_{number}": tensor + number for number in range(round(gib * 16))}, path)
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def one(path: Path, ahead: bool) -> dict:
    """Seconds of the imports and of the loading, in this process."""
    from avatar.weights import read_ahead

    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    started = time.perf_counter()
    if ahead:
        threading.Thread(target=read_ahead.read, args=([path], threading.Event()), daemon=True).start()
    import diffusers  # noqa: F401
    from TTS.tts.models.xtts import Xtts  # noqa: F401

    from avatar.weights import strict

    imported = time.perf_counter()
    total = sum(float(tensor.sum()) for tensor in strict.read(path).values())  # every page is touched
    loaded = time.perf_counter()
    assert total
    return {"imports_s": round(imported - started, 2), "load_s": round(loaded - imported, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the file is written [default: the system's scratch]")
    parser.add_argument("--gib", type=float, default=1.75)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--disk", default="this host's", help="what is known of the disk, for the result")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/cold.json")
    parser.add_argument("--one", choices=("ahead", "alone"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.folder, options.one == "ahead")))
        return
    rounds: dict[str, list] = {"ahead": [], "alone": []}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder, "weights.safetensors")
        write_weights(path, options.gib)
        for number in range(options.rounds + 1):
            for way, found in rounds.items():
                command = [sys.executable, __file__, "--folder", path, "--one", way]
                done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
                if number:  # the first one may compile the libraries' byte code
                    found.append(json.loads(done.stdout.splitlines()[-1]))
    result = {
        "command": f"./run --full python bench/cold_start.py --gib {options.gib} --rounds {options.rounds}",
        "date": time.strftime("%Y-%m-%d"),
        "machine": {"cpu_count": os.cpu_count(), "processor": cpu_name()},
        "load_after": round(os.getloadavg()[0], 2),
        "disk": options.disk,
        **rounds,
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    options.output.write_text(text)


if __name__ == "__main__":
    main()
